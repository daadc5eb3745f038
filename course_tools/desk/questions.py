"""The written questions of an assignment, from the instructor's notebooks."""

from dataclasses import dataclass

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.courses import Course
from course_tools.rubric import Rubric, rubric


@dataclass(frozen=True)
class Question:
    """One cell that a person grades. name: its grade_id; statement: markdown of the cell that it stands under."""

    notebook: str
    name: str
    title: str
    statement: str
    points: float
    cell_type: str
    rubric: Rubric

    @property
    def path(self) -> str:
        """Names it within its assignment."""
        return f"{self.notebook}/{self.name}"


def questions(course: Course) -> list[Question]:
    """In the order of the notebooks. nbgrader's tasks are left out: their answers stand in other cells, as the formgrader shows them."""
    return [one for name, path in course.sources.items() for one in _of(name, Assignment.load(path).cells)]


def _of(notebook: str, cells: tuple[SourceCell, ...]) -> list[Question]:
    found, statement = [], ""
    for cell in cells:
        if cell.kind == "free" and cell.cell_type == "markdown":
            statement = cell.source
        elif cell.kind == "manual" and "task" not in cell.flags:
            title = cell.section or cell.name
            found.append(
                Question(notebook, cell.name, title, statement, cell.points, cell.cell_type, rubric(cell.source))
            )
    return found
