"""Whose file is it? Three layouts of submissions, told apart by themselves:

STUDENT/ASSIGNMENT/NAME.ipynb                             nbgrader's submitted/
Full Name_12345_assignsubmission_file_/NAME.ipynb         Moodle's download; the student is the participant 12345
STUDENT.ipynb, STUDENT_NAME.ipynb or STUDENT/NAME.ipynb   loose notebooks
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

from course_tools.grading.intake.submissions import File
from course_tools.grading.model.records import STUDENT_ID, Student

MOODLE = re.compile(r"(?P<name>[^_]*)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<rest>.*))?")


def by_student(
    pile: Sequence[File], assignment: str, notebooks: Sequence[str]
) -> tuple[dict[Student, list[File]], list[File]]:
    """The files of each student, by the layout that the pile has, and those that are nobody's."""
    owner = _layout(pile, assignment, notebooks)
    owned: dict[Student, list[File]] = {}
    stray = []
    for file in pile:
        student = owner(file)
        if student is not None and STUDENT_ID.fullmatch(student.id):
            owned.setdefault(student, []).append(file)
        else:
            stray.append(file)
    return owned, stray


def _layout(pile: Sequence[File], assignment: str, notebooks: Sequence[str]) -> Callable[[File], Student | None]:
    """Who owns a file. The layout begins at the top, or below the one folder that holds everything; what students nest deeper
    does not count, or one could hand in for another."""
    for top in range(1 + (len({file.parts[0] for file in pile}) == 1)):
        for owner in (partial(_moodle, top=top), partial(_nbgrader, top=top, assignment=assignment)):
            if any(map(owner, pile)):
                return owner
    if not any(file.is_notebook for file in pile):  # some other folder
        return lambda file: None
    return partial(_loose, notebooks=notebooks)


def _moodle(file: File, top: int) -> Student | None:
    found = MOODLE.fullmatch(file.parts[top]) if len(file.parts) > top else None
    if not found or found["plugin"] != "file":
        return None
    folder = found[0].removesuffix(found["rest"] or "")  # a flat download goes on with the file's name
    return Student(found["id"], found["name"], folder)


def _nbgrader(file: File, top: int, assignment: str) -> Student | None:
    return Student(file.parts[top]) if file.parts[top + 1 : -1][:1] == (assignment,) else None


def _loose(file: File, notebooks: Sequence[str]) -> Student | None:
    if len(file.parts) > 1:
        return Student(file.parts[0])
    if not file.is_notebook:
        return None
    stem = file.stem
    endings = (sign + name for name in notebooks for sign in "_-")
    return Student(stem.removesuffix(next((end for end in endings if stem.endswith(end)), "")))
