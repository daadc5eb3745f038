"""`make check` runs what a change concerns, and only that."""

import subprocess
from pathlib import Path

import pytest

from course_utils.tasks import tasks
from scripts import check

SOURCE = """\
# %% [markdown]
# # Toy

# %% answer id="double"
def double(x):
    return 2 * x

# %% check id="double" points=1
check("toy/double", double)

# %% check id="double" points=1 hidden
check("toy/double", double, "grading")

# %% answer id="half" stub="half = ..."
half = 0.5
"""
PROBES = """\
SIZES = (3, 4)
def numbers(g): return SIZES
def other(g): return (1,)
PROBES: dict = {"double": [Probe("one", lambda g: numbers(g))], "half": [Probe("one", other)]}
"""
FILES = {
    "solutions/toy.py": SOURCE,
    "course_utils/toy/checks.py": PROBES,
    "course_utils/toy/probes/sizes.py": "",
    "course_utils/toy/train.py": "",
    "course_utils/session.py": "",
    "course_utils/lonely.py": "",
    "course_tools/grading/judge/deep/grade.py": "",
    "bank/toy/double.py": "",
    "tests/toy/test_train.py": "",
    "tests/toy/test_plots.py": "",
    "tests/test_session.py": "",
    "tests/grading/judge/test_other.py": "",
    "tests/grading/helper.py": "",
    "README.md": "",
    "Makefile": "",
}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A committed course of one task; call with path -> new content for the commands that `make check` would run."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    me = ("-c", "user.name=x", "-c", "user.email=x@x")
    for command in (("init", "-q"), ("add", "."), (*me, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(check, "ROOT", tmp_path)

    def after(**texts: str) -> list[str]:
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        lines = map(" ".join, check.commands(check.changed("HEAD"), "HEAD"))
        return [line.removeprefix("course_utils.cli ") for line in lines if not line.startswith("ruff")]

    return after


def test_nothing_changed_nothing_runs(checkout, capsys):
    assert checkout() == []
    assert check.main() == 0
    assert "nothing differs from HEAD" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "concerned"),
    [
        ("2 * x", "x + x", ["double"]),
        ("points=1 hidden", "points=2 hidden", ["double"]),
        ("0.5", "1 / 2", ["half"]),
        ("# Toy", "# Toys", []),
    ],
)
def test_a_cell_of_a_source_concerns_its_exercise(checkout, old, new, concerned):
    both = [f"{verb} toy --exercise {name}" for name in concerned for verb in ("build", "check")]
    assert checkout(**{"solutions/toy.py": SOURCE.replace(old, new)}) == (both or ["build toy"])


@pytest.mark.parametrize(
    ("old", "new", "concerned"),
    [
        ('"one", other', '"two", other', ["half"]),
        ("(3, 4)", "(3, 5)", ["double"]),  # through what the probe uses
        ("(1,)", "(2,)", ["half"]),
        ("SIZES", "SHAPES", ["double"]),
        ("(3, 4)", "(3, 4)  # why", []),
    ],
)
def test_a_probe_concerns_its_exercise(checkout, old, new, concerned):
    both = [f"{verb} toy --exercise {name}" for name in concerned for verb in ("build", "check")]
    found = checkout(**{"course_utils/toy/checks.py": PROBES.replace(old, new)})
    assert found == [*both, "mypy", "pytest -q -m quick tests/toy"]


def test_probes_may_stand_in_a_folder(checkout):
    found = checkout(**{"course_utils/toy/probes/sizes.py": PROBES})
    assert found[:3] == ["build toy", "check toy --exercise double", "check toy --exercise half"]


def test_two_exercises_are_built_at_once(checkout):
    found = checkout(**{"solutions/toy.py": SOURCE.replace("2 * x", "x + x").replace("0.5", "1 / 2")})
    assert found == ["build toy", "check toy --exercise double", "check toy --exercise half"]


def test_a_bank_concerns_its_exercise_and_a_new_one_its_own(checkout):
    found = checkout(**{"bank/toy/double.py": "x = 1", "bank/toy/triple.py": ""})
    assert found == ["check toy --exercise double", "check toy --exercise triple"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("course_utils/toy/train.py", ["mypy", "pytest -q -m quick tests/toy/test_train.py"]),
        ("course_utils/session.py", ["mypy", "pytest -q -m quick tests/test_session.py"]),
        ("course_utils/lonely.py", ["mypy"]),
        ("course_tools/grading/judge/deep/grade.py", ["mypy", "pytest -q -m quick tests/grading/judge"]),
        ("tests/toy/test_plots.py", ["pytest -q tests/toy/test_plots.py"]),
        ("tests/grading/helper.py", []),
        ("Makefile", ["pytest -q -m quick tests/test_make.py"]),
        ("README.md", []),
    ],
)
def test_a_module_has_its_tests_where_the_tree_of_tests_mirrors_it(checkout, path, expected):
    assert checkout(**{path: "x = 1\n"}) == expected


def test_a_deleted_file_asks_for_nothing(checkout):
    (check.ROOT / "course_utils/toy/train.py").unlink()
    assert checkout() == []


def test_a_failure_is_named_and_no_test_left_is_none(monkeypatch, capsys):
    runs = [["ruff", "--version"], ["ruff", "check", "no_such_file.py"], ["pytest", "--version", "--version"]]
    monkeypatch.setattr(check, "changed", lambda revision: [Path("README.md")])
    monkeypatch.setattr(check, "commands", lambda paths, revision: runs[:1])
    assert check.main() == 0
    monkeypatch.setattr(check, "commands", lambda paths, revision: runs)
    assert check.main() == 1
    assert "FAILED ruff check no_such_file.py\n" in capsys.readouterr().out


def test_every_exercise_of_the_course_is_found_in_its_source_and_its_probes():
    """So that no real file is written in a way that the two readers do not see."""
    for task in tasks():
        source = (check.ROOT / f"solutions/{task}.py").read_text(encoding="utf-8")
        room = check.ROOT / "course_utils" / task
        files = [room / "checks.py", *room.glob("probes/*.py")]
        found = [name for path in files for name in check.probes(path.read_text(encoding="utf-8"))]
        assert len(found) == len(set(found))
        assert set(found) == set(check.cells(source)), task


def test_what_tests_a_part_of_the_tree_exists():
    for names in check.TESTS_OF.values():
        assert all((check.ROOT / name).exists() for name in names.split())
