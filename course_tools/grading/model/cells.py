"""The cells of the instructor's notebook, each read as a grader needs it."""

import re
from dataclasses import dataclass
from typing import Any

HEADING = re.compile(r"^#{1,4}\s+(?!BEGIN SOLUTION|END SOLUTION)(.+?)\s*#*\s*$", re.MULTILINE)
FLAGS = ("grade", "solution", "task", "locked")


@dataclass(frozen=True)
class Plan:
    """Where a test's names come from. ours: the instructor's statements to run first, in order; student: names to ask for."""

    ours: tuple[str, ...] = ()
    student: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceCell:
    """A cell of the instructor's notebook.

    kind: "answer", "test", "manual" (a person grades), "locked" or "free". flags: nbgrader's own of "grade", "solution", "task" and
    "locked". section: the heading it stands under. hidden: a test that the release does not show in full; shown: its source as released;
    problems: why a test cannot be graded in two processes, with the line, nothing if it can.
    """

    name: str
    kind: str
    cell_type: str
    source: str
    points: float = 0.0
    flags: frozenset[str] = frozenset()
    section: str = ""
    hidden: bool = False
    shown: str = ""
    plan: Plan = Plan()
    problems: tuple[str, ...] = ()

    @property
    def mark(self) -> dict[str, Any]:
        """Its metadata as nbgrader writes them."""
        kind = {flag: flag in self.flags for flag in FLAGS}
        kind["locked"] = not kind["solution"] and (kind["grade"] or kind["locked"])
        return {"grade_id": self.name, "schema_version": 3} | kind | ({"points": self.points} if self.graded else {})

    @property
    def graded(self) -> bool:
        """Whether it gives points."""
        return self.kind in ("test", "manual")


def source_cells(cells: list[dict]) -> list[SourceCell]:
    found, section = [], ""
    for cell in cells:
        if cell["cell_type"] == "markdown" and (headings := HEADING.findall("".join(cell["source"]))):
            section = headings[-1]
        found.append(source_cell(cell, section))
    return found


def source_cell(cell: dict, section: str) -> SourceCell:
    mark, source = cell["metadata"].get("nbgrader") or {}, "".join(cell["source"])
    name = mark.get("grade_id", "")
    match bool(mark.get("grade")), bool(mark.get("solution")), bool(mark.get("task")):
        case (True, False, _) if cell["cell_type"] == "code":
            kind = "test"
        case (True, _, _) | (_, _, True):
            kind = "manual"
        case (False, True, _):
            kind = "answer"
        case _:
            kind = "locked" if mark.get("locked") else "free"
    points = float(mark.get("points", 0)) if kind in ("test", "manual") else 0.0
    shown = [line for line, hidden in lines(source) if not hidden]
    hidden = len(shown) < len(lines(source))
    flags = frozenset(flag for flag in FLAGS if mark.get(flag))
    return SourceCell(name, kind, cell["cell_type"], source, points, flags, section, hidden, "\n".join(shown))


def lines(source: str) -> list[tuple[str, bool]]:
    """The lines of a cell, and whether each lies in a region of hidden tests."""
    found, inside = [], False
    for line in source.split("\n"):
        inside = inside or "BEGIN HIDDEN TESTS" in line
        found.append((line, inside))
        inside = inside and "END HIDDEN TESTS" not in line
    return found
