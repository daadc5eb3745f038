"""A submission in the order it is graded: the student's cells as they are, the instructor's own cells as the instructor wrote them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.cells import SourceCell

Cell = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One cell of the graded notebook. ours: the instructor's cell it stands for; theirs: the student's cell, if there is one."""

    ours: SourceCell | None
    theirs: Cell | None

    @property
    def runs(self) -> bool:
        """Whether it is code that the student's process runs."""
        if self.ours and self.ours.kind == "test":
            return False
        return (self.ours.cell_type if self.ours else (self.theirs or {}).get("cell_type")) == "code"

    @property
    def source(self) -> str:
        """What is run and shown: the student's text of an answer, the instructor's of everything else."""
        if self.ours and (self.ours.kind in ("test", "locked") or "task" in self.ours.flags):
            return self.ours.shown
        return text(self.theirs) if self.theirs else ""


def text(cell: Cell) -> str:
    return "".join(cell["source"])


def grade_id(cell: Cell) -> str:
    mark = cell.get("metadata", {}).get("nbgrader")
    name = mark.get("grade_id") if isinstance(mark, dict) else None
    return name if isinstance(name, str) else ""


def merged(assignment: Assignment, cells: list[Cell]) -> list[Step]:
    """Every test and locked cell stands in it once: at its place in the submission, or after what it follows in the source.

    Of several copies of a test counts the first that comes after the answers it is about; of several copies of an answer, each is run.
    """
    named = assignment.named
    places: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        if (name := grade_id(cell)) in named:
            places.setdefault(name, []).append(index)
    at: dict[int, list[SourceCell]] = {}  # position -> instructor's cells that stand there
    last = answered = -1
    for ours in named.values():
        found = places.get(ours.name, [])
        if ours.kind in ("answer", "manual"):
            answered = max([answered, *found[:1]])
            last = max([last, *found[:1]])
            continue
        place = next((i for i in found if i > answered), found[-1] if found else last)
        at.setdefault(place, []).append(ours)
        last = max(last, place)
    return list(_steps(named, cells, at))


def _steps(named: dict[str, SourceCell], cells: list[Cell], at: dict[int, list[SourceCell]]) -> Iterator[Step]:
    yield from (Step(ours, None) for ours in at.get(-1, []))
    for index, cell in enumerate(cells):
        ours = named.get(grade_id(cell))
        here = at.get(index, [])
        if ours is None or ours.kind in ("answer", "manual"):
            yield Step(ours, cell)
        yield from (Step(one, cell if one is ours else None) for one in here)
