"""Known mistakes that checks named, read back from the words that the journal kept: the hint of a mistake is its own (tests hold the banks to it)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from course_tools.grading.model.records import CellRecord, Entry, Record
from course_utils.checks import fingerprints
from course_utils.errors import UsageError

INDENT = " " * 8  # of a cause in a verdict, see course_utils.checks.card
Hints = Mapping[str, Mapping[str, str]]  # exercise -> the words of a mistake in a verdict -> its name


@dataclass(frozen=True)
class Met:
    """A known mistake. hint: its first line; students: who met it in any submission; still: those of them whose last one has it."""

    exercise: str
    name: str
    hint: str
    students: frozenset[str]
    still: frozenset[str]


def hints(task: str) -> Hints:
    """Of the public checks of a task; nothing for a course that does not use them."""
    try:
        known = fingerprints.load(task)
    except UsageError:
        return {}
    return {
        exercise: {_said(mistake["hint"]): mistake["name"] for mistake in record["mistakes"]}
        for exercise, record in known.items()
    }


def met(task: str, entries: Iterable[Entry], latest: Iterable[Record]) -> list[Met]:
    """The mistakes that were met, the most frequent first. entries: all of the journal; latest: its last record of each notebook."""
    known = hints(task)
    ever = (entry for entry in entries if isinstance(entry, Record))
    before, now = _students(task, known, ever), _students(task, known, latest)
    words = {(exercise, name): said.strip().partition("\n")[0] for exercise, one in known.items() for said, name in one.items()}  # fmt: skip
    found = [
        Met(exercise, name, words[exercise, name], frozenset(students), frozenset(now.get((exercise, name), ())))
        for (exercise, name), students in before.items()
    ]
    return sorted(found, key=lambda one: (-len(one.students), -len(one.still), one.exercise, one.name))


def _students(task: str, known: Hints, records: Iterable[Record]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for record in records:
        for cell in record.cells:
            for mistake in named(task, known, cell):
                found.setdefault(mistake, set()).add(record.student)
    return found


def named(task: str, known: Hints, cell: CellRecord) -> Iterator[tuple[str, str]]:
    """(exercise, mistake) that the cell's verdicts name."""
    message = f"\n{cell.message}\n"
    for exercise, words in known.items():
        if f"\n{task}/{exercise} " in message:
            said = [text for text in words if f"\n{text}\n" in message]
            if said:
                yield exercise, words[max(said, key=len)]


def _said(hint: str) -> str:
    return "\n".join(f"{INDENT}{line}" for line in hint.splitlines())
