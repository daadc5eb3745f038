"""A probe that failed, with all that a relation may look at: what was seen, what was expected, and the function, to be called again."""

import contextlib
import ctypes
import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.guard import float32_by_default, only_to_explain
from course_utils.checks.observation import Array, Observation
from course_utils.checks.probe import Probe, observe
from course_utils.checks.rules import compare, judge
from course_utils.language import Sentence

AGAIN = 1.0  # seconds of one more call
ALL = 3.0  # seconds of all further calls for one answer
LARGE = 256  # the longest axis of a tensor that gets another shape
SLOW = 10.0  # a probe that may take longer than this is not called again
Numbers = np.ndarray[Any, Any]
Change = Callable[[list[Any]], list[Any] | None]


@dataclass(frozen=True)
class Relation:
    """What is said where no known mistake matches.

    name: for tables. sentence: what a person reads. kind: "relation" of numbers, "law" that is broken, or "place" of what is wrong.
    """

    name: str
    sentence: Sentence
    kind: str = "relation"


@dataclass
class Clock:
    """The seconds that further calls may still take. call: that each of them may take."""

    left: float = ALL
    call: float = AGAIN


@dataclass(frozen=True)
class Case:
    """A probe: what was seen, what was expected, the arguments, and the function that gave it."""

    probe: Probe
    got: Observation
    want: Observation
    arguments: Sequence[Any]
    function: Callable[..., Any]
    clock: Clock = field(default_factory=Clock)

    def pairs(self) -> list[tuple[Numbers, Numbers]]:
        """Arrays (got, expected) that differ: parts of the result, or its gradients where the result is right."""
        for got, want in ((self.got.values, self.want.values), (self.got.gradients, self.want.gradients)):
            both = [(a, b) for key, b in want.items() if b is not None and (a := got.get(key)) is not None]
            wrong = [(a, b) for a, b in both if a.shape != b.shape or compare(a, b, self.probe)]
            if wrong:
                return [(numbers(a), numbers(b)) for a, b in wrong]
        return []

    def close(self, a: Numbers, b: Numbers) -> bool:
        """Whether numbers are equal as the probe sees it."""
        return a.shape == b.shape and bool((~self.off(a, b)).all())

    def off(self, a: Numbers, b: Numbers) -> Any:
        """The entries in which numbers differ."""
        with np.errstate(all="ignore"):
            near = np.abs(a - b) <= self.probe.atol + max(self.probe.rtol, 1e-6) * np.abs(b)
        return ~(near & np.isfinite(b)) & (a != b)

    def right_on(self, change: Change) -> bool:
        """Whether the function does on changed arguments what it should do on these."""
        seen = self.on(change)
        values_only = replace(self.want, gradients={}, changed=())
        bare = replace(self.probe, unchanged=False, gradients=(), dtype=False)
        return seen is not None and judge(bare, seen, values_only) is None

    def on(self, change: Change) -> Observation | None:
        """What the function does on changed arguments, made anew; None where they cannot be changed so, or time is up."""
        new = changed(list(made(self.probe)), change)
        if new is None or self.clock.left <= 0 or not again(self.probe):
            return None
        probe = replace(
            self.probe,
            inputs=lambda g: new,
            gradients=(),
            unchanged=False,
            seconds=min(self.probe.seconds, self.clock.call),
        )
        begun = time.monotonic()
        with _muted(), only_to_explain():
            seen = observe(probe, self.function)
        self.clock.left -= time.monotonic() - begun
        return seen


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Numbers that have no logarithm are tried all the same, and a check never writes to stderr."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _muted() -> Iterator[None]:
    """What compiled code prints (LAPACK, of numbers that are none) goes nowhere."""
    if os.name != "posix":
        yield
        return
    flush = ctypes.CDLL(None).fflush
    flush(None)
    kept = [(fd, os.dup(fd)) for fd in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for fd, _ in kept:
            os.dup2(nowhere, fd)
        yield
    finally:
        flush(None)
        for fd, copy in kept:
            os.dup2(copy, fd)
            os.close(copy)
        os.close(nowhere)


def changed(arguments: list[Any], change: Change) -> list[Any] | None:
    """The changed arguments, None where they cannot be changed so, or are none that a function may be asked for."""
    try:
        new = change([_copied(argument) for argument in arguments])
    except (IndexError, KeyError, RuntimeError, TypeError, ValueError):  # of sizes or kinds that the change is not for
        return None
    if new is None or not all(map(_may_be, new, arguments)):
        return None
    return new


def again(probe: Probe) -> bool:
    """Whether a function may be called again on changed arguments of a probe."""
    return probe.changeable and probe.seconds <= SLOW


def made(probe: Probe) -> Sequence[Any]:
    """The arguments of a probe."""
    with float32_by_default():
        return probe.inputs(torch.Generator().manual_seed(probe.seed))


def numbers(array: Array) -> Numbers:
    """In the shape they had, where all of them were kept."""
    data = np.array(array.data, dtype=float)
    return data.reshape(array.shape) if data.size == np.prod(array.shape) else data


def graded(value: Any) -> bool:
    """Whether it is one with other numbers than 0 and 1."""
    return real(value) and bool(((value != 0) & (value != 1)).any())


def real(value: Any) -> bool:
    """Whether it is a tensor of floating-point numbers."""
    return isinstance(value, Tensor) and value.is_floating_point()


def _may_be(new: Any, old: Any) -> bool:
    """Whether a tensor stays finite, and positive if it was: what LAPACK refuses it prints, past every guard.

    And whether it stays small: of another shape, a right answer may take all memory.
    """
    if not isinstance(new, Tensor) or not isinstance(old, Tensor) or new is old:
        return True
    if new.shape != old.shape and max(new.shape) > LARGE:
        return False
    if not real(new):
        return True
    finite = bool(new.isfinite().all()) or not bool(old.isfinite().all())
    return finite and (bool((new > 0).all()) or not bool((old > 0).all()))


def _copied(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_copied, value))
    return value.detach().clone() if isinstance(value, Tensor) and not isinstance(value, torch.nn.Parameter) else value
