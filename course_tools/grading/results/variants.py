"""Questions whose numbers vary from student to student: who answered with somebody else's, and whether one variant is harder than another.

Whether a variant is harder is tested by the chi-squared statistic of right and wrong answers by variant, against tables drawn at random with
the same margins, so that small groups do no harm. What a class of this size can find at all is its power against a medium difference (Cohen's
w = 0.3): below 80% the class is too small to say that the variants are equally hard.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any

from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import GRADED, Record, Student
from course_tools.grading.results.scores import Score, Sheet
from course_tools.grading.results.seed import variant_keys
from course_utils.tables import text_table

LEVEL, MEDIUM, ENOUGH = 0.05, 0.3, 0.8  # of the test; Cohen's w of the difference to be found; power
ROW_HEAD = ("student", "name", "notebook", "question", "numbers", "points", "max_points", "right_for", "numbers_of")
TEST_HEAD = ("notebook", "question", "variants", "students", "right", "hardest", "easiest", "p", "power")
GROUP_HEAD = ("notebook", "question", "numbers", "students", "right", "share")


def exercise_of(cell: str) -> str:
    """Of a check's cell."""
    return cell.removesuffix("_check")


def holders(course: Course, roster: Mapping[str, Student]) -> dict[tuple[str, str], list[str]]:
    """(exercise, numbers) -> the students of the roster whose numbers these are."""
    from course_tools.checks.variants import drawn  # with torch

    found: dict[tuple[str, str], list[str]] = {}
    for student, key in variant_keys(course, roster).items():
        for question in drawn(course.assignment, key).items():
            found.setdefault(question, []).append(student)
    return found


@dataclass(frozen=True)
class Other:
    """An answer that is right for the numbers `answered`, which are not the student's `own`. whose: the others who have these, nobody if
    they are those of the notebook that is everybody's."""

    record: Record
    exercise: str
    own: str
    answered: str
    whose: tuple[str, ...]

    def line(self) -> str:
        few = ", ".join(self.whose[:5]) + (f" and {len(self.whose) - 5} more" if len(self.whose) > 5 else "")
        whose = f"the variant of student {few}" if self.whose else "the numbers of the common notebook"
        return f"OTHER NUMBERS {self.record.name}: {self.exercise} answers {whose} ({self.answered}; {self.record.student} has {self.own})"


def others(records: Iterable[Record], course: Course, roster: Mapping[str, Student]) -> list[Other]:
    """In the order of the records."""
    found = [(record, *question) for record in records for question in record.others.items()]
    whose = holders(course, roster) if found else {}
    return [
        Other(record, exercise, record.variants[exercise], answered, tuple(whose.get((exercise, answered), ())))
        for record, exercise, answered in found
    ]


def _answers(found: Iterable[Sheet]) -> Iterator[tuple[Sheet, str, Score]]:
    """The graded answers to questions that vary, as (sheet, exercise, score)."""
    for sheet in found:
        for score in sheet.scores:
            if sheet.record.outcome == GRADED and exercise_of(score.cell.name) in sheet.record.variants:
                yield sheet, exercise_of(score.cell.name), score


def variant_rows(found: Sequence[Sheet], course: Course, roster: Mapping[str, Student]) -> Iterator[tuple[Any, ...]]:
    """One row for each student and question: variants.csv."""
    whose = {(one.record.name, one.exercise): one for one in others((s.record for s in found), course, roster)}
    for sheet, exercise, score in _answers(found):
        other = whose.get((sheet.record.name, exercise))
        who = (sheet.student.id, sheet.student.name, sheet.record.notebook)
        points = (exercise, sheet.record.variants[exercise], score.points, score.cell.points)
        yield *who, *points, other.answered if other else "", " ".join(other.whose) if other else ""


@dataclass(frozen=True)
class Spread:
    """One question. groups: numbers -> (students who answered, those of them who are right)."""

    notebook: str
    exercise: str
    groups: dict[str, tuple[int, int]]

    @property
    def students(self) -> int:
        return sum(students for students, _ in self.groups.values())

    @property
    def right(self) -> int:
        return sum(right for _, right in self.groups.values())

    @cached_property
    def p(self) -> float:
        """How often equally hard variants would differ as much; nan where all answers are alike, or all variants."""
        if len(self.groups) < 2 or self.right in (0, self.students):
            return nan
        import numpy as np
        from scipy.stats import MonteCarloMethod, chi2_contingency

        table = [[right, students - right] for students, right in self.groups.values()]
        at_random = MonteCarloMethod(n_resamples=9999, rng=np.random.default_rng(0))
        return float(chi2_contingency(table, correction=False, method=at_random).pvalue)

    @cached_property
    def power(self) -> float:
        """How often the test would find a medium difference."""
        if len(self.groups) < 2:
            return 0.0
        from scipy.stats import chi2, ncx2

        freedom = len(self.groups) - 1
        return float(ncx2.sf(chi2.isf(LEVEL, freedom), freedom, self.students * MEDIUM**2))

    def verdict(self) -> str:
        """In words."""
        if self.p < LEVEL:
            shares = {numbers: right / students for numbers, (students, right) in self.groups.items()}
            hardest = min(shares, key=shares.__getitem__)
            return f"variants differ in difficulty (p = {self.p:.3f}); the hardest is {hardest}"
        if self.power < ENOUGH:
            return f"too few answers to tell: a medium difference would be found in {self.power:.0%} of such classes"
        return "no sign that one variant is harder"

    def row(self) -> tuple[str, ...]:
        shares = [right / students for students, right in self.groups.values()]
        counts = (str(len(self.groups)), str(self.students), f"{self.right / self.students:.2f}")
        chance = "-" if self.p != self.p else f"{self.p:.3f}"
        return (
            self.notebook,
            self.exercise,
            *counts,
            f"{min(shares):.2f}",
            f"{max(shares):.2f}",
            chance,
            f"{self.power:.2f}",
        )

    def group_rows(self) -> Iterator[tuple[Any, ...]]:
        for numbers, (students, right) in sorted(self.groups.items(), key=lambda one: one[1][1] / one[1][0]):
            yield self.notebook, self.exercise, numbers, students, right, round(right / students, 4)


def spreads(found: Sequence[Sheet]) -> list[Spread]:
    """Of each question that varies, in the order of the cells; what nobody wrote an answer to is left out."""
    groups: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}
    for sheet, exercise, score in _answers(found):
        if score.record is None or score.record.status == "unwritten":
            continue
        mine = groups.setdefault((sheet.record.notebook, exercise), {})
        numbers = sheet.record.variants[exercise]
        students, right = mine.get(numbers, (0, 0))
        mine[numbers] = (students + 1, right + (score.points >= score.cell.points))
    return [Spread(notebook, exercise, found) for (notebook, exercise), found in groups.items()]


def spread_table(found: Sequence[Spread]) -> str:
    """For a terminal: a row and a sentence for each question."""
    lines = [f"{one.exercise}: {one.verdict()}" for one in found]
    return "\n".join([text_table(TEST_HEAD, [one.row() for one in found], right=range(2, len(TEST_HEAD))), *lines])
