"""Relations of the numbers got to the numbers expected: an operation too many or too few, a size or an argument as a factor, a power, an
order. Each holds, to the tolerance of the probe, for all numbers that differ, of every probe that failed.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from course_utils.checks.relations.case import Case, Numbers, Relation, numbers
from course_utils.checks.relations.tables import (
    APART,
    ELEMENTWISE,
    NORMALISED,
    OFF_BY,
    PER_QUANTITY,
    RESHAPED,
    STATISTICS,
)
from course_utils.language import Sentence

LINES = (
    (
        "row",
        -1,
        Sentence("Each row of your result is right up to a factor of its own."),
        Sentence("Each row of your result is right up to a number of its own that is added."),
    ),
    (
        "column",
        0,
        Sentence("Each column of your result is right up to a factor of its own."),
        Sentence("Each column of your result is right up to a number of its own that is added."),
    ),
)
ENOUGH = 2  # different numbers that a relation must hold on; of whole numbers, twice as many
Pairs = list[list[tuple[Numbers, Numbers]]]  # for each case, (got, expected) of the arrays that differ


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

    def everywhere(of: Callable[[Numbers, float], Numbers], number: Callable[[dict[Sentence, float]], float]) -> bool:
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
                text = Sentence("Your result is the expected one times {} over {}.").format(one, two)
                yield Relation(f"times {one} over {two}", text)
        for word, text, of in (
            ("times", Sentence("Your result is the expected one times {} and {}."), lambda w, q: w * q),
            ("divided by", Sentence("Your result is the expected one divided by {} and {}."), lambda w, q: w / q),
        ):
            if everywhere(of, lambda size, a=a, b=b: size[a] * size[b]):  # type: ignore[misc]
                yield Relation(f"{word} {a} and {b}", text.format(a, b))


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
        yield Relation("a constant factor", Sentence("Your result is {:.4g} times the expected one.").format(factor))
    elif len(w) > ENOUGH and case.close(g, w + np.median(g - w)):
        yield Relation(
            "a constant offset",
            Sentence("Your result differs from the expected one by {:+.4g}, always.").format(np.median(g - w)),
        )
    elif len({round(float(x), 6) for x in w}) > 2 * ENOUGH and (g != g[0]).any():
        a, b = np.polyfit(w, g, 1)
        if abs(a) > 1e-6 and case.close(g, a * w + b):
            text = Sentence("Your result is {:.4g} times the expected one {:+.4g}, always.").format(a, b)
            yield Relation("a straight line", text)
        elif (w > 0).all() and (g > 0).all():
            p, c = np.polyfit(np.log(w), np.log(g), 1)
            if abs(p) > 1e-3 and case.close(np.log(g), p * np.log(w) + c):
                text = Sentence("Your result is {:.4g} times the expected one to the power of {:.4g}.")
                yield Relation("a power", text.format(math.exp(c), p))


def _parts_exchanged(cases: list[Case]) -> Iterator[Relation]:
    """Two of several values that are returned, each in the place of the other, or one twice."""
    names = list(cases[0].want.values)
    if any(list(case.want.values) != names or list(case.got.values) != names for case in cases):
        return

    def is_that(case: Case, one: str, two: str) -> bool:
        return case.close(numbers(case.got.values[one]), numbers(case.want.values[two]))

    for one, two in itertools.permutations(names[:6], 2):
        if all(is_that(case, one, two) for case in cases) and not all(is_that(case, one, one) for case in cases):
            here, there = (Sentence("value {}").format(int(n) + 1) if n.isdigit() else repr(n) for n in (one, two))
            if all(is_that(case, two, one) for case in cases):
                yield Relation(
                    "values exchanged",
                    Sentence("What you return as {} is what is expected as {}, and the other way round.").format(
                        here, there
                    ),
                )
            else:
                text = Sentence("What you return as {} is what is expected as {}.").format(here, there)
                yield Relation("one value twice", text)


def _of_an_order(found: list[tuple[Case, list[tuple[Numbers, Numbers]]]]) -> Iterator[Relation]:
    """The right numbers in other places: of each row, or all over."""
    alike = [(case, g, w) for case, several in found for g, w in several if g.shape == w.shape and g.size > 2]
    if len(alike) < sum(len(several) for _, several in found):
        return
    if all(g.ndim > 1 and case.close(np.sort(g, -1), np.sort(w, -1)) for case, g, w in alike):
        yield Relation("rows in another order", Sentence("Each of your rows has the right numbers, in other places."))
    elif all(g.ndim > 1 and case.close(np.sort(g, 0), np.sort(w, 0)) for case, g, w in alike):
        yield Relation(
            "columns in another order", Sentence("Each of your columns has the right numbers, in other places.")
        )
    elif all(case.close(np.sort(g, None), np.sort(w, None)) for case, g, w in alike):
        yield Relation("another order", Sentence("You return the right numbers, in other places."))


def of_lines(cases: list[Case]) -> Iterator[Relation]:
    """Rows or columns, each of which is right up to a factor or an offset of its own."""
    found = [(case, case.pairs()) for case in cases]
    if not all(several for _, several in found):
        return
    alike = [(case, g, w) for case, several in found for g, w in several if g.shape == w.shape and g.ndim > 1]
    if len(alike) < sum(len(several) for _, several in found):
        return
    for word, axis, factor, offset in LINES:
        if any(g.shape[axis] < 3 for _, g, _ in alike):
            continue
        if all(
            case.close(g, w * ((g * w).sum(axis, keepdims=True) / (w * w).sum(axis, keepdims=True)))
            for case, g, w in alike
        ):
            yield Relation(f"a factor for each {word}", factor)
        if all(case.close(g, w + (g - w).mean(axis, keepdims=True)) for case, g, w in alike):
            yield Relation(f"an offset for each {word}", offset)


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
            what = Sentence("{} of argument {}").format(name, place + 1)
            for word, text, of in OFF_BY:
                if all(
                    _holds(case, g, w, partial(_with, of, x))
                    for (case, several), x in zip(found, known, strict=True)
                    for g, w in several
                ):
                    yield Relation(f"{word} {what}", text.format(what))


def quantities(arguments: Sequence[Any]) -> dict[Sentence, float]:
    """Numbers of a call that a factor may be: scalar arguments, and the sizes of tensors, by what they are called."""
    found: dict[Sentence, float] = {}
    for place, value in enumerate(arguments, 1):
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            found[Sentence("argument {}").format(place)] = float(value)
        if isinstance(value, Tensor) and value.dim() <= 3:
            name = Sentence("size {} of argument {}")
            found |= {name.format(axis, place): float(n) for axis, n in enumerate(value.shape, 1) if n}
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
