"""nbgrader's own gradebook.db, made from the journal, so that the formgrader, feedback and export of nbgrader work on our grading.

`harvest` takes what a person entered in the formgrader into the journal; `rebuild` then writes the assignment anew. Both together are
safe at any time: rows keep their ids, the other assignments in the file are left alone, and one transaction holds all or nothing.
"""

import contextlib
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbgrader
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
    new_uuid,
)
from nbgrader.api import Student as StudentRow
from sqlalchemy import delete, insert, select, update

from course_utils.grading.courses import Course, MasterCell, master_cells
from course_utils.grading.journal import Contents, Journal
from course_utils.grading.records import Manual, Shown, Student
from course_utils.grading.scores import Score, Sheet, sheets

CELLS = {"grade": GradeCell, "solution": SolutionCell, "task": TaskCell}


def synchronize(course: Course, journal: Journal) -> list[Sheet]:
    """Manual grades into the journal, the journal into gradebook.db. Returns the sheets it now holds."""
    course.gradebook.parent.mkdir(parents=True, exist_ok=True)
    if not course.gradebook.exists():
        stamp(course.gradebook)
    with Gradebook(f"sqlite:///{course.gradebook}", course_id(course.root)) as gradebook:
        journal.append(*harvest(gradebook, course.assignment, journal.contents))
        found = sheets(course, journal.contents)
        rebuild(gradebook, course, journal.contents, found)
    journal.append(Shown(datetime.now(UTC).isoformat(timespec="seconds")))
    return found


def stamp(path: Path) -> None:
    """Start a database with the version of nbgrader's schema; nbgrader would start an `alembic` process, of seconds, to ask for it."""
    texts = [file.read_text() for file in Path(nbgrader.__file__).parent.glob("alembic/versions/*.py")]
    versions, older = (
        {found[1] for text in texts if (found := re.search(rf"^{name} = ['\"](\w+)['\"]", text, re.MULTILINE))}
        for name in ("revision", "down_revision")
    )
    heads = versions - older
    if len(heads) == 1:  # else nbgrader had better say itself
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            database.execute("INSERT INTO alembic_version VALUES (?)", (heads.pop(),))


def course_id(root: Path) -> str:
    """As in the course's nbgrader_config.py; nbgrader's default without one."""
    from traitlets.config import PyFileConfigLoader

    if not (root / "nbgrader_config.py").is_file():
        return "default_course"
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    return config.get("CourseDirectory", {}).get("course_id") or "default_course"


# --- from the gradebook


def harvest(gradebook: Gradebook, assignment: str, contents: Contents) -> list[Manual | Student]:
    """What persons entered since the last time: scores, extra credit, comments and extensions."""
    db = gradebook.db
    where = (
        select(StudentRow.id, Notebook.name, SubmittedNotebook.id, SubmittedAssignment.extension)
        .select_from(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(StudentRow, SubmittedAssignment.student_id == StudentRow.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .where(Assignment.name == assignment)
    )
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    places, extensions = {}, {}
    for student, notebook, submitted, extension in db.execute(where):
        places[submitted] = (student, notebook)
        extensions[student] = extension.total_seconds() if extension else 0.0
    names = {cell.id: cell.name for kind in CELLS.values() for cell in db.execute(select(kind.id, kind.name))}
    grades = select(Grade.notebook_id, Grade.cell_id, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)
    for submitted, cell, score, extra, waits in db.execute(grades):
        if submitted in places:
            key = (*places[submitted], names[cell])
            found[key] = {"score": score, "extra": extra, "comment": None, "waits": waits}
    for submitted, cell, comment in db.execute(select(Comment.notebook_id, Comment.cell_id, Comment.manual_comment)):
        if submitted in places:
            key = (*places[submitted], names[cell])
            found.setdefault(key, {"score": None, "extra": None, "waits": False})["comment"] = comment
    manual = [_manual(key, fields, contents) for key, fields in found.items()]
    students = [
        Student(known.id, known.name, known.folder, extension)
        for student, extension in extensions.items()
        if (known := contents.students.get(student))
    ]
    return [entry for entry in (*manual, *students) if entry is not None]


def _manual(key: tuple[str, str, str], fields: dict[str, Any], contents: Contents) -> Manual | None:
    """The entry for one cell; None where nobody ever gave anything. A grade that waits was given to an earlier submission."""
    old = contents.manual.get(key)
    waits = fields.pop("waits")
    if old is None and all(value is None for value in fields.values()):
        return None
    read = (old.submission if old else "") if waits else contents.shown.get(f"{key[0]}/{key[1]}", "")
    return Manual(*key, **fields, submission=read)


# --- to the gradebook


def rebuild(gradebook: Gradebook, course: Course, contents: Contents, found: list[Sheet]) -> None:
    """Write the assignment as `found` says, in one transaction."""
    db = gradebook.db
    notebooks, cells = _masters(gradebook, course, contents.policy.due if contents.policy else "")
    students = {sheet.student.id: sheet.student for sheet in found}
    for named in (True, False):  # a name that the instructor entered stays
        _settle(db, StudentRow, ["id"], [_student(one) for one in students.values() if bool(one.name) == named])
    assignment = gradebook.find_assignment(course.assignment).id
    stamps = {sheet.student.id: _naive(sheet.record.submitted) for sheet in found}
    rows: list[dict[str, Any]] = [
        {"assignment_id": assignment, "student_id": student, "timestamp": stamp} for student, stamp in stamps.items()
    ]
    submissions = _settle(db, SubmittedAssignment, ["assignment_id", "student_id"], rows)
    rows = [
        {
            "assignment_id": submissions[assignment, sheet.student.id],
            "notebook_id": notebooks[sheet.record.notebook],
            "late_submission_penalty": sheet.penalty or None,
        }
        for sheet in found
    ]
    places = _settle(db, SubmittedNotebook, ["assignment_id", "notebook_id"], rows, {"flagged": False})
    grades: list[dict[str, Any]] = []
    comments: list[dict[str, Any]] = []
    for sheet, row in zip(found, rows, strict=True):
        place = places[row["assignment_id"], row["notebook_id"]]
        scores = {score.cell.name: score for score in sheet.scores}
        for (kind, name), cell in cells[sheet.record.notebook].items():
            at: dict[str, Any] = {"notebook_id": place, "cell_id": cell}
            if kind != "solution":
                grades.append(at | _grade(scores[name]))
            if kind != "grade":
                own = scores[name].comment if name in scores else sheet.comments.get(name)
                comments.append(at | {"manual_comment": own, "auto_comment": _no_response(scores.get(name))})
    _settle(db, Grade, ["notebook_id", "cell_id"], grades)
    _settle(db, Comment, ["notebook_id", "cell_id"], comments)
    db.commit()


def _masters(
    gradebook: Gradebook, course: Course, due: str
) -> tuple[dict[str, str], dict[str, dict[tuple[str, str], str]]]:
    """Make the assignment that of the instructor's files. Returns the ids of its notebooks, and of their cells by (kind, name)."""
    db = gradebook.db
    try:
        assignment = gradebook.find_assignment(course.assignment)
    except MissingEntry:
        assignment = Assignment(name=course.assignment, course_id=gradebook.course_id)
        db.add(assignment)
    assignment.duedate = _naive(due)
    present = {notebook.name: notebook for notebook in assignment.notebooks}
    notebooks, cells = {}, {}
    for name, path in course.sources.items():
        notebook = present.get(name) or Notebook(name=name, assignment=assignment, kernelspec="{}")
        db.add(notebook)
        cells[name] = _cells(db, notebook, master_cells(path))
        notebooks[name] = notebook.id
    return notebooks, cells


def _grade(score: Score) -> dict[str, Any]:
    return {
        "auto_score": score.auto,
        "manual_score": score.manual,
        "extra_credit": score.extra,
        "needs_manual_grade": score.waits,
    }


def _no_response(score: Score | None) -> str | None:
    """nbgrader's words for a written answer that was left as it was."""
    return "No response." if score and score.record and score.record.status == "unwritten" else None


def _student(student: Student) -> dict[str, Any]:
    first, _, last = student.name.rpartition(" ")
    return {"id": student.id} | ({"first_name": first, "last_name": last} if student.name else {})


def _cells(db: Any, notebook: Notebook, masters: list[MasterCell]) -> dict[tuple[str, str], str]:
    """Make the notebook's cells those of the instructor's: (kind, name) -> id. What hung on a cell that is gone goes with it."""
    wanted = {(kind, cell.name): cell for cell in masters for kind in CELLS if getattr(cell, kind)}
    kinds = {model: kind for kind, model in CELLS.items()}
    present = {(kinds[type(row)], row.name): row for row in notebook._base_cells}
    for key, row in present.items():
        if key not in wanted:
            db.execute(delete(Grade).where(Grade.cell_id == row.id))
            db.execute(delete(Comment).where(Comment.cell_id == row.id))
            db.delete(row)
    for key, cell in wanted.items():
        row = present.get(key) or CELLS[key[0]](name=cell.name, notebook=notebook)
        if key[0] != "solution":
            row.max_score, row.cell_type = cell.points, cell.cell_type
        db.add(row)
        present[key] = row
    db.flush()
    return {key: present[key].id for key in wanted}


def _settle(
    db: Any, model: Any, keys: list[str], rows: list[dict[str, Any]], new: dict[str, Any] | None = None
) -> dict[tuple[str, ...], str]:
    """Insert or update `rows`, which all have the same columns, by their `keys`; returns key -> id. new: columns of inserted rows only."""
    if not rows:
        return {}
    table, columns = model.__table__, list(rows[0])
    wanted = {row[keys[-1]] for row in rows}
    query = select(table.c.id.label("row_id"), *(table.c[name] for name in columns))
    present = {
        tuple(getattr(row, key) for key in keys): row for row in db.execute(query) if getattr(row, keys[-1]) in wanted
    }
    ids, added = {}, []
    for row in rows:
        key = tuple(row[name] for name in keys)
        old = present.get(key)
        ids[key] = old.row_id if old else row.get("id") or new_uuid()
        if old is None:
            added.append({"id": ids[key]} | row | (new or {}))
        elif any(getattr(old, name) != row[name] for name in columns):
            db.execute(update(table).where(table.c.id == old.row_id).values(**row))
    if added:
        db.execute(insert(table), added)
    return ids


def _naive(text: str) -> datetime | None:
    """nbgrader's databases hold UTC without a zone."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None
