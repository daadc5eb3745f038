"""What moved when a notebook was graded again: its last two gradings held against each other, cell by cell, and what a person changed since.

Points are those before lateness. A grading that was the machine's fault is none, and neither is one that only learnt a time of submission.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.records import TRANSIENT, Entry, Manual, Record
from course_tools.grading.results.scores import score

PARTS = ("new submission", "new checks", "other limits")  # what a key is made of, see records.Job
BY_HAND = "by hand"


@dataclass
class Regrade:
    """One notebook of one student. why: of what changed between the two gradings; cells: those that moved, with the points before and after."""

    student: str
    notebook: str
    why: list[str]
    cells: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def change(self) -> float:
        return round(sum(after - before for before, after in self.cells.values()), 4)

    def move(self, cell: str, before: float | None, after: float | None) -> bool:
        """Note what a cell gives now; whether that is something else. None: nobody has graded it yet."""
        if before is None or after is None or before == after:
            return False
        first = self.cells.pop(cell, (before, after))[0]
        if first != after:
            self.cells[cell] = (first, after)
        return True


def regrades(graded: Mapping[str, Sequence[SourceCell]], entries: Iterable[Entry]) -> list[Regrade]:
    """Of all notebooks with a second grading, by student. graded: notebook -> its cells that give points; entries: all of the journal, in order."""
    records: dict[str, Record] = {}
    given: dict[tuple[str, str], Manual] = {}  # (record's name, cell)
    found: dict[str, Regrade] = {}
    for entry in entries:
        match entry:
            case Record(outcome=outcome, notebook=notebook) if outcome not in TRANSIENT and notebook in graded:
                old = records.get(entry.name)
                records[entry.name] = entry
                if old and old.key != entry.key:
                    found[entry.name] = regrade = Regrade(entry.student, notebook, reasons(old, entry))
                    for cell in graded[notebook]:
                        hand = given.get((entry.name, cell.name))
                        regrade.move(cell.name, _points(cell, old, hand), _points(cell, entry, hand))
            case Manual():
                name = f"{entry.student}/{entry.notebook}"
                before, given[name, entry.grade_id] = given.get((name, entry.grade_id)), entry
                for cell in graded.get(entry.notebook, ()):
                    if cell.name == entry.grade_id and name in records:
                        regrade = found.get(name) or Regrade(entry.student, entry.notebook, [])
                        if regrade.move(cell.name, *(_points(cell, records[name], hand) for hand in (before, entry))):
                            regrade.why += [BY_HAND] * (BY_HAND not in regrade.why)
                            found[name] = regrade
    return sorted(found.values(), key=lambda one: (one.student, one.notebook))


def reasons(old: Record, new: Record) -> list[str]:
    """Why a notebook was graded again."""
    found = [part for part, a, b in zip(PARTS, old.key.split("-"), new.key.split("-"), strict=False) if a != b]
    return ["new seed" if part == PARTS[2] and old.seed != new.seed else part for part in found]


def _points(cell: SourceCell, record: Record, given: Manual | None) -> float | None:
    """None while nobody has graded it."""
    one = score(cell, record, given)
    return None if one.auto is None and one.manual is None else one.points
