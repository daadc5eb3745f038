"""Runs that are too long for the notebook, recorded once. `data/scaling_limits/README.md` has the command and the conditions."""

from course_utils.data.recordings import Row, rows
from course_utils.paths import DATA

FOLDER = DATA / "scaling_limits"


def recorded(name: str) -> list[Row]:
    """Rows of `<name>.csv`: numbers as floats, names as text. Raises CourseError if the file is missing or corrupt."""
    return rows(FOLDER, name)
