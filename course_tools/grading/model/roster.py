"""The roster: who is in the class. A CSV with a column of ids, or Moodle's grading worksheet of the assignment as it is.

An id is what `course grade` will know the student by: the name of the folder in nbgrader's layout, Moodle's number of the participant.
What a release was made for is kept beside the journal, and with the course's secret that is all that is needed to grade it.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from course_tools.grading.model.records import STUDENT_ID, Student
from course_tools.grading.model.spreadsheet import decode, separator
from course_utils.errors import UsageError

IDS = ("student", "student_id", "student id", "id", "username")
NAMES = ("name", "full name", "vollständiger name")
PARTICIPANT = re.compile(r"\D*[ /]\D*(\d+)")  # "Participant 12345", "Teilnehmer/in12345"
HEAD = ("student", "name", "folder")


def read_roster(path: Path) -> dict[str, Student]:
    """The students by id, in the order of the file. Raises UsageError, in one line, for whatever is no roster."""
    try:
        text = decode(path.read_bytes())[0].removeprefix("\ufeff")
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): give the roster as a CSV") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text))
    rows = [(reader.line_num, [field.strip() for field in row]) for row in reader if any(map(str.strip, row))]
    if len(rows) < 2:
        raise UsageError(f"{path} has no students: a line with the names of the columns, then one for each student")
    (_, head), *rows = rows
    columns = [name.casefold() for name in head]
    own = next((columns.index(name) for name in IDS if name in columns), None)
    moodle = not own and all(PARTICIPANT.fullmatch(row[0]) for _, row in rows)  # German worksheets call the column ID
    if own is None and not moodle:
        raise UsageError(
            f"{path} has no column of ids: it has {', '.join(head)}; call the one that holds them `student`"
        )
    column = own or 0
    named = next((columns.index(name) for name in NAMES if name in columns), None)
    found: dict[str, Student] = {}
    seen: dict[str, int] = {}
    for line, row in rows:
        value = row[column] if column < len(row) else ""
        number = PARTICIPANT.fullmatch(value)
        student = number[1] if moodle and number else value
        if not STUDENT_ID.fullmatch(student):
            raise UsageError(f"{path}, line {line}: {student!r} is no id (it becomes the name of a folder)")
        if student in found:
            raise UsageError(f"{path}, line {line}: {student} is there twice, first in line {seen[student]}")
        name = row[named] if named is not None and named < len(row) else ""
        folder = f"{name.replace('_', ' ')}_{student}_assignsubmission_file_" if moodle else _folder(columns, row)
        found[student], seen[student] = Student(student, name, folder), line
    return found


def _folder(columns: list[str], row: list[str]) -> str:
    """As `write_roster` kept it."""
    return row[columns.index("folder")] if columns == list(HEAD) else ""


def write_roster(students: Iterable[Student], path: Path) -> None:
    """Write the file whole; without students there is none."""
    rows = [(one.id, one.name, one.folder) for one in students]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEAD, *rows])
    os.replace(partial, path)
    if not rows:
        path.unlink()


def kept_roster(path: Path) -> Mapping[str, Student]:
    """What `write_roster` wrote; nobody, if the assignment was released to all alike."""
    return read_roster(path) if path.exists() else {}
