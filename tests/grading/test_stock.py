"""Stock `nbgrader autograde` and `course grade` on the same honest submissions: the same gradebook, cell by cell."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils.paths import ROOT
from tests.grading import toy

pytestmark = pytest.mark.slow(15)

CONFIG = f"""
c = get_config()
c.ClearSolutions.text_stub = {toy.PLACEHOLDER!r}
c.Execute.timeout = 300
c.Execute.iopub_timeout = 120
c.Execute.startup_timeout = 300
"""
ANSWERS = {
    "right": (toy.RIGHT, "Since 2x = x + x."),
    "otherwise": ("import math\ndouble = lambda x: math.fsum([x, x])", "It is."),
    "wrong": (toy.WRONG, "No idea."),
    "half": ("def double(x):\n    return abs(2 * x)", toy.PLACEHOLDER),
    "stub": (toy.STUB, toy.PLACEHOLDER),
    "syntax": ("def double(x)\n    return 2 * x", "Since 2x = x + x."),
}
GRADES = """
SELECT submitted_assignment.student_id, base_cell.name, base_cell.type, grade.auto_score, grade.needs_manual_grade, comment.auto_comment
FROM grade JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
LEFT JOIN base_cell AS answer ON answer.name = base_cell.name AND answer.notebook_id = base_cell.notebook_id AND answer.type = 'SolutionCell'
LEFT JOIN comment ON comment.cell_id = answer.id AND comment.notebook_id = grade.notebook_id
"""


def run(folder: Path, *arguments: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def gradebooks(tmp_path_factory, blank):
    """The course graded by both, each from `nbgrader generate_assignment` on."""
    stock, ours = (tmp_path_factory.mktemp(name) / "course" for name in ("stock", "ours"))
    toy.make(stock, names=["one"])
    shutil.copy(blank, stock / "gradebook.db")
    (stock / "nbgrader_config.py").write_text(CONFIG)
    run(stock, "nbgrader", "generate_assignment", "ps1")
    released = nbformat.read(stock / "release" / "ps1" / "one.ipynb", 4)
    for student, answers in ANSWERS.items():
        for cell in released.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = answers[cell.cell_type == "markdown"]
        path = stock / "submitted" / student / "ps1" / "one.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(released, path)
    shutil.copytree(stock, ours)
    run(stock, "nbgrader", "autograde", "ps1")
    run(ours, "course_utils.cli", "grade", "ps1")
    return stock / "gradebook.db", ours / "gradebook.db"


def test_every_cell_is_the_same(gradebooks):
    theirs, ours = (sorted(sqlite3.connect(path).execute(GRADES)) for path in gradebooks)
    assert len(theirs) == 3 * len(ANSWERS)
    assert ours == theirs


def test_so_is_everything_else_but_the_ids(gradebooks):
    for query in (
        "SELECT name, duedate, course_id FROM assignment",
        "SELECT base_cell.name, max_score, cell_type FROM base_cell JOIN grade_cells ON grade_cells.id = base_cell.id ORDER BY 1",
        "SELECT id, first_name FROM student ORDER BY 1",
        "SELECT student_id, timestamp, extension FROM submitted_assignment ORDER BY 1",
        "SELECT flagged, late_submission_penalty, count(*) FROM submitted_notebook GROUP BY 1, 2",
        "SELECT count(*) FROM comment",
    ):
        theirs, ours = (sqlite3.connect(path).execute(query).fetchall() for path in gradebooks)
        assert ours == theirs, query
