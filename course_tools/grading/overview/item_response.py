"""Items under Samejima's graded response model (1969), fitted by mirt with marginal maximum likelihood.

What a student earns on an item is one of three grades: nothing, some of its points, all of them. A student of ability t, which is
distributed as N(0, 1) over the class, reaches grade k of item i with probability

    P(grade >= k) = 1 / (1 + exp(-a_i (t - b_ik)))

a is the item's discrimination, b of the highest grade the ability at which half of the students earn all points. Standard errors come from
the observed information of the marginal likelihood (Oakes 1999).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from course_tools.grading.overview.items import Cells
from course_tools.grading.results.scores import Score
from course_utils.tables import counted

LEAST = 40  # students: with fewer nothing is fitted
ENOUGH = 200  # with fewer, items are hardly told apart by their discrimination (docs/grading.md has the measurement)
RARE = 5  # a grade that fewer students have is counted with its neighbour
EDGE = 1e-3  # of what mirt looks at, a in [0.1, 5] and b in [-6, 6]: there it stops, and its errors mean nothing
LARGEST, SMALLEST, FARTHEST = 5.0, 0.1, 6.0


@dataclass(frozen=True)
class Fit:
    """One item: a and b of all points, each with its standard error, all nan where the class does not say; grades: 3, or 2 for all or less."""

    a: float
    a_error: float
    b: float
    b_error: float
    grades: int

    @property
    def known(self) -> bool:
        return not np.isnan(self.a)


@dataclass(frozen=True)
class Model:
    """The items of a class, in words why if there are none. left_out: items on which (nearly) all students earn the same."""

    fits: Mapping[tuple[str, str], Fit]
    students: int
    left_out: tuple[tuple[str, str], ...] = ()
    why_not: str = ""


def fitted(cells: Cells) -> Model:
    """The model of a class."""
    students = sorted({student for entries in cells.values() for student in entries})
    grades = {item: _grades(entries, students) for item, entries in cells.items()}
    kept = {item: column for item, column in grades.items() if column.max() > 0}
    left_out = tuple(item for item in grades if item not in kept)
    if len(students) < LEAST:
        return Model(
            {}, len(students), left_out, f"{counted(len(students), 'student')}, and at least {LEAST} are needed"
        )
    if len(kept) < 3:
        return Model(
            {},
            len(students),
            left_out,
            f"{counted(len(kept), 'item')} on which students differ, and at least 3 are needed",
        )
    fits = fit(np.stack(list(kept.values()), axis=1))
    if fits is None:
        return Model({}, len(students), left_out, "the fit does not converge on this class")
    return Model(dict(zip(kept, fits, strict=True)), len(students), left_out)


def fit(grades: np.ndarray) -> list[Fit] | None:
    """The items (columns) of `grades` (students, items), integers from 0, -1 for none; None if the fit does not converge."""
    from mirt import fit_mirt

    counts = grades.max(axis=0) + 1
    found = fit_mirt(grades, "GRM", n_categories=counts.tolist())
    if not found.converged:
        return None
    values, errors = found.model.parameters, found.standard_errors
    rows = zip(values["discrimination"], errors["discrimination"], values["thresholds"], errors["thresholds"], counts, strict=True)  # fmt: skip
    return [_fit(float(a), float(ae), b[: count - 1], be[: count - 1], int(count)) for a, ae, b, be, count in rows]


def _fit(a: float, a_error: float, b: np.ndarray, b_errors: np.ndarray, grades: int) -> Fit:
    inside = SMALLEST + EDGE < a < LARGEST - EDGE and bool(np.all(np.abs(b) < FARTHEST - EDGE))
    numbers = (a, a_error, float(b[-1]), float(b_errors[-1]))
    return Fit(*(numbers if inside and np.isfinite(numbers).all() else (float("nan"),) * 4), grades)


def _grades(entries: Mapping[str, list[Score]], students: list[str]) -> np.ndarray:
    """The grade of each student on one item, from 0, -1 for none; only zeros where too few differ from the rest."""
    shares = {student: _share(scores) for student, scores in entries.items()}
    share = np.array([shares.get(student, np.nan) for student in students])
    grade = (share > 0).astype(int) + (share >= 1)
    nothing, some, full = (int((grade[~np.isnan(share)] == k).sum()) for k in range(3))
    if min(nothing, some) < RARE:
        grade = (share >= 1).astype(int)
    if min(nothing + some, full) < RARE:
        grade = np.zeros_like(grade)
    return np.where(np.isnan(share), -1, grade)


def _share(scores: list[Score]) -> float:
    maximum = sum(score.cell.points for score in scores)
    return sum(score.points for score in scores) / maximum if maximum else 1.0
