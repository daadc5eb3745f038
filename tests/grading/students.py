"""A class of students whose points are known: notebooks filled from the bank's right and wrong answers.

    python -m tests.grading.students simclr 250 submitted/

writes STUDENT/simclr/simclr.ipynb (nbgrader's layout) and expected.json: student -> cell -> points.
"""

import ast
import contextlib
import copy
import functools
import inspect
import io
import json
import math
import random
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy

from course_tools.checks import bank
from course_tools.checks.fresh import drawn_from
from course_tools.grading.model.records import CellRecord
from course_tools.paths import SOLUTIONS
from course_utils.checks import check, fingerprints
from course_utils.paths import NOTEBOOKS

KINDS = {"reference": 45, "alternative": 25, "misconception": 25, "stub": 5}  # percent
RIGHT = ("reference", "alternative")


@dataclass(frozen=True)
class Answer:
    """One way to fill the answer cell of "task/exercise". source: the cell; "" leaves it as released. variant: of the student's numbers."""

    exercise: str
    kind: str
    name: str
    source: str = ""
    variant: str = ""

    def points(self, task: str, seed: int | None = None, owner: str | None = None) -> dict[str, float]:
        """Cell -> points, by the checks themselves, run here on the bank's object. seed: of a grading; None at home. owner: the variant of
        whoever hands it in, if that is somebody else."""
        name = f"{task}/{self.exercise}"
        return {
            f"{self.exercise}_{'hidden' if suite == 'grading' else 'check'}": 0.0
            if self.kind == "stub"
            else _verdict(name, self.kind, self.name, suite, seed, self.variant, owner)[0]
            for suite in fingerprints.load(task)[self.exercise]["points"]
        }

    def records(self, task: str, seed: int) -> tuple[CellRecord, ...]:
        """What a grading with `seed` would write down, with the words of the checks."""
        worth = self.points(task, seed)
        found = []
        for suite, maximum in fingerprints.load(task)[self.exercise]["points"].items():
            cell = f"{self.exercise}_{'hidden' if suite == 'grading' else 'check'}"
            stub = self.kind == "stub"
            said = (
                ""
                if stub or suite == "grading"
                else _verdict(f"{task}/{self.exercise}", self.kind, self.name, suite, seed)[1]
            )
            found.append(CellRecord(cell, maximum, worth[cell], "unwritten" if stub else "graded", "", said, 0.05))
        return tuple(found)


@functools.cache
def _verdict(
    name: str, kind: str, label: str, suite: str, seed: int | None, variant: str = "", owner: str | None = None
) -> tuple[float, str]:
    """Points, and what the check says."""
    known = bank.load(name, variant)
    match kind:
        case "reference":
            answer = bank.reference(name, variant)
        case "alternative":
            answer = known.alternatives[label]
            if not inspect.signature(answer).parameters:
                answer = answer()
        case _:
            answer = known.misconceptions[label][0]
    grading = contextlib.nullcontext() if seed is None else drawn_from(seed)
    with grading, contextlib.redirect_stdout(io.StringIO()) as said:
        return check(name, answer, suite, variant if owner is None else owner), said.getvalue().rstrip()


def answers(task: str, variants: Mapping[str, str] | None = None) -> dict[str, list[Answer]]:
    """Exercise -> every answer that the bank knows, and the untouched stub. variants: exercise -> that of a student's numbers."""
    return {
        exercise: _options(task, exercise, (variants or {}).get(exercise, "")) for exercise in fingerprints.load(task)
    }


@functools.cache
def _options(task: str, exercise: str, variant: str) -> list[Answer]:
    known = bank.load(f"{task}/{exercise}", variant)
    found = [Answer(exercise, "reference", "solution", _reference(task, exercise, variant), variant)]
    for name in known.alternatives:
        found.append(Answer(exercise, "alternative", name, _copied(task, exercise, name, variant), variant))
    for name, (value, _) in known.misconceptions.items():
        source = _copied(task, exercise, name) if callable(value) else f"import math\n{exercise} = {_literal(value)}"
        found.append(Answer(exercise, "misconception", name, source, variant))
    return [*found, Answer(exercise, "stub", "untouched", "", variant)]


def _literal(value: Any) -> str:
    if isinstance(value, sympy.Basic):
        return f'sympy.sympify({str(value)!r}, locals={{"x": x, "y": y, "rho": rho}})'
    return f"float({str(value)!r})" if isinstance(value, float) else repr(value)


def _statements(source: str) -> dict[str, ast.stmt]:
    """Top-level statements by the names that they bind; the bank itself is left out."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0]: node for alias in node.names}
        elif isinstance(node, ast.Assign):
            names = [name for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            found |= {name.id: node for name in names}
    return found


def _closure(exercise: str, statements: dict[str, ast.stmt], wanted: str, call: bool) -> str:
    """Code that binds `exercise` to the object `wanted` of `statements`, with all it needs inside one function."""
    needed: list[ast.stmt] = []

    def need(name: str) -> None:
        node = statements.get(name)
        if node is None or node in needed:
            return
        needed.append(node)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                need(inner.id)

    need(wanted)
    parts = []
    for node in sorted(needed, key=lambda node: list(statements.values()).index(node)):
        bare = copy.deepcopy(node)
        if isinstance(bare, ast.FunctionDef):
            bare.decorator_list = [
                one
                for one in bare.decorator_list
                if ".alternative" not in ast.unparse(one) and "bank" not in ast.unparse(one)
            ]
        parts.append(ast.unparse(bare))
    body = textwrap.indent("\n\n".join(parts), "    ")
    return f"def _make():\n{body}\n    return {wanted}{'()' if call else ''}\n\n{exercise} = _make()"


def _copied(task: str, exercise: str, name: str, variant: str = "") -> str:
    """The bank's function `name`, self-contained."""
    source = (bank.BANK / task / f"{exercise}.py").read_text(encoding="utf-8")
    first = next(iter(bank.load(f"{task}/{exercise}").alternatives))
    statements = _statements(source.replace("bank.alternatives[next(iter(bank.alternatives))]", first))
    if known := bank.varied(f"{task}/{exercise}"):
        made = statements["bank"]
        assert isinstance(made, ast.FunctionDef)
        numbers = [f"{number} = {value!r}" for number, value in known.numbers(variant).items()]
        statements |= _statements("\n".join([*numbers, *map(ast.unparse, made.body)]))
        statements.pop("known", None)  # the Bank that is made in there
    function = statements[name]
    assert isinstance(function, ast.FunctionDef)
    is_value = not (function.args.args or function.args.posonlyargs or function.args.vararg)
    statements.pop("bank")
    return _closure(exercise, statements, name, call=is_value)


def _reference(task: str, exercise: str, variant: str = "") -> str:
    """The solution's answer with copies of the other answers that it calls, so that it is right whatever else the student got wrong."""
    cells = json.loads((SOLUTIONS / task / f"{task}.ipynb").read_text(encoding="utf-8"))["cells"]
    marked = [(cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in cells]
    source = "\n".join(text for mark, text in marked if mark.get("solution") and not mark.get("grade"))
    if variant and (known := bank.varied(f"{task}/{exercise}")):
        source = known.fill(source, variant)
    return _closure(exercise, _statements(source), exercise, call=False)


def submission(
    task: str, chosen: dict[str, Answer], lean: bool = False, released: Path | None = None
) -> dict[str, Any]:
    """The released notebook with the chosen answers filled in. lean: without the cells between exercises, which train and plot."""
    node = json.loads((released or NOTEBOOKS / task / f"{task}.ipynb").read_text(encoding="utf-8"))
    if lean:
        node["cells"] = [cell for cell in node["cells"] if "nbgrader" in cell["metadata"]]
    for cell in node["cells"]:
        answer = chosen.get(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))
        if answer and answer.source and cell["metadata"]["nbgrader"]["solution"]:
            cell["source"] = answer.source
    return node


def students(task: str, count: int, seed: int = 0, spread: float = 0.0) -> Iterator[tuple[str, dict[str, Answer]]]:
    """(student, chosen answers): the first is all right, the second left everything as it was, the others mix.

    spread: of the students' abilities, as the standard deviation of the log-odds of a right answer.
    """
    known = answers(task)
    for index in range(count):
        yield f"student{index:04d}", choice(task, known, index, seed, spread)


def choice(task: str, known: dict[str, list[Answer]], index: int, seed: int, spread: float = 0.0) -> dict[str, Answer]:
    """What the student of this index answers."""
    luck = random.Random(f"{seed}/{task}/{index}")
    odds = math.exp(luck.gauss(0, spread)) if spread else 1.0
    weights = [weight * (odds if kind in RIGHT else 1.0) for kind, weight in KINDS.items()]
    chosen = {}
    for exercise, options in known.items():
        kind = {0: "reference", 1: "stub"}.get(index) or luck.choices(list(KINDS), weights)[0]
        chosen[exercise] = luck.choice([one for one in options if one.kind == kind] or options[:1])
    return chosen


def write(node: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(node), encoding="utf-8")


def write_class(
    task: str, count: int, folder: Path, seed: int = 0, graded: int | None = None
) -> dict[str, dict[str, float]]:
    """Write the submissions below `folder`; returns student -> cell -> points. graded: the seed of a grading, None for points at home."""
    expected = {}
    for student, chosen in students(task, count, seed):
        write(submission(task, chosen), folder / student / task / f"{task}.ipynb")
        expected[student] = {
            cell: points for one in chosen.values() for cell, points in one.points(task, graded).items()
        }
    return expected


if __name__ == "__main__":
    task, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    expected = write_class(task, count, folder)
    (folder / f"expected_{task}.json").write_text(json.dumps(expected, indent=1))
    print(f"{count} submissions of {task} in {folder}")
