"""What CI and a commit hook add to the tests: nothing is skipped, the browser is there, and hooks that find something.

- `--no-skips` turns a skip into a failure with its reason; `--costs` counts the CPU of a test and of what it started.
- `.ci/run` installs Chromium where it may, and says in one line where it may not; and the proxy of a hub, without which a hub is not tested.
- The hooks of `.pre-commit-config.yaml` are local, their commands exist, and ruff's refuses a bad file.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pre_commit.clientlib import load_config

ROOT = Path(__file__).resolve().parent.parent
HOOKS = ROOT / ".pre-commit-config.yaml"


# --- the options of tests/conftest.py

MIXED = """\
import subprocess, sys, pytest
@pytest.mark.skip(reason="no luck")
def test_marked(): pass
def test_inside(): pytest.skip("no tool")
@pytest.mark.xfail
def test_expected(): assert False
def test_passes(): subprocess.run([sys.executable, "-c", "while __import__('time').process_time() < 0.5: pass"])
"""


def pytest_on(folder: Path, *options: str) -> subprocess.CompletedProcess:
    """pytest, with the options of this suite, on the tests above."""
    (folder / "test_mixed.py").write_text(MIXED)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(folder), str(folder), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow(6)
@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path, workers):
    assert "1 passed, 2 skipped, 1 xfailed" in pytest_on(tmp_path, *workers).stdout
    done = pytest_on(tmp_path, "--no-skips", *workers)
    assert done.returncode == 1
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in done.stdout
    assert (
        "test_mixed.py::test_marked cannot run here, and with --no-skips that is a failure: Skipped: no luck"
        in done.stdout
    )
    assert "Skipped: no tool" in done.stdout


def test_a_module_that_skips_itself_fails_too(tmp_path):
    (tmp_path / "test_module.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    done = pytest_on(tmp_path, "--no-skips")
    assert done.returncode not in (0, 5)
    assert "test_module.py cannot run here" in done.stdout


def test_costs_count_what_a_test_started(tmp_path):
    row = re.search(r"^ *([\d.]+) +[\d.]+ +(\d+)  test_mixed.py$", pytest_on(tmp_path, "--costs").stdout, re.MULTILINE)
    assert 0.5 <= float(row[1]) < 5
    assert int(row[2]) == 4


# --- .ci/run


@pytest.fixture
def machine(tmp_path):
    """Run .ci/run in a checkout whose PATH has what a shell needs, a `make` that only prints, and the given further commands."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci")
    path = tmp_path / "bin"
    path.mkdir()
    for name in ("bash", "dirname", "cat", "chmod"):
        (path / name).symlink_to(shutil.which(name))

    def run(**commands: str) -> subprocess.CompletedProcess:
        for name, text in ({"make": 'echo "make $*"'} | commands).items():
            (path / name).write_text(f"#!/bin/bash\n{text}\n")
            (path / name).chmod(0o755)
        command = [str(path / "bash"), str(tmp_path / ".ci/run")]
        return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True)

    return run


APT = """case "$*" in *install*) printf '#!/bin/bash\\n' >"${0%/*}/chromium"; chmod +x "${0%/*}/chromium" ;; esac; echo chatter"""


def test_a_browser_that_is_there_is_used(machine):
    done = machine(**{"google-chrome": "", "apt-get": "exit 9", "id": "echo 0"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "make test ARGS=--no-skips\n", "")


def test_root_installs_a_browser(machine):
    done = machine(**{"apt-get": APT, "id": "echo 0"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "make test ARGS=--no-skips\n", "")


@pytest.mark.parametrize(
    "commands", [{"id": "echo 0"}, {"id": "echo 1000", "apt-get": APT}, {"id": "echo 0", "apt-get": "exit 100"}]
)
def test_no_browser_is_one_line_and_no_test_runs(machine, commands):
    done = machine(**commands)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "could not be installed: apt-get install chromium" in done.stderr


@pytest.mark.parametrize(("user", "result"), [("0", "true"), ("0", "false"), ("1000", "true")])
def test_root_installs_the_proxy_of_a_hub_where_npm_is(machine, tmp_path, user, result):
    done = machine(**{"chromium": "", "id": f"echo {user}", "npm": f'echo "$*" >called; {result}'})
    assert done.stdout == "make test ARGS=--no-skips\n"
    assert (tmp_path / "called").is_file() == (user == "0")
    assert done.stderr.count("the tests of a hub are left out") == (result == "false")


def test_the_tests_result_is_that_of_ci(machine):
    assert machine(chromium="", make="exit 2").returncode == 2


# --- commit hooks


def hooks() -> list[dict]:
    return [hook for repository in load_config(HOOKS)["repos"] for hook in repository["hooks"]]


def test_hooks_are_local_and_their_commands_exist():
    assert {repository["repo"] for repository in load_config(HOOKS)["repos"]} == {"local"}
    for hook in hooks():
        folder, _, name = hook["entry"].split()[0].rpartition("/")
        assert folder == ".venv/bin"
        assert Path(sys.executable).with_name(name).is_file(), name


@pytest.mark.parametrize(
    "path", ["solutions/simclr.py", "course_utils/simclr/checks.py", "course_tools/build/generate.py"]
)
def test_the_build_is_checked_when_a_source_of_it_changes(path):
    (pattern,) = (hook["files"] for hook in hooks() if hook["id"] == "build-check")
    assert (ROOT / path).is_file()
    assert re.search(pattern, path)
    assert not re.search(pattern, "README.md")


@pytest.mark.skipif(not shutil.which("git"), reason="no git; `sudo apt-get install git` on Debian")
def test_a_commit_with_a_fault_is_refused(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(Path(sys.executable).parent)
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "fault.py").write_text("import os\n")
    for command in (["init", "-q"], ["add", "fault.py"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    environment = os.environ | {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "pre_commit", "run", "--files", "fault.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "F401" in done.stdout
    assert re.search(r"ruff format\.+Passed", done.stdout)
    assert re.search(r"up to date\.+\(no files to check\)Skipped", done.stdout)
