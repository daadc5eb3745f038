"""Points on fresh inputs: at grading a check decides on inputs that nobody has seen, drawn from the seed of the grading.

Public probes are the same for everybody and come with the numbers expected on them, so an answer to them can be typed in. Here each probe
draws its inputs anew, from its own generator with another seed, and what is expected is computed from the solution, in this process, which
the student's cannot see. Where the bank's own right answers disagree, the inputs were ill-conditioned and are drawn once more.

A probe on which the right answer is the same for every seed (an extreme, a question for a number) is as well known as before. So it counts
only if another one of its check is passed.

The words for a student are those of the public check wherever it finds the same fault, so a mistake keeps its name, and its numbers can be
seen at home.

A question whose numbers vary from student to student (`course_tools.checks.variants`) has no inputs to draw: what is expected follows from the
student's own numbers. An answer that is right for other numbers than these is noted.
"""

import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from course_tools.checks import bank
from course_tools.checks.variants import WRITTEN, label
from course_utils.checks import fingerprints
from course_utils.checks.check import Line, Verdict, decide, evaluate, observe_all
from course_utils.checks.probe import Probe
from course_utils.checks.rules import judge
from course_utils.checks.suite import Suite
from course_utils.errors import CourseError

ATTEMPTS = 8  # draws of one probe before it keeps the inputs that it is written with
ON_OTHER_INPUTS = " (on other inputs of this kind; the ones in the notebook come out right)"


@dataclass
class Draws:
    """seed: of the inputs. others: exercise -> the variant that its answer is right for, where that is not the student's own."""

    seed: int
    others: dict[str, str] = field(default_factory=dict)


_draws: ContextVar[Draws | None] = ContextVar("draws", default=None)


@contextmanager
def drawn_from(seed: int) -> Iterator[Draws]:
    """In here the checks of exercises that have a bank decide on inputs drawn from `seed`."""
    draws = Draws(seed)
    token = _draws.set(draws)
    try:
        yield draws
    finally:
        _draws.reset(token)


def verdict(name: str, suite: str, answer: Any, variant: str = "") -> Verdict | None:
    """The verdict on fresh inputs; None where no grading goes on, or the bank of the task is not on this machine.

    name: "task/exercise". suite: "public" or "grading". variant: of the numbers of its question.
    """
    draws = _draws.get()
    task, _, exercise = name.partition("/")
    if draws is None or not bank.exists(task):
        return None
    if variant:
        found = evaluate(bank.varied_suite(name, variant), answer)
        if other := variant_answered(name, variant, found):
            draws.others[exercise] = other
        return found
    seed = draws.seed
    held = drawn(name, suite, seed)
    found = _gated(decide(held, observe_all(held.probes, answer)), name, suite, seed)
    if suite == "grading" or found.fraction == 1:
        return found
    return _in_public_words(found, evaluate(shipped(name), answer))


def variant_answered(name: str, variant: str, found: Verdict) -> str:
    """The numbers that an answer is right for, if these are not its own and it is no known mistake either; else ""."""
    if found.fraction == 1 or found.mistake:
        return ""
    known = bank.varied(name)
    assert known
    others = (other for other in (WRITTEN, *known.variants) if other != variant)
    right = (other for other in others if decide(bank.varied_suite(name, other), found.seen).fraction == 1)
    return next((label(known.numbers(other)) for other in right), "")


@functools.cache  # a grader asks for it again with every submission
def drawn(name: str, suite: str, seed: int) -> Suite:
    """The probes of a suite with inputs drawn from `seed`, and what the solution does there. It knows no mistakes."""
    own, probes = written(name, suite), drawn_at_first(name, suite, seed)
    for attempt in range(1, ATTEMPTS):
        found = Suite(probes, observe_all(probes, bank.reference(name)), [])
        bad = _disputed(found, name)
        if not bad:
            return found
        probes = [
            _redrawn(probe, f"{seed}/{name}/{suite}/{attempt}") if probe.name in bad else probe for probe in probes
        ]
    probes = [first if first.name in bad else probe for first, probe in zip(own, probes, strict=True)]
    return Suite(probes, observe_all(probes, bank.reference(name)), [])


def drawn_at_first(name: str, suite: str, seed: int) -> list[Probe]:
    """The probes of a suite with inputs drawn from `seed`, ill-conditioned ones among them."""
    own = written(name, suite)
    others = bank.load(name).inputs if suite == "public" else {}
    if unknown := others.keys() - {probe.name for probe in own}:
        raise CourseError(f"bank/{name}.py has unseen inputs for {min(unknown)!r}, which is no public probe")
    return [
        _redrawn(replace(probe, inputs=others.get(probe.name, probe.inputs)), f"{seed}/{name}/{suite}") for probe in own
    ]


def written(name: str, suite: str) -> list[Probe]:
    """The probes of a suite with the seeds that they are written with."""
    return bank.load(name).hidden if suite == "grading" else fingerprints.probes(name)


def _redrawn(probe: Probe, luck: str) -> Probe:
    """The probe with other inputs. Its seed has 32 bits, all that numpy takes, and tells nothing of the grading's."""
    seed = int.from_bytes(hashlib.sha256(f"{luck}/{probe.name}".encode()).digest()[:4])
    return probe if probe.fixed else replace(probe, seed=seed)


def _disputed(suite: Suite, name: str) -> set[str]:
    """Probes on which a right answer of the bank is not as good as the solution."""
    answers = bank.load(name).alternatives.values()
    return {line.probe.name for answer in answers for line in evaluate(suite, answer).lines if line.problem}


def draw_all(task: str, seed: int) -> None:
    """Draw now what the checks of a task will decide on, for `seed`. Raises CourseError for a broken bank."""
    for exercise, record in fingerprints.load(task).items() if bank.exists(task) else ():
        for suite in record["points"]:
            telling(f"{task}/{exercise}", suite, seed)


@functools.cache
def shipped(name: str) -> Suite:
    """The public suite as students have it."""
    task, _, exercise = name.partition("/")
    return fingerprints.public_suite(name, fingerprints.load(task)[exercise])


@functools.cache
def telling(name: str, suite: str, seed: int) -> frozenset[str]:
    """Names of the probes on which what was right with the written seeds is wrong now, so that nothing typed in can be right.

    What follows a law is not typed in either: its seed decides what it gives.
    """
    public = suite == "public"
    before = shipped(name).reference if public else observe_all(written(name, suite), bank.reference(name))
    now = drawn(name, suite, seed)
    return frozenset(p.name for p in now.probes if p.law or judge(p, before[p.name], now.reference[p.name]))


def _gated(verdict: Verdict, name: str, suite: str, seed: int) -> Verdict:
    """Nothing for what can be known beforehand, unless something that cannot is right too."""
    if verdict.fraction in (0, 1):
        return verdict
    unseen = telling(name, suite, seed)
    right = {line.probe.name for line in verdict.lines if line.problem is None}
    return verdict if right & unseen or not unseen else replace(verdict, fraction=0.0)


def _in_public_words(found: Verdict, public: Verdict) -> Verdict:
    """`found`, with the public check's words and name for what fails there too."""
    at_home = {line.probe.name: line.problem for line in public.lines}
    lines = [
        line if line.problem is None else Line(line.probe, at_home[line.probe.name] or line.problem + ON_OTHER_INPUTS)
        for line in found.lines
    ]
    return replace(found, lines=lines, mistake=public.mistake, relation=public.relation)
