"""A notebook of one's own for each student of a roster: the released one, with the numbers of the student's questions filled in.

Only the roster is kept, beside the journal; with the course's secret the numbers follow from it again whenever they are needed.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

from course_tools.build.handout import require_fit
from course_tools.checks.variants import drawn, filled, questions
from course_tools.grading.command import course_of
from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import Student
from course_tools.grading.model.roster import kept_roster, read_roster, write_roster
from course_tools.grading.results.seed import variant_keys
from course_utils.errors import CourseError, UsageError
from course_utils.progress import Progress
from course_utils.tasks import TASKS, Task, chosen


def release_command(names: list[str], roster: str, output: str, grading: str | None) -> int:
    """`course release`: OUTPUT/STUDENT/TASK.ipynb, for Moodle also OUTPUT/TASK.zip. grading: as the --output of `course grade`."""
    students = read_roster(Path(roster))
    wanted = [task for task in TASKS if task.name in chosen(names)]
    varied = [task for task in wanted if questions(task.name)]
    if not varied:
        raise UsageError(f"no question of {', '.join(names)} has numbers that vary: `make release` has these notebooks")
    for task in varied:
        require_fit(task)
    for task in wanted:
        if task not in varied:
            print(f"{task.name}: left out, no question has numbers that vary; `make release` has it")
    with Progress("release", len(varied) * len(students), "notebooks") as bar:
        for task in varied:
            course = course_of(task.name, grading)
            known = {**kept_roster(course.roster), **students}
            write_roster(known.values(), course.roster)
            _release(task, course, students, Path(output), bar)
            earlier = (
                f" ({len(known) - len(students)} more from earlier releases)" if len(known) > len(students) else ""
            )
            print(f"{task.name}: {len(students)} students{earlier}, roster kept in {course.roster}")
    print(f"notebooks: {output}")
    return 0


def _release(task: Task, course: Course, students: dict[str, Student], output: Path, bar: Progress) -> None:
    """Write the notebook of each student, and the zip for those whose folder at Moodle is known."""
    node = json.loads(task.notebook.read_text(encoding="utf-8"))
    try:
        for student, key in variant_keys(course, students).items():
            path = output / student / f"{task.name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(personal(task.name, node, key), encoding="utf-8")
            bar.update(student)
        if folders := {one.folder: one.id for one in students.values() if one.folder}:
            with zipfile.ZipFile(output / f"{task.name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for folder, student_id in folders.items():
                    archive.write(output / student_id / f"{task.name}.ipynb", f"{folder}/{task.name}.ipynb")
    except OSError as error:
        raise CourseError(
            f"{error.filename or output}: cannot be written ({error.strerror}); choose another place with -o DIR"
        ) from None


def personal(task: str, node: dict[str, Any], key: str) -> str:
    """The released notebook of a task as the student with this key gets it, as it is written to a file."""
    mine = node | {"cells": filled(task, node["cells"], drawn(task, key))}
    return json.dumps(mine, ensure_ascii=False, indent=1, separators=(",", ": "), sort_keys=True) + "\n"
