"""The instructor's notebook: its cells, and for each test the plan to run it by."""

import ast
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from course_tools.grading.model.cells import SourceCell, source_cells
from course_tools.grading.model.names import Code, plain
from course_tools.grading.model.plan import planned
from course_utils.errors import CourseError

GRADER = 2  # counts changes of what a test may see or earn


@dataclass(frozen=True)
class Assignment:
    """All cells of one source notebook in order, free ones too. path: of the notebook."""

    path: Path
    cells: tuple[SourceCell, ...]

    @classmethod
    def load(cls, path: Path) -> "Assignment":
        """Raises CourseError for a file that is no nbgrader source notebook."""
        return _load(path, path.stat().st_mtime_ns) if path.is_file() else _missing(path)

    def filled(self, fill: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> "Assignment":
        """The same, with the cells that `fill` makes of it: as one student got it."""
        return _planned(self.path, fill(_cells(self.path)))

    @property
    def named(self) -> dict[str, SourceCell]:
        """Cells that nbgrader knows, by grade_id."""
        return {cell.name: cell for cell in self.cells if cell.kind != "free"}

    @property
    def keys(self) -> dict[str, str]:
        """For each test, a hash of what decides its points besides the submission: its source and the statements it builds on."""
        return {
            cell.name: hashlib.sha256(
                json.dumps([GRADER, cell.source, cell.points, cell.plan.ours]).encode()
            ).hexdigest()[:16]
            for cell in self.cells
            if cell.kind == "test"
        }

    @property
    def answered(self) -> dict[str, str]:
        """For each test, the answer that it is about: the last one before it, "" where there is none."""
        found, answer = {}, ""
        for cell in self.cells:
            if cell.kind == "answer":
                answer = cell.name
            elif cell.kind == "test":
                found[cell.name] = answer
        return found

    @cached_property
    def preload(self) -> tuple[str, ...]:
        """Modules that the notebook imports."""
        sources = (plain(cell.source) for cell in self.cells if cell.cell_type == "code")
        return tuple(sorted({name for source in sources for name in _imported(Code(source))}))

    @property
    def preload_of_tests(self) -> tuple[str, ...]:
        """Modules that the statements import which its tests build on."""
        statements = (statement for cell in self.cells for statement in cell.plan.ours)
        return tuple(sorted({name for statement in statements for name in _imported(Code(statement))}))

    def lint(self) -> list[str]:
        """One line for each reason that a test cannot be graded in two processes, with its cell and line."""
        return [
            f"{self.path.name}, cell {number} ({cell.name}), {problem}"
            for number, cell in enumerate(self.cells, 1)
            for problem in cell.problems
        ]


def _missing(path: Path) -> Assignment:
    raise CourseError(f"{path} is missing: the instructor's notebook is needed to grade")


@cache
def _load(path: Path, stamp: int) -> Assignment:
    return _planned(path, _cells(path))


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} is no notebook: {error}") from None


def _planned(path: Path, cells: list[dict[str, Any]]) -> Assignment:
    return Assignment(path, tuple(planned(source_cells(cells))))


def _imported(code: Code) -> Iterator[str]:
    try:
        nodes = list(ast.walk(code.tree))
    except SyntaxError:
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
