"""From solution to student notebook, by nbgrader's own `generate_assignment` with this course's nbgrader_config.py."""

import re
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor

from course_utils.errors import CourseError
from course_utils.paths import ROOT

REGIONS = {"### BEGIN SOLUTION": "### END SOLUTION", "### BEGIN HIDDEN TESTS": "### END HIDDEN TESTS"}


class ClearAnswers(ClearSolutions):
    """nbgrader's ClearSolutions, with a stub of its own for a cell that names one (`loss = ...`)."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int) -> tuple[NotebookNode, dict]:
        stub = cell.metadata.get("course", {}).pop("stub", None)
        if stub is None:
            return super().preprocess_cell(cell, resources, cell_index)
        cell.source = stub
        return cell, resources


class OpenParameters(NbGraderPreprocessor):
    """The cell tagged `parameters` can be edited at home, and Validate does not call it changed. Grading puts ours back: it stays locked."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int) -> tuple[NotebookNode, dict]:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.metadata.pop("editable", None)
            cell.metadata.nbgrader.pop("checksum", None)
        return cell, resources


def release(task: str, folder: Path) -> NotebookNode:
    """Student notebook of `folder`/solutions/<task>/<task>.ipynb. Raises CourseError with nbgrader's own reason if it refuses."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config, PyFileConfigLoader

    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.release_directory = "released"
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    result = NbGraderAPI(CourseDirectory(config=config), config=config).generate_assignment(task, force=True)
    path = folder / "released" / task / f"{task}.ipynb"
    if not result["success"] or not path.is_file():
        reasons = re.findall(r"^\s*((?:\w+\.)*\w*(?:Error|Exception): .*)", result["log"] or "", re.M)
        raise CourseError(f"nbgrader could not release {task}: {reasons[0] if reasons else result.get('error')}")
    return nbformat.read(path, as_version=4)


def secrets(solution: NotebookNode) -> tuple[set[str], Counter[str]]:
    """The lines of solution and hidden regions, and how often the visible part of the source has which line."""
    secret: set[str] = set()
    visible: Counter[str] = Counter()
    for cell in solution.cells:
        end, whole = None, "stub" in cell.metadata.get("course", {})
        for line in map(str.strip, cell.source.splitlines()):
            if end is None and not whole:
                end = REGIONS.get(line)
                if end is None:
                    visible[line] += 1
            elif line == end:
                end = None
            else:
                secret.add(line)
        if whole:
            visible.update(map(str.strip, cell.metadata["course"]["stub"].splitlines()))
    return secret - {""}, visible


def leaks(solution: NotebookNode, released: NotebookNode) -> list[str]:
    """Lines of solution or hidden regions that occur in the release more often than in the visible part of the source."""
    secret, visible = secrets(solution)
    shown = Counter(line.strip() for cell in released.cells for line in cell.source.splitlines())
    markers = [line for line in shown if line in REGIONS or line in REGIONS.values()]
    return markers + sorted(line for line in secret if shown[line] > visible[line])
