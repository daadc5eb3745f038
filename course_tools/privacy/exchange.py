"""A student's part of nbgrader's exchange: what is theirs there, and a search of the rest, which is others' and may be hostile."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from course_tools.exchange.handed import contents
from course_tools.grading.model.config import configured
from course_tools.privacy.traces import Search

FOLDERS = ("inbound", "feedback", "outbound")


def exchange_of(root: Path) -> Path | None:
    """The folder of the course in `root` on the exchange that nbgrader is configured for, None if there is none."""
    if not configured(root, "CourseDirectory.course_id"):
        return None
    from course_tools.exchange.command import exchange  # nbgrader takes a second to import

    place = exchange(root)
    return place if place.is_dir() else None


def own(place: Path, student: str) -> Iterator[Path]:
    """The boxes of a student on our hub; on an exchange as nbgrader makes it, what was handed in under their name."""
    yield from (box for box in (place / "inbound" / student, place / "feedback" / student) if os.path.lexists(box))
    if os.access(inbound := place / "inbound", os.R_OK):
        yield from sorted(path for path in inbound.iterdir() if path.name.rsplit("+", 3)[:-3] == [student])


def traces(place: Path, search: Search) -> Iterator[str]:
    """Where the person is still found. A file is searched as a copy of its own, so that nobody can change it or have us wait for it."""
    for folder in (place / name for name in FOLDERS if (place / name).is_dir()):
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            yield f"{folder}: not searched, {error.strerror}: run this as root"
            continue
        for path in paths:
            if search.in_bytes(path.name.encode()):
                yield str(path) if os.access(folder, os.W_OK) else f"{path}: its folder is root's: run this as root"
            elif path.is_symlink() or not path.is_dir():
                yield f"{path}: not searched, it is no folder"
            else:
                yield from _below(path, search)


def _below(folder: Path, search: Search) -> Iterator[str]:
    with TemporaryDirectory() as own:
        try:
            for parts, content in contents(folder):
                copy, path = Path(own, parts[-1]), folder.joinpath(*parts)
                copy.write_bytes(content if isinstance(content, bytes) else b"")
                if search.found_in(copy):
                    yield str(path)
                elif isinstance(content, str):
                    yield f"{path}: not searched, it {content}"
                copy.unlink()
        except OSError as error:
            yield f"{folder}: not searched, {error.strerror}"
