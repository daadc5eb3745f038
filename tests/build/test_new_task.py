"""CONTRIBUTING's way to a further task, walked in a copy of the checkout: every command of its section passes as it is written there."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from course_tools.build import new_task
from course_tools.grading.model.courses import grader_hash
from course_tools.paths import SOLUTIONS
from course_utils import cli
from course_utils.errors import UsageError
from course_utils.paths import ROOT
from course_utils.tasks import tasks

pytestmark = pytest.mark.slow(60)
NAME = "attention_maps"  # in CONTRIBUTING.md
LEFT_BEHIND = (".git", ".venv", "build", "runs", "*cache*", "__pycache__")


def written() -> list[list[str]]:
    """The indented commands of the section, for this Python; `make run` as the Makefile spells it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## To add a task")[2].partition("\n## ")[0]
    commands = []
    for line in re.findall(r"^ {7}(\S.*)$", section, re.MULTILINE):
        line = re.sub(r"^make run TASK=", ".venv/bin/course run --profile quick ", line)
        line = re.sub(r"^\.venv/bin/course", ".venv/bin/python -m course_utils.cli", line)
        commands.append([sys.executable, *line.split()[1:]])
    return commands


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The copy, and (command, exit code, what it said) of every command, in order."""
    copy = tmp_path_factory.mktemp("checkout") / "course"
    shutil.copytree(ROOT, copy, ignore=_left_behind)
    environment = os.environ | {"PYTHONPATH": str(copy)}
    said = []
    for command in written():
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        said.append((" ".join(command[1:]), done.returncode, done.stdout + done.stderr))
    return copy, said


def _left_behind(folder: str, names: list[str]) -> set[str]:
    ignored = shutil.ignore_patterns(*LEFT_BEHIND)(folder, names)
    return ignored if folder == str(ROOT) else ignored - {"build", "runs"}


def test_every_command_passes(walked):
    _, said = walked
    assert len(said) == 4
    assert [f"{command}\n{output}" for command, code, output in said if code] == []
    assert "judged right, 0 judged wrong" in said[1][2]
    assert re.search(rf"^{NAME} .* 3/3 .*\(in .*\)\s+ok$", said[2][2], re.MULTILINE)


def test_what_it_wrote_is_clean_and_complete(walked):
    copy, _ = walked
    new = [f"{place}/{NAME}" for place in ("course_utils", "bank", "tests")] + [f"solutions/{NAME}.py"]
    for arguments in (["check"], ["format", "--check", "--force-exclude"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, *new], cwd=copy, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
    recorded = json.loads((copy / f"data/runs/{NAME}.json").read_text())
    assert set(recorded) == {"smoke", "quick"}
    assert f"| `{NAME}` (extension) |" in (copy / "README.md").read_text()
    assert f"notebooks/{NAME}\n" in (copy / "docs/index.md").read_text()
    assert "TASK" not in (copy / f"solutions/{NAME}.py").read_text()


def test_one_more_task_regrades_no_class(walked):
    copy, _ = walked
    program = (
        "from course_tools.grading.model.courses import grader_hash\n"
        "from course_tools.paths import SOLUTIONS\n"
        "print(grader_hash('simclr', SOLUTIONS / 'simclr' / 'simclr.ipynb'))"
    )
    environment = os.environ | {"PYTHONPATH": str(copy)}
    done = subprocess.run([sys.executable, "-c", program], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == grader_hash("simclr", SOLUTIONS / "simclr" / "simclr.ipynb"), done.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Attention", "cannot be a task's name"),
        ("two words", "cannot be a task's name"),
        ("lambda", "cannot be a task's name"),
        ("all", "cannot be a task's name"),
        ("core", "cannot be a task's name"),
        ("session", "course_utils/session.py exists"),
        ("data", "course_utils/data/__init__.py exists"),
        (tasks()[0], "exists"),
    ],
)
def test_a_name_that_cannot_be_used_writes_nothing(name, said, monkeypatch, capsys):
    monkeypatch.setattr(new_task.subprocess, "run", lambda *a, **k: pytest.fail("something was started"))
    before = (ROOT / "course_utils/tasks.py").read_bytes()
    assert cli.main(["new-task", name]) == UsageError.exit_code
    assert said in capsys.readouterr().err
    assert (ROOT / "course_utils/tasks.py").read_bytes() == before
