"""Item analysis: which questions are hard, which tell strong students from weak ones, and how answers fail.

- difficulty: mean share of the points (1: everybody has them all);
- r: corrected item-total correlation, Pearson's r of the item's points with the points of all *other* items of the assignment;
- discrimination: mean share among the 27% of students with the most points, minus that among the 27% with the fewest (Kelley 1939);
  students who tie at a border share the places that are left there.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import GRADED
from course_tools.grading.results.scores import Score, Sheet
from course_utils import tables

TAIL = 0.27
HEAD = ("notebook", "item", "students", "max_points", "difficulty", "r", "discrimination", "seconds", "unwritten", "common_failure", "how_often")  # fmt: skip


Cells = dict[tuple[str, str], dict[str, list[Score]]]  # (notebook, item) -> student -> what the item's cells gave


@dataclass(frozen=True)
class Item:
    """One graded cell, or the cells of one exercise, over all students.

    r and discrimination are nan where everybody has the same; seconds: median of the check; failures: of the answers that were written.
    """

    notebook: str
    name: str
    students: int
    max_points: float
    difficulty: float
    r: float
    discrimination: float
    seconds: float
    unwritten: int
    failures: tuple[tuple[str, int], ...]

    def row(self) -> tuple[Any, ...]:
        reason, often = self.failures[0] if self.failures else ("", 0)
        numbers = (round(value, 4) for value in (self.difficulty, self.r, self.discrimination, self.seconds))
        return (self.notebook, self.name, self.students, self.max_points, *numbers, self.unwritten, reason, often)


def exercises(course: Course) -> dict[tuple[str, str], str]:
    """(notebook, test) -> the answer that it is about: the tests of one answer succeed and fail together, so they are one item."""
    return {
        (name, test): answer
        for name, path in course.sources.items()
        for test, answer in Assignment.load(path).answered.items()
        if answer
    }


def by_item(found: Sequence[Sheet], together: Mapping[tuple[str, str], str] | None = None) -> Cells:
    """The cells of graded notebooks, without answers that a person is still to read. together: (notebook, cell) -> its item, if not itself."""
    cells: Cells = {}
    for sheet in found:
        if sheet.record.outcome == GRADED:
            notebook = sheet.record.notebook
            for score in sheet.scores:
                name = (together or {}).get((notebook, score.cell.name), score.cell.name)
                cells.setdefault((notebook, name), {}).setdefault(sheet.student.id, []).append(score)
    read = {item: {s: scores for s, scores in mine.items() if not _waits(scores)} for item, mine in cells.items()}
    return {item: mine for item, mine in read.items() if mine}


def _waits(scores: list[Score]) -> bool:
    return any(score.waits for score in scores)


def analyse(found: Sequence[Sheet], together: Mapping[tuple[str, str], str] | None = None) -> list[Item]:
    """The items of an assignment, in the order of its cells; see `by_item`."""
    totals: dict[str, float] = {}
    for sheet in found:
        if sheet.record.outcome == GRADED:
            totals[sheet.student.id] = totals.get(sheet.student.id, 0.0) + sum(score.points for score in sheet.scores)
    return [_item(*item, entries, totals) for item, entries in by_item(found, together).items()]


def _item(notebook: str, name: str, entries: dict[str, list[Score]], totals: dict[str, float]) -> Item:
    maximum = sum(score.cell.points for score in next(iter(entries.values())))
    points = np.array([sum(score.points for score in scores) for scores in entries.values()])
    total = np.array([totals[student] for student in entries])
    share = points / maximum if maximum else np.ones_like(points)
    seen = [[score.record.seconds for score in scores if score.record] for scores in entries.values()]
    written = [scores for scores in entries.values() if not all(map(_unwritten, scores))]
    lost = (next((score for score in scores if score.points < score.cell.points), None) for scores in written)
    failures = Counter(failure(score) for score in lost if score)
    return Item(
        notebook,
        name,
        len(entries),
        maximum,
        float(share.mean()),
        correlation(points, total - points),
        discrimination(share, total),
        float(np.median([sum(seconds) for seconds in seen if seconds] or [0.0])),
        len(entries) - len(written),
        tuple(failures.most_common(3)),
    )


def _unwritten(score: Score) -> bool:
    return score.record is not None and score.record.status == "unwritten"


def failure(score: Score) -> str:
    """Why points were lost, in one line: the first thing that the check said was wrong."""
    if score.record is None:
        return "not in the submission"
    said = [line.strip() for line in score.record.message.splitlines()]
    first = next((line for line in said if line.startswith("FAIL")), "")
    return first.removeprefix("FAIL").strip() or score.record.reason or (said[0] if said else "less than full points")


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r; nan where one of the two does not vary."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def discrimination(share: np.ndarray, total: np.ndarray) -> float:
    """Mean of `share` in the upper 27% by `total` minus the lower 27%; nan for fewer than four students or equal totals."""
    if len(share) < 4 or np.ptp(total) == 0:
        return float("nan")
    size = ceil(TAIL * len(share))
    return float(_tail_mean(share, -total, size) - _tail_mean(share, total, size))


def _tail_mean(share: np.ndarray, key: np.ndarray, size: int) -> float:
    """Mean over the `size` entries of smallest `key`; those that tie at the border have equal parts of the places left."""
    border = np.sort(key)[size - 1]
    inside, tied = key < border, key == border
    weights = inside + tied * (size - inside.sum()) / tied.sum()
    return float((weights * share).sum() / size)


def _share(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def text_table(found: Sequence[Item]) -> str:
    """The analysis for a terminal."""
    rows = [
        (
            item.notebook,
            item.name,
            str(item.students),
            f"{item.difficulty:.2f}",
            _share(item.r),
            _share(item.discrimination),
            f"{item.seconds:.2f}",
            (f"{item.failures[0][1]}x {item.failures[0][0]}" if item.failures else "")[:70],
        )
        for item in found
    ]
    return tables.text_table(
        ("notebook", "item", "students", "difficulty", "r", "discr.", "seconds", "most common failure"), rows
    )
