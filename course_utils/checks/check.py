"""`check`: one call with two faces, a verdict in words on stdout and a builtin float for nbgrader."""

import contextlib
import dis
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from course_utils import instructor
from course_utils.checks import fingerprints
from course_utils.checks.card import Card
from course_utils.checks.guard import has_gap
from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe, observe
from course_utils.checks.relations import Relation, explain
from course_utils.checks.rules import judge
from course_utils.checks.suite import Mistake, Suite
from course_utils.errors import CourseError, UsageError
from course_utils.exercises import exercise_of
from course_utils.hints import tried
from course_utils.language import Sentence, shown
from course_utils.progress import live
from course_utils.standing import Points, note, standing

SANDBOXED = Sentence("is checked outside of the sandbox that this notebook is graded in.")
ELSEWHERE = Sentence("the hidden tests are not on this machine; they run when the notebook is graded.")
GAP = Sentence("not answered yet: replace the ... by your answer")
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
    return replace(verdict, relation=explain(suite, seen, answer))


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
    verdict = Verdict(lines, fraction, None, seen)
    return replace(verdict, mistake=suite.match(seen)) if written(verdict) and fraction < 1 else verdict


def gates(lines: list[Line]) -> list[Line]:
    """The failed lines of essential probes, which gate the rest."""
    return [line for line in lines if line.problem and line.probe.essential]


def check(name: str, answer: Any, suite: str = "public", variant: str = "") -> float:
    """Print what is right and wrong with `answer`, and return its points: a builtin float in [0, maximum], as nbgrader wants it.

    name: "task/exercise", as in the notebook. answer: the student's function, or the value for a question that asks for a number.
    suite: "public", or "grading" for the hidden tests, which exist only where the instructor's bank is.
    variant: of the numbers of its question, such as "N = 96", where they vary from student to student.
    Raises UsageError for a check that does not exist. Never raises for what a student's function does, and never writes to stderr.
    """
    task, _, exercise = name.partition("/")
    if fingerprints.withheld(task):
        print(f"{name}: {shown(SANDBOXED)}")
        return 0.0
    record = fingerprints.load(task).get(exercise)
    if record is None or suite not in record["points"]:
        raise UsageError(
            f"there is no check {name!r} with suite {suite!r}; run this cell as it was in the released notebook"
        )
    if live() and (needed := not_run(task, answer)):
        says = Sentence("not checked: it calls {}; run the cell of that answer first").format(needed)
        return Points(0, Card(name, 0, record["points"][suite], open=says).html())
    half = instructor.half()
    verdict = half.verdict(name, suite, answer, variant) if half else None
    if verdict is None and variant:
        seen = observe_all(fingerprints.probes(name), answer)
        verdict = decide(fingerprints.varied_suite(name, record, variant, seen), seen)
    elif verdict is None:
        hidden = half.hidden_suite(name) if half and suite == "grading" else None
        if suite == "grading" and hidden is None:
            print(f"{name}: {shown(ELSEWHERE)}")
            return 0.0
        verdict = evaluate(hidden or fingerprints.public_suite(name, record), answer)
    maximum = record["points"][suite]
    points = round(maximum * verdict.fraction, 2)
    card = describe(name, verdict, points, maximum, record["points"] if suite == "public" else {})
    if not live():
        print("\n".join(card.lines()))
        return float(points)
    return _shown(card, points, verdict, answer, noted=suite == "public")


def _shown(card: Card, points: float, verdict: Verdict, answer: Any, noted: bool) -> float:
    """Show the card to a person, and below it hints, if it is time for one, and where they stand."""
    from IPython.display import display

    if card.open:  # one line
        return Points(points, card.html())
    display(card)
    if noted:
        task, _, exercise = card.name.partition("/")
        mistake = verdict.mistake.name if verdict.mistake else ""
        wrong = tried(answer) if card.failed and written(verdict) else ""
        note(task, exercise, points, card.maximum, written(verdict), tried=wrong, mistake=mistake)
        with contextlib.suppress(CourseError):  # a file that cannot be read; lab.progress() says so
            found = standing(task)
            if wrong and (hints := found.offer(exercise)):
                display(hints)
            return Points(points, found.bar())
    return float(points)


def not_run(task: str, answer: Any) -> str:
    """The answer to another exercise that `answer` calls and this kernel does not have, as after a restart; "" if there is none."""
    code, known = getattr(answer, "__code__", None), getattr(answer, "__globals__", {})
    for step in dis.get_instructions(code) if code else ():
        if step.opname == "LOAD_GLOBAL" and step.argval not in known and (found := exercise_of(task, step.argval)):
            return f"{step.argval} ({found.number})"
    return ""


def written(verdict: Verdict) -> bool:
    """Whether there is an answer at all."""
    return any(not one.failure or one.failure.kind != "unwritten" for one in verdict.seen.values())


def render(name: str, verdict: Verdict, points: float, maximum: float, more: dict[str, float]) -> list[str]:
    """The verdict as lines of text; see `describe`."""
    return describe(name, verdict, points, maximum, more).lines()


def describe(name: str, verdict: Verdict, points: float, maximum: float, more: dict[str, float]) -> Card:
    """What is said of a verdict. `more`: points by suite, to say what this check does not decide."""
    failed = [(line.probe.name, line.problem) for line in verdict.lines if line.problem]
    problems = {problem for _, problem in failed}
    if len(failed) == len(verdict.lines) and len(problems) == 1:
        failed = [("", problems.pop())]
        if not written(verdict) and not failed[0][1].startswith("it calls "):
            return Card(name, points, maximum, open=failed[0][1])
    passed = [line.probe.name for line in verdict.lines if not line.problem]
    cause: list[str] = [verdict.mistake.hint] if verdict.mistake else []
    cause += [verdict.relation.sentence] if verdict.relation else []
    notes = []
    if 0 < verdict.fraction < 1 and (gate := gates(verdict.lines)):
        text = Sentence("all else counts a quarter until this is right: {}")
        notes.append(text.format(gate[0].probe.name))
    if verdict.mistake and (
        others := [
            line
            for line in verdict.lines
            if line.problem and not verdict.mistake.explains(line.probe, verdict.seen[line.probe.name])
        ]
    ):
        notes.append(Sentence("something else is wrong too: {}").format(others[0].probe.name))
    seen = verdict.seen.values()
    if printed := next((s.printed.strip() for s in seen if s.printed.strip()), ""):
        text = Sentence("your code prints ({!r}); no points lost, but a training loop would print it every step")
        notes.append(text.format(printed.splitlines()[0][:60]))
    if warned := next((s.warned for s in seen if s.warned), ""):
        notes.append(Sentence("your code warns ({}); no points lost").format(warned[:120]))
    later = ""
    if hidden := more.get("grading"):
        one = Sentence("1 more point is decided by hidden tests at grading: other sizes, seeds and extreme values.")
        more_points = Sentence(
            "{:g} more points are decided by hidden tests at grading: other sizes, seeds and extreme values."
        )
        later = one if hidden == 1 else more_points.format(hidden)
    return Card(name, points, maximum, failed, passed, cause, notes, later)


def _callable(answer: Any) -> Callable[..., Any]:
    if callable(answer):
        return answer

    def value() -> Any:
        if answer is None or has_gap(answer):
            raise NotImplementedError(GAP)
        return answer

    return value
