"""Stock nbgrader on our release: generate_assignment, then autograde of one right and one empty submission."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from traitlets.config.loader import PyFileConfigLoader

from course_tools.paths import SOLUTIONS
from course_utils.paths import NOTEBOOKS, ROOT
from course_utils.tasks import tasks

pytestmark = pytest.mark.slow(100)


# The commands `nbgrader generate_assignment` and `nbgrader autograde`, as its formgrader calls them: one start for many tasks.
GRADE = """
import sys
from nbgrader.apps import NbGraderAPI
from traitlets.config.loader import PyFileConfigLoader

api = NbGraderAPI(config=PyFileConfigLoader("nbgrader_config.py").load_config())
for task in sys.argv[1:]:
    for result in (api.generate_assignment(task), api.autograde(task, "right"), api.autograde(task, "empty")):
        if not result["success"]:
            sys.exit(f"{task}: {result}")
"""


def graded_course(folder: Path, chosen: list[str]) -> Path:
    """A course folder with the two submissions of each task, graded."""
    folder.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for task in chosen:
        for home, source in (("solutions", SOLUTIONS), ("submitted/right", SOLUTIONS), ("submitted/empty", NOTEBOOKS)):
            (folder / home / task).mkdir(parents=True)
            shutil.copy(source / task / f"{task}.ipynb", folder / home / task)
    done = subprocess.run(
        [sys.executable, "-c", GRADE, *chosen],
        cwd=folder,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, "Future[Path]"]:
    """Two courses at a time, each with half of the tasks: this is most of what the whole suite waits for."""
    home = tmp_path_factory.mktemp("courses")
    with ThreadPoolExecutor(2) as pool:
        halves = [tasks()[::2], tasks()[1::2]]
        courses = [pool.submit(graded_course, home / half[0], half) for half in halves]
        return {task: course for half, course in zip(halves, courses, strict=True) for task in half}


@pytest.mark.parametrize("task", tasks())
def test_full_marks_and_zero(courses, task):
    course = courses[task].result()
    released = course / "notebooks" / task / f"{task}.ipynb"
    assert released.read_bytes() == (NOTEBOOKS / task / f"{task}.ipynb").read_bytes()
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


def test_nothing_that_a_student_writes_runs_in_the_formgrader():
    """Its exporter is nbconvert's, with the course's configuration."""
    exporter = HTMLExporter(config=PyFileConfigLoader(str(ROOT / "nbgrader_config.py")).load_config())
    exporter.template_name = "classic"  # which nbgrader's is made from
    attack = "Since <script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) and $a + b$ too."
    node = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(attack), nbformat.v4.new_raw_cell("<script>alert(1)</script>")]
    )
    body = exporter.from_notebook_node(node)[0].partition("<body")[2]
    assert "&lt;script&gt;alert(1)" in body and "<math" in body
    for running in ("<script>alert", "<img", 'href="javascript'):
        assert running not in body
