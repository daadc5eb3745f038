"""nbgrader's own gradebook.db, made from the journal, so that the formgrader, feedback and export of nbgrader work on our grading.

`harvest` takes what a person entered in the formgrader into the journal; `rebuild` then writes the assignment anew. Both together are
safe at any time: rows keep their ids, the other assignments in the file are left alone, and one transaction holds all or nothing.
"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.config import configured
from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import Manual, Shown, Student
from course_tools.grading.results.database import Row, opened, seconds, settle, stamp
from course_tools.grading.results.journal import Contents, Journal
from course_tools.grading.results.scores import Score, Sheet, sheets

KINDS = {"grade": "GradeCell", "solution": "SolutionCell", "task": "TaskCell"}  # flag of a cell -> nbgrader's type
ENTERED = """
SELECT submitted_assignment.student_id, notebook.name, base_cell.name, {columns} FROM {table}
JOIN base_cell ON base_cell.id = {table}.cell_id
JOIN submitted_notebook ON submitted_notebook.id = {table}.notebook_id
JOIN notebook ON notebook.id = submitted_notebook.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
WHERE assignment.name = ?
"""
EXTENSIONS = """
SELECT student_id, extension FROM submitted_assignment
JOIN assignment ON assignment.id = submitted_assignment.assignment_id WHERE assignment.name = ?
"""


def synchronize(course: Course, journal: Journal) -> list[Sheet]:
    """Manual grades into the journal, the journal into gradebook.db. Returns the sheets it now holds."""
    with opened(course.gradebook, course_id(course.root)) as database:
        journal.append(*harvest(database, course.assignment, journal.contents))
        found = sheets(course, journal.contents)
        rebuild(database, course, journal.contents, found)
    journal.append(Shown(datetime.now(UTC).isoformat(timespec="seconds")))
    return found


def course_id(root: Path) -> str:
    """As in the course's nbgrader_config.py; nbgrader's default without one."""
    return str(configured(root, "CourseDirectory.course_id") or "default_course")


# --- from the gradebook


def harvest(database: sqlite3.Connection, assignment: str, contents: Contents) -> list[Manual | Student]:
    """What persons entered since the last time: scores, extra credit, comments and extensions."""
    found: dict[tuple[str, str, str], Row] = {}
    columns = "manual_score, extra_credit, needs_manual_grade"
    for *key, score, extra, waits in database.execute(ENTERED.format(table="grade", columns=columns), (assignment,)):
        found[tuple(key)] = {"score": score, "extra": extra, "comment": None, "waits": waits}
    for *key, comment in database.execute(ENTERED.format(table="comment", columns="manual_comment"), (assignment,)):
        found.setdefault(tuple(key), {"score": None, "extra": None, "waits": False})["comment"] = comment
    manual = [_manual(key, fields, contents) for key, fields in found.items()]
    students = [
        Student(known.id, known.name, known.folder, seconds(extension))
        for student, extension in database.execute(EXTENSIONS, (assignment,))
        if (known := contents.students.get(student))
    ]
    return [entry for entry in (*manual, *students) if entry is not None]


def _manual(key: tuple[str, str, str], fields: Row, contents: Contents) -> Manual | None:
    """The entry for one cell; None where nobody ever gave anything. A grade that waits was given to an earlier submission."""
    old = contents.manual.get(key)
    waits = fields.pop("waits")
    if old is None and all(value is None for value in fields.values()):
        return None
    read = (old.submission if old else "") if waits else contents.shown.get(f"{key[0]}/{key[1]}", "")
    return Manual(*key, **fields, submission=read)


# --- to the gradebook


def rebuild(database: sqlite3.Connection, course: Course, contents: Contents, found: list[Sheet]) -> None:
    """Write the assignment as `found` says."""
    due = stamp(contents.policy.due) if contents.policy else None
    row: Row = {"name": course.assignment, "duedate": due}
    ids = settle(database, "assignment", ["name"], [row], {"course_id": course_id(course.root)})
    assignment = ids[(course.assignment,)]
    notebooks, cells = _sources(database, course, assignment)
    students = {sheet.student.id: sheet.student for sheet in found}
    for named in (True, False):  # a name that the instructor entered stays
        settle(database, "student", ["id"], [_student(one) for one in students.values() if bool(one.name) == named])
    stamps = {sheet.student.id: stamp(sheet.record.submitted) for sheet in found}
    rows: list[Row] = [
        {"assignment_id": assignment, "student_id": student, "timestamp": stamp} for student, stamp in stamps.items()
    ]
    submissions = settle(database, "submitted_assignment", ["assignment_id", "student_id"], rows)
    rows = [
        {
            "assignment_id": submissions[assignment, sheet.student.id],
            "notebook_id": notebooks[sheet.record.notebook],
            "late_submission_penalty": sheet.penalty or None,
        }
        for sheet in found
    ]
    places = settle(database, "submitted_notebook", ["assignment_id", "notebook_id"], rows, {"flagged": 0})
    grades: list[Row] = []
    comments: list[Row] = []
    for sheet, row in zip(found, rows, strict=True):
        place = places[row["assignment_id"], row["notebook_id"]]
        scores = {score.cell.name: score for score in sheet.scores}
        for (kind, name), cell in cells[sheet.record.notebook].items():
            at: Row = {"notebook_id": place, "cell_id": cell}
            if kind != "solution":
                grades.append(at | _grade(scores[name]))
            if kind != "grade":
                own = scores[name].comment if name in scores else sheet.comments.get(name)
                comments.append(at | {"manual_comment": own, "auto_comment": _no_response(scores.get(name))})
    settle(database, "grade", ["notebook_id", "cell_id"], grades)
    settle(database, "comment", ["notebook_id", "cell_id"], comments)


def _sources(
    database: sqlite3.Connection, course: Course, assignment: str
) -> tuple[dict[str, str], dict[str, dict[tuple[str, str], str]]]:
    """Make the assignment that of the instructor's files. Returns the ids of its notebooks, and of their cells by (kind, name)."""
    rows: list[Row] = [{"name": name, "assignment_id": assignment} for name in course.sources]
    ids = settle(database, "notebook", ["name", "assignment_id"], rows, {"kernelspec": "{}"})
    notebooks = {name: ids[name, assignment] for name in course.sources}
    return notebooks, {
        name: _cells(database, notebooks[name], Assignment.load(path)) for name, path in course.sources.items()
    }


def _cells(database: sqlite3.Connection, notebook: str, source: Assignment) -> dict[tuple[str, str], str]:
    """Make the notebook's cells those of the instructor's: (kind, name) -> id. What hung on a cell that is gone goes with it."""
    wanted = {(kind, cell.name): cell for cell in source.named.values() for kind in KINDS if kind in cell.flags}
    rows: list[Row] = [{"name": name, "notebook_id": notebook, "type": KINDS[kind]} for kind, name in wanted]
    ids = settle(database, "base_cell", ["name", "notebook_id", "type"], rows)
    found = {(kind, name): ids[name, notebook, KINDS[kind]] for kind, name in wanted}
    for kind in KINDS:
        mine = {found[key]: cell for key, cell in wanted.items() if key[0] == kind}
        worth = {id_: {"max_score": cell.points, "cell_type": cell.cell_type} for id_, cell in mine.items()}
        settle(
            database,
            f"{kind}_cells",
            ["id"],
            [{"id": id_} | (worth[id_] if kind != "solution" else {}) for id_ in mine],
        )
    for (id_,) in database.execute("SELECT id FROM base_cell WHERE notebook_id = ?", (notebook,)).fetchall():
        if id_ not in found.values():
            for table in ("grade", "comment"):
                database.execute(f"DELETE FROM {table} WHERE cell_id = ?", (id_,))
            for table in ("base_cell", *(f"{kind}_cells" for kind in KINDS)):
                database.execute(f"DELETE FROM {table} WHERE id = ?", (id_,))
    return found


def _grade(score: Score) -> Row:
    return {
        "auto_score": score.auto,
        "manual_score": score.manual,
        "extra_credit": score.extra,
        "needs_manual_grade": int(score.waits),
    }


def _no_response(score: Score | None) -> str | None:
    """nbgrader's words for a written answer that was left as it was."""
    return "No response." if score and score.record and score.record.status == "unwritten" else None


def _student(student: Student) -> Row:
    first, _, last = student.name.rpartition(" ")
    return {"id": student.id} | ({"first_name": first, "last_name": last} if student.name else {})
