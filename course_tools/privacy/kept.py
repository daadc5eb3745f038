"""What the course keeps of one student, and taking it out. The journals go last: they know the name that everything else is searched for."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from course_tools.grading.intake.layouts import by_student
from course_tools.grading.intake.submissions import files
from course_tools.grading.model.courses import ROSTER
from course_tools.grading.model.records import Student
from course_tools.grading.model.roster import read_roster, write_roster
from course_tools.grading.overview.people import pseudonym
from course_tools.grading.results.database import failure, transaction
from course_tools.grading.results.journal import Journal
from course_tools.grading.results.seed import secret
from course_tools.lti.store import Store
from course_tools.privacy import exchange
from course_tools.privacy.traces import Search
from course_utils.errors import CourseError

GRADEBOOK = (  # in the order in which rows hang on each other; the table, and how its rows belong to the student
    ("comment", "notebook_id IN (SELECT id FROM submitted_notebook WHERE assignment_id IN ({mine}))"),
    ("grade", "notebook_id IN (SELECT id FROM submitted_notebook WHERE assignment_id IN ({mine}))"),
    ("submitted_notebook", "assignment_id IN ({mine})"),
    ("submitted_assignment", "student_id = :student"),
    ("student", "id = :student"),
)
MINE = "SELECT id FROM submitted_assignment WHERE student_id = :student"
MADE = (".csv", ".html", ".zip")
ADVICE = "another program may hold it"


@dataclass(frozen=True)
class Kept:
    """All places. root: the course's folder; output: where results go; journals: open, so that nothing is graded meanwhile;
    exchange: the course's folder on nbgrader's exchange, if there is one.
    """

    student: str
    root: Path
    output: Path
    journals: tuple[Journal, ...]
    exchange: Path | None = None

    @property
    def gradebook(self) -> Path:
        return self.output / "gradebook.db"

    @property
    def outbox(self) -> Path:
        return self.output / "grading" / "lti" / "store.db"

    def names(self) -> set[str]:
        """What the student is called, as far as anything here knows: by the LMS, in the gradebook, as a user of platforms."""
        found = set(self.users())
        for journal in self.journals:
            if known := journal.contents.students.get(self.student):
                found |= {known.name, known.folder.rstrip("_")}
        for roster in self.rosters().values():
            found |= {roster[self.student].name, roster[self.student].folder.rstrip("_")}
        if self.gradebook.is_file():
            with transaction(self.gradebook, ADVICE) as database:
                query = "SELECT first_name, last_name, email, lms_user_id FROM student WHERE id = ?"
                for first, last, *rest in database.execute(query, (self.student,)):
                    found |= {f"{first or ''} {last or ''}".strip(), *rest}
        return {name for name in found if name}

    def pseudonyms(self) -> set[str]:
        """What the student is called on pages without names."""
        key = self.output / "grading" / "secret"
        return {pseudonym(secret(key), Student(self.student))} if key.is_file() else set()

    def others(self) -> set[str]:
        """The ids of everybody else."""
        return {student for journal in self.journals for student in journal.contents.students} - {self.student}

    def users(self) -> list[str]:
        """What platforms call the student."""
        return Store(self.outbox).users(self.student) if self.outbox.is_file() else []

    def own(self) -> Iterator[Path]:
        """Folders and files that hold the student's work and nothing else."""
        folders = {journal.contents.students[self.student].folder for journal in self._known()} - {""}
        for place in (self.root / "submitted", self.output / "autograded", self.output / "feedback"):
            yield from (path for name in (self.student, *folders) if (path := place / name).exists())
        for journal in self.journals:
            place = journal.path.parent
            yield from (path for path in [place / "submissions" / self.student] if path.exists())
            notebooks = {one.notebook for one in journal.contents.records.values()}
            flaws = (place / "flaws" / f"{self.student}-{name}.txt" for name in notebooks)
            yield from (path for path in flaws if path.exists())
            yield from self._loose(place.name, sorted(notebooks))
        if self.exchange:
            yield from exchange.own(self.exchange, self.student)

    def _known(self) -> list[Journal]:
        return [journal for journal in self.journals if self.student in journal.contents.students]

    def _loose(self, assignment: str, notebooks: list[str]) -> Iterator[Path]:
        """Notebooks that lie in submitted/ without a folder of the student's."""
        if (place := self.root / "submitted").is_dir():
            owned, _ = by_student(files(place), assignment, notebooks)
            mine = (file.path for student, found in owned.items() if student.id == self.student for file in found)
            yield from (path for path in mine if path and path.parent == place)

    def derived(self, search: Search) -> Iterator[Path]:
        """Tables, pages and zips made from a journal that knows the student, who may be in them as a number; and what mentions the student."""
        for journal in self.journals:
            place, knows = journal.path.parent, journal.entries_about(self.student) > 0
            for path in sorted([*place.glob("*"), *place.glob("shards/*")]):
                made = knows and path.parent == place and path.suffix in MADE
                kept = path in (journal.path, place / ROSTER)
                if path.is_file() and not kept and (made or search.found_in(path)):
                    yield path

    def rosters(self) -> dict[Path, dict[str, Student]]:
        """Those that the student is in."""
        found = {path: read_roster(path) for path in sorted(self.output.glob(f"grading/*/{ROSTER}"))}
        return {path: known for path, known in found.items() if self.student in known}

    def rows(self) -> int:
        """Of the gradebook."""
        if not self.gradebook.is_file():
            return 0
        with transaction(self.gradebook, ADVICE) as database:
            return sum(self._execute(database, "SELECT COUNT(*) FROM", *each).fetchone()[0] for each in GRADEBOOK)

    def _execute(self, database: sqlite3.Connection, verb: str, table: str, where: str) -> sqlite3.Cursor:
        return database.execute(f"{verb} {table} WHERE {where.format(mine=MINE)}", {"student": self.student})

    def remove(self, search: Search) -> None:
        """Everything. Killed, it can be done again."""
        for path in [*self.derived(search), *self.own()]:
            try:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
            except OSError as error:
                if isinstance(error, PermissionError) and self.exchange and path.is_relative_to(self.exchange):
                    continue  # a box lies in a folder of root's: what is left is found, and told
                raise CourseError(
                    f"{error.filename or path} cannot be removed: {error.strerror}; then run this again"
                ) from None
        if self.gradebook.is_file():
            with transaction(self.gradebook, ADVICE) as database:
                for each in GRADEBOOK:
                    self._execute(database, "DELETE FROM", *each)
            _vacuum(self.gradebook)
        if self.outbox.is_file():
            Store(self.outbox).forget(self.student)
            _vacuum(self.outbox)
        for path, known in self.rosters().items():
            with _owner_kept(path):
                write_roster((one for one in known.values() if one.id != self.student), path)
        for journal in self.journals:
            with _owner_kept(journal.path):
                journal.forget(self.student)


@contextmanager
def _owner_kept(path: Path) -> Iterator[None]:
    """Of a file that is written anew, by root where the exchange asks for it."""
    before = path.stat()
    yield
    if path.exists():
        os.chown(path, before.st_uid, before.st_gid)


def _vacuum(path: Path) -> None:
    """Without the pages that earlier deletions left."""
    with closing(sqlite3.connect(path, timeout=60)) as database:
        try:
            database.execute("VACUUM")
        except sqlite3.Error as error:
            raise failure(path, error, f"{ADVICE}; then run this again") from None


@contextmanager
def kept(student: str, root: Path, output: Path) -> Iterator[Kept]:
    """Raises CourseError while an assignment is being graded."""
    with ExitStack() as stack:
        paths = sorted(output.glob("grading/*/journal.jsonl"))
        journals = tuple(stack.enter_context(Journal(path)) for path in paths)
        yield Kept(student, root, output, journals, exchange.exchange_of(root))
