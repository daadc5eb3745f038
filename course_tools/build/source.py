"""Read the written form of a notebook: `solutions/<task>.py`, jupytext py:percent with short cell headers.

    # %% parameters                         the locked cell papermill injects after
    # %% locked id="imports"                a read-only code cell
    # %% [markdown] exercise                statement of an exercise, with its line of difficulty, importance, minutes and points
    # %% answer id="nt_xent"                what a student writes; ### BEGIN SOLUTION ... ### END SOLUTION is cut out
    # %% answer id="loss" stub="loss = ..."     same, the whole cell is replaced by the stub
    # %% check id="nt_xent" points=3        public check; its last line is `check("<task>/nt_xent", nt_xent)`
    # %% check id="nt_xent" points=3 hidden     hidden tests of the same exercise, run only when grading
    # %% [markdown] manual id="proof" points=4  a text answer graded by hand
    # %% recall id="ceiling"                ungraded; `lab.recall("ceiling", 2.08)`, of which students get `lab.recall("ceiling", ...)`

`read` returns the cells with their line numbers, or raises SourceError naming file and line of everything that is wrong.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode

from course_tools.rubric import rubric
from course_utils.errors import CourseError

HEADER = re.compile(r"# %%( |$)")
FACTS = re.compile(
    r"difficulty (?P<difficulty>[1-5])/5 · importance (?P<importance>[1-5])/5 · (?P<minutes>\d+) minutes · (?P<points>\d+) points"
)
TOTAL = re.compile(r"(?P<minutes>\d+) minutes · (?P<points>\d+) points")
KINDS: dict[str, tuple[set[str], set[str]]] = {  # needed and allowed options
    "": (set(), set()),
    "[markdown]": (set(), set()),
    "[markdown] exercise": (set(), set()),
    "[markdown] manual": ({"id", "points"}, set()),
    "parameters": (set(), set()),
    "locked": ({"id"}, set()),
    "answer": ({"id"}, {"stub"}),
    "check": ({"id", "points"}, {"hidden"}),
    "recall": ({"id"}, set()),
}
RECALL = re.compile(r'lab\.recall\("(?P<id>\w+)", .+\)')
ASKS = 'lab.recall("{}", ...)  # in place of ...: a letter such as "a", a number, or "not yet"'


class SourceError(CourseError):
    """The source breaks the rules; one line per problem, each `file:line: what is wrong`."""


@dataclass
class Cell:
    """One cell as written. line: of its header, from 1. facts: of an exercise statement (difficulty, importance, minutes, points)."""

    kind: str
    line: int
    options: dict[str, Any] = field(default_factory=dict)
    hidden: bool = False
    text: str = ""
    facts: dict[str, int] = field(default_factory=dict)

    @property
    def cell_type(self) -> str:
        return "markdown" if self.kind.startswith("[markdown]") else "code"

    @property
    def points(self) -> int:
        return self.options.get("points", 0)

    @property
    def stub(self) -> str | None:
        """What students get in place of the whole cell."""
        return ASKS.format(self.options["id"]) if self.kind == "recall" else self.options.get("stub")


def read(path: Path) -> list[Cell]:
    """Cells of a source file, validated. Raises SourceError, or CourseError if the file cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read ({error})") from None
    headers = [number for number, line in enumerate(text.splitlines(), 1) if HEADER.match(line)]
    if not headers or text[: text.index("# %%")].strip():
        raise SourceError(f"{path}:1: text before the first `# %%` header")
    problems: list[str] = []
    cells: list[Cell] = []
    nodes = jupytext.reads(text, fmt="py:percent").cells
    if len(nodes) != len(headers):
        raise SourceError(f"{path}:{headers[0]}: `# %%` starts a line that is no header (inside a string?)")
    for number, node in zip(headers, nodes, strict=True):
        cell = Cell("", number, text=node.source)
        try:
            _header(cell, node)
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
        cells.append(cell)
    problems += [f"{path}:{line}: {problem}" for line, problem in sorted(_problems(cells, path.stem))]
    if problems:
        raise SourceError("\n".join(problems))
    return cells


def _header(cell: Cell, node: NotebookNode) -> None:
    """Fill in what jupytext read from the header line. Raises ValueError for what does not belong there."""
    options = {key: value for key, value in node.metadata.items() if key not in ("title", "lines_to_next_cell")}
    kind = f"{'[markdown] ' if node.cell_type == 'markdown' else ''}{node.metadata.get('title', '')}".strip()
    if kind not in KINDS:
        raise ValueError(f"unknown cell header {kind!r}; known: {', '.join(filter(None, KINDS))}")
    needed, allowed = KINDS[kind]
    if missing := needed - options.keys():
        raise ValueError(f"a {kind!r} cell needs {', '.join(sorted(missing))}")
    if extra := options.keys() - needed - allowed:
        raise ValueError(f"a {kind!r} cell takes no {', '.join(sorted(extra))}")
    if type(options.get("points", 0)) is not int:
        raise ValueError(f"points must be a whole number, not {options['points']!r}")
    if "id" in options and not str(options["id"]).isidentifier():
        raise ValueError(f"id {options['id']!r} is not a Python name")
    if options.get("hidden") is not None:
        raise ValueError("`hidden` takes no value")
    cell.kind, cell.options, cell.hidden = kind, options, "hidden" in options


def _problems(cells: list[Cell], task: str) -> list[tuple[int, str]]:
    found = []
    seen: dict[tuple[str, str, bool], int] = {}
    for cell in cells:
        key = (cell.kind, cell.options.get("id", ""), cell.hidden)
        if cell.options.get("id") and key in seen:
            found.append(
                (cell.line, f"a second {cell.kind} cell with id {key[1]!r} (the first is in line {seen[key]})")
            )
        seen.setdefault(key, cell.line)
        regions = cell.text.count("### BEGIN SOLUTION")
        if regions != cell.text.count("### END SOLUTION"):
            found.append((cell.line, "BEGIN SOLUTION and END SOLUTION do not pair up"))
        elif regions and cell.kind not in ("answer", "[markdown] manual"):
            found.append((cell.line, "a solution outside an answer cell would be released"))
        elif cell.kind == "answer" and not regions and "stub" not in cell.options:
            found.append((cell.line, f"answer {cell.options['id']!r} has neither a solution region nor a stub"))
        if cell.kind == "check":
            call = f'check("{task}/{cell.options["id"]}", '
            last = cell.text.splitlines()[-1] if cell.text else ""
            if not (last.startswith(call) and last.endswith(")")):
                found.append((cell.line, f"the last line of check {cell.options['id']!r} must be {call}...)"))
        if cell.kind == "recall":
            asked = RECALL.fullmatch(cell.text)
            if not asked or asked["id"] != cell.options["id"]:
                found.append((cell.line, f'must be the one line lab.recall("{cell.options["id"]}", ANSWER)'))
    found += _title_problems(cells)
    if sum(cell.kind == "parameters" for cell in cells) != 1:
        found.append((1, "needs exactly one `# %% parameters` cell"))
    return found + _exercise_problems(cells)


def _title_problems(cells: list[Cell]) -> list[tuple[int, str]]:
    """The first cell states the sums of minutes and points; they must be true."""
    facts = [FACTS.search(cell.text) for cell in cells if cell.kind == "[markdown] exercise"]
    minutes, points = (sum(int(each[name]) for each in facts if each) for name in ("minutes", "points"))
    stated = TOTAL.search(cells[0].text)
    if stated is None:
        return [(cells[0].line, f"the first cell lacks its line `{minutes} minutes · {points} points`")]
    if (int(stated["minutes"]), int(stated["points"])) != (minutes, points):
        return [(cells[0].line, f"states `{stated[0]}`, the exercises add up to {minutes} minutes and {points} points")]
    return []


def _exercise_problems(cells: list[Cell]) -> list[tuple[int, str]]:
    found = []
    starts = [i for i, cell in enumerate(cells) if cell.kind == "[markdown] exercise"]
    for i, start in enumerate(starts):
        statement = cells[start]
        graded = cells[start + 1 : starts[i + 1] if i + 1 < len(starts) else None]
        facts = FACTS.search(statement.text)
        if facts is None:
            wanted = "difficulty N/5 · importance N/5 · N minutes · N points"
            found.append((statement.line, f"this exercise lacks its line `{wanted}`"))
        else:
            statement.facts = {name: int(value) for name, value in facts.groupdict().items()}
        if "Exercise N.N" in statement.text:
            found.append((statement.line, "this exercise still needs its number and title"))
        answers = [cell for cell in graded if cell.kind in ("answer", "[markdown] manual")]
        checks = [cell for cell in graded if cell.kind == "check"]
        if not answers:
            found.append((statement.line, "this exercise has no answer cell"))
        for answer in answers:
            mine = [check for check in checks if check.options["id"] == answer.options["id"]]
            if answer.kind == "answer" and not any(not check.hidden for check in mine):
                found.append((answer.line, f"answer {answer.options['id']!r} has no public check"))
            if answer.kind == "[markdown] manual" and (given := rubric(answer.text).points) != answer.points:
                found.append(
                    (answer.line, f"its rubric's lines `- N points: ...` give {given:g} of {answer.points} points")
                )
        for check in checks:
            if check.options["id"] not in {answer.options["id"] for answer in answers}:
                found.append((check.line, f"check {check.options['id']!r} has no answer cell in its exercise"))
        worth = sum(cell.points for cell in graded)
        if facts and worth != statement.facts["points"]:
            found.append((statement.line, f"states {statement.facts['points']} points, its cells add up to {worth}"))
    outside = cells[: starts[0]] if starts else cells
    for cell in outside:
        if cell.kind in ("answer", "check", "[markdown] manual"):
            found.append((cell.line, f"{cell.kind} {cell.options['id']!r} belongs to no exercise"))
    return found
