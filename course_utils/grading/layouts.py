"""Whose file is it? Three layouts of submissions, told apart by themselves:

STUDENT/ASSIGNMENT/NAME.ipynb                             nbgrader's submitted/
Full Name_12345_assignsubmission_file_/NAME.ipynb         Moodle's download; the student is the participant 12345
STUDENT.ipynb, STUDENT_NAME.ipynb or STUDENT/NAME.ipynb   loose notebooks
"""

import re
from collections.abc import Sequence

from course_utils.grading.records import Student
from course_utils.grading.submissions import File

MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<rest>.*))?")
SAFE = re.compile(r"(?!\.)[^/\\:\x00-\x1f]{1,128}")  # becomes the name of a folder, and nbgrader allows 128 characters


def by_student(
    pile: Sequence[File], assignment: str, notebooks: Sequence[str]
) -> tuple[dict[Student, list[File]], list[File]]:
    """The files of each student, by the layout that the pile has, and those that are nobody's."""
    moodle = any(MOODLE.fullmatch(part) for file in pile for part in file.parts)
    nested = any(assignment in file.parts[1:-1] for file in pile)
    owned: dict[Student, list[File]] = {}
    stray = []
    for file in pile:
        student = _moodle(file) if moodle else _nbgrader(file, assignment) if nested else _loose(file, notebooks)
        if student is not None and SAFE.fullmatch(student.id):
            owned.setdefault(student, []).append(file)
        else:
            stray.append(file)
    return owned, stray


def _moodle(file: File) -> Student | None:
    for part in file.parts:
        if (found := MOODLE.fullmatch(part)) and found["plugin"] == "file":
            folder = part.removesuffix(found["rest"] or "")  # a flat download goes on with the file's name
            return Student(found["id"], found["name"], folder)
    return None


def _nbgrader(file: File, assignment: str) -> Student | None:
    inside = file.parts[:-1]
    return Student(file.parts[inside.index(assignment) - 1]) if assignment in inside[1:] else None


def _loose(file: File, notebooks: Sequence[str]) -> Student | None:
    if len(file.parts) > 1:
        return Student(file.parts[0])
    if not file.is_notebook:
        return None
    stem = file.stem
    endings = (sign + name for name in notebooks for sign in "_-")
    return Student(stem.removesuffix(next((end for end in endings if stem.endswith(end)), "")))
