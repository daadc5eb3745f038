"""Item analysis: which questions are hard, which tell strong students from weak ones, and how answers fail.

- difficulty: mean share of the points (1: everybody has them all);
- r: corrected item-total correlation, Pearson's r of the item's points with the points of all *other* items of the assignment;
- discrimination: mean share among the 27% of students with the most points, minus that among the 27% with the fewest (Kelley 1939);
  students who tie at a border share the places that are left there.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from course_tools.grading.model.records import GRADED
from course_tools.grading.results.scores import Sheet
from course_utils import tables

TAIL = 0.27
HEAD = ("notebook", "item", "students", "max_points", "difficulty", "r", "discrimination", "seconds", "unwritten", "common_failure", "how_often")  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One graded cell over all students.

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


def analyse(found: Sequence[Sheet]) -> list[Item]:
    """The items of an assignment, in the order of its cells. Only graded notebooks count, and of a written answer only what was read."""
    totals: dict[str, float] = {}
    for sheet in found:
        if sheet.record.outcome == GRADED:
            totals[sheet.student.id] = totals.get(sheet.student.id, 0.0) + sum(score.points for score in sheet.scores)
    cells: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for sheet in found:
        if sheet.record.outcome == GRADED:
            for score in sheet.scores:
                if not score.waits:
                    cells.setdefault((sheet.record.notebook, score.cell.name), []).append((sheet.student.id, score))
    return [_item(notebook, name, entries, totals) for (notebook, name), entries in cells.items()]


def _item(notebook: str, name: str, entries: list[tuple[str, Any]], totals: dict[str, float]) -> Item:
    maximum = entries[0][1].cell.points
    points = np.array([score.points for _, score in entries])
    total = np.array([totals[student] for student, _ in entries])
    share = points / maximum if maximum else np.ones_like(points)
    times = [score.record.seconds for _, score in entries if score.record]
    written = [score for _, score in entries if not (score.record and score.record.status == "unwritten")]
    failures = Counter(failure(score) for score in written if score.points < maximum)
    return Item(
        notebook,
        name,
        len(entries),
        maximum,
        float(share.mean()),
        correlation(points, total - points),
        discrimination(share, total),
        float(np.median(times)) if times else 0.0,
        len(entries) - len(written),
        tuple(failures.most_common(3)),
    )


def failure(score: Any) -> str:
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


def text_table(found: Sequence[Item]) -> str:
    """The analysis for a terminal."""
    rows = [
        (
            item.notebook,
            item.name,
            str(item.students),
            f"{item.difficulty:.2f}",
            f"{item.r:.2f}",
            f"{item.discrimination:.2f}",
            f"{item.seconds:.2f}",
            (f"{item.failures[0][1]}x {item.failures[0][0]}" if item.failures else "")[:70],
        )
        for item in found
    ]
    return tables.text_table(
        ("notebook", "item", "students", "difficulty", "r", "discr.", "seconds", "most common failure"), rows
    )
