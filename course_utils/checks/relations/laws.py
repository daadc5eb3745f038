"""Laws: what a change of the arguments does to the right result, and should do to any.

A loss does not change when the rows of a batch are reordered, a table of cosines not with the lengths of the vectors, a probability with
every argument it is given. Which of these laws an exercise has is found by calling the right answer on changed arguments (`responses`);
the public ones ship with the fingerprints as words. A law is broken where a wrong answer responds differently.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.observation import Array, Observation
from course_utils.checks.probe import Probe
from course_utils.checks.relations.case import SLOW, Case, Change, Clock, Numbers, Relation, made, numbers, quiet, real

STILL, SAME, OTHER, ALONG, ACROSS = "still", "same", "other", "rows along", "columns along"
TIMES, MINUS, FIRST, UP, DOWN = "times", "minus", "first row", "up", "down"
FACTOR = 1.7
SEVERAL = 4  # probes that are called again
DIRECTED = ("smaller ", "scaled ", "plus ")  # variations after which all numbers may rise, or fall
SHOULD = {
    SAME: "your result changes, and should not",
    OTHER: "your result stays as it is, and should change",
    ALONG: "the rows of your result should be reordered alike, and are not",
    ACROSS: "the columns of your result should be reordered alike, and are not",
    TIMES: "your result should be multiplied by the same number, and is not",
    MINUS: "your result should change its sign, and does not",
    FIRST: "only the first row of your result should change",
    UP: "your result should become larger, and does not",
    DOWN: "your result should become smaller, and does not",
}


@dataclass(frozen=True)
class Variation:
    """A change of the arguments. phrase: "the rows of argument 1 are reordered". order: of the rows or columns, where it is one."""

    phrase: str
    change: Change
    order: Tensor | None = None


def variations(arguments: list[Any]) -> dict[str, Variation]:
    """Changes of these arguments by their names, which are the same for all probes of an exercise."""
    found: dict[str, Variation] = {}
    tensors = [i for i, a in enumerate(arguments) if isinstance(a, Tensor)]
    floats = [i for i in tensors if real(arguments[i])]
    free = [i for i in floats if not _shares(arguments[i])]
    for i in range(len(arguments)):
        if _moved(arguments[i]) is not None:
            found[f"moved {i}"] = Variation(f"argument {i + 1} changes", _at(i, _moved))
        if isinstance(arguments[i], float) and arguments[i] > 0:
            found[f"smaller {i}"] = Variation(f"argument {i + 1} becomes smaller", _at(i, lambda a: a * 0.8))
    for i in free:
        a, n = arguments[i], i + 1
        found[f"scaled {i}"] = Variation(f"argument {n} is multiplied by {FACTOR}", _at(i, lambda a: a * FACTOR))
        found[f"plus {i}"] = Variation(f"a number is added to all of argument {n}", _at(i, lambda a: a + 0.37))
        found[f"minus {i}"] = Variation(f"argument {n} changes its sign", _at(i, lambda a: -a))
        if a.dim() > 1:
            found[f"rows scaled {i}"] = Variation(
                f"each row of argument {n} is multiplied by a number of its own", _at(i, _rows_scaled)
            )
            found[f"rows plus {i}"] = Variation(
                f"a number of its own is added to each row of argument {n}", _at(i, _rows_plus)
            )
            found[f"columns plus {i}"] = Variation(
                f"a number of its own is added to each column of argument {n}", _at(i, _columns_plus)
            )
            found[f"columns scaled {i}"] = Variation(
                f"each column of argument {n} is multiplied by a number of its own", _at(i, _columns_scaled)
            )
            for where, slot in PLACES.items():
                found[f"{where} {i}"] = Variation(
                    f"only {where} of argument {n} changes", _at(i, partial(_there, slot))
                )
            found[f"first row {i}"] = Variation(f"only the first row of argument {n} changes", _at(i, _first_row))
    for i in tensors:
        a, n = arguments[i], i + 1
        if a.dim() and len(a) > 1:
            found[f"rows {i}"] = Variation(
                f"the rows of argument {n} are reordered", _at(i, lambda a: a[_order(len(a))]), _order(len(a))
            )
        if a.dim() > 1 and a.shape[-1] > 1:
            order = _order(a.shape[-1])
            found[f"columns {i}"] = Variation(
                f"the columns of argument {n} are reordered", _at(i, lambda a: a[..., _order(a.shape[-1])]), order
            )
        if a.dim() == 2 and min(a.shape) > 1:
            found[f"transposed {i}"] = Variation(f"argument {n} is transposed", _at(i, lambda a: a.T.contiguous()))
        if a.dtype == torch.bool:
            found[f"flipped {i}"] = Variation(f"True and False of argument {n} are exchanged", _at(i, lambda a: ~a))
    for dim, name in ((0, "rows"), (-1, "columns")):
        for size in {arguments[i].shape[dim] for i in tensors if arguments[i].dim() > (dim != 0)} - {0, 1}:
            those = [i for i in tensors if arguments[i].dim() > (dim != 0) and arguments[i].shape[dim] == size]
            if len(those) > 1:
                words = " and ".join(str(i + 1) for i in those)
                found[f"{name} of {words}"] = Variation(
                    f"the {name} of arguments {words} are reordered alike", _together(those, dim), _order(size)
                )
    if len(free) > 1:
        found["all scaled"] = Variation(
            f"all arguments with numbers are multiplied by {FACTOR}", _all(free, lambda a: a * FACTOR)
        )
        if _interchangeable(arguments[free[0]], arguments[free[1]]):
            found["exchanged"] = Variation(
                f"arguments {free[0] + 1} and {free[1] + 1} are exchanged", _exchanged(free[0], free[1])
            )
    return found


def responses(probe: Probe, function: Callable[..., Any], plain: Observation) -> dict[str, str]:
    """What each variation of a probe's arguments does to the result, where it can be told. plain: what is seen without one."""
    if probe.law or probe.seconds > SLOW or plain.failure:
        return {}
    case = Case(probe, plain, plain, made(probe), function, Clock(math.inf, SLOW))  # the same on a busy machine
    with quiet():
        named = {name: respond(case, name, one) for name, one in variations(list(case.arguments)).items()}
    return {name: SAME if response == STILL else response for name, response in named.items() if response}


def respond(case: Case, name: str, variation: Variation) -> str | None:
    """The response of a function to a variation; None where it fails, or the numbers are too near to tell."""
    after = case.on(variation.change)
    if after is None or after.failure or after.values.keys() != case.got.values.keys():
        return None
    if after.values == case.got.values:
        return STILL
    found = {_response(case.got.values[key], array, variation) for key, array in after.values.items()}
    response = found.pop() if len(found) == 1 else OTHER if None not in found else None
    if response == OTHER and name.startswith(DIRECTED):
        pairs = [(numbers(case.got.values[key]), numbers(array)) for key, array in after.values.items()]
        if all(a.shape == b.shape and (a < b).all() for a, b in pairs):
            return UP
        if all(a.shape == b.shape and (a > b).all() for a, b in pairs):
            return DOWN
    return response


def _response(before: Array, after: Array, variation: Variation) -> str | None:
    """One array's."""
    if before.shape != after.shape:
        return OTHER
    a, b = numbers(before), numbers(after)
    whole = a.shape == before.shape

    def close(x: Numbers, y: Numbers, tolerance: float = 1e-4) -> bool:
        scale = float(np.abs(np.where(np.isfinite(x), x, 0)).max(initial=0))
        return bool(np.allclose(x, y, rtol=tolerance, atol=max(1e-6, tolerance * scale), equal_nan=True))

    if close(a, b):
        return SAME
    if not np.isfinite(a).all() or not np.isfinite(b).all():
        return OTHER if whole else None
    if variation.order is not None and whole:
        order = variation.order.numpy()
        if a.ndim and a.shape[0] == len(order) and close(a[order], b):
            return ALONG
        if a.ndim and a.shape[-1] == len(order) and close(a[..., order], b):
            return ACROSS
    if close(a * FACTOR, b):
        return TIMES
    if close(-a, b):
        return MINUS
    if whole and a.ndim and len(a) > 1 and close(a[1:], b[1:]):
        return FIRST
    return None if close(a, b, 1e-2) else OTHER


def of_laws(cases: list[Case], expected: dict[str, dict[str, str]]) -> Iterator[Relation]:
    """Laws that are broken on probes that failed, and kept by the right answer on all. expected: probe -> its `responses`.

    Of the probes that failed, the first few are looked at. What should change, and does not, must stay the same to the last digit on each
    of them; another law must be broken on most.
    """
    where = "Your result" if len(cases) == len(expected) else "Where you are wrong, your result"
    cases = [case for case in cases if expected.get(case.probe.name)][:SEVERAL]
    found = {case.probe.name: variations(list(case.arguments)) for case in cases}
    for name in dict.fromkeys(name for variations in found.values() for name in variations):
        law = _law([right[name] for right in expected.values() if name in right])
        there = [
            case for case in cases if expected[case.probe.name].get(name) not in (None, SAME if law != SAME else None)
        ]
        there = [case for case in there if name in found[case.probe.name]]
        if law is None or not there or (law == SAME and not _symmetry(name, there)):
            continue
        answers = [respond(case, name, found[case.probe.name][name]) for case in there]
        if law == OTHER:
            broken = all(answer == STILL for answer in answers) and (len(there) > 1 or not _whole(there))
        else:
            told = [answer not in ((SAME, STILL) if law == SAME else (law,)) for answer in answers if answer]
            broken = 2 * sum(told) > len(told)
        if broken and law == OTHER and name.startswith("moved "):
            n = int(name.split()[1]) + 1
            yield Relation("an argument ignored", f"{where} does not depend on argument {n}, and should.")
        elif broken:
            phrase = found[there[0].probe.name][name].phrase
            yield Relation(f"{_kind(name)}: {law} expected", f"When {phrase}, {SHOULD[law]}.", "law")


def _law(right: list[str]) -> str | None:
    """The response that all right ones are, but where nothing changes; None for no law."""
    moving = [response for response in right if response != SAME]
    if not moving:
        return SAME if right else None
    if len(set(moving)) == 1 and (moving[0] not in (UP, DOWN) or len(moving) > 2):
        return moving[0] if 2 * len(moving) >= len(right) else None
    return OTHER if 2 * len(moving) >= len(right) else None


def _symmetry(name: str, cases: list[Case]) -> bool:
    """Whether it is a law that nothing changes: not where whole numbers, such as classes, stay the same after a small step."""
    exact = (
        name.startswith(("rows ", "columns ", "transposed ", "exchanged", "flipped "))
        and "scaled" not in name
        and "plus" not in name
    )
    return exact or not (name.startswith("moved ") or _whole(cases))


def _whole(cases: list[Case]) -> bool:
    """Whether all that is expected are whole numbers."""
    return all(
        x == round(x) for case in cases for array in case.want.values.values() for x in array.data if np.isfinite(x)
    )


def _kind(name: str) -> str:
    return name.rstrip("0123456789 and").removesuffix(" of")


# --- the changes


def _moved(value: Any) -> Any:
    """Another value of the same kind, None for what cannot be changed simply; a whole number never becomes larger."""
    if isinstance(value, bool):
        return not value
    if real(value) and value.numel():
        return value * 0.7 + 0.1 * torch.arange(value.numel()).view(value.shape).to(value) / value.numel()
    if isinstance(value, Tensor) and value.dtype == torch.bool and value.numel():
        return ~value
    if (
        isinstance(value, Tensor)
        and value.dtype == torch.int64
        and value.numel() > 1
        and (value != value.flatten()[0]).any()
    ):
        return value.flatten().roll(1).view(value.shape)
    if isinstance(value, float):
        return 0.7 * value + 0.05
    if isinstance(value, int) and value > 1:
        return value - 1
    return None


def _shares(value: Tensor) -> bool:
    """Whether the numbers are probabilities, which add up to 1: then others would not be what was promised."""
    if not value.numel() or not value.isfinite().all() or (value < 0).any():
        return False
    sums = [value.sum(), *(value.sum(dim) for dim in range(value.dim()))]
    return any(torch.allclose(one, torch.ones_like(one), atol=1e-4) for one in sums)


def _interchangeable(a: Tensor, b: Tensor) -> bool:
    """Whether each may stand for the other: sizes of a million are no losses."""
    sizes = [float(x.abs().max()) if x.numel() else 0.0 for x in (a, b)]
    return a.shape == b.shape and max(sizes) <= 100 * min(sizes)


def _order(n: int) -> Tensor:
    """A fixed reordering of n places that leaves none where it was, the same for equal n."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(n)).roll(1) if n > 3 else torch.arange(n).roll(1)


def _ramp(n: int, like: Tensor) -> Tensor:
    return torch.linspace(0.5, 1.8, n).to(like) if n > 1 else torch.full((n,), 1.3).to(like)


def _rows_scaled(a: Tensor) -> Tensor:
    return a * _ramp(a.shape[:-1].numel(), a).view(*a.shape[:-1], 1)


def _rows_plus(a: Tensor) -> Tensor:
    return a + _ramp(a.shape[:-1].numel(), a).view(*a.shape[:-1], 1)


def _columns_plus(a: Tensor) -> Tensor:
    return a + _ramp(a.shape[-1], a)


def _columns_scaled(a: Tensor) -> Tensor:
    return a * _ramp(a.shape[-1], a)


def _first_row(a: Tensor) -> Tensor | None:
    if len(a) < 2:
        return None
    a[0] = a[0] * 0.6 + 0.2 * torch.arange(a[0].numel()).view(a[0].shape).to(a) / a[0].numel()
    return a


def _there(slot: Callable[[Tensor], Tensor | None], a: Tensor) -> Tensor | None:
    """Another value at those entries."""
    where = slot(a)
    if where is None or not where.any() or where.all():
        return None
    return torch.where(where, a * 0.6 + 0.2 * torch.arange(a.numel()).view(a.shape).to(a) / a.numel() + 0.05, a)


def _grid(test: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor], Tensor | None]:
    return lambda a: (
        test(torch.arange(a.shape[-2])[:, None], torch.arange(a.shape[-1])[None]).expand(a.shape)
        if a.dim() > 1
        else None
    )


PLACES: dict[str, Callable[[Tensor], Tensor | None]] = {
    "the last row": lambda a: (torch.arange(len(a)) == len(a) - 1).view(-1, *[1] * (a.dim() - 1)).expand(a.shape),
    "the second row": lambda a: (torch.arange(len(a)) == 1).view(-1, *[1] * (a.dim() - 1)).expand(a.shape),
    "the first column": lambda a: (torch.arange(a.shape[-1]) == 0).expand(a.shape),
    "the last column": lambda a: (torch.arange(a.shape[-1]) == a.shape[-1] - 1).expand(a.shape),
    "the diagonal": _grid(lambda i, j: i == j),
    "what is above the diagonal": _grid(lambda i, j: i < j),
    "what is below the diagonal": _grid(lambda i, j: i > j),
    "what is negative": lambda a: a < 0,
}


def _at(position: int, change: Callable[[Any], Any]) -> Change:
    def of(arguments: list[Any]) -> list[Any] | None:
        new = change(arguments[position])
        return None if new is None else [*arguments[:position], new, *arguments[position + 1 :]]

    return of


def _all(positions: list[int], change: Callable[[Any], Any]) -> Change:
    return lambda arguments: [change(a) if i in positions else a for i, a in enumerate(arguments)]


def _together(positions: list[int], dim: int) -> Change:
    return lambda arguments: [
        a.index_select(dim, _order(a.shape[dim])) if i in positions else a for i, a in enumerate(arguments)
    ]


def _exchanged(i: int, j: int) -> Change:
    def of(arguments: list[Any]) -> list[Any]:
        arguments[i], arguments[j] = arguments[j], arguments[i]
        return arguments

    return of
