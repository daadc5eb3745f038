"""What passes between the parts of the grader: a job goes in, a record comes out. Both are plain data, safe to pickle and to write as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

GRADED = "graded"


@dataclass(frozen=True)
class Job:
    """One notebook of one student that can be graded. Paths are absolute; `submitted` is ISO 8601 with a zone, "" if unknown.

    key: hash of submission, source, helpers and grader; the record carries it on. files: the student's other files that may be read.
    executed: where the executed submission goes.
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
    tier: the isolation it ran in; executed: path of the executed submission with capped outputs, "" if there is none.
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
        """student/assignment/notebook: what this is the record of."""
        return f"{self.student}/{self.assignment}/{self.notebook}"

    def dumps(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)


def loads(line: str | bytes) -> Record:
    """The record of one line of JSON. Raises ValueError if it is not one."""
    try:
        fields: Mapping[str, Any] = json.loads(line)
        cells = tuple(CellRecord(**cell) for cell in fields["cells"])
        return Record(**{**fields, "cells": cells})
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a record: {error}") from None


def failed(job: Job, outcome: str, reason: str, cells: tuple[CellRecord, ...] = ()) -> Record:
    """The record of a job that could not be graded."""
    return Record(
        job.student, job.assignment, job.notebook, job.key, outcome, reason, cells=cells, submitted=job.submitted
    )
