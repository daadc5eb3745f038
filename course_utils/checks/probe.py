"""A probe calls a student's function on seeded inputs and writes down what can be seen (see `course_utils.checks.observation`)."""

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from course_utils.checks.chance import Event, Law, tallies
from course_utils.checks.guard import (
    Hung,
    Output,
    bounded,
    first_line,
    float32_by_default,
    inside_a_library,
    seeded,
    unwritten,
    where,
)
from course_utils.checks.observation import Array, Failure, Observation
from course_utils.language import Sentence


@dataclass(frozen=True)
class Probe:
    """One seeded call of a student's function.

    name: what a person reads in the verdict, e.g. "collapsed embeddings, N = 128".
    inputs: generator -> positional arguments, made anew for each call.
    look: (returned value, arguments) -> what to compare, where that is not the returned value itself (a module, updated weights).
    gradients: positions of the arguments whose gradient of the summed result is compared.
    unchanged: the call must leave its tensor arguments as they were. dtype: the result's dtype is compared too.
    note: shown behind the expected number, e.g. "= log(2N-1)". reveal: whether a wrong number is told the expected one.
    weight: share of the suite's points. essential: while it fails, the others count a quarter (see `course_utils.checks.check.GATED`).
    seconds: bound on the call.
    law: for a random answer: (returned value, arguments) -> what happened in one call, and how probable it was (`checks.chance`). The
    function is then called `calls` times, and their joint law is compared instead of the value.
    fixed: the seed belongs to the point of the probe, so grading does not draw the inputs anew.
    changeable: what is said of a wrong answer may be found by calling it on changed arguments; not where these would be none, such as an
    interval that ends before it begins.
    """

    name: str
    inputs: Callable[[torch.Generator], Sequence[Any]]
    look: Callable[[Any, Sequence[Any]], Any] | None = None
    gradients: tuple[int, ...] = ()
    unchanged: bool = False
    dtype: bool = False
    rtol: float = 1e-4
    atol: float = 1e-6
    note: str = ""
    reveal: bool = True
    weight: float = 1.0
    seed: int = 0
    seconds: float = 10.0
    essential: bool = False
    law: Law | None = None
    calls: int = 64
    fixed: bool = False
    changeable: bool = True


def observe(probe: Probe, function: Callable[..., Any]) -> Observation:
    """Call `function` once, guarded: whatever it does ends up in the observation.

    Random states, gradient mode and default dtype are as before afterwards, whatever the function did to them, and whatever raises.

    Only KeyboardInterrupt passes (that is the person, not the function), and what the probe's own inputs raise.
    """
    out = Output()
    with (
        float32_by_default(),
        seeded(probe.seed),
        torch.inference_mode(False),
        torch.enable_grad(),
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
    ):
        warnings.simplefilter("always")
        arguments = _arguments(probe)
        before = {i: a.detach().clone() for i, a in enumerate(arguments) if isinstance(a, Tensor) and probe.unchanged}
        seen = _guarded(probe, function, arguments)
    changed = tuple(str(i) for i, old in before.items() if not seen.failure and _differs(arguments[i], old))
    warned = f"{caught[0].category.__name__}: {first_line(caught[0].message)}" if caught else ""
    return replace(seen, changed=changed, printed=out.getvalue(), warned=warned)


def _happened(probe: Probe, function: Callable[..., Any]) -> dict[str, Event]:
    assert probe.law
    arguments = _arguments(probe)
    value = function(*arguments)
    if value is None:
        raise _NotNumeric(value, Sentence("returned None: is the `return` missing?"))
    return _looked_at(probe.law, value, arguments)


def _arguments(probe: Probe) -> list[Any]:
    arguments = list(probe.inputs(torch.Generator().manual_seed(probe.seed)))
    for position in probe.gradients:
        arguments[position] = arguments[position].detach().requires_grad_()
    return arguments


def _guarded(probe: Probe, function: Callable[..., Any], arguments: list[Any]) -> Observation:
    """The values and gradients of one call, or why there are none."""
    try:
        with bounded(probe.seconds):
            if probe.law:
                return Observation(tallies=tallies(lambda: _happened(probe, function), probe.seed, probe.calls))
            value = function(*arguments)
            seen = _looked_at(probe.look, value, arguments) if probe.look and value is not None else value
            return Observation(_flatten(seen), _gradients(value, {str(i): arguments[i] for i in probe.gradients}))
    except Hung:
        failure = Failure(
            "hung", "Hung", Sentence("did not return within {:g} s, so it was stopped").format(probe.seconds)
        )
    except _NotNumeric as error:
        failure = Failure("type", error.kind, error.text)
    except SystemExit:
        failure = Failure(
            "raised", "SystemExit", Sentence("called exit(): a function must return, not end the program")
        )
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        own = type(error) is NotImplementedError and not inside_a_library(error)
        kind, text = ("unwritten", unwritten(error)) if own else ("raised", where(error))  # type: ignore[arg-type]
        failure = Failure(kind, type(error).__name__, text)
    return Observation(failure=failure)


class Elsewhere:
    """A returned object that stayed in another process (see `course_tools.grading`): it is looked at there."""

    def look(self, look: Callable[..., Any], value: Any, arguments: Sequence[Any]) -> Any:
        """`look(value, arguments)`, in that process."""
        raise NotImplementedError


class _NotNumeric(Exception):
    """kind: the class of what is no number."""

    def __init__(self, value: Any, text: Sentence) -> None:
        super().__init__(text)
        self.text = text
        self.kind = type(value).__name__


def _looked_at(look: Callable[..., Any], value: Any, arguments: Sequence[Any]) -> Any:
    parts = value if isinstance(value, (tuple, list)) else [value]
    there = next((part for part in parts if isinstance(part, Elsewhere)), None)
    return there.look(look, value, arguments) if there is not None else look(value, arguments)


def _flatten(value: Any, name: str = "") -> dict[str, Array]:
    if value is None:
        raise _NotNumeric(value, Sentence("returned None: is the `return` missing?"))
    if isinstance(value, Mapping):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, (tuple, list)):
        items = [(str(i), item) for i, item in enumerate(value)]
    else:
        try:
            return {name: Array.of(value)}
        except (TypeError, ValueError):
            raise _NotNumeric(
                value,
                Sentence("returned {!r}, which is not a number, a tensor or a tuple of them").format(
                    type(value).__name__
                ),
            ) from None
    return {key: array for k, item in items for key, array in _flatten(item, f"{name}.{k}" if name else k).items()}


def _gradients(value: Any, wanted: dict[str, Tensor]) -> dict[str, Array | None]:
    if not wanted:
        return {}
    if not isinstance(value, Tensor) or not value.requires_grad:
        return dict.fromkeys(wanted)
    found = torch.autograd.grad(value.sum(), list(wanted.values()), allow_unused=True)
    return {name: None if g is None else Array.of(g) for name, g in zip(wanted, found, strict=True)}


def _differs(now: Any, before: Tensor) -> bool:
    return not isinstance(now, Tensor) or now.shape != before.shape or not torch.equal(now.detach(), before)
