"""From a pile of submissions to jobs. Nothing is dropped: every notebook of every student ends as a job or as a typed record.

A notebook is known by its name; a renamed one ("simclr (1).ipynb") by the cells it shares with the instructor's. Where a student has
several for one task, a readable one goes before a broken one, the right name before another, one at the top before one in a folder of
the student's own, and then the later before the earlier.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from course_tools.grading.intake.layouts import by_student
from course_tools.grading.intake.submissions import File, files
from course_tools.grading.model.courses import Course, digest, grader_hash
from course_tools.grading.model.notebook import Refused, grade_ids, notebook
from course_tools.grading.model.receipts import MAX_RECEIPT, RECEIPTS, TIMESTAMP
from course_tools.grading.model.records import MISSING, Job, Record, Student, failed
from course_tools.grading.model.times import parse_time
from course_utils.errors import UsageError

JUNK = re.compile(r"\.(?!\.$).*|__MACOSX|Thumbs\.db|desktop\.ini", re.IGNORECASE)
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar", ".xz", ".bz2")
DATA = (".csv", ".tsv", ".txt", ".json", ".png", ".jpg", ".jpeg")  # what a student's code may read of its own
MAX_DATA_FILES = 20


@dataclass(frozen=True)
class Note:
    """A file that plays no part. kind: "ignored", "duplicate", "unused", "stray" or a kind of Refused; text: why, in one line."""

    file: str
    kind: str
    text: str


@dataclass
class Intake:
    """What a pile of submissions came to. receipts: student -> what nbgrader put beside the submission, by name."""

    jobs: list[Job] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    students: dict[str, Student] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    receipts: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def note(self, file: File, kind: str, text: str) -> None:
        self.notes.append(Note(file.name, kind, text))


class Candidate:
    """A submitted .ipynb file, and what is the trouble with it if there is any."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.data = b""
        self.ids: set[str] = set()
        self.trouble: Refused | None = None
        try:
            self.data = file.read()
            self.ids = grade_ids(notebook(self.data))
        except Refused as refused:
            self.trouble = refused

    def called(self, name: str) -> bool:
        return self.file.stem.casefold() == name.casefold()

    def rank(self, name: str) -> tuple[bool, bool, int, float, str]:
        """Grows with the claim to be the student's notebook `name`."""
        file = self.file
        return (self.trouble is None, self.called(name), -len(file.parts), file.modified, file.name)


def take_in(course: Course, source: Path, times: Mapping[str, datetime] | None = None) -> Intake:
    """Jobs, records, students and notes of the submissions in `source`. times: student -> when, where the LMS knows it.

    Raises UsageError if there is no submission in there at all.
    """
    intake = Intake()
    pile = []
    for file in files(source):
        if any(map(JUNK.fullmatch, file.parts)):
            intake.note(file, "ignored", "is a hidden file, or the system's own")
        else:
            pile.append(file)
    owned, stray = by_student(pile, course.assignment, list(course.sources))
    for file in stray:
        intake.note(file, "stray", "belongs to no student's submission")
    if not owned:
        raise UsageError(f"no submission of {course.assignment} in {source}; `course grade --help` lists the layouts")
    known = {name: grade_ids(notebook(path.read_bytes())) for name, path in course.sources.items()}
    graders = {name: grader_hash(course.assignment, path) for name, path in course.sources.items()}
    together: dict[str, list[File]] = {}
    for student, mine in owned.items():
        intake.students[student.id] = student
        together.setdefault(student.id, []).extend(mine)
    for student_id, mine in sorted(together.items()):
        intake.receipts[student_id] = _receipts(mine)
        submitted = (times or {}).get(student_id) or _timestamp(student_id, intake)
        _take_student(course, student_id, mine, submitted, known, graders, intake)
    return intake


def _take_student(
    course: Course,
    student: str,
    mine: Sequence[File],
    submitted: datetime | None,
    known: Mapping[str, set[str]],
    graders: Mapping[str, str],
    intake: Intake,
) -> None:
    """A job or a record for each notebook of the assignment."""
    data = _data_files(mine, intake)
    chosen = _choose([Candidate(file) for file in mine if file.is_notebook], known, intake)
    archive = next((file.name for file in mine if file.name.lower().endswith(ARCHIVES)), "")
    place = course.results / "submissions" / student
    for name, path in course.sources.items():
        one = chosen.get(name)
        key = f"{digest([one.data if one else b'', *data.values()])}-{graders[name]}"
        executed = str(course.executed(student, name))
        stamp = submitted.isoformat() if submitted else ""
        job = Job(student, course.assignment, name, "", str(path), key, executed, stamp)
        if one and one.trouble:
            intake.records.append(failed(job, one.trouble.kind, f"{one.file.name} {one.trouble.text}"))
        elif one:
            own = _on_disk(one.file, one.data, place / f"{name}.ipynb")
            kept = tuple(_on_disk(file, content, place / file.parts[-1]) for file, content in data.items())
            intake.jobs.append(replace(job, submission=own, files=kept))
        elif archive:
            why = f"{archive} is an archive in the submission, which is not opened: ask for {name}.ipynb itself"
            intake.records.append(failed(job, "nested_archive", why))
        else:
            intake.records.append(failed(job, MISSING, f"{name}.ipynb was not submitted"))


def _choose(candidates: Sequence[Candidate], known: Mapping[str, set[str]], intake: Intake) -> dict[str, Candidate]:
    """Which candidate is which notebook; the others become notes."""
    claims: dict[str, list[Candidate]] = {name: [] for name in known}
    unknown = []
    for one in candidates:
        named = next(filter(one.called, known), None)
        alike = max(known, key=lambda name: len(known[name] & one.ids))
        if named or one.ids & known[alike]:
            claims[named or alike].append(one)
        else:
            unknown.append(one)
    missing = [name for name, found in claims.items() if not found]
    if len(missing) == 1:  # there is nothing else it could be
        claims[missing[0]], unknown = unknown, []
    chosen = {name: max(found, key=lambda one: one.rank(name)) for name, found in claims.items() if found}
    for name, found in claims.items():
        for one in found:
            if one is not chosen[name]:
                intake.note(one.file, "duplicate", f"is another {name}; {chosen[name].file.name} is the one graded")
    for one in unknown:
        trouble = one.trouble or Refused("unused", "is no notebook of this assignment")
        intake.note(one.file, trouble.kind, trouble.text)
    return chosen


def _data_files(mine: Sequence[File], intake: Intake) -> dict[File, bytes]:
    """The student's own data, as far as it may be read; the rest becomes notes."""
    found: dict[File, bytes] = {}
    for file in mine:
        if file.is_notebook or file.parts[-1] in RECEIPTS:
            continue
        if file.name.lower().endswith(ARCHIVES):
            intake.note(file, "nested_archive", "is an archive in the submission, which is not opened")
        elif not file.name.lower().endswith(DATA):
            intake.note(file, "unused", f"is not given to the student's code, which may read {' '.join(DATA)}")
        elif len(found) == MAX_DATA_FILES or file.parts[-1] in [other.parts[-1] for other in found]:
            intake.note(file, "unused", f"is one data file too many (of {MAX_DATA_FILES}), or has the name of another")
        else:
            try:
                found[file] = file.read()
            except Refused as refused:
                intake.note(file, refused.kind, refused.text)
    return found


def _on_disk(file: File, content: bytes, place: Path) -> str:
    """Where the file lies; what comes from a zip is unpacked as `place`."""
    if file.path:
        return str(file.path.absolute())
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return str(place.absolute())


def _receipts(mine: Sequence[File]) -> dict[str, bytes]:
    """nbgrader's own files, which lie at the top: one in a folder of the student's is the student's."""
    found = {}
    for file in sorted(mine, key=lambda file: len(file.parts), reverse=True):
        if file.parts[-1] in RECEIPTS:
            with suppress(Refused):
                found[file.parts[-1]] = file.read()
    return {name: content for name, content in found.items() if len(content) <= MAX_RECEIPT}


def _timestamp(student: str, intake: Intake) -> datetime | None:
    """The time in nbgrader's timestamp.txt."""
    if content := intake.receipts[student].get(TIMESTAMP):
        try:
            return parse_time(content.decode().strip())
        except ValueError as error:
            intake.notes.append(Note(f"{student}/{TIMESTAMP}", "unused", f"holds no time: {error}"))
    return None
