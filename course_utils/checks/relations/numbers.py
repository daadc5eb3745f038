"""How a wrong result is related to the right one, where no known mistake matches: a table of relations, each with its sentence.

A relation is said only if it holds, to the tolerance of the probe, on every probe that failed, and on enough different numbers that it
does not hold by chance. There are three kinds: of what was seen beside the numbers (a gradient is missing), of the numbers got and
expected (twice, transposed), and of the function: it is called again on changed arguments (swapped, normalised first), where it may be
right, or not change at all.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.guard import float32_by_default
from course_utils.checks.observation import Array, Observation
from course_utils.checks.probe import Probe, observe
from course_utils.checks.rules import compare, judge, left_inputs_alone

ENOUGH = 2  # different numbers that a relation must hold on; of whole numbers, twice as many
AGAIN = 1.0  # seconds of a call on changed arguments
Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Relation:
    """name: for tables. sentence: what a person reads."""

    name: str
    sentence: str


@dataclass(frozen=True)
class Case:
    """A probe that failed: what was seen, what was expected, the arguments, and the function that gave it."""

    probe: Probe
    got: Observation
    want: Observation
    arguments: Sequence[Any]
    function: Callable[..., Any]

    def pairs(self) -> list[tuple[Numbers, Numbers]]:
        """Arrays (got, expected) that differ: parts of the result, or its gradients where the result is right."""
        for got, want in ((self.got.values, self.want.values), (self.got.gradients, self.want.gradients)):
            both = [(a, b) for key, b in want.items() if b is not None and (a := got.get(key)) is not None]
            wrong = [(a, b) for a, b in both if a.shape != b.shape or compare(a, b, self.probe)]
            if wrong:
                return [(_numbers(a), _numbers(b)) for a, b in wrong]
        return []

    def close(self, a: Numbers, b: Numbers) -> bool:
        """Whether numbers are equal as the probe sees it."""
        return a.shape == b.shape and bool(np.allclose(a, b, rtol=max(self.probe.rtol, 1e-6), atol=self.probe.atol))

    def right_on(self, arguments: Sequence[Any]) -> bool:
        """Whether the function does on other arguments what it should do on these."""
        if not all(map(_may_be, arguments, self.arguments)):
            return False
        seen = self._on(arguments)
        values_only = replace(self.want, gradients={}, changed=())
        return judge(replace(self.probe, unchanged=False, gradients=(), dtype=False), seen, values_only) is None

    def unmoved_by(self, position: int) -> bool:
        """Whether the result stays the same, to the last digit, when an argument changes."""
        other = moved(self.arguments, position)
        return other is not None and self._on(other).values == self._on(self.arguments).values != {}

    def _on(self, arguments: Sequence[Any]) -> Observation:
        probe = replace(
            self.probe,
            inputs=lambda g: [_copied(a) for a in arguments],
            gradients=(),
            unchanged=False,
            seconds=min(self.probe.seconds, AGAIN),
        )
        return observe(probe, self.function)


def explain(
    probes: list[Probe],
    seen: dict[str, Observation],
    reference: dict[str, Observation],
    depends: dict[str, list[int]],
    function: Callable[..., Any],
) -> Relation | None:
    """The first relation of the table that holds on every probe that failed."""
    cases = []
    for probe in probes:
        if judge(probe, seen[probe.name], reference[probe.name]):
            if seen[probe.name].failure or probe.law:
                return None
            arguments = made(probe)
            cases.append(Case(probe, seen[probe.name], reference[probe.name], arguments, function))
    if not cases:
        return None
    numbers = [case.pairs() for case in cases]
    for relation in _beside_the_numbers(cases):
        return relation
    if not all(numbers) or not _enough(numbers):
        return None
    for relation in _of_the_numbers(cases, numbers):
        return relation
    if any(case.probe.seconds > 10 or not all(map(_plain, case.arguments)) for case in cases):
        return None
    return next(_of_the_function(cases, depends), None)


def made(probe: Probe) -> Sequence[Any]:
    """The arguments of a probe."""
    with float32_by_default():
        return probe.inputs(torch.Generator().manual_seed(probe.seed))


def depends_on(probe: Probe, function: Callable[..., Any]) -> list[int]:
    """Positions of the arguments whose change changes the result."""
    arguments = made(probe)
    if not all(map(_plain, arguments)):
        return []
    case = Case(probe, Observation(), Observation(), arguments, function)
    return [i for i in range(len(arguments)) if moved(arguments, i) is not None and not case.unmoved_by(i)]


def moved(arguments: Sequence[Any], position: int) -> list[Any] | None:
    """The arguments with another one at `position`, None for what cannot be changed simply."""
    value, other = arguments[position], list(arguments)
    if isinstance(value, Tensor) and value.is_floating_point() and value.numel():
        other[position] = value * 0.7 + 0.1 * torch.arange(value.numel()).view(value.shape).to(value) / value.numel()
    elif isinstance(value, float):
        other[position] = 0.7 * value + 0.05
    else:
        return None
    return other


# --- what is seen beside the numbers


def _beside_the_numbers(cases: list[Case]) -> Iterator[Relation]:
    if all(_missing_gradient(case) for case in cases):
        yield Relation("no gradient", "The numbers are right and no gradient flows back: something detaches it.")
    if all(left_inputs_alone(c.probe, c.got, c.want) and not c.pairs() for c in cases):
        yield Relation("changed in place", "The numbers are right, but an argument is changed: work on a copy.")
    if all(_single(case) for case in cases):
        yield Relation("float32 only", "Right to seven digits, and no further: something in between is float32.")
    if all(_not_finite(case) for case in cases):
        yield Relation("not finite", "Where you are wrong you get inf or nan: something overflows, or is 0/0 or log 0.")


def _missing_gradient(case: Case) -> bool:
    return not case.pairs() and any(
        want is not None and case.got.gradients.get(key) is None for key, want in case.want.gradients.items()
    )


def _single(case: Case) -> bool:
    """Whether all numbers agree as far as float32 goes, of arrays that are float64."""
    want = {**case.want.values, **{f"d{k}": v for k, v in case.want.gradients.items() if v is not None}}
    got = {**case.got.values, **{f"d{k}": v for k, v in case.got.gradients.items() if v is not None}}
    if want.keys() != got.keys() or not any(array.dtype == "float64" for array in want.values()):
        return False
    loose = replace(case.probe, rtol=1e-5, atol=1e-6)
    return all(got[key].shape == want[key].shape and not compare(got[key], want[key], loose) for key in want)


def _not_finite(case: Case) -> bool:
    return any((~np.isfinite(a)).any() and np.isfinite(b).all() for a, b in case.pairs())


# --- of the numbers


Table = list[tuple[str, str, Callable[[Numbers], Numbers]]]
ELEMENTWISE: Table = [
    ("sign", "Your result has the wrong sign.", lambda w: -w),
    ("twice", "Your result is twice the expected one.", lambda w: 2 * w),
    ("half", "Your result is half the expected one.", lambda w: w / 2),
    ("in bits", "Your result is the expected one divided by ln 2: in bits, not in nats.", lambda w: w / math.log(2)),
    ("in nats", "Your result is the expected one times ln 2: in nats, not in bits.", lambda w: w * math.log(2)),
    ("exp", "Your result is exp of the expected one.", np.exp),
    ("exp of minus", "Your result is exp(-x) of the expected x.", lambda w: np.exp(-w)),
    ("log", "Your result is the logarithm of the expected one.", np.log),
    ("minus log", "Your result is minus the logarithm of the expected one.", lambda w: -np.log(w)),
    ("square", "Your result is the square of the expected one.", np.square),
    ("root", "Your result is the square root of the expected one.", np.sqrt),
    ("reciprocal", "Your result is one divided by the expected one.", lambda w: 1 / w),
    ("complement", "Your result is 1 minus the expected one.", lambda w: 1 - w),
    ("absolute value", "Your result is the absolute value of the expected one.", np.abs),
    (
        "clipped at 0",
        "Your result is the expected one, with 0 in place of what is negative.",
        lambda w: np.maximum(w, 0),
    ),
    ("one more", "Your result is 1 more than expected.", lambda w: w + 1),
    ("one less", "Your result is 1 less than expected.", lambda w: w - 1),
    ("log 2 more", "Your result is log 2 more than expected.", lambda w: w + math.log(2)),
    ("log 2 less", "Your result is log 2 less than expected.", lambda w: w - math.log(2)),
]
RESHAPED: Table = [
    ("transposed", "Your result is the expected one transposed: rows and columns are swapped.", lambda w: w.T),
    ("reversed", "Your result is the expected one in reverse order.", lambda w: np.flip(w, 0)),
    ("reversed, last axis", "Your result is reversed along its last axis.", lambda w: np.flip(w, -1)),
    ("rolled forward", "Your result is the expected one, shifted by one place.", lambda w: np.roll(w, 1, 0)),
    ("rolled back", "Your result is the expected one, shifted back by one place.", lambda w: np.roll(w, -1, 0)),
    ("sorted", "Your result is the expected one, sorted.", lambda w: np.sort(w, axis=0)),
    ("summed", "Your result is the sum of the expected numbers.", lambda w: w.sum()),
    ("averaged", "Your result is the mean of the expected numbers.", lambda w: w.mean()),
]
APART: Table = [
    ("other shape", "The numbers are right, their shape is not: a dimension of size 1 is left over.", lambda g: g.squeeze()),
    ("not averaged", "You return one number for each; the mean of them is expected.", lambda g: g.mean()),
    ("not summed", "You return one number for each; the sum of them is expected.", lambda g: g.sum()),
    ("not normalised, rows", "Your rows do not add up to 1; divided by their sums they are right.", lambda g: g / g.sum(-1, keepdims=True)),
    ("not normalised", "Your numbers do not add up to 1; divided by their sum they are right.", lambda g: g / g.sum()),
    ("a place less", "Something follows behind the expected numbers.", lambda g: g[:-1]),
    ("a place more", "Something precedes the expected numbers.", lambda g: g[1:]),
]  # fmt: skip
PER_QUANTITY: list[tuple[str, str, Callable[[Numbers, float], Numbers]]] = [
    ("times {}", "Your result is the expected one times {}.", lambda w, q: w * q),
    ("divided by {}", "Your result is the expected one divided by {}.", lambda w, q: w / q),
    ("times {} squared", "Your result is the expected one times the square of {}.", lambda w, q: w * q * q),
    ("divided by {} squared", "Your result is the expected one divided by the square of {}.", lambda w, q: w / q / q),
    ("(n-1)/n, n = {}", "Your result is the expected one times (n-1)/n, n = {}: n in place of n-1.", lambda w, q: w * (q - 1) / q),
    ("n/(n-1), n = {}", "Your result is the expected one times n/(n-1), n = {}: n-1 in place of n.", lambda w, q: w * q / (q - 1)),
    ("(n+1)/n, n = {}", "Your result is the expected one times (n+1)/n, n = {}.", lambda w, q: w * (q + 1) / q),
    ("n/(n+1), n = {}", "Your result is the expected one times n/(n+1), n = {}.", lambda w, q: w * q / (q + 1)),
    ("plus log {}", "Your result is log({}) too large.", lambda w, q: w + np.log(q)),
    ("minus log {}", "Your result is log({}) too small.", lambda w, q: w - np.log(q)),
    ("log(n+1), not log n, n = {}", "Your result is too large by log(n+1) - log n, n = {}.", lambda w, q: w + np.log1p(1 / q)),
    ("log n, not log(n+1), n = {}", "Your result is too small by log(n+1) - log n, n = {}.", lambda w, q: w - np.log1p(1 / q)),
    ("power {}", "Your result is the expected one to the power of {}.", lambda w, q: w**q),
    ("plus {}", "Your result is too large by {}.", lambda w, q: w + q),
    ("minus {}", "Your result is too small by {}.", lambda w, q: w - q),
]  # fmt: skip


def _of_the_numbers(cases: list[Case], numbers: list[list[tuple[Numbers, Numbers]]]) -> Iterator[Relation]:
    found = list(zip(cases, numbers, strict=True))

    def everywhere(make: Callable[[Numbers], Numbers], backwards: bool = False) -> bool:
        return all(_holds(case, *((w, g) if backwards else (g, w)), make) for case, pairs in found for g, w in pairs)

    with np.errstate(all="ignore"):
        for name, sentence, make in ELEMENTWISE:
            if everywhere(make):
                yield Relation(name, sentence)
        for name, sentence, make in RESHAPED:
            if everywhere(make):
                yield Relation(name, sentence)
        for name, sentence, make in APART:
            if everywhere(make, backwards=True):
                yield Relation(name, sentence)
        sizes = [quantities(case.arguments) for case in cases]
        for quantity in sorted(set.intersection(*map(set, sizes))):
            for name, sentence, of in PER_QUANTITY:
                if all(
                    _holds(case, g, w, partial(_with, of, size[quantity]))
                    for (case, several), size in zip(found, sizes, strict=True)
                    for g, w in several
                ):
                    yield Relation(name.format(quantity), sentence.format(quantity))
        pairs = [(g, w) for _, several in found for g, w in several if g.shape == w.shape]
        if len(pairs) == sum(map(len, numbers)):
            g, w = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
            yield from _constant(cases[0], g, w)


def _with(of: Callable[[Numbers, float], Numbers], quantity: float, w: Numbers) -> Numbers:
    return of(w, quantity)


def _constant(case: Case, g: Numbers, w: Numbers) -> Iterator[Relation]:
    """One factor, or one offset, for all numbers of all probes."""
    where = np.abs(w) > 1e-9
    if where.sum() > ENOUGH and case.close(g, w * np.median(g[where] / w[where])):
        yield Relation(
            "a constant factor", f"Your result is {np.median(g[where] / w[where]):.4g} times the expected one."
        )
    elif len(w) > ENOUGH and case.close(g, w + np.median(g - w)):
        yield Relation(
            "a constant offset", f"Your result differs from the expected one by {np.median(g - w):+.4g}, always."
        )


def quantities(arguments: Sequence[Any]) -> dict[str, float]:
    """Numbers of a call that a factor may be: scalar arguments, and the sizes of tensors, by what they are called."""
    found: dict[str, float] = {}
    for place, value in enumerate(arguments, 1):
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            found[f"argument {place}"] = float(value)
        if isinstance(value, Tensor) and value.dim() <= 3:
            found |= {f"size {axis} of argument {place}": float(n) for axis, n in enumerate(value.shape, 1) if n}
    return found


# --- of the function


def _of_the_function(cases: list[Case], depends: dict[str, list[int]]) -> Iterator[Relation]:
    count = len(cases[0].arguments)
    if any(len(case.arguments) != count for case in cases):
        return
    for i in range(count):
        if all(i in depends.get(case.probe.name, ()) and case.unmoved_by(i) for case in cases):
            yield Relation("an argument ignored", f"Your result does not depend on argument {i + 1}, and should.")
    for name, sentence, change in CHANGES:
        if all((other := change(case.arguments)) is not None and case.right_on(other) for case in cases):
            yield Relation(name, sentence)
    for i in range(count):
        for j in range(i + 1, count):
            if all(_same_kind(case.arguments[i], case.arguments[j]) for case in cases) and all(
                case.right_on(_swapped(case.arguments, i, j)) for case in cases
            ):
                yield Relation(
                    "arguments swapped", f"With arguments {i + 1} and {j + 1} swapped, your result is right."
                )
        for name, sentence, one in CHANGES_OF_ONE:
            if all((new := _changed(case.arguments, i, one)) is not None and case.right_on(new) for case in cases):
                yield Relation(name, sentence.format(i + 1))


def _each_tensor(change: Callable[[Tensor], Tensor | None]) -> Callable[[Sequence[Any]], list[Any] | None]:
    """A change of every tensor of floating-point numbers, None if there is none."""

    def of(arguments: Sequence[Any]) -> list[Any] | None:
        new = [change(a) if isinstance(a, Tensor) and a.is_floating_point() else a for a in arguments]
        return None if all(a is b for a, b in zip(arguments, new, strict=True)) or any(a is None for a in new) else new

    return of


def _unit(x: Tensor) -> Tensor | None:
    return torch.nn.functional.normalize(x, dim=-1) if x.dim() > 1 else None


def _joined(arguments: Sequence[Any]) -> list[Any] | None:
    """The parts of a list of tensors as one."""
    new = [[torch.cat(list(a))] if isinstance(a, list) and a and isinstance(a[0], Tensor) else a for a in arguments]
    return new if any(isinstance(a, list) and a and isinstance(a[0], Tensor) for a in arguments) else None


CHANGES: list[tuple[str, str, Callable[[Sequence[Any]], list[Any] | None]]] = [
    ("normalisation missing", "If the vectors are given unit length first, your result is right.", _each_tensor(_unit)),
    ("mean of means", "With all parts joined into one your result is right: yours is a mean of means.", _joined),
]
CHANGES_OF_ONE: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("inverse of an argument", "With one over argument {} your result is right: it divides where it should multiply, or the other way round.",
     lambda a: 1 / a if isinstance(a, float) and a else None),
    ("square of an argument", "With the square of argument {} your result is right.", lambda a: a * a if isinstance(a, float) else None),
    ("root of an argument", "With the root of argument {} your result is right.", lambda a: a**0.5 if isinstance(a, float) and a > 0 else None),
    ("one less in an argument", "With argument {} one smaller your result is right.", lambda a: a - 1 if type(a) is int else None),
    ("double an argument", "With argument {} doubled your result is right.", lambda a: 2 * a if isinstance(a, float) else None),
    ("half an argument", "With argument {} halved your result is right.", lambda a: a / 2 if isinstance(a, float) else None),
    ("an argument negated", "With minus argument {} your result is right.", lambda a: -a if _real(a) else None),
    ("log of an argument", "With the logarithm of argument {} your result is right.", lambda a: a.log() if _real(a) and (a > 0).all() else None),
    ("exp of an argument", "With exp of argument {} your result is right.", lambda a: a.exp() if _real(a) else None),
    ("square of numbers", "With argument {} squared your result is right.", lambda a: a * a if _real(a) else None),
    ("an argument transposed", "With argument {} transposed your result is right.", lambda a: a.T if _real(a) and a.dim() == 2 else None),
    ("an argument normalised", "With argument {} divided by its sum your result is right.", lambda a: a / a.sum() if _real(a) and a.sum() else None),
    ("lengths of one argument", "With the vectors of argument {} at unit length your result is right.", lambda a: _unit(a) if _real(a) else None),
    ("an argument reversed", "With argument {} in reverse order your result is right.", lambda a: a.flip(0) if isinstance(a, Tensor) and a.dim() else None),
    ("an argument sorted", "With argument {} in increasing order your result is right.", lambda a: a.sort(0).values if isinstance(a, Tensor) and a.dim() else None),
]  # fmt: skip


def _real(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _changed(arguments: Sequence[Any], position: int, change: Callable[[Any], Any]) -> list[Any] | None:
    new = change(arguments[position])
    return None if new is None else [*arguments[:position], new, *arguments[position + 1 :]]


def _may_be(new: Any, old: Any) -> bool:
    """Whether a tensor stays finite, and positive if it was: what LAPACK refuses it prints, past every guard."""
    if not isinstance(new, Tensor) or not isinstance(old, Tensor) or new is old:
        return True
    return bool(new.isfinite().all()) and (bool((new > 0).all()) or not bool((old > 0).all()))


def _same_kind(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and a.dim() == b.dim() and (a.dim() > 1 or a.shape == b.shape)
    return isinstance(a, float) and isinstance(b, float)  # a whole number is a size: another one may cost any memory


def _swapped(arguments: Sequence[Any], i: int, j: int) -> list[Any]:
    other = list(arguments)
    other[i], other[j] = other[j], other[i]
    return other


def _plain(value: Any) -> bool:
    """Whether a call can leave an argument as it was: no module, no optimizer."""
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, Tensor | int | float | str)


def _copied(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_copied, value))
    return value.detach().clone() if isinstance(value, Tensor) else value


def _numbers(array: Array) -> Numbers:
    """In the shape they had, where all of them were kept."""
    data = np.array(array.data, dtype=float)
    return data.reshape(array.shape) if data.size == np.prod(array.shape) else data


def _holds(case: Case, g: Numbers, w: Numbers, make: Callable[[Numbers], Numbers]) -> bool:
    try:
        return g.size > 0 < w.size and case.close(np.asarray(g), np.asarray(make(w)))
    except (ValueError, IndexError):
        return False


def _enough(numbers: list[list[tuple[Numbers, Numbers]]]) -> bool:
    """Whether the numbers that were expected are too many to be related by chance."""
    wanted = {round(float(x), 6) for pairs in numbers for _, w in pairs for x in w.ravel() if x not in (0.0, 1.0)}
    return len(wanted) >= ENOUGH * (2 if all(x == round(x) for x in wanted) else 1)
