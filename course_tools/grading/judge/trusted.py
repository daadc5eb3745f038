"""The trusted process: grades one notebook by running the instructor's tests against the student's process. Points are made here alone.

The submission runs cell by cell in the student's process. A test runs here, at its place in the notebook. A test with a hidden part
is put to a copy of the student's process as it was at its place, after the notebook itself has ended and all its outputs are taken:
what a notebook sees of hidden tests it can tell nobody.
"""

import ast
import io
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any

from course_tools.grading.bridge.wire import Channel, Lost
from course_tools.grading.judge.credit import by_hand, partial_credit
from course_tools.grading.judge.host import Host
from course_tools.grading.model import words
from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.cells import SourceCell, lines
from course_tools.grading.model.merge import grade_id, merged
from course_tools.grading.model.names import plain
from course_tools.grading.model.needed import everything, needed
from course_tools.grading.model.notebook import Refused
from course_tools.grading.model.records import CellRecord
from course_tools.grading.model.settings import Limits
from course_utils.checks.guard import Hung, bounded, first_line

MESSAGE_LIMIT = 10_000
EXPECTED = frozenset(
    {"", "NotImplementedError", "SyntaxError", "IndentationError"}
)  # errors that no other cell can mend


class Namespace(dict[str, Any]):
    """The names of the tests run so far, and the instructor's statements that were run for them."""

    def __init__(self, names: dict[str, Any], prepared: frozenset[str] = frozenset()) -> None:
        super().__init__(names)
        self.prepared = prepared


@dataclass
class Place:
    """Where a test is put: its names as of there, and the channel of the copy that answers, or why there is none."""

    cell: SourceCell
    namespace: Namespace
    channel: Channel | None
    lost: Lost | None


class Grading:
    """One notebook being graded. whole: with all its cells; else without those that nothing which gives points depends on."""

    def __init__(
        self, assignment: Assignment, cells: list[dict[str, Any]], channel: Channel, limits: Limits, whole: bool = False
    ) -> None:
        self.assignment, self.limits, self.main = assignment, limits, channel
        self.steps = merged(assignment, cells)
        self.needed = everything(self.steps) if whole else needed(assignment, self.steps)
        self.given = {grade_id(cell) for cell in cells}
        self.host = Host(channel, limits.test)
        self.end = time.monotonic() + limits.notebook
        self.namespace = Namespace({"__name__": "__main__"})
        self.outputs: dict[int, dict[str, Any]] = {}  # by number of the step
        self.results: dict[str, CellRecord] = {}
        self.trouble = ""

    def run(self) -> None:
        """Fill `results` and `outputs`."""
        aside = []
        for number, step in enumerate(self.steps):
            cell = step.ours
            source = self.needed.sources[number]
            if source is not None:
                self._run(number, source)
            if cell and cell.kind == "test" and cell.hidden:
                aside.append(self._set_aside(cell))
            elif cell and cell.kind == "test":
                self.results[cell.name] = self.test(cell, self.namespace)
            elif cell and cell.kind == "manual":
                self.results[cell.name] = by_hand(cell, step.theirs)
        for place in aside:  # from here on nothing that the student's side writes is kept
            self.host.use(place.channel or self.main, place.lost)
            self.results[place.cell.name] = self.test(place.cell, place.namespace)
            if place.channel:
                place.channel.close()
        for cell in self.assignment.named.values():
            if cell.kind == "manual" and cell.name not in self.results:
                self.results[cell.name] = by_hand(cell, None)

    @property
    def in_doubt(self) -> bool:
        """Whether what was left out may have cost points: a test failed that it could have changed, or one did and a cell raised."""
        if self.trouble or not self.needed.leaves_out(self.steps):
            return False
        failed = {
            name for name, cell in self.results.items() if cell.points is not None and cell.points < cell.max_points
        }
        raised = {str(output.get("error", "")) for output in self.outputs.values()} - EXPECTED
        return bool(failed & self.needed.doubtful or (failed and raised))

    def _run(self, number: int, source: str) -> None:
        if self.host.lost:
            return
        start = time.monotonic()
        seconds = min(self.limits.cell, self.end - start)
        try:
            if seconds <= 0:
                raise Lost("timeout", f"the notebook took longer than {self.limits.notebook:g} s")
            self.outputs[number] = self.host.cell(source, seconds)
            if self.limits.stop and time.monotonic() - start >= seconds:
                raise Lost("timeout", f"a cell took longer than {seconds:g} s, and the course ends a notebook there")
        except Lost as lost:
            self.host.lost = lost
            self.trouble = f"{lost.kind} in cell {number + 1}: {lost}"

    def _set_aside(self, cell: SourceCell) -> Place:
        namespace = Namespace(self.namespace, self.namespace.prepared)
        try:
            return Place(cell, namespace, self.host.copy(), None)
        except Lost as error:
            return Place(cell, namespace, None, error)

    def test(self, cell: SourceCell, namespace: Namespace) -> CellRecord:
        """Run one test of the instructor's; one that this process cannot run waits for a person."""
        if cell.problems:
            return CellRecord(cell.name, cell.points, None, "manual", f"cannot be run here: {cell.problems[0]}"[:200])
        out, start = io.StringIO(), time.monotonic()
        self.host.unwritten = False
        self.host.deadline = start + min(self.limits.test, max(self.end - start, 1.0))
        points, status, reason, message = 0.0, "graded", "", ""
        try:
            with redirect_stdout(out), redirect_stderr(out), bounded(self.limits.test):
                self._bind(cell, namespace)
                value = _run_cell(cell, namespace)
            points = partial_credit(value, cell.points)
            reason = "" if points == cell.points else "partial credit"
        except Hung:
            status, reason = "timeout", f"took longer than {self.limits.test:g} s"
        except Refused as error:
            status, reason = "error", error.text
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reason, message = _explained(error, cell)
        self.host.end_aside()
        if self.host.lost:
            points, status = 0.0, "timeout" if self.host.lost.kind == "timeout" else "error"
            reason = f"{self.host.lost.kind}: {self.host.lost}"
        elif points == 0 and cell.points and self._unanswered(cell):
            status, reason = "missing", "the cell of the answer is not in the notebook"
        elif points == 0 and cell.points and self.host.unwritten:
            status, reason = "unwritten", "not written yet"
        said = "" if cell.hidden else out.getvalue()
        message = words.plain(f"{said}{message}"[: 2 * MESSAGE_LIMIT])[:MESSAGE_LIMIT].rstrip()
        seconds = round(time.monotonic() - start, 4)
        return CellRecord(cell.name, cell.points, points, status, words.plain(reason), message, seconds)

    def _bind(self, cell: SourceCell, namespace: Namespace) -> None:
        for statement in cell.plan.ours:
            if statement not in namespace.prepared:
                try:
                    exec(compile(statement, "<instructor>", "exec"), namespace)
                except Exception as error:
                    raise Refused(
                        "instructor", f"the instructor's {statement[:60]!r} fails: {first_line(error)}"
                    ) from None
                namespace.prepared |= {statement}
        for name in cell.plan.student:
            namespace.pop(name, None)
            with suppress(NameError):  # the test says so, if it comes to that name
                namespace[name] = self.host.fetch(name)

    def _unanswered(self, cell: SourceCell) -> bool:
        """Whether the cell of the answer that the test is about is not in the submission."""
        answer = self.assignment.answered[cell.name]
        return bool(answer) and answer not in self.given


def _run_cell(cell: SourceCell, namespace: dict[str, Any]) -> Any:
    """The value of the cell's last line, None if that is no expression."""
    tree = ast.parse(plain(cell.source))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    silent = cell.source.rstrip().endswith(";")
    exec(compile(tree, _file(cell), "exec"), namespace)
    if not isinstance(last, ast.Expr):
        return None
    value = eval(compile(ast.Expression(last.value), _file(cell), "eval"), namespace)
    return None if silent else value


def _file(cell: SourceCell) -> str:
    return f"<test {cell.name}>"


def _explained(error: BaseException, cell: SourceCell) -> tuple[str, str]:
    """Reason and public message of a test that raised."""
    kind = type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _file(cell)]
    source = lines(cell.source)
    number = frames[-1].lineno if frames and frames[-1].lineno else 0
    line, hidden = source[number - 1] if 0 < number <= len(source) else ("", cell.hidden)
    if hidden:
        return f"{kind} in a hidden test", "a hidden test failed"
    text = first_line(error) or line.strip()
    return f"{kind}: {text}"[:200], f"{kind}: {text}\n  line {number}: {line.strip()}\n"
