"""The instructor's notebook, read as a grader needs it: its cells, and for each test where every name in it comes from.

A test runs in the trusted process. The names it needs are bound there from the instructor's own statements (imports, functions, data), run
in that process; only what depends on an answer is asked of the student's. So a student who binds `np` or `abs` changes nothing.
"""

import builtins
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_tools.grading.model.names import DYNAMIC, Code, plain
from course_utils.errors import CourseError

HEADING = re.compile(r"^#{1,4}\s+(.+?)\s*#*\s*$", re.MULTILINE)
FLAGS = ("grade", "solution", "task", "locked")
GRADER = 1  # counts changes of what a test may see or earn


@dataclass(frozen=True)
class Plan:
    """Where a test's names come from. ours: the instructor's statements to run first, in order; student: names to ask for."""

    ours: tuple[str, ...] = ()
    student: tuple[str, ...] = ()


@dataclass(frozen=True)
class Master:
    """A cell of the instructor's notebook.

    kind: "answer", "test", "manual" (a person grades), "locked" or "free". flags: nbgrader's own of "grade", "solution", "task" and
    "locked". section: the heading it stands under. hidden: a test that the release does not show in full; shown: its source as released;
    problems: why a test cannot be graded in two processes, nothing if it can.
    """

    name: str
    kind: str
    cell_type: str
    source: str
    points: float = 0.0
    flags: frozenset[str] = frozenset()
    section: str = ""
    hidden: bool = False
    shown: str = ""
    plan: Plan = Plan()
    problems: tuple[str, ...] = ()

    @property
    def graded(self) -> bool:
        """Whether it gives points."""
        return self.kind in ("test", "manual")


@dataclass(frozen=True)
class Assignment:
    """All cells of one source notebook in order, free ones too. path: of the notebook."""

    path: Path
    cells: tuple[Master, ...]

    @classmethod
    def load(cls, path: Path) -> "Assignment":
        """Raises CourseError for a file that is no nbgrader source notebook."""
        return _load(path, path.stat().st_mtime_ns) if path.is_file() else _missing(path)

    @property
    def named(self) -> dict[str, Master]:
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

    def preload(self) -> list[str]:
        """Modules that the notebook imports."""
        return sorted(
            {name for cell in self.cells if cell.cell_type == "code" for name in _imported(Code(plain(cell.source)))}
        )

    def lint(self) -> dict[str, tuple[str, ...]]:
        """For each test, why it cannot be graded in two processes; nothing if it can."""
        return {cell.name: cell.problems for cell in self.cells if cell.kind == "test"}


def _missing(path: Path) -> Assignment:
    raise CourseError(f"{path} is missing: the instructor's notebook is needed to grade")


@cache
def _load(path: Path, stamp: int) -> Assignment:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} is no notebook: {error}") from None
    return Assignment(path, tuple(_planned(_masters(cells))))


def _masters(cells: list[dict]) -> list[Master]:
    found, section = [], ""
    for cell in cells:
        if cell["cell_type"] == "markdown" and (headings := HEADING.findall("".join(cell["source"]))):
            section = headings[-1]
        found.append(_master(cell, section))
    return found


def _master(cell: dict, section: str) -> Master:
    mark, source = cell["metadata"].get("nbgrader") or {}, "".join(cell["source"])
    name = mark.get("grade_id", "")
    match bool(mark.get("grade")), bool(mark.get("solution")), bool(mark.get("task")):
        case (True, False, _) if cell["cell_type"] == "code":
            kind = "test"
        case (True, _, _) | (_, _, True):
            kind = "manual"
        case (False, True, _):
            kind = "answer"
        case _:
            kind = "locked" if mark.get("locked") else "free"
    points = float(mark.get("points", 0)) if kind in ("test", "manual") else 0.0
    shown = [line for line, hidden in lines(source) if not hidden]
    hidden = len(shown) < len(lines(source))
    flags = frozenset(flag for flag in FLAGS if mark.get(flag))
    return Master(name, kind, cell["cell_type"], source, points, flags, section, hidden, "\n".join(shown))


def lines(source: str) -> list[tuple[str, bool]]:
    """The lines of a cell, and whether each lies in a region of hidden tests."""
    found, inside = [], False
    for line in source.split("\n"):
        inside = inside or "BEGIN HIDDEN TESTS" in line
        found.append((line, inside))
        inside = inside and "END HIDDEN TESTS" not in line
    return found


@dataclass(frozen=True)
class _Origin:
    """A statement of the source. ours: it runs in the trusted process; otherwise its names are asked of the student."""

    code: Code
    ours: bool
    test: bool = False


def _planned(masters: list[Master]) -> Iterator[Master]:
    """The cells, with a plan for each test."""
    before: list[_Origin] = []
    theirs: set[str] = set()  # names whose value depends on an answer
    for cell in masters:
        code = Code(plain(cell.source)) if cell.cell_type == "code" else Code("")
        if cell.kind == "test":
            try:
                problems = tuple(_problems(code))
                plan = _plan(code, before)
            except SyntaxError as error:
                problems, plan = (f"is no Python: {error.msg}",), Plan()
            yield Master(**{**cell.__dict__, "plan": plan, "problems": problems})
            before += [_Origin(statement, ours=True, test=True) for statement in code.statements()]
            continue
        yield cell
        answered = cell.kind in ("answer", "manual")
        for statement in code.statements():
            ours = statement.imports or (not answered and (statement.defines_only or not statement.used & theirs))
            before.append(_Origin(statement, ours))
            theirs = theirs - statement.bound if ours else theirs | statement.bound


def _plan(test: Code, before: list[_Origin]) -> Plan:
    """Follow the names of a test back through the statements before it, the latest that binds a name deciding whose it is."""
    wanted, ours, student = sorted(test.used - DYNAMIC), set[int](), set[str]()
    seen = set(wanted)
    while wanted:
        name = wanted.pop()
        binding = [i for i, origin in enumerate(before) if name in origin.code.bound]
        if not binding and (hasattr(builtins, name) or name in test.bound):
            continue
        if binding and before[binding[-1]].test:
            continue  # bound by an earlier test, in whose namespace this one runs
        if not binding or not before[binding[-1]].ours:
            student.add(name)
            continue
        involved = [
            i
            for i, origin in enumerate(before)
            if origin.ours and not origin.test and name in origin.code.bound | origin.code.touched
        ]
        ours.update(involved)
        new = {used for i in involved for used in before[i].code.used} - seen - DYNAMIC
        seen |= new
        wanted += sorted(new)
    return Plan(tuple(before[i].code.text for i in sorted(ours)), tuple(sorted(student)))


def _problems(test: Code) -> Iterator[str]:
    if names := sorted(test.used & DYNAMIC):
        yield f"uses {', '.join(names)}, which the trusted process does not have"


def _imported(code: Code) -> Iterator[str]:
    import ast

    try:
        nodes = list(ast.walk(code.tree))
    except SyntaxError:
        return
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
