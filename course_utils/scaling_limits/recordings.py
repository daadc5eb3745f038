"""Runs that are too long for the notebook, recorded once. `data/scaling_limits/README.md` has the command and the conditions."""

import csv
import hashlib

from course_utils.errors import CourseError
from course_utils.paths import DATA, restore

FOLDER = DATA / "scaling_limits"
Row = dict[str, str | float]


def recorded(name: str) -> list[Row]:
    """Rows of `<name>.csv`: numbers as floats, names as text.

    Raises:
        CourseError: the file is absent or not what SHA256SUMS says.
    """
    path, sums = FOLDER / f"{name}.csv", FOLDER / "SHA256SUMS"
    for needed in (path, sums):
        if not needed.is_file():
            raise CourseError(f"recorded run {needed} is missing; {restore('data/scaling_limits')}")
    expected = dict(line.split()[::-1] for line in sums.read_text().splitlines())
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected.get(path.name):
        raise CourseError(f"recorded run {path} is corrupt: SHA-256 is {found}; {restore('data/scaling_limits')}")
    with path.open(encoding="utf-8", newline="") as stream:
        return [{key: _number(value) for key, value in row.items()} for row in csv.DictReader(stream)]


def _number(value: str) -> str | float:
    try:
        return float(value)
    except ValueError:
        return value
