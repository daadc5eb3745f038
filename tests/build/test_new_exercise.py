"""`course new-exercise` writes what the build and the checks accept as an exercise, and what they refuse as long as it is empty."""

import importlib.util

import pytest

from course_tools.build import new_exercise, source
from course_tools.build.source import SourceError
from course_tools.checks import bank
from course_utils import cli
from course_utils.errors import CourseError
from tests.build.test_source import GOOD

CHECKS = """\
import torch

from course_utils.checks import Probe

PROBES: dict[str, list[Probe]] = {
    "double": [Probe("one", lambda g: (torch.ones(1),))],
    "triple": [Probe("one", lambda g: (torch.ones(1),))],
}
"""


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with one task, `toy`, which has the exercise `double`."""
    (tmp_path / "course_utils/toy").mkdir(parents=True)
    (tmp_path / "course_utils/toy/checks.py").write_text(CHECKS)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions/toy.py").write_text(GOOD + "\n# %% [markdown]\n# The end.\n")
    for name, place in (
        ("ROOT", tmp_path),
        ("SOLUTIONS", tmp_path / "solutions"),
        ("BANK", tmp_path / "bank"),
    ):
        monkeypatch.setattr(new_exercise, name, place)
    monkeypatch.setattr(new_exercise, "require_task", lambda task: task)
    monkeypatch.setattr(bank, "ROOT", tmp_path)
    monkeypatch.setattr(bank, "BANK", tmp_path / "bank")
    return tmp_path


def probes(course) -> dict:
    spec = importlib.util.spec_from_file_location("toy_checks", course / "course_utils/toy/checks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PROBES


def titled(course) -> None:
    path = course / "solutions/toy.py"
    path.write_text(path.read_text().replace("N.N: what it is about", "2: square"))


def test_the_source_is_whole_once_it_has_a_title(course, capsys):
    assert cli.main(["new-exercise", "toy", "square", "--after", "double"]) == 0
    assert capsys.readouterr().out.startswith("wrote solutions/toy.py:25\n")
    with pytest.raises(SourceError, match=r"toy.py:25: this exercise still needs its number and title"):
        source.read(course / "solutions/toy.py")
    titled(course)
    found = source.read(course / "solutions/toy.py")
    assert [cell.options.get("id") for cell in found][3:9] == ["double", "double", "double", None, "square", "square"]
    assert found[-1].text == "The end."
    assert "13 minutes · 6 points" in found[0].text


def test_the_probes_come_after_those_of_the_other_exercise(course):
    cli.main(["new-exercise", "toy", "square", "--after", "double"])
    assert list(probes(course)) == ["double", "square", "triple"]
    titled(course)
    cli.main(["new-exercise", "toy", "cube"])
    assert list(probes(course)) == ["double", "square", "triple", "cube"]


def test_in_a_room_with_many_probes_they_go_to_the_file_of_the_exercise_before(course):
    room = course / "course_utils/toy"
    (room / "probes").mkdir()
    (room / "probes/sizes.py").write_text(CHECKS)
    (room / "probes/other.py").write_text(CHECKS.replace('"double"', '"half"').replace('"triple"', '"third"'))
    (room / "checks.py").write_text(
        "from course_utils.toy.probes import other, sizes\n\nPROBES: dict = sizes.PROBES | other.PROBES\n"
    )
    assert cli.main(["new-exercise", "toy", "square"]) == 0  # the last exercise of the source is `double`
    assert '"square"' in (room / "probes/sizes.py").read_text()
    assert '"square"' not in (room / "probes/other.py").read_text() + (room / "checks.py").read_text()


def test_the_first_exercise_of_a_new_task(course):
    sources = course / "solutions/toy.py"
    sources.write_text('# %% [markdown]\n# # Toy\n#\n# 0 minutes · 0 points\n\n# %% parameters\nprofile = "quick"\n')
    (course / "course_utils/toy/checks.py").write_text(CHECKS[: CHECKS.index("{\n")] + "{}\n")
    assert cli.main(["new-exercise", "toy", "square"]) == 0
    titled(course)
    assert sum(cell.points for cell in source.read(sources)) == 3
    assert list(probes(course)) == ["square"]


def test_a_mistake_without_a_hint_is_refused(course):
    cli.main(["new-exercise", "toy", "square"])
    with pytest.raises(CourseError, match=r"toy/square.py: misconception 'mistake_1' has no hint"):
        bank.load("toy/square")


def test_a_mistake_of_the_same_name_is_refused():
    known = bank.Bank(hidden=[])
    known.misconception("The sign is wrong.")(abs)
    with pytest.raises(CourseError, match="a second misconception 'abs'"):
        known.misconception("The sign is lost.")(abs)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["double"], "toy has an exercise 'double'"),
        (["triple"], "has probes for 'triple'"),
        (["square", "--after", "half"], "no exercise 'half'; it has: double"),
        (["two words"], "cannot be a function's name"),
    ],
)
def test_a_name_that_cannot_be_used_changes_nothing(course, capsys, arguments, said):
    before = {path: path.read_bytes() for path in course.rglob("*.py")}
    assert cli.main(["new-exercise", "toy", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in course.rglob("*.py")} == before
