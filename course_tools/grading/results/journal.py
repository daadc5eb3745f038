"""The journal of one assignment: every record, manual grade, reading and student, appended as one line of JSON and on the disk before it counts.

It is the only state of a grading run. The latest entry about a thing is the valid one, so nothing is ever rewritten (but by `forget`, whole
or not at all): a kill at any moment loses at most the line being written, which the next reader ignores and the next writer cuts off.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

from course_tools.grading.model.records import (
    TRANSIENT,
    Entry,
    Job,
    Manual,
    Policy,
    Reading,
    Record,
    Request,
    Seed,
    Shown,
    Student,
    dumps,
    loads,
)
from course_utils.errors import CourseError


@dataclass
class Contents:
    """What a journal says, by its latest entries. shown: record's name -> the submission that the gradebook shows;
    damaged: complete lines that are no entries, which a reader skips."""

    records: dict[str, Record] = field(default_factory=dict)
    students: dict[str, Student] = field(default_factory=dict)
    manual: dict[tuple[str, str, str], Manual] = field(default_factory=dict)
    readings: dict[tuple[str, str, str, str], Reading] = field(default_factory=dict)
    requests: dict[tuple[str, str, str, str], Request] = field(default_factory=dict)
    policy: Policy | None = None
    seed: Seed | None = None
    shown: dict[str, str] = field(default_factory=dict)
    damaged: int = 0

    def take(self, entry: Entry) -> None:
        match entry:
            case Record():
                self.records[entry.name] = entry
            case Student():
                self.students[entry.id] = entry
            case Manual():
                self.manual[entry.student, entry.notebook, entry.grade_id] = entry
            case Reading():
                self.readings[entry.key] = entry
            case Request():
                self.requests[entry.key] = entry
            case Policy():
                self.policy = entry
            case Seed():
                self.seed = entry
            case Shown():
                self.shown = self._submissions()

    def holds(self, entry: Entry) -> bool:
        """Whether `entry` is already the valid one."""
        match entry:
            case Record():
                return self.records.get(entry.name) == entry
            case Student():
                return self.students.get(entry.id) == entry
            case Manual():
                return self.manual.get((entry.student, entry.notebook, entry.grade_id)) == entry
            case Reading():
                return self.readings.get(entry.key) == entry
            case Request():
                return self.requests.get(entry.key) == entry
            case Policy():
                return self.policy == entry
            case Seed():
                return self.seed == entry
            case Shown():
                return self.shown == self._submissions()

    def _submissions(self) -> dict[str, str]:
        return {name: record.submission for name, record in self.records.items()}

    def settles(self, job: Job) -> bool:
        """Whether this very job was graded before, so that it need not run again."""
        record = self.records.get(f"{job.student}/{job.notebook}")
        return record is not None and record.key == job.key and record.outcome not in TRANSIENT


def read(path: Path) -> Contents:
    """The contents of the journal at `path`; empty if there is none. A line cut off at the end is ignored."""
    return _parse(path.read_bytes() if path.exists() else b"")[0]


def history(path: Path) -> list[Entry]:
    """All that the journal at `path` ever said, in the order in which it was written."""
    data = path.read_bytes()
    return [entry for entry in _entries(data[: data.rfind(b"\n") + 1]) if entry is not None]


def _parse(data: bytes) -> tuple[Contents, int]:
    """The contents, and the length up to which `data` is sound."""
    contents, sound = Contents(), data.rfind(b"\n") + 1
    for entry in _entries(data[:sound]):
        if entry is None:
            contents.damaged += 1
        else:
            contents.take(entry)
    return contents, sound


def _entries(data: bytes) -> Iterator[Entry | None]:
    """What each line says; None for one that is no entry."""
    for line in data.splitlines():
        try:
            yield loads(line)
        except ValueError:
            yield None


def _about(line: bytes) -> str:
    """Whom a line is about, "" if it is about nobody."""
    entry = next(_entries(line), None)
    return entry.id if isinstance(entry, Student) else getattr(entry, "student", "")


def _locked(path: Path) -> IO[bytes]:
    """The file, open and ours alone. Raises CourseError if another run has it."""
    while True:
        file = path.open("a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise CourseError(f"{path} is being written by another run: wait until it is done") from None
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()  # `forget` has put another in its place


class Journal:
    """`with Journal(path) as journal: journal.append(record)`. One writer at a time: raises CourseError if another has it open."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._file = path, _locked(path)
        self._file.seek(0)
        self.contents, sound = _parse(self._file.read())
        self._file.truncate(sound)

    def append(self, *entries: Entry) -> None:
        """Write those entries that say something new, and return when they are on the disk."""
        new = [entry for entry in entries if not self.contents.holds(entry)]
        if not new:
            return
        self._file.write("".join(f"{dumps(entry)}\n" for entry in new).encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        for entry in new:
            self.contents.take(entry)

    def merge(self, shard: Path, jobs: Iterable[Job]) -> int:
        """Take over what another journal says about `jobs`, as many records as are new; what it says of older ones is left."""
        theirs = read(shard)
        new = [job for job in jobs if theirs.settles(job) and not self.contents.settles(job)]
        self.append(*(theirs.records[f"{job.student}/{job.notebook}"] for job in new))
        return len(new)

    def forget(self, student: str) -> int:
        """Write the journal anew without the entries about `student`, in one step. Returns how many there were."""
        lines = self._lines()
        kept = [line for line in lines if _about(line) != student]
        if len(kept) < len(lines):
            partial = self.path.with_name(self.path.name + ".part")
            partial.unlink(missing_ok=True)
            new = _locked(partial)  # before anybody can find it under the journal's name
            new.write(b"".join(kept))
            new.flush()
            os.fsync(new.fileno())
            os.replace(partial, self.path)
            self._file.close()
            self._file, self.contents = new, _parse(b"".join(kept))[0]
        return len(lines) - len(kept)

    def entries_about(self, student: str) -> int:
        return sum(_about(line) == student for line in self._lines())

    def _lines(self) -> list[bytes]:
        self._file.seek(0)
        return self._file.read().splitlines(keepends=True)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
