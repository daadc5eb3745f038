"""What a student left in their box, read as what it is: files of a stranger who may change them meanwhile.

- A submission is complete when nbgrader has written its last file, the secret.
- Nothing is followed or waited for: a link, a pipe, a device, another user's file is left out, and why is said in one line.
- When it arrived is the newest change of anything in it as the file system keeps it (ctime), which its owner cannot set back.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from course_tools.grading.intake.submissions import MAX_BYTES, MB
from course_tools.grading.model.receipts import SECRET

MAX_TOTAL = 100 * MB  # of one submission
MAX_FILES = 1000
MAX_DEPTH = 8
MAX_ENTRIES = 10_000  # of one box
TRIES = 3  # at a submission that changes while it is read
PAUSE = 0.2  # seconds between them


class Unreadable(Exception):
    """What cannot be taken as it is now; the text says why in one line."""


@dataclass
class Handed:
    """A submission. files: parts of the path -> content; refused: what was left out, and why."""

    name: str
    arrived: datetime
    files: dict[tuple[str, ...], bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """A file or folder in a submission. folder: a descriptor of the folder it is in, open until the next entry is asked for."""

    parts: tuple[str, ...]
    folder: int
    status: os.stat_result

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.status.st_mode)


def submissions(box: Path, assignment: str) -> list[str]:
    """Names in the box that are submissions of the assignment (NAME+ASSIGNMENT+TIME+RANDOM), whoever they say they are from."""
    found = []
    with os.scandir(box) as entries:
        for count, entry in enumerate(entries):
            if count == MAX_ENTRIES:
                raise Unreadable(f"the box holds more than {MAX_ENTRIES:,} files")
            if entry.name.rsplit("+", 3)[1:2] == [assignment]:
                found.append(entry.name)
    return found


def arrived(box: Path, name: str) -> datetime | None:
    """When a submission was complete; None of one that is not. Raises Unreadable."""
    try:
        with _opened(box / name) as folder:
            newest = [os.fstat(folder).st_ctime_ns, *(entry.status.st_ctime_ns for entry in _entries(folder))]
            complete = stat.S_ISREG(os.stat(SECRET, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return None
    return datetime.fromtimestamp(max(newest) / 1e9, UTC) if complete else None


def read(box: Path, name: str) -> Handed:
    """The submission, as it was at one moment. Raises Unreadable."""
    owner = box.stat().st_uid
    for _ in range(TRIES):
        before = arrived(box, name)
        if before is None:
            break
        found = Handed(name, before)
        with _opened(box / name) as folder:
            for entry in _entries(folder):
                if not entry.is_folder:
                    _take(entry, owner, found)
        if arrived(box, name) == before:
            return found
        time.sleep(PAUSE)
    raise Unreadable("is being changed just now: collect again")


def contents(folder: Path) -> Iterator[tuple[tuple[str, ...], bytes | str]]:
    """All that is below a folder of strangers: parts of the path, and what a file holds, or in words why that cannot be told.

    Raises OSError.
    """
    with _opened(folder) as opened:
        for entry in _walk(opened, ()):
            try:
                if entry.is_folder:
                    yield entry.parts, "lies too deep" if len(entry.parts) > MAX_DEPTH else b""
                else:
                    yield entry.parts, _content(entry, entry.status.st_uid, MAX_TOTAL)
            except Unreadable as why:
                yield entry.parts, str(why)
            except OSError as error:
                yield entry.parts, f"cannot be read: {error.strerror}"


@contextmanager
def _opened(path: Path | str, at: int | None = None) -> Iterator[int]:
    """A descriptor of a folder; neither a link nor a pipe can take its place."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
    try:
        yield folder
    finally:
        os.close(folder)


def _entries(folder: int) -> Iterator[Entry]:
    """All that is in a submission. Raises Unreadable for more than MAX_FILES."""
    for count, entry in enumerate(_walk(folder, ())):
        if count == MAX_FILES:
            raise Unreadable(f"a submission holds more than {MAX_FILES:,} files")
        yield entry


def _walk(folder: int, parts: tuple[str, ...]) -> Iterator[Entry]:
    """What is in the folder, to a depth that no honest submission has. `os.fwalk` would wait for a pipe that takes a folder's place."""
    for name in sorted(os.listdir(folder)):
        entry = Entry((*parts, name), folder, os.stat(name, dir_fd=folder, follow_symlinks=False))
        yield entry
        if entry.is_folder and len(parts) < MAX_DEPTH:
            with _opened(name, folder) as inner:
                yield from _walk(inner, entry.parts)


def _take(entry: Entry, owner: int, found: Handed) -> None:
    name = "/".join(entry.parts)
    room = min(MAX_BYTES, MAX_TOTAL - sum(map(len, found.files.values())))
    try:
        found.files[entry.parts] = _content(entry, owner, room)
    except Unreadable as why:
        found.refused.append(f"{name} {why}")
    except OSError as error:
        found.refused.append(f"{name} cannot be read: {error.strerror}")


def _content(entry: Entry, owner: int, room: int) -> bytes:
    """The bytes of a file, opened so that neither a link nor a pipe can take its place."""
    if stat.S_ISLNK(entry.status.st_mode):
        raise Unreadable("is a link; only files are collected")
    if not stat.S_ISREG(entry.status.st_mode):
        raise Unreadable("is no file")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with open(os.open(entry.parts[-1], flags, dir_fd=entry.folder), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("is no file")
        if status.st_uid != owner:
            raise Unreadable("belongs to somebody else")
        if status.st_size <= room:
            content = file.read(room + 1)
            if len(content) <= room:
                return content
    raise Unreadable(f"has {status.st_size / MB:,.0f} MB, more than {room / MB:.0f}: its outputs must be cleared")
