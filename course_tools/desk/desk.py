"""What a desk reads and writes: the journal and nbgrader's gradebook, both under the journal's lock, which it holds for one request only.

A grade goes into the gradebook through nbgrader's own API, as the formgrader's does, and then into the journal. Killed between the two,
the next command that opens the journal takes it over from the gradebook. Nothing is written over unseen: whoever gives a grade says which
version of the answer and of its grade was on the page.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite

from course_tools.desk.answers import Answer, Answers, Sample, answers, mark
from course_tools.desk.questions import Question, questions
from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import Manual, Reading, Request
from course_tools.grading.results.database import opened
from course_tools.grading.results.gradebook import course_id, harvest
from course_tools.grading.results.journal import Contents, Journal, read
from course_tools.grading.results.seed import secret as secret_in
from course_utils.errors import CourseError, UsageError

PATIENCE = 2.0  # seconds: how long a request waits for another one's lock
LONGEST = 10_000  # characters of a comment


@dataclass(frozen=True)
class Wanted:
    """What a reader gives one answer. version: of the answer as it was on the page; score: None takes it back."""

    key: str
    version: str
    score: float | None
    comment: str
    met: tuple[int, ...]


@dataclass(frozen=True)
class Desk:
    """One assignment, as one reader sees it. sample: of a blind second reading; secret: the course's."""

    course: Course
    reader: str
    questions: tuple[Question, ...]
    secret: bytes
    sample: Sample | None = None

    @classmethod
    def open(cls, course: Course, reader: str, sample: Sample | None = None) -> "Desk":
        """Of a graded assignment. Raises UsageError if it has no written question."""
        found = tuple(questions(course))
        if not found:
            raise UsageError(f"{course.assignment} has no written question: there is nothing to read")
        return cls(course, reader, found, secret_in(course.output / "grading" / "secret"), sample)

    def question(self, name: str) -> Question:
        """By its name, or by notebook/name where several notebooks have it. Raises UsageError if there is none."""
        found = [one for one in self.questions if name in (one.path, one.name)]
        if len(found) != 1:
            known = ", ".join(one.path for one in self.questions)
            raise UsageError(f"{'no' if not found else 'more than one'} written question {name!r}; there are: {known}")
        return found[0]

    def contents(self) -> Contents:
        """The journal with what the formgrader holds meanwhile; the journal alone while another run writes it."""
        try:
            with self._journal() as journal:
                return journal.contents
        except CourseError:
            return read(self.course.journal)

    def answers(self, question: Question, contents: Contents) -> Answers:
        return answers(question, contents, self.secret, self.sample)

    def give(self, question: Question, wanted: Sequence[Wanted]) -> tuple[list[Answer], list[Answer]]:
        """Write what has not changed since it was on the page. Returns the answers as they now are: written, and in conflict.

        Raises UsageError for a score outside 0 to the question's points, or an answer that is not on the page.
        """
        for one in wanted:
            if one.score is not None and not (isfinite(one.score) and 0 <= one.score <= question.points):
                raise UsageError(f"{one.score:g} is no score between 0 and {question.points:g}")
        with self._journal() as journal:
            present = {answer.key: answer for answer in self.answers(question, journal.contents).shown}
            if unknown := [one.key for one in wanted if one.key not in present]:
                raise UsageError(f"{len(unknown)} answers are not here any more: load the page again")
            good = [one for one in wanted if present[one.key].version == one.version]
            pairs = [(present[one.key], replace(one, comment=one.comment[:LONGEST])) for one in good]
            if self.sample:
                journal.append(*(self._second(question, *pair, journal.contents) for pair in pairs))
            else:
                self._into_gradebook(question, pairs)
                journal.append(*(entry for pair in pairs for entry in self._first(question, *pair, journal.contents)))
            after = {answer.key: answer for answer in self.answers(question, journal.contents).shown}
        written = {one.key for one in good}
        return [after[key] for key in written], [after[one.key] for one in wanted if one.key not in written]

    def ask(self, *asked: tuple[Question, str, str]) -> None:
        """Note that students ask for answers to be read again: question, student, words.

        Raises UsageError, before any is noted, for a student who wrote no answer.
        """
        with self._journal() as journal:
            entries = [self._request(*one, journal.contents) for one in asked]
            journal.append(*(entry for entry in entries if entry.key not in journal.contents.requests))

    def _request(self, question: Question, student: str, text: str, contents: Contents) -> Request:
        for one in self.answers(question, contents).shown:
            if one.student.id == student:
                return Request(student, question.notebook, question.name, text[:LONGEST], _now(), one.given.score)
        raise UsageError(f"student {student!r} wrote no answer to {question.path}")

    def settle(self, request: str, again: bool = False) -> None:
        """Close a request by its `mark`, whatever came of it, or open it again. Raises UsageError if there is none."""
        with self._journal() as journal:
            for one in journal.contents.requests.values():
                if self.mark(one) == request:
                    return journal.append(replace(one, settled="" if again else _now()))
            raise UsageError("this request is not in the journal")

    def mark(self, request: Request) -> str:
        """Names a request on a page without naming the student."""
        return mark(self.secret, *request.key)

    # --- both files

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        """The journal, locked, with what was entered in the formgrader. Raises CourseError if another run keeps it."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                journal = Journal(self.course.journal)
                break
            except CourseError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        with journal:
            with opened(self.course.gradebook, course_id(self.course.root)) as database:
                journal.append(*harvest(database, self.course.assignment, journal.contents))
            yield journal

    def _into_gradebook(self, question: Question, pairs: Sequence[tuple[Answer, Wanted]]) -> None:
        """As the formgrader does it."""
        from nbgrader.api import Gradebook, MissingEntry, StatementError

        place = (question.name, question.notebook, self.course.assignment)
        try:
            with Gradebook(f"sqlite:///{self.course.gradebook}", course_id(self.course.root)) as gradebook:
                for answer, one in pairs:
                    grade = gradebook.find_grade(*place, answer.student.id)
                    grade.manual_score = one.score
                    grade.needs_manual_grade = one.score is None and grade.auto_score is None
                    gradebook.find_comment(*place, answer.student.id).manual_comment = one.comment or None
                gradebook.db.commit()
        except (StatementError, MissingEntry) as error:
            reason = str(error).partition("\n")[0]
            raise CourseError(f"{self.course.gradebook}: {reason}; nothing was written") from None

    def _first(self, question: Question, answer: Answer, one: Wanted, contents: Contents) -> tuple[Reading, Manual]:
        place = (answer.student.id, question.notebook, question.name)
        old = contents.manual.get(place)
        comment = one.comment or None
        return (
            Reading(*place, self.reader, one.score, comment, one.met, answer.submission),
            Manual(*place, one.score, old.extra if old else None, comment, answer.submission),
        )

    def _second(self, question: Question, answer: Answer, one: Wanted, contents: Contents) -> Reading:
        """beside: the first score, as it stood when this reader first read the answer, for no later talk may improve agreement."""
        place = (answer.student.id, question.notebook, question.name)
        mine = contents.readings.get((*place, self.reader))
        again = mine is not None and mine.submission == answer.submission
        beside = mine.beside if mine and again else contents.manual[place].score
        return Reading(*place, self.reader, one.score, one.comment or None, one.met, answer.submission, beside)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
