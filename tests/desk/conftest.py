"""A graded toy class with one written question, whose answers are of three kinds, and one student who wrote nothing."""

import shutil

import nbformat
import pytest

from course_tools.desk.desk import Desk
from course_tools.grading.intake.collect import take_in
from course_tools.grading.results.gradebook import synchronize
from course_tools.grading.results.journal import Journal
from tests.grading import toy

SOURCE = """\
### BEGIN SOLUTION
**A full answer.** Twice $x$ is $x + x$, by distributivity.

**Rubric.**

- 1 point: twice $x$ is a sum
  of two terms.
- 2 points: the law is named.

Half points are fine.
### END SOLUTION"""
KINDS = (  # each with a way to end, so that no two answers of a kind are the same
    "Doubling adds the number to itself, because {} the distributive law turns $2x$ into $x + x$.",
    "My program returned the right output on every input that I tried, {} so it must be correct.",
    "A left shift by one bit multiplies an integer by two, {} which the processor does in one cycle.",
)
ENDS = ("clearly", "as always", "in short", "of course", "as we saw")
HOSTILE = (
    '<script>document.title = "owned"</script> <img src=x onerror="document.title = 1"> $2x$ [k](javascript:alert(1))'
)


def written(count: int) -> dict[str, str]:
    """student -> answer; of each kind about as many."""
    return {f"s{i:02d}": KINDS[i % 3].format(ENDS[i // 3 % len(ENDS)]) for i in range(count)}


def grade(course) -> None:
    """What `course grade` does, with the stand-in."""
    intake = take_in(course, course.root / "submitted")
    with Journal(course.journal) as journal:
        journal.append(*intake.students.values(), *intake.records)
        journal.append(*(toy.graded(job) for job in intake.jobs if not journal.contents.settles(job)))
        synchronize(course, journal)


@pytest.fixture
def course(tmp_path, blank):
    course = toy.make(tmp_path / "course", ["one"])
    nbformat.write(toy.notebook("one", toy.RIGHT, SOURCE), course.sources["one"])
    shutil.copy(blank, course.gradebook)
    for student, text in (written(9) | {"mallory": HOSTILE, "dan": toy.PLACEHOLDER}).items():
        toy.answer(course.root / "submitted" / student / "ps1" / "one.ipynb", text=text)
    grade(course)
    return course


@pytest.fixture
def desk(course):
    return Desk.open(course, "ann")
