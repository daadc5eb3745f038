"""A toy course in nbgrader's default layout, which imports nothing of ours: two notebooks, plain asserts, one written answer.

`answer` makes a submission, `graded` the record that a grader would make of it: the stand-in for tests of what is around grading.
"""

from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from course_tools.grading.model.courses import Course, find_course
from course_tools.grading.model.records import CellRecord, Job, Record

RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x"
STUB = "def double(x):\n    raise NotImplementedError"
PLACEHOLDER = "*Your answer here.*"


def mark(grade_id: str, points: float = 0, **flags: bool) -> dict:
    kind = {"grade": False, "solution": False, "locked": False, "task": False} | flags
    return {"nbgrader": kind | {"grade_id": grade_id, "schema_version": 3} | ({"points": points} if points else {})}


def notebook(name: str, code: str, text: str, hidden: bool = True) -> NotebookNode:
    """`name` with the answers `code` and `text`; with the hidden tests, as the instructor's, or without."""
    secret = "### BEGIN HIDDEN TESTS\nassert double(-3) == -6\n### END HIDDEN TESTS"
    cells = [
        v4.new_markdown_cell(f"# {name}\n\nWrite `double`."),
        v4.new_code_cell(code, metadata=mark("double", solution=True)),
        v4.new_code_cell("assert double(2) == 4", metadata=mark("double_check", 2, grade=True, locked=True)),
        v4.new_code_cell(secret if hidden else "", metadata=mark("double_hidden", 1, grade=True, locked=True)),
        v4.new_markdown_cell(text, metadata=mark("why", 3, grade=True, solution=True)),
    ]
    for index, cell in enumerate(cells):
        cell.id = f"cell-{index}"
    return v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def make(root: Path, names: Sequence[str] = ("one", "two")) -> Course:
    """The course, with the assignment "ps1"."""
    for name in names:
        path = root / "source" / "ps1" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(name, RIGHT, "Because."), path)
    return find_course(root, "ps1")


def answer(path: Path, code: str = RIGHT, text: str = "Since 2x = x + x.", name: str = "") -> Path:
    """Write a submission."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(name or path.stem, code, text, hidden=False), path)
    return path


def submit(root: Path, student: str, code: str = RIGHT, names: Sequence[str] = ("one", "two")) -> None:
    """Into nbgrader's submitted/ layout."""
    for name in names:
        answer(root / "submitted" / student / "ps1" / f"{name}.ipynb", code)


def graded(job: Job) -> Record:
    """The record of a job, by running the answer right here."""
    node = nbformat.read(job.submission, 4)
    answers = {cell.metadata.nbgrader.grade_id: cell.source for cell in node.cells if "nbgrader" in cell.metadata}
    space: dict = {}
    exec(answers["double"], space)
    cells = []
    for grade_id, points, x in (("double_check", 2.0, 2), ("double_hidden", 1.0, -3)):
        try:
            good, reason, status = space["double"](x) == 2 * x, "", "graded"
        except NotImplementedError:
            good, reason, status = False, "not written", "unwritten"
        message = "double(2) is not 4" if grade_id == "double_check" and not good else ""
        cells.append(CellRecord(grade_id, points, points if good else 0.0, status, reason or message, message, 0.01))
    written = answers["why"] != PLACEHOLDER
    cells.append(CellRecord("why", 3.0, None if written else 0.0, "manual" if written else "unwritten"))
    Path(job.executed).parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(node, job.executed)
    return Record(
        job.student,
        job.assignment,
        job.notebook,
        job.key,
        "graded",
        "",
        "stand-in",
        tuple(cells),
        0.02,
        job.executed,
        job.submitted,
        job.seed,
    )
