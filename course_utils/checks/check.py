"""`check`: one call with two faces, a verdict in words on stdout and a builtin float for nbgrader."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from course_utils import instructor
from course_utils.checks import fingerprints
from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe, observe
from course_utils.checks.relations import Relation, explain
from course_utils.checks.rules import judge
from course_utils.checks.suite import Mistake, Suite
from course_utils.errors import UsageError

GATED = 0.25  # what the other probes count while an essential one fails


@dataclass(frozen=True)
class Line:
    """The verdict on one probe; `problem` is None if it passed."""

    probe: Probe
    problem: str | None


@dataclass(frozen=True)
class Verdict:
    """What a suite found.

    fraction: earned share of the points, in [0, 1]. mistake: the known wrong answer this one behaves like; relation: without one, of what
    was got to what was expected.
    """

    lines: list[Line]
    fraction: float
    mistake: Mistake | None
    seen: dict[str, Observation]
    relation: Relation | None = None


def evaluate(suite: Suite, answer: Any) -> Verdict:
    """Observe `answer` on every probe, hold it against the reference, and name the mistake it matches, or else a relation."""
    seen = observe_all(suite.probes, answer)
    verdict = decide(suite, seen)
    if verdict.fraction == 1 or verdict.mistake or not callable(answer):
        return verdict
    return replace(verdict, relation=explain(suite.probes, seen, suite.reference, suite.depends, answer))


def observe_all(probes: list[Probe], answer: Any) -> dict[str, Observation]:
    """What `answer` does on each probe, by name. One that is unwritten, or hangs, is called no more."""
    function = _callable(answer)
    seen: dict[str, Observation] = {}
    hopeless: Observation | None = None
    for probe in probes:
        seen[probe.name] = hopeless or observe(probe, function)
        failure = seen[probe.name].failure
        if failure and failure.kind in ("unwritten", "hung"):
            hopeless = seen[probe.name]
    return seen


def decide(suite: Suite, seen: dict[str, Observation]) -> Verdict:
    """The verdict on what was seen."""
    probes = suite.probes
    lines = [Line(probe, judge(probe, seen[probe.name], suite.reference[probe.name])) for probe in probes]
    passed = sum(line.probe.weight for line in lines if line.problem is None)
    fraction = passed / sum(probe.weight for probe in probes) * (GATED if gates(lines) else 1)
    written = any(not one.failure or one.failure.kind != "unwritten" for one in seen.values())
    return Verdict(lines, fraction, suite.match(seen) if written and fraction < 1 else None, seen)


def gates(lines: list[Line]) -> list[Line]:
    """The failed lines of essential probes, which gate the rest."""
    return [line for line in lines if line.problem and line.probe.essential]


def check(name: str, answer: Any, suite: str = "public") -> float:
    """Print what is right and wrong with `answer`, and return its points: a builtin float in [0, maximum], as nbgrader wants it.

    name: "task/exercise", as in the notebook. answer: the student's function, or the value for a question that asks for a number.
    suite: "public", or "grading" for the hidden tests, which exist only where the instructor's bank is.
    Raises UsageError for a check that does not exist. Never raises for what a student's function does, and never writes to stderr.
    """
    task, _, exercise = name.partition("/")
    if fingerprints.withheld(task):
        print(f"{name}: is checked outside of the sandbox that this notebook is graded in.")
        return 0.0
    record = fingerprints.load(task).get(exercise)
    if record is None or suite not in record["points"]:
        raise UsageError(
            f"there is no check {name!r} with suite {suite!r}; run this cell as it was in the released notebook"
        )
    half = instructor.half()
    verdict = half.verdict(name, suite, answer) if half else None
    if verdict is None:
        hidden = half.hidden_suite(name) if half and suite == "grading" else None
        if suite == "grading" and hidden is None:
            print(f"{name}: the hidden tests are not on this machine; they run when the notebook is graded.")
            return 0.0
        verdict = evaluate(hidden or fingerprints.public_suite(name, record), answer)
    maximum = record["points"][suite]
    points = round(maximum * verdict.fraction, 2)
    print("\n".join(render(name, verdict, points, maximum, record["points"] if suite == "public" else {})))
    return float(points)


def render(name: str, verdict: Verdict, points: float, maximum: float, more: dict[str, float]) -> list[str]:
    """The verdict as lines of text. `more`: points by suite, to say what this check does not decide."""
    lines = [f"{name:<32} {points:g} / {maximum:g}"]
    failed = [line for line in verdict.lines if line.problem]
    if len(failed) == len(verdict.lines) and len({line.problem for line in failed}) == 1:
        lines.append(f"  FAIL  {failed[0].problem}")
    else:
        for line in verdict.lines:
            lines.append(f"  FAIL  {line.probe.name}: {line.problem}" if line.problem else f"  ok    {line.probe.name}")
    if verdict.mistake:
        lines += [f"        {text}" for text in verdict.mistake.hint.splitlines()]
    if verdict.relation:
        lines.append(f"        {verdict.relation.sentence}")
    if 0 < verdict.fraction < 1 and (gate := gates(verdict.lines)):
        lines.append(f"  note  all else counts a quarter until this is right: {gate[0].probe.name}")
    seen = verdict.seen.values()
    if printed := next((s.printed.strip() for s in seen if s.printed.strip()), ""):
        lines.append(
            f"  note  your code prints ({printed.splitlines()[0][:60]!r}); no points lost, but a training loop would print it every step"
        )
    if warned := next((s.warned for s in seen if s.warned), ""):
        lines.append(f"  note  your code warns ({warned[:120]}); no points lost")
    if hidden := more.get("grading"):
        left = "1 more point is" if hidden == 1 else f"{hidden:g} more points are"
        lines.append(f"  {left} decided by hidden tests at grading: other sizes, seeds and extreme values.")
    return lines


def _callable(answer: Any) -> Callable[..., Any]:
    if callable(answer):
        return answer

    def value() -> Any:
        if answer is None or _has_gap(answer):
            raise NotImplementedError("not answered yet: replace the ... by your answer")
        return answer

    return value


def _has_gap(answer: Any) -> bool:
    """Whether a ... of the released cell is still there."""
    parts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list | tuple) else ()
    return answer is ... or any(part is ... for part in parts)
