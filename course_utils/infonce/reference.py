"""The reference table of the bound with the best possible critic (data/infonce)."""

import csv
from dataclasses import dataclass

from course_utils.errors import CourseError
from course_utils.paths import DATA

DIM = 20


@dataclass(frozen=True)
class Reference:
    """One cell: the bound and its standard error in nats; `term_sd` is the standard deviation of one draw's loss."""

    mutual_information: float
    rho: float
    candidates: int
    bound: float
    standard_error: float
    term_sd: float


def optimal_bounds() -> dict[tuple[float, int], Reference]:
    """{(mutual information in nats, K): reference} for 20-dimensional Gaussians. Raises CourseError if the table is missing."""
    path = DATA / "infonce" / "optimal_bounds.csv"
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise CourseError(
            f"{path}: cannot be read ({error.strerror}); restore it from the course's repository"
        ) from None
    found = {}
    for row in rows:
        information, k = float(row["mutual_information"]), int(row["candidates"])
        numbers = (float(row[name]) for name in ("bound", "standard_error", "term_sd"))
        found[information, k] = Reference(information, float(row["rho"]), k, *numbers)
    return found
