"""The kill matrix: the checks, tested. Every right answer earns full marks, the stub nothing, every misconception its own message."""

import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import torch

from course_tools.checks import bank
from course_tools.checks.untaught import Told, section, without_the_bank
from course_utils.checks import fingerprints
from course_utils.checks.check import Verdict, decide, evaluate, render
from course_utils.checks.suite import Suite
from course_utils.errors import UsageError
from course_utils.machine import cores
from course_utils.paths import ROOT
from course_utils.tasks import chosen

PAGE = ROOT / "docs" / "kill_matrix.md"


@dataclass(frozen=True)
class Row:
    """One candidate answer against one exercise.

    problem: why the checks are wrong about it, or "" if they are right. told: what they would say if the bank did not know this answer:
    on the public and on the hidden suite, None where nothing is wrong (see `course_tools.checks.untaught`).
    """

    exercise: str
    kind: str
    name: str
    public: float
    grading: float
    maximum: tuple[float, float]
    hint: str
    problem: str
    told: Told = ()


def _stub(*_: Any, **__: Any) -> None:
    raise NotImplementedError("not written yet")


def rows(name: str, untaught: bool = False) -> list[Row]:
    """All candidates of "task/exercise": reference, alternatives, stub, misconceptions; these also as if the bank did not know them."""
    task, _, exercise = name.partition("/")
    record = fingerprints.load(task)[exercise]
    known = bank.load(name)
    suites = {"public": fingerprints.public_suite(name, record)}
    if "grading" in record["points"]:
        suites["grading"] = bank.suite(name, known.hidden)

    def row(kind: str, label: str, verdicts: dict[str, Verdict], problem: str, hint: str = "") -> Row:
        earned = {suite: verdict.fraction * record["points"][suite] for suite, verdict in verdicts.items()}
        maximum = (record["points"]["public"], record["points"].get("grading", 0.0))
        return Row(name, kind, label, earned["public"], earned.get("grading", 0.0), maximum, hint, problem)

    def verdicts(answer: Any) -> dict[str, Verdict]:
        return {suite: evaluate(held, answer) for suite, held in suites.items()}

    result = []
    for label, answer in {"solution": bank.reference(name), **known.alternatives}.items():
        found = verdicts(answer)
        result.append(row("reference" if label == "solution" else "alternative", label, found, _must_pass(found)))
    found = verdicts(_stub)
    result.append(row("stub", "untouched", found, _must_earn_nothing(found)))
    for label, (answer, hint) in known.misconceptions.items():
        found = {"public": evaluate(suites["public"], answer)}
        if "grading" in suites:
            found["grading"] = _on_its_own_suite(suites["grading"], label)
        one = row("misconception", label, found, _must_be_caught_as(label, found), hint)
        if untaught:
            told: Told = ()
            for suite, verdict in found.items():
                before = told[0] if told else None
                told += (without_the_bank(suites[suite], label, verdict.seen, answer, before),)
            one = replace(one, told=told)
        result.append(one)
    return result


def _on_its_own_suite(suite: Suite, label: str) -> Verdict:
    """The verdict on a mistake of the suite itself: what it does there is known, or will be to all others, and is not run twice."""
    mistake = next(mistake for mistake in suite.mistakes if mistake.name == label)
    return decide(suite, {probe.name: mistake.on(probe) or suite.reference[probe.name] for probe in suite.probes})


def _must_pass(verdicts: dict[str, Verdict]) -> str:
    lines = [f"{line.probe.name}: {line.problem}" for v in verdicts.values() for line in v.lines if line.problem]
    return f"a right answer loses points: {lines[0]}" if lines else ""


def _must_earn_nothing(verdicts: dict[str, Verdict]) -> str:
    return "earns points without an answer" if any(v.fraction for v in verdicts.values()) else ""


def _must_be_caught_as(label: str, verdicts: dict[str, Verdict]) -> str:
    failures = [seen.failure for v in verdicts.values() for seen in v.seen.values()]
    if any(failure and failure.kind == "unwritten" for failure in failures):
        return "is not written yet"
    if all(v.fraction == 1 for v in verdicts.values()):
        return "is not caught"
    named = {v.mistake.name for v in verdicts.values() if v.mistake}
    if others := sorted(named - {label}):
        return f"is told it is {', '.join(others)}"
    return "" if named else "gets no message of its own"


def matrix(names: list[str], jobs: int = 1, untaught: bool = False) -> list[Row]:
    """The rows of all exercises, judged in `jobs` processes."""
    if min(jobs, len(names)) == 1:
        return [row for name in names for row in rows(name, untaught)]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        return [row for found in pool.map(partial(_strict_rows, untaught=untaught), names) for row in found]


def _strict_rows(name: str, untaught: bool) -> list[Row]:
    """A judge that warns would write to stderr, where nbgrader takes points away: here it fails."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return rows(name, untaught)


def page(all_rows: list[Row]) -> str:
    """The published page, in Markdown. Holds hints and names of mistakes, no answers."""
    exercises = list(dict.fromkeys(row.exercise for row in all_rows))
    lines = [
        "# Kill matrix",
        "",
        "The checks of this course are themselves tested. For every exercise the reference answer and each accepted alternative must",
        "earn full points, the untouched stub nothing, and every known misconception must lose points *and* be told its own name.",
        "Generated by `course check --page`; the tests fail if it is out of date. Points are public + hidden, then their share: while an",
        "essential probe of a suite fails, what the others earn counts a quarter.",
        "",
        "| exercise | right answers | misconceptions | caught |",
        "|---|---|---|---|",
    ]
    for exercise in exercises:
        mine = [row for row in all_rows if row.exercise == exercise]
        wrong = [row for row in mine if row.kind == "misconception"]
        right = sum(row.kind in ("reference", "alternative") for row in mine)
        lines.append(f"| {exercise} | {right} | {len(wrong)} | {sum(not row.problem for row in wrong)} |")
    for exercise in exercises:
        lines += ["", f"## {exercise}", "", "| answer | kind | points | what the student reads |", "|---|---|---|---|"]
        for row in (row for row in all_rows if row.exercise == exercise):
            hint = " ".join(row.hint.split()).replace("|", "\\|")
            lines.append(f"| `{row.name}` | {row.kind} | {_points(row)} | {hint or '-'} |")
    return "\n".join(lines) + "\n"


def _points(row: Row) -> str:
    share = (row.public + row.grading) / sum(row.maximum)
    return f"{row.public:.3g} + {row.grading:.3g} of {row.maximum[0]:g} + {row.maximum[1]:g}, {share:.0%}"


def matrix_command(tasks: list[str], exercise: str | None = None, write_page: bool = False) -> int:
    """`course check`: print the matrix and return 1 if any check is wrong about any answer."""
    if write_page and (tasks or exercise):
        raise UsageError("--page is about all exercises: leave TASK and --exercise away")
    names = [f"{task}/{e}" for task in chosen(tasks) for e in fingerprints.load(task)]
    if exercise:
        names = [name for name in names if exercise in (name, name.partition("/")[2])]
        if not names:
            raise UsageError(
                f"there is no exercise {exercise!r}; if you have just written it, run `course build` first"
            )
    found = matrix(names, cores(), untaught=write_page)
    for row in found:
        mark = "WRONG" if row.problem else "ok"
        print(f"{mark:<6}{row.exercise:<34}{row.kind:<15}{row.name:<34}{_points(row):<30}{row.problem}")
    if exercise:
        _show_messages(names[0])
    wrong = [row for row in found if row.problem]
    print(
        f"{len(found)} answers to {len(names)} exercises: {len(found) - len(wrong)} judged right, {len(wrong)} judged wrong"
    )
    if write_page:
        wrong_answers = [row for row in found if row.kind == "misconception"]
        questions = sum(not callable(bank.reference(row.exercise)) for row in wrong_answers)
        PAGE.write_text(page(found) + section([row.told for row in wrong_answers], questions), encoding="utf-8")
        print(f"wrote {PAGE}")
    return 1 if wrong else 0


def _show_messages(name: str) -> None:
    task, _, exercise = name.partition("/")
    record = fingerprints.load(task)[exercise]
    for label, (answer, _) in bank.load(name).misconceptions.items():
        verdict = evaluate(fingerprints.public_suite(name, record), answer)
        worth = record["points"]["public"]
        print(f"\n--- {label}\n" + "\n".join(render(name, verdict, worth * verdict.fraction, worth, record["points"])))
