"""What a submission is worth after everything: the checks, what a person gave, and lateness. A pure function of the journal."""

from dataclasses import dataclass
from datetime import datetime

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import GRADED, MISSING, CellRecord, Manual, Record, Request, Student
from course_tools.grading.results.journal import Contents
from course_tools.grading.results.late import Late, parse_late


@dataclass(frozen=True)
class Score:
    """One graded cell of one student. auto: by its check, None if only a person can say; manual, extra, comment: by a person;
    waits: whether a person should look, at it or again at it."""

    cell: SourceCell
    record: CellRecord | None
    auto: float | None
    manual: float | None = None
    extra: float | None = None
    comment: str | None = None
    waits: bool = False

    @property
    def points(self) -> float:
        given = self.auto if self.manual is None else self.manual
        return (given or 0.0) + (self.extra or 0.0)


@dataclass(frozen=True)
class Sheet:
    """One notebook of one student. penalty: points taken for lateness; comments: by a person, on cells that give no points;
    settled: what the student asked to have read again, and was."""

    student: Student
    record: Record
    scores: tuple[Score, ...]
    comments: dict[str, str]
    penalty: float
    seconds_late: float
    settled: tuple[Request, ...] = ()

    @property
    def points(self) -> float:
        return sum(score.points for score in self.scores) - self.penalty

    @property
    def max_points(self) -> float:
        return sum(score.cell.points for score in self.scores)

    @property
    def waits(self) -> bool:
        return any(score.waits for score in self.scores)


@dataclass(frozen=True)
class Total:
    """All notebooks of one student. failed: why one could not be graded; waits: whether a person is still to read something."""

    student: Student
    points: float
    max_points: float
    penalty: float
    failed: str
    waits: bool

    @property
    def lacks(self) -> str:
        """What is missing to a grade, "" if nothing is."""
        return self.failed or ("has answers that a person is still to read" if self.waits else "")


def totals(found: list[Sheet]) -> list[Total]:
    """One for each student, in the order of their ids."""
    mine: dict[str, list[Sheet]] = {}
    for sheet in found:
        mine.setdefault(sheet.student.id, []).append(sheet)
    return [_total(mine[student]) for student in sorted(mine)]


def _total(mine: list[Sheet]) -> Total:
    failed = [one.record for one in mine if one.record.outcome not in (GRADED, MISSING)]
    return Total(
        mine[0].student,
        sum(one.points for one in mine),
        sum(one.max_points for one in mine),
        sum(one.penalty for one in mine),
        f"{failed[-1].notebook} could not be graded: {failed[-1].reason}" if failed else "",
        any(one.waits for one in mine),
    )


def graded_cells(course: Course) -> dict[str, list[SourceCell]]:
    """By notebook, the cells that give points."""
    return {
        name: [cell for cell in Assignment.load(path).cells if cell.graded] for name, path in course.sources.items()
    }


def sheets(course: Course, contents: Contents) -> list[Sheet]:
    """All sheets of the assignment, by student and notebook."""
    graded = graded_cells(course)
    total = sum(cell.points for cells in graded.values() for cell in cells)
    late = parse_late(contents.policy.late) if contents.policy else Late(0.0)
    due = datetime.fromisoformat(contents.policy.due) if contents.policy and contents.policy.due else None
    by_hand: dict[str, dict[str, Manual]] = {}
    for entry in contents.manual.values():
        by_hand.setdefault(f"{entry.student}/{entry.notebook}", {})[entry.grade_id] = entry
    found = []
    for name, record in sorted(contents.records.items()):
        if record.notebook not in graded:  # a notebook that the instructor took out
            continue
        student = contents.students.get(record.student, Student(record.student))
        manual = by_hand.get(name, {})
        scores = tuple(score(cell, record, manual.pop(cell.name, None)) for cell in graded[record.notebook])
        points, maximum = sum(one.points for one in scores), sum(one.cell.points for one in scores)
        seconds = 0.0
        if due and record.submitted:
            seconds = (datetime.fromisoformat(record.submitted) - due).total_seconds() - student.extension
        penalty = late.penalty(seconds, points, maximum, maximum / total if total else 0.0)
        comments = {grade_id: entry.comment for grade_id, entry in manual.items() if entry.comment}
        settled = tuple(one for one in contents.requests.values() if one.settled and one.record == name)
        found.append(Sheet(student, record, scores, comments, penalty, max(seconds, 0.0), settled))
    return found


def score(cell: SourceCell, record: Record, given: Manual | None) -> Score:
    """One cell; `given`: what a person gave it. What could not be graded is worth nothing until a person says otherwise."""
    seen = next((one for one in record.cells if one.grade_id == cell.name), None)
    auto = seen.points if seen and record.outcome == GRADED else 0.0
    if given is None:
        return Score(cell, seen, auto, waits=auto is None)
    stale = given.submission != record.submission
    waits = stale if given.score is not None else auto is None
    return Score(cell, seen, auto, given.score, given.extra, given.comment, waits)
