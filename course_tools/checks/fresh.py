"""Points on fresh inputs: at grading a check decides on inputs that nobody has seen, drawn from the seed of the grading.

Public probes are the same for everybody and come with the numbers expected on them, so an answer to them can be typed in. Here each probe
draws its inputs anew, from its own generator with another seed, and what is expected is computed from the solution, in this process, which
the student's cannot see. A probe whose inputs are not drawn (an extreme, a question for a number) is as public as before. So it counts
only if at least one drawn probe of its check is passed.

The words for a student are those of the public check wherever it finds the same fault, so a mistake keeps its name and its numbers can be
seen at home.
"""

import functools
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import torch

from course_tools.checks import bank
from course_utils.checks import fingerprints
from course_utils.checks.check import Line, Verdict, evaluate
from course_utils.checks.probe import Probe
from course_utils.checks.suite import Suite

ON_OTHER_INPUTS = " (on other inputs of this kind; the ones in the notebook come out right)"
_seed: ContextVar[int | None] = ContextVar("seed", default=None)


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """In here the checks of exercises that have a bank decide on inputs drawn from `seed`."""
    token = _seed.set(seed)
    try:
        yield
    finally:
        _seed.reset(token)


def verdict(name: str, suite: str, answer: Any) -> Verdict | None:
    """The verdict on fresh inputs; None where no grading goes on, or the bank of the task is not on this machine.

    name: "task/exercise". suite: "public" or "grading".
    """
    seed = _seed.get()
    if seed is None or not bank.exists(name.partition("/")[0]):
        return None
    found = _gated(evaluate(drawn(name, suite, seed), answer))
    if suite == "grading" or found.fraction == 1:
        return found
    return _in_public_words(found, evaluate(shipped(name), answer))


@functools.cache  # a grader asks for it again with every submission
def drawn(name: str, suite: str, seed: int) -> Suite:
    """The probes of a suite with inputs drawn from `seed`, and what the solution does there. It knows no mistakes."""
    probes = bank.load(name).hidden if suite == "grading" else fingerprints.probes(name)
    probes = [
        probe if probe.fixed else replace(probe, seed=_seed_of(seed, name, suite, probe.name)) for probe in probes
    ]
    return Suite(probes, bank.observations(probes, bank.reference(name)), list)


@functools.cache
def shipped(name: str) -> Suite:
    """The public suite as students have it."""
    task, _, exercise = name.partition("/")
    return fingerprints.public_suite(name, fingerprints.load(task)[exercise])


def _seed_of(seed: int, *names: str) -> int:
    """32 bits, which is all that numpy takes, that tell nothing of `seed`."""
    return int.from_bytes(hashlib.sha256("\0".join([str(seed), *names]).encode()).digest()[:4])


@functools.cache
def draws(probe: Probe) -> bool:
    """Whether the probe's inputs depend on its generator."""
    generator = torch.Generator().manual_seed(probe.seed)
    before = generator.get_state()
    probe.inputs(generator)
    return not probe.fixed and not torch.equal(before, generator.get_state())


def _gated(verdict: Verdict) -> Verdict:
    """Nothing for what can be known beforehand, unless something that cannot is right too."""
    unseen = [line for line in verdict.lines if draws(line.probe)]
    if unseen and all(line.problem for line in unseen):
        return replace(verdict, fraction=0.0)
    return verdict


def _in_public_words(found: Verdict, public: Verdict) -> Verdict:
    """`found`, with the public check's words and name for what fails there too."""
    at_home = {line.probe.name: line.problem for line in public.lines}
    lines = [
        line if line.problem is None else Line(line.probe, at_home[line.probe.name] or line.problem + ON_OTHER_INPUTS)
        for line in found.lines
    ]
    return replace(found, lines=lines, mistake=public.mistake)
