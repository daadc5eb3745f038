"""Stock nbgrader on our release: generate_assignment, then autograde of one right and one empty submission."""

import shutil
import sys

import nbformat
import pytest

from course_utils.paths import NOTEBOOKS, ROOT, SOLUTIONS, tasks


def nbgrader(folder, *arguments):
    import os
    import subprocess
    from pathlib import Path

    scripts = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for task in tasks():
        (folder / "solutions" / task).mkdir(parents=True)
        shutil.copy(SOLUTIONS / task / f"{task}.ipynb", folder / "solutions" / task)
        for student, home in (("right", SOLUTIONS), ("empty", NOTEBOOKS)):
            (folder / "submitted" / student / task).mkdir(parents=True)
            shutil.copy(home / task / f"{task}.ipynb", folder / "submitted" / student / task)
    return folder


@pytest.mark.parametrize("task", tasks())
def test_full_marks_and_zero(course, task):
    from nbgrader.api import Gradebook

    nbgrader(course, "generate_assignment", task, "--force")
    released = course / "notebooks" / task / f"{task}.ipynb"
    assert released.read_bytes() == (NOTEBOOKS / task / f"{task}.ipynb").read_bytes()
    nbgrader(course, "autograde", task)
    source = nbformat.read(SOLUTIONS / task / f"{task}.ipynb", 4)
    by_hand = {
        m.grade_id: m.points for m in map(nbgrader_metadata, source.cells) if m.get("grade") and m.get("solution")
    }
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        maximum = gradebook.find_assignment(task).max_score
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(task)}
        grades = gradebook.find_submission_notebook(task, task, "right").grades
        waiting = {grade.name: grade.max_score for grade in grades if grade.needs_manual_grade}
    assert maximum > 0
    assert scores == {"right": maximum - sum(by_hand.values()), "empty": 0.0}
    assert waiting == by_hand, "written answers wait for a person, with all their points"
    graded = nbformat.read(course / "autograded" / "right" / task / f"{task}.ipynb", 4)
    for before, after in zip(source.cells, graded.cells, strict=True):
        if nbgrader_metadata(before).get("grade_id") in by_hand:
            assert after.source == before.source
    empty = nbformat.read(course / "autograded" / "empty" / task / f"{task}.ipynb", 4)
    errors = {o.ename for cell in empty.cells for o in cell.get("outputs", []) if o.output_type == "error"}
    assert errors <= {"NotImplementedError"}, "only NotImplementedError may escape from an unfilled notebook"


def nbgrader_metadata(cell):
    return cell.metadata.get("nbgrader", nbformat.NotebookNode())
