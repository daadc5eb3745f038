"""What students wrote to one question, and what a reader gave it so far. A pure function of the journal and the graded notebooks."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from pathlib import Path

from course_tools.desk.questions import Question
from course_tools.grading.model.courses import digest
from course_tools.grading.model.notebook import named_cells
from course_tools.grading.model.records import Manual, Reading, Record, Student
from course_tools.grading.results.journal import Contents

REUSED = 9  # comments offered again: one for each digit key
FORMGRADER = "the formgrader"


@dataclass(frozen=True)
class Given:
    """A score and a comment. met: lines of the rubric; reader: who gave it, "" if nobody did; stale: to an earlier submission."""

    score: float | None = None
    comment: str = ""
    met: tuple[int, ...] = ()
    reader: str = ""
    stale: bool = False


@dataclass(frozen=True)
class Answer:
    """One student's answer. key: names it on a page without naming the student; second: what second readers gave it."""

    key: str
    student: Student
    text: str
    submission: str
    given: Given
    second: tuple[Reading, ...] = ()

    @property
    def waits(self) -> bool:
        return self.given.score is None or self.given.stale

    @property
    def version(self) -> str:
        """Changes with the answer and with whatever is given to it."""
        return digest(repr(part).encode() for part in (self.submission, self.given.score, self.given.comment))


@dataclass(frozen=True)
class Sample:
    """For a blind second reading. reader: who reads; share: of all answers, from 0 to 1."""

    reader: str
    share: float


@dataclass(frozen=True)
class Answers:
    """shown: those to read; blank: how many students wrote nothing; ahead: answers of the sample that nobody has graded yet."""

    shown: list[Answer]
    blank: int = 0
    ahead: int = 0

    @property
    def waiting(self) -> int:
        return sum(one.waits for one in self.shown)


def answers(question: Question, contents: Contents, secret: bytes, sample: Sample | None = None) -> Answers:
    """By student; of a sample those that have a grade, without it. secret: of the course, which decides who is sampled."""
    readings: dict[str, dict[str, Reading]] = {}  # student -> reader, "" for the first -> reading
    for (student, *place, reader), reading in contents.readings.items():
        if place == [question.notebook, question.name]:
            readings.setdefault(student, {})[reader] = reading
    records = sorted((r for r in contents.records.values() if r.notebook == question.notebook), key=lambda r: r.student)
    handed_in = [record for record in records if _wrote(record, question.name)]
    written = [
        _answer(question, record, contents, readings.get(record.student, {}), secret, sample) for record in handed_in
    ]
    if sample is None:
        return Answers(written, len(records) - len(written))
    drawn = sorted(written, key=lambda one: one.key)[: ceil(sample.share * len(written))]
    keys = {one.key for one in drawn if _graded(question, one, contents)}
    return Answers([one for one in written if one.key in keys], 0, len(drawn) - len(keys))


def _graded(question: Question, answer: Answer, contents: Contents) -> bool:
    manual = contents.manual.get((answer.student.id, question.notebook, question.name))
    return manual is not None and manual.score is not None and manual.submission == answer.submission


def _wrote(record: Record, name: str) -> bool:
    return any(cell.grade_id == name and cell.status == "manual" for cell in record.cells)


def _answer(
    question: Question,
    record: Record,
    contents: Contents,
    readings: dict[str, Reading],
    secret: bytes,
    sample: Sample | None,
) -> Answer:
    """readings: of this answer, by their readers."""
    place = (record.student, question.notebook, question.name)
    if sample:
        given = _blind(readings.get(sample.reader), record)
    else:
        given = _first(contents.manual.get(place), readings.get(""), record)
    second = () if sample else tuple(reading for reader, reading in readings.items() if reader)
    student = contents.students.get(record.student, Student(record.student))
    return Answer(mark(secret, *place), student, text_of(record, question.name), record.submission, given, second)


def _first(manual: Manual | None, reading: Reading | None, record: Record) -> Given:
    """What counts. What the desk did not give came from the formgrader, which knows no rubric."""
    if manual is None:
        return Given()
    ours = reading is not None and reading.score == manual.score and reading.submission == manual.submission
    met, reader = (reading.met, reading.reader) if reading and ours else ((), FORMGRADER)
    return Given(manual.score, manual.comment or "", met, reader, manual.submission != record.submission)


def _blind(reading: Reading | None, record: Record) -> Given:
    if reading is None or reading.submission != record.submission:
        return Given()
    return Given(reading.score, reading.comment or "", reading.met, reading.reader)


def mark(secret: bytes, *names: str) -> str:
    """Stands for names that a page should not hold."""
    return hmac.digest(secret, "\n".join(names).encode(), hashlib.sha256).hex()[:12]


def text_of(record: Record, name: str) -> str:
    """The answer as it was graded; "" if its file is gone."""
    path = Path(record.executed)
    return _texts(record.executed, path.stat().st_mtime_ns).get(name, "") if path.is_file() else ""


@lru_cache(maxsize=10_000)
def _texts(path: str, stamp: int) -> dict[str, str]:
    """Of the cells that a person may grade: those whose points nbgrader keeps beside an answer."""
    cells = named_cells(path).items()
    marks = ((name, cell, cell.get("metadata", {}).get("nbgrader", {})) for name, cell in cells)
    return {name: "".join(cell["source"]) for name, cell, mark in marks if mark.get("grade") and mark.get("solution")}


def reused(given: Iterable[Given]) -> list[str]:
    """The lines of comments that were given most often."""
    lines = Counter(line.strip() for one in given for line in one.comment.splitlines() if line.strip())
    return [line for line, _ in lines.most_common(REUSED)]
