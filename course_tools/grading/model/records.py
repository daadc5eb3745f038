"""What passes between the parts of the grader: a job goes in, a record comes out. All of it is plain data, safe to pickle and to write as JSON."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from course_tools.grading.model.settings import Limits

GRADED = "graded"
STUDENT_ID = re.compile(
    r"(?!\.)[^/\\:\x00-\x1f]{1,128}"
)  # becomes the name of a folder, and nbgrader allows 128 characters
MISSING = "missing_notebook"  # not handed in, which is worth nothing
# the machine's fault, not the notebook's: tried again by the next run
TRANSIENT = frozenset({"internal", "worker_lost"})


@dataclass(frozen=True)
class Job:
    """One notebook of one student that can be graded. Paths are absolute; `submitted` is ISO 8601 with a zone, "" if unknown.

    key: hash of submission, source, helpers, grader, seed and limits, which the record carries on; seed: what checks draw their
    inputs from; variant: the key that the numbers of the student's questions follow from, "" where they are everybody's; files: the
    student's other files that may be read; executed: where the executed submission goes, OUTPUT/autograded/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb.
    """

    student: str
    assignment: str
    notebook: str
    submission: str
    source: str
    key: str
    executed: str
    submitted: str = ""
    files: tuple[str, ...] = ()
    seed: int = 0
    variant: str = ""

    def under(self, seed: int, limits: Limits, variant: str = "") -> "Job":
        """The job as it is to be graded; with another seed, other limits or another variant it is another job."""
        how = (seed, limits, variant) if variant else (seed, limits)
        mark = hashlib.sha256(repr(how).encode()).hexdigest()[:8]
        return replace(self, seed=seed, variant=variant, key=f"{self.key}-{mark}")

    @property
    def results(self) -> Path:
        """The folder of the journal: on a file system that all machines share."""
        return Path(self.executed).parents[3] / "grading" / self.assignment


@dataclass(frozen=True)
class CellRecord:
    """One graded or manual cell. points: None while it waits for a person; seconds: of wall clock.

    status: "graded", "manual", "unwritten", "error", "timeout" or "missing"; reason: one typed line, "" where all is well;
    message: what the check said, without anything of the hidden tests.
    """

    grade_id: str
    max_points: float
    points: float | None
    status: str
    reason: str = ""
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Record:
    """What became of one notebook of one student.

    outcome: "graded" or a typed failure ("not_a_notebook", "too_large", "crashed", ...) which `reason` explains in one line;
    tier: the isolation it ran in; executed: path of the executed submission with capped outputs, "" if there is none; seed: what its checks drew their inputs from.
    variants: exercise -> the numbers of this student's question, where they vary; others: exercise -> the numbers that the answer is right for,
    where those are somebody else's.
    """

    student: str
    assignment: str
    notebook: str
    key: str
    outcome: str
    reason: str = ""
    tier: str = ""
    cells: tuple[CellRecord, ...] = ()
    seconds: float = 0.0
    executed: str = ""
    submitted: str = ""
    seed: int = 0
    variants: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)

    @property
    def points(self) -> float:
        """Points given so far."""
        return sum(cell.points or 0.0 for cell in self.cells)

    @property
    def max_points(self) -> float:
        """Points of all cells, those that wait for a person included."""
        return sum(cell.max_points for cell in self.cells)

    @property
    def name(self) -> str:
        """student/notebook, which names a record within its assignment."""
        return f"{self.student}/{self.notebook}"

    @property
    def submission(self) -> str:
        """The part of the key that is the student's."""
        return self.key.partition("-")[0]


@dataclass(frozen=True)
class Student:
    """Who submitted. id: as in the gradebook; name: as the LMS shows it; folder: the LMS's folder, which feedback goes back into;
    extension: seconds granted after the deadline, as set in the gradebook."""

    id: str
    name: str = ""
    folder: str = ""
    extension: float = 0.0


@dataclass(frozen=True)
class Manual:
    """What a person gave one cell in the formgrader. submission: hash of the submission that was read."""

    student: str
    notebook: str
    grade_id: str
    score: float | None
    extra: float | None
    comment: str | None
    submission: str


@dataclass(frozen=True)
class Reading:
    """What one reader at the desk gave one written answer. met: numbers of the rubric's lines that the answer meets, from 1.

    beside: the score that stood when a second reader, who did not see it, read the answer; None for a first reading, which is a Manual too.
    """

    student: str
    notebook: str
    grade_id: str
    reader: str
    score: float | None
    comment: str | None
    met: tuple[int, ...]
    submission: str
    beside: float | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Names a reading within its assignment: an answer has one first reading, and one by each second reader."""
        return self.student, self.notebook, self.grade_id, "" if self.beside is None else self.reader


@dataclass(frozen=True)
class Request:
    """A student asks to have an answer read again. asked, settled: ISO 8601, "" while open; before: what it was worth when asked."""

    student: str
    notebook: str
    grade_id: str
    text: str
    asked: str
    before: float | None
    settled: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Names a request within its assignment; the same words again are the same request."""
        return self.student, self.notebook, self.grade_id, self.text

    @property
    def record(self) -> str:
        """The name of the record it is about."""
        return f"{self.student}/{self.notebook}"


@dataclass(frozen=True)
class Policy:
    """When an assignment is due and what lateness costs (see `late.py`)."""

    due: str
    late: str


@dataclass(frozen=True)
class Seed:
    """What checks draw their inputs from, from now on."""

    value: int


@dataclass(frozen=True)
class Shown:
    """The gradebook was rebuilt: persons who grade from now on read the submissions recorded so far."""

    when: str


Entry = Record | Student | Manual | Reading | Request | Policy | Seed | Shown
_KINDS: dict[str, type[Any]] = {kind.__name__.lower(): kind for kind in get_args(Entry)}


def dumps(entry: Entry) -> str:
    """One line of JSON, without tables that are empty."""
    fields = {name: value for name, value in asdict(entry).items() if value != {}}
    return json.dumps({"type": type(entry).__name__.lower()} | fields, allow_nan=False)


def loads(line: str | bytes) -> Entry:
    """The entry of one line of JSON. Raises ValueError if it is none."""
    try:
        fields = json.loads(line)
        kind = _KINDS[fields.pop("type")]
        if "cells" in fields:
            fields["cells"] = tuple(CellRecord(**cell) for cell in fields["cells"])
        if "met" in fields:
            fields["met"] = tuple(fields["met"])
        return kind(**fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not an entry of a journal: {error}") from None


def failed(job: Job, outcome: str, reason: str, cells: tuple[CellRecord, ...] = ()) -> Record:
    """The record of a job that could not be graded."""
    return Record(
        job.student,
        job.assignment,
        job.notebook,
        job.key,
        outcome,
        reason,
        cells=cells,
        submitted=job.submitted,
        seed=job.seed,
    )
