"""What a cell is worth by nbgrader's own rules."""

import hashlib
from typing import Any

from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.merge import text
from course_tools.grading.model.notebook import Refused
from course_tools.grading.model.records import CellRecord


def partial_credit(value: Any, maximum: float) -> float:
    """nbgrader's rule: a last line that reads as a number >= 0 is the points, anything else is full credit.

    Raises Refused for more than the maximum.
    """
    if type(value) not in (int, float, str, bool):
        return maximum
    try:
        given = float(repr(value))
    except ValueError:
        return maximum
    if given > maximum:
        raise Refused("too_many_points", f"the test gives {given:g} points, its maximum is {maximum:g}")
    return given if given >= 0 else maximum


def by_hand(cell: SourceCell, theirs: dict[str, Any] | None) -> CellRecord:
    """A cell that a person grades; an answer that is still the released text earns nothing."""
    if theirs is None:
        return CellRecord(cell.name, cell.points, 0.0, "missing", "the cell is not in the notebook")
    if theirs["metadata"]["nbgrader"].get("checksum") == released_checksum(cell, text(theirs)):
        return CellRecord(cell.name, cell.points, 0.0, "unwritten", "not written yet")
    return CellRecord(cell.name, cell.points, None, "manual")


def released_checksum(cell: SourceCell, source: str) -> str:
    """nbgrader's checksum of an answer cell graded by hand, for `source`."""
    parts = [source, cell.cell_type, "True", "True", "False", cell.name, str(cell.points)]
    return hashlib.md5("".join(parts).encode()).hexdigest()
