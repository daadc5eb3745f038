"""A probe calls a student's function on seeded inputs and writes down what can be seen: numbers, gradients, changed inputs, failures.

Everything a verdict needs is in the `Observation`, which is plain data: it can be stored as a fingerprint, or sent from the process
that runs a student's code to the one that decides on points.
"""

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.guard import Hung, Output, bounded, first_line, inside_a_library, seeded, unwritten, where

STORED = (
    96  # numbers kept of one array; of a larger one, evenly spaced entries and the overall mean and standard deviation
)


@dataclass(frozen=True)
class Probe:
    """One seeded call of a student's function.

    name: what a person reads in the verdict, e.g. "collapsed embeddings, N = 128".
    inputs: generator -> positional arguments, made anew for each call.
    look: (returned value, arguments) -> what to compare, where that is not the returned value itself (a module, updated weights).
    gradients: positions of the arguments whose gradient of the summed result is compared.
    unchanged: the call must leave its tensor arguments as they were. dtype: the result's dtype is compared too.
    note: shown behind the expected number, e.g. "= log(2N-1)". reveal: whether a wrong number is told the expected one.
    weight: share of the suite's points. seconds: bound on the call.
    fixed: the seed belongs to the point of the probe, so grading does not draw the inputs anew.
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
    fixed: bool = False


@dataclass(frozen=True)
class Array:
    """Numbers of one array: all of them up to STORED, else a sample, the mean and the standard deviation."""

    shape: tuple[int, ...]
    dtype: str
    data: tuple[float, ...]

    @classmethod
    def of(cls, value: Any) -> "Array":
        """value: tensor, array or number. Raises TypeError for anything else."""
        if isinstance(value, Tensor) and not value.is_complex():
            dtype = str(value.dtype).removeprefix("torch.")
            flat = value.detach().cpu().double().numpy()
        elif isinstance(value, (bool, int, float, np.ndarray, np.generic)) and not np.iscomplexobj(value):
            flat = np.asarray(value)
            dtype = str(flat.dtype)
            flat = flat.astype(float)
        else:
            raise TypeError(type(value).__name__)
        shape, flat = tuple(flat.shape), flat.ravel()
        if flat.size > STORED:
            spaced = flat[np.linspace(0, flat.size - 1, STORED - 2).astype(int)]
            flat = np.concatenate([spaced, [flat.mean(), flat.std()]])
        return cls(shape, dtype, tuple(float(f"{number:.8g}") for number in flat))


@dataclass(frozen=True)
class Failure:
    """Why there is nothing to compare. kind: "unwritten", "raised", "hung" or "type"; text: one line for a person."""

    kind: str
    text: str


@dataclass(frozen=True)
class Observation:
    """What one probe saw. `gradients` maps argument positions to arrays, or to None where no gradient arrived."""

    values: dict[str, Array] = field(default_factory=dict)
    gradients: dict[str, Array | None] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    failure: Failure | None = None
    printed: str = ""
    warned: str = ""


def observe(probe: Probe, function: Callable[..., Any]) -> Observation:
    """Call `function` once, guarded: whatever it does ends up in the observation.

    Random states, gradient mode and default dtype are as before afterwards, whatever the function did to them.

    Only KeyboardInterrupt passes: that is the person, not the function.
    """
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    arguments = list(probe.inputs(torch.Generator().manual_seed(probe.seed)))
    for position in probe.gradients:
        arguments[position] = arguments[position].detach().requires_grad_()
    before = {i: a.detach().clone() for i, a in enumerate(arguments) if isinstance(a, Tensor)}
    out = Output()
    values: dict[str, Array] = {}
    gradients: dict[str, Array | None] = {}
    failure = None
    with (
        seeded(probe.seed),
        torch.inference_mode(False),
        torch.enable_grad(),
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
    ):
        warnings.simplefilter("always")
        try:
            with bounded(probe.seconds):
                value = function(*arguments)
                seen = _looked_at(probe.look, value, arguments) if probe.look and value is not None else value
                values = _flatten(seen)
                gradients = _gradients(value, {str(i): arguments[i] for i in probe.gradients})
        except Hung:
            failure = Failure("hung", f"did not return within {probe.seconds:g} s, so it was stopped")
        except _NotNumeric as error:
            failure = Failure("type", str(error))
        except SystemExit:
            failure = Failure("raised", "called exit(): a function must return, not end the program")
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if type(error) is NotImplementedError and not inside_a_library(error):
                failure = Failure("unwritten", unwritten(error))
            else:
                failure = Failure("raised", where(error))
        finally:
            torch.set_default_dtype(dtype)
    changed = tuple(str(i) for i, old in before.items() if _differs(arguments[i], old))
    warned = f"{caught[0].category.__name__}: {first_line(caught[0].message)}" if caught else ""
    return Observation(values, gradients, changed, failure, out.getvalue(), warned)


class Elsewhere:
    """A returned object that stayed in another process (see `course_tools.grading`): it is looked at there."""

    def look(self, look: Callable[..., Any], value: Any, arguments: Sequence[Any]) -> Any:
        """`look(value, arguments)`, in that process."""
        raise NotImplementedError


class _NotNumeric(Exception):
    pass


def _looked_at(look: Callable[..., Any], value: Any, arguments: Sequence[Any]) -> Any:
    parts = value if isinstance(value, (tuple, list)) else [value]
    there = next((part for part in parts if isinstance(part, Elsewhere)), None)
    return there.look(look, value, arguments) if there is not None else look(value, arguments)


def _flatten(value: Any, name: str = "") -> dict[str, Array]:
    if value is None:
        raise _NotNumeric("returned None: is the `return` missing?")
    if isinstance(value, Mapping):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, (tuple, list)):
        items = [(str(i), item) for i, item in enumerate(value)]
    else:
        try:
            return {name: Array.of(value)}
        except (TypeError, ValueError):
            raise _NotNumeric(
                f"returned {type(value).__name__!r}, which is not a number, a tensor or a tuple of them"
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
