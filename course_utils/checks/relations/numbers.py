"""Relations of the numbers got to the numbers expected: an operation too many or too few, a size or an argument as a factor, a power, an
order. Each holds, to the tolerance of the probe, for all numbers that differ, of every probe that failed.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.relations.case import Case, Numbers, Relation, numbers

ENOUGH = 2  # different numbers that a relation must hold on; of whole numbers, twice as many
Pairs = list[list[tuple[Numbers, Numbers]]]  # for each case, (got, expected) of the arrays that differ

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
    ("axes swapped", "Your result is the expected one with its last two axes swapped.", lambda w: w.swapaxes(-1, -2)),
    (
        "first axes swapped",
        "Your result is the expected one with its first two axes swapped.",
        lambda w: w.swapaxes(0, 1),
    ),
    ("shifted forward, last axis", "Your rows are shifted by one place.", lambda w: np.roll(w, 1, -1)),
    ("shifted back, last axis", "Your rows are shifted back by one place.", lambda w: np.roll(w, -1, -1)),
    ("added up", "Your result is the running sum of the expected one.", lambda w: np.cumsum(w, -1)),
    ("a softmax too many", "Your result is the softmax of the expected rows.", lambda w: _softmax(w)),
    ("a log-softmax too many", "Your result is the log-softmax of the expected rows.", lambda w: np.log(_softmax(w))),
    ("divided by the sum", "Your result is the expected one divided by its sum.", lambda w: w / w.sum()),
    (
        "rows divided by their sums",
        "Your rows are the expected ones divided by their sums.",
        lambda w: w / w.sum(-1, keepdims=True),
    ),
    (
        "rows of length 1",
        "Your rows are the expected ones, at unit length.",
        lambda w: w / np.sqrt((w * w).sum(-1, keepdims=True)),
    ),
    ("centred", "Your result is the expected one less its mean.", lambda w: w - w.mean()),
    (
        "another number in all places",
        "All your numbers are the mean of the expected ones.",
        lambda w: np.full_like(w, w.mean()),
    ),
    ("means of rows", "Your result has the means of the expected rows.", lambda w: w.mean(-1)),
    ("means of columns", "Your result has the means of the expected columns.", lambda w: w.mean(0)),
    ("sums of rows", "Your result has the sums of the expected rows.", lambda w: w.sum(-1)),
    ("sums of columns", "Your result has the sums of the expected columns.", lambda w: w.sum(0)),
    ("one row of it", "Your result is the first row of the expected one.", lambda w: w[0]),
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
NORMALISED: Table = [
    ("softmax missing", "The softmax of your rows is right.", lambda g: _softmax(g)),
    ("log-softmax missing", "The log-softmax of your rows is right.", lambda g: np.log(_softmax(g))),
    ("length 1 missing", "At unit length, your rows are right.", lambda g: g / np.sqrt((g * g).sum(-1, keepdims=True))),
    ("not centred", "Less its mean, your result is right.", lambda g: g - g.mean()),
    ("not centred, columns", "Less the means of its columns, your result is right.", lambda g: g - g.mean(0)),
    ("not added up", "The running sum of your result is right.", lambda g: np.cumsum(g, -1)),
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


def of_numbers(cases: list[Case]) -> Iterator[Relation]:
    """The relations that hold, the simplest first."""
    pairs = [case.pairs() for case in cases]
    if not all(pairs) or not _enough(pairs):
        return
    found = list(zip(cases, pairs, strict=True))

    def everywhere(make: Callable[[Numbers], Numbers], backwards: bool = False) -> bool:
        return all(
            _holds(case, *((w, g) if backwards else (g, w)), make) for case, several in found for g, w in several
        )

    with np.errstate(all="ignore"):
        for table, backwards in ((ELEMENTWISE, False), (RESHAPED, False), (APART, True)):
            for name, sentence, make in table:
                if everywhere(make, backwards):
                    yield Relation(name, sentence)
        yield from _parts_exchanged(cases)
        yield from _of_quantities(found)
        yield from _one_law_for_all(cases, pairs)
        yield from _of_an_order(found)
        yield from _off_by_a_statistic(found)
        for name, sentence, make in NORMALISED:
            if everywhere(make, backwards=True):
                yield Relation(name, sentence)


def _of_quantities(found: list[tuple[Case, list[tuple[Numbers, Numbers]]]]) -> Iterator[Relation]:
    """A factor, an offset or a power that is a scalar argument or a size; then a product or a ratio of two of them."""
    sizes = [quantities(case.arguments) for case, _ in found]
    shared = sorted(set.intersection(*map(set, sizes)))

    def everywhere(of: Callable[[Numbers, float], Numbers], number: Callable[[dict[str, float]], float]) -> bool:
        return all(
            _holds(case, g, w, partial(_with, of, number(size)))
            for (case, several), size in zip(found, sizes, strict=True)
            for g, w in several
        )

    for quantity in shared:
        for name, sentence, of in PER_QUANTITY:
            if everywhere(of, lambda size, quantity=quantity: size[quantity]):  # type: ignore[misc]
                yield Relation(name.format(quantity), sentence.format(quantity))
    different = [q for q in shared if len({size[q] for size in sizes}) > 1]  # one that never varies is a constant
    for a, b in itertools.combinations(different, 2):
        for one, two in ((a, b), (b, a)):
            if everywhere(lambda w, q: w * q, lambda size, one=one, two=two: size[one] / size[two]):  # type: ignore[misc]
                text = f"{one} over {two}"
                yield Relation(f"times {text}", f"Your result is the expected one times {text}.")
        for word, of in (("times", lambda w, q: w * q), ("divided by", lambda w, q: w / q)):
            if everywhere(of, lambda size, a=a, b=b: size[a] * size[b]):  # type: ignore[misc]
                text = f"{word} {a} and {b}"
                yield Relation(text, f"Your result is the expected one {text}.")


def _with(of: Callable[[Numbers, float], Numbers], quantity: float, w: Numbers) -> Numbers:
    return of(w, quantity)


def _one_law_for_all(cases: list[Case], pairs: Pairs) -> Iterator[Relation]:
    """One factor, one offset, one straight line or one power for all numbers of all probes."""
    flat = [(g, w) for several in pairs for g, w in several if g.shape == w.shape]
    if len(flat) < sum(map(len, pairs)):
        return
    g, w = (np.concatenate([pair[side].ravel() for pair in flat]) for side in (0, 1))
    case = min(cases, key=lambda one: one.probe.rtol)
    where = np.abs(w) > 1e-9
    if not np.isfinite(g).all() or not np.isfinite(w).all():
        return
    if where.sum() > ENOUGH and case.close(g, w * np.median(g[where] / w[where])):
        factor = np.median(g[where] / w[where])
        yield Relation("a constant factor", f"Your result is {factor:.4g} times the expected one.")
    elif len(w) > ENOUGH and case.close(g, w + np.median(g - w)):
        yield Relation(
            "a constant offset", f"Your result differs from the expected one by {np.median(g - w):+.4g}, always."
        )
    elif len({round(float(x), 6) for x in w}) > 2 * ENOUGH and (g != g[0]).any():
        a, b = np.polyfit(w, g, 1)
        if abs(a) > 1e-6 and case.close(g, a * w + b):
            yield Relation("a straight line", f"Your result is {a:.4g} times the expected one {b:+.4g}, always.")
        elif (w > 0).all() and (g > 0).all():
            p, c = np.polyfit(np.log(w), np.log(g), 1)
            if abs(p) > 1e-3 and case.close(np.log(g), p * np.log(w) + c):
                yield Relation(
                    "a power", f"Your result is {math.exp(c):.4g} times the expected one to the power of {p:.4g}."
                )


def _parts_exchanged(cases: list[Case]) -> Iterator[Relation]:
    """Two of several values that are returned, each in the place of the other, or one twice."""
    names = list(cases[0].want.values)
    if any(list(case.want.values) != names or list(case.got.values) != names for case in cases):
        return

    def is_that(case: Case, one: str, two: str) -> bool:
        return case.close(numbers(case.got.values[one]), numbers(case.want.values[two]))

    for one, two in itertools.permutations(names[:6], 2):
        if all(is_that(case, one, two) for case in cases) and not all(is_that(case, one, one) for case in cases):
            here, there = (f"value {int(n) + 1}" if n.isdigit() else f"{n!r}" for n in (one, two))
            if all(is_that(case, two, one) for case in cases):
                yield Relation(
                    "values exchanged",
                    f"What you return as {here} is what is expected as {there}, and the other way round.",
                )
            else:
                yield Relation("one value twice", f"What you return as {here} is what is expected as {there}.")


def _of_an_order(found: list[tuple[Case, list[tuple[Numbers, Numbers]]]]) -> Iterator[Relation]:
    """The right numbers in other places: of each row, or all over."""
    alike = [(case, g, w) for case, several in found for g, w in several if g.shape == w.shape and g.size > 2]
    if len(alike) < sum(len(several) for _, several in found):
        return
    if all(g.ndim > 1 and case.close(np.sort(g, -1), np.sort(w, -1)) for case, g, w in alike):
        yield Relation("rows in another order", "Each of your rows has the right numbers, in other places.")
    elif all(g.ndim > 1 and case.close(np.sort(g, 0), np.sort(w, 0)) for case, g, w in alike):
        yield Relation("columns in another order", "Each of your columns has the right numbers, in other places.")
    elif all(case.close(np.sort(g, None), np.sort(w, None)) for case, g, w in alike):
        yield Relation("another order", "You return the right numbers, in other places.")


def of_lines(cases: list[Case]) -> Iterator[Relation]:
    """Rows or columns, each of which is right up to a factor or an offset of its own."""
    found = [(case, case.pairs()) for case in cases]
    if not all(several for _, several in found):
        return
    alike = [(case, g, w) for case, several in found for g, w in several if g.shape == w.shape and g.ndim > 1]
    if len(alike) < sum(len(several) for _, several in found):
        return
    for word, axis in (("row", -1), ("column", 0)):
        if any(g.shape[axis] < 3 for _, g, _ in alike):
            continue
        if all(
            case.close(g, w * ((g * w).sum(axis, keepdims=True) / (w * w).sum(axis, keepdims=True)))
            for case, g, w in alike
        ):
            yield Relation(
                f"a factor for each {word}", f"Each {word} of your result is right up to a factor of its own."
            )
        if all(case.close(g, w + (g - w).mean(axis, keepdims=True)) for case, g, w in alike):
            yield Relation(
                f"an offset for each {word}",
                f"Each {word} of your result is right up to a number of its own that is added.",
            )


STATISTICS: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("the mean", lambda a: a.mean()),
    ("the sum", lambda a: a.sum()),
    ("the largest entry", lambda a: a.max()),
    ("the smallest entry", lambda a: a.min()),
    ("the standard deviation", lambda a: a.std()),
    ("the variance", lambda a: a.var()),
    ("the standard deviation (divided by n)", lambda a: a.std(correction=0)),
    ("the variance (divided by n)", lambda a: a.var(correction=0)),
    ("the sum of squares", lambda a: (a * a).sum()),
    ("the mean square", lambda a: (a * a).mean()),
    ("the length", lambda a: a.norm()),
    ("the mean length of the rows", lambda a: a.norm(dim=-1).mean()),
    ("the mean absolute value", lambda a: a.abs().mean()),
    ("the log-sum-exp", lambda a: a.flatten().logsumexp(0)),
    ("the entropy", lambda a: torch.special.entr(a).sum()),
    ("the mean diagonal", lambda a: a.diagonal().mean()),
]


def _off_by_a_statistic(found: list[tuple[Case, list[tuple[Numbers, Numbers]]]]) -> Iterator[Relation]:
    """A term too many or too few, or a factor, that is a statistic of one argument."""
    if len(found) < 2:
        return
    count = min(len(case.arguments) for case, _ in found)
    for place in range(count):
        if not all(
            isinstance(a := case.arguments[place], Tensor) and a.is_floating_point() and a.numel() > 1
            for case, _ in found
        ):
            continue
        for name, statistic in STATISTICS:
            try:
                known = [float(statistic(case.arguments[place].detach().double())) for case, _ in found]
            except (RuntimeError, IndexError):
                continue
            if not np.isfinite(known).all() or len({round(x, 6) for x in known}) < 2:
                continue
            what = f"{name} of argument {place + 1}"
            for word, text, of in OFF_BY:
                if all(
                    _holds(case, g, w, partial(_with, of, x))
                    for (case, several), x in zip(found, known, strict=True)
                    for g, w in several
                ):
                    yield Relation(f"{word} {what}", text.format(what))


OFF_BY: list[tuple[str, str, Callable[[Numbers, float], Numbers]]] = [
    ("plus", "Your result is too large by {}.", lambda w, x: w + x),
    ("minus", "Your result is too small by {}.", lambda w, x: w - x),
    ("plus half", "Your result is too large by half of {}.", lambda w, x: w + x / 2),
    ("minus half", "Your result is too small by half of {}.", lambda w, x: w - x / 2),
    ("plus twice", "Your result is too large by twice {}.", lambda w, x: w + 2 * x),
    ("minus twice", "Your result is too small by twice {}.", lambda w, x: w - 2 * x),
    ("times", "Your result is the expected one times {}.", lambda w, x: w * x),
    ("divided by", "Your result is the expected one divided by {}.", lambda w, x: w / x),
    ("is", "Your result is {}, and nothing else.", lambda w, x: np.full_like(w, x)),
]  # fmt: skip


def _softmax(x: Numbers) -> Numbers:
    weights = np.exp(x - x.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def quantities(arguments: Sequence[Any]) -> dict[str, float]:
    """Numbers of a call that a factor may be: scalar arguments, and the sizes of tensors, by what they are called."""
    found: dict[str, float] = {}
    for place, value in enumerate(arguments, 1):
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            found[f"argument {place}"] = float(value)
        if isinstance(value, Tensor) and value.dim() <= 3:
            found |= {f"size {axis} of argument {place}": float(n) for axis, n in enumerate(value.shape, 1) if n}
    return found


def _holds(case: Case, g: Numbers, w: Numbers, make: Callable[[Numbers], Numbers]) -> bool:
    try:
        return g.size > 0 < w.size and case.close(np.asarray(g), np.asarray(make(w)))
    except (ValueError, IndexError):
        return False


def _enough(pairs: Pairs) -> bool:
    """Whether the numbers that were expected are too many to be related by chance."""
    wanted = {round(float(x), 6) for several in pairs for _, w in several for x in w.ravel() if x not in (0.0, 1.0)}
    return len(wanted) >= ENOUGH * (2 if all(x == round(x) for x in wanted) else 1)
