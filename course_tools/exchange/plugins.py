"""The instructor's side of nbgrader's exchange, with a box for each student (deploy/jupyterhub/boxes.py). Named in `c.ExchangeFactory`.

- Who handed in is whose box it lies in, and when is what the file system saw: nothing that a student wrote decides it.
- Nothing in a box stops the others: what is left out becomes a line of `notes`.
- Feedback goes into a box that its student alone reads.

A student's side is nbgrader's own.
"""

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from glob import glob
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.exchange import default
from nbgrader.utils import notebook_hash, parse_utc

from course_tools.exchange.handed import Handed, Unreadable, arrived, read, submissions
from course_tools.grading.model.receipts import SECRET, TIMESTAMP

FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"
LATER = timedelta(minutes=1)  # from when nbgrader took the time to when the last file was there; more is told


class Boxed(default.Exchange):
    """An exchange whose folders root has made.

    notes: what was left out, and why; done: how many submissions or pages were taken.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notes: list[str] = []
        self.done = 0

    def ensure_root(self) -> None:
        """nbgrader's own would make it writable to everybody."""

    def place(self, name: str) -> Path:
        """A folder of the course. Raises ExchangeError where there is none."""
        if not self.coursedir.course_id:
            self.fail("no course id: set c.CourseDirectory.course_id in nbgrader_config.py")
        path = Path(self.root) / self.coursedir.course_id / name
        if not path.is_dir():
            self.fail(f"{path} does not exist: the hub makes it when the first server starts (see docs/hub.md)")
        return path

    def note(self, student: str, why: object) -> None:
        line = "".join(c if c.isprintable() else "?" for c in f"{student}: {why}")
        self.notes.append(line)
        self.log.warning(line)


class ListReleased(Boxed, default.ExchangeList):
    """What is released; the formgrader asks for it."""


class ReleaseAssignment(Boxed, default.ExchangeReleaseAssignment):
    """Into outbound/, which everybody reads."""

    def init_dest(self) -> None:
        self.dest_path = str(self.place("outbound") / self.coursedir.assignment_id)


class Collect(Boxed, default.ExchangeCollect):
    """Each student's newest complete submission, into submitted/STUDENT/ASSIGNMENT/."""

    def init_src(self) -> None:
        inbound = self.place("inbound")
        if not os.access(inbound, os.R_OK):
            self.fail(f"{inbound} may be read by the instructor only: collect from that account")
        chosen = self.coursedir.student_id
        self.boxes = sorted(box for box in inbound.iterdir() if chosen in ("", "*", box.name))
        self.due = self._due() if self.before_duedate else None

    def _due(self) -> datetime | None:
        """As it stands in the gradebook."""
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                due = gradebook.find_assignment(self.coursedir.assignment_id).duedate
            except MissingEntry:
                return None
        return due.replace(tzinfo=UTC) if due else None

    def copy_files(self) -> None:
        for box in self.boxes:
            try:
                self._collect(box)
            except Unreadable as why:
                self.note(box.name, why)
            except OSError as error:
                self.note(box.name, f"cannot be read: {error.strerror}")

    def _collect(self, box: Path) -> None:
        times: dict[str, datetime] = {}
        for name in submissions(box, self.coursedir.assignment_id):
            if time := arrived(box, name):
                times[name] = time
            else:
                self.note(box.name, f"{name} is not complete or cannot be read: left alone")
        in_time = [name for name, time in times.items() if self.due is None or time <= self.due]
        newest = max(in_time or times, key=times.__getitem__, default=None)
        place = self._submitted(box.name)
        if newest is None or not self._wanted(place, times[newest]):
            return
        found = read(box, newest)
        _write(found, place)
        self.done += 1
        self.log.info(f"collected: {box.name} {self.coursedir.assignment_id}")
        for line in (*found.refused, *_told(found)):
            self.note(box.name, line)

    def _submitted(self, student: str) -> Path:
        course = self.coursedir
        return Path(course.format_path(course.submitted_directory, student, course.assignment_id))

    def _wanted(self, place: Path, time: datetime) -> bool:
        """As nbgrader has it: a newer one with `update`; before the due date also an older one."""
        if not place.is_dir():
            return True
        old = self.coursedir.get_existing_timestamp(str(place))
        newer = old is None or time > old.replace(tzinfo=UTC)
        return newer if self.update else bool(self.due) and newer


class ReleaseFeedback(Boxed, default.ExchangeReleaseFeedback):
    """Each page into the box of its student, under the name that nbgrader looks for there."""

    def init_dest(self) -> None:
        self.dest_path = str(self.place("feedback"))

    def copy_files(self) -> None:
        course = self.coursedir
        pattern = course.format_path(course.feedback_directory, "(?P<student>.*)", course.assignment_id, escape=True)
        excluded = course.student_id_exclude.split(",")
        for folder in sorted(glob(self.src_path)):
            found = re.fullmatch(pattern, folder)
            if found and found["student"] not in excluded:
                try:
                    self._release(Path(folder), found["student"])
                except OSError as error:
                    self.note(found["student"], f"{error.filename}: {error.strerror}")

    def _release(self, folder: Path, student: str) -> None:
        """The pages of one student. Raises OSError."""
        if not (folder / SECRET).is_file():
            return self.note(student, "did not hand in through the exchange, so there is no box for feedback")
        secret = (folder / SECRET).read_text()
        for page in sorted(folder.glob("*.html")):
            place = Path(self.dest_path) / student / f"{notebook_hash(secret=secret, notebook_id=page.stem)}.html"
            part = place.with_suffix(".part")
            shutil.copyfile(page, part)
            part.chmod(0o640)
            part.replace(place)
            self.done += 1


def _told(found: Handed) -> list[str]:
    """A time in its name that is not when it arrived."""
    try:
        said = parse_utc(found.name.rsplit("+", 3)[2]).replace(tzinfo=UTC)
    except ValueError:
        return ["has no time in its name; when it arrived counts"]
    if abs(found.arrived - said) < LATER:
        return []
    return [f"says {said:%Y-%m-%d %H:%M} and arrived {found.arrived:%Y-%m-%d %H:%M} UTC, which counts"]


def _write(found: Handed, place: Path) -> None:
    """Make the folder what was found, whole or not at all; the time in it is that of the arrival."""
    part, old = place.with_name(f".{place.name}.part"), place.with_name(f".{place.name}.old")
    for rest in (part, old):
        shutil.rmtree(rest, ignore_errors=True)
    files = found.files | {(TIMESTAMP,): found.arrived.strftime(FORMAT).encode()}
    for parts, content in files.items():
        path = part.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if place.is_dir():
        place.rename(old)
    part.rename(place)
    shutil.rmtree(old, ignore_errors=True)
