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
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        maximum = gradebook.find_assignment(task).max_score
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(task)}
    assert maximum > 0
    assert scores == {"right": maximum, "empty": 0.0}
    empty = nbformat.read(course / "autograded" / "empty" / task / f"{task}.ipynb", 4)
    errors = {o.ename for cell in empty.cells for o in cell.get("outputs", []) if o.output_type == "error"}
    assert errors <= {"NotImplementedError"}, "only NotImplementedError may escape from an unfilled notebook"
