"""Variations: changes of arguments that a law is about, such as rows reordered or all numbers multiplied. None asks for larger sizes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from course_utils.checks.relations.case import Change, real
from course_utils.language import Sentence, listed

FACTOR = 1.7


@dataclass(frozen=True)
class Variation:
    """A change of the arguments. phrase: "the rows of argument 1 are reordered". order: of the rows or columns, where it is one."""

    phrase: Sentence
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
            found[f"moved {i}"] = Variation(Sentence("argument {} changes").format(i + 1), _at(i, _moved))
        if isinstance(arguments[i], float) and arguments[i] > 0:
            found[f"smaller {i}"] = Variation(
                Sentence("argument {} becomes smaller").format(i + 1), _at(i, lambda a: a * 0.8)
            )
    for i in free:
        a, n = arguments[i], i + 1
        found[f"scaled {i}"] = Variation(
            Sentence("argument {} is multiplied by {}").format(n, FACTOR), _at(i, lambda a: a * FACTOR)
        )
        found[f"plus {i}"] = Variation(
            Sentence("a number is added to all of argument {}").format(n), _at(i, lambda a: a + 0.37)
        )
        found[f"minus {i}"] = Variation(Sentence("argument {} changes its sign").format(n), _at(i, lambda a: -a))
        if a.dim() > 1:
            found[f"rows scaled {i}"] = Variation(
                Sentence("each row of argument {} is multiplied by a number of its own").format(n), _at(i, _rows_scaled)
            )
            found[f"rows plus {i}"] = Variation(
                Sentence("a number of its own is added to each row of argument {}").format(n), _at(i, _rows_plus)
            )
            found[f"columns plus {i}"] = Variation(
                Sentence("a number of its own is added to each column of argument {}").format(n), _at(i, _columns_plus)
            )
            found[f"columns scaled {i}"] = Variation(
                Sentence("each column of argument {} is multiplied by a number of its own").format(n),
                _at(i, _columns_scaled),
            )
            for where, slot in PLACES.items():
                found[f"{where} {i}"] = Variation(
                    Sentence("only {} of argument {} changes").format(where, n), _at(i, partial(_there, slot))
                )
            found[f"first row {i}"] = Variation(
                Sentence("only the first row of argument {} changes").format(n), _at(i, _first_row)
            )
    for i in tensors:
        a, n = arguments[i], i + 1
        if a.dim() and len(a) > 1:
            found[f"rows {i}"] = Variation(
                Sentence("the rows of argument {} are reordered").format(n),
                _at(i, lambda a: a[_order(len(a))]),
                _order(len(a)),
            )
        if a.dim() > 1 and a.shape[-1] > 1:
            order = _order(a.shape[-1])
            found[f"columns {i}"] = Variation(
                Sentence("the columns of argument {} are reordered").format(n),
                _at(i, lambda a: a[..., _order(a.shape[-1])]),
                order,
            )
        if a.dim() == 2 and min(a.shape) > 1:
            found[f"transposed {i}"] = Variation(
                Sentence("argument {} is transposed").format(n), _at(i, lambda a: a.T.contiguous())
            )
        if a.dtype == torch.bool:
            found[f"flipped {i}"] = Variation(
                Sentence("True and False of argument {} are exchanged").format(n), _at(i, lambda a: ~a)
            )
    for dim, name in ((0, Sentence("rows")), (-1, Sentence("columns"))):
        for size in {arguments[i].shape[dim] for i in tensors if arguments[i].dim() > (dim != 0)} - {0, 1}:
            those = [i for i in tensors if arguments[i].dim() > (dim != 0) and arguments[i].shape[dim] == size]
            if len(those) > 1:
                words = " and ".join(str(i + 1) for i in those)
                found[f"{name} of {words}"] = Variation(
                    Sentence("the {} of arguments {} are reordered alike").format(
                        name, listed([i + 1 for i in those], Sentence("{} and {}"))
                    ),
                    _together(those, dim),
                    _order(size),
                )
    if len(free) > 1:
        found["all scaled"] = Variation(
            Sentence("all arguments with numbers are multiplied by {}").format(FACTOR), _all(free, lambda a: a * FACTOR)
        )
        if _interchangeable(arguments[free[0]], arguments[free[1]]):
            found["exchanged"] = Variation(
                Sentence("arguments {} and {} are exchanged").format(free[0] + 1, free[1] + 1),
                _exchanged(free[0], free[1]),
            )
    return found


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


PLACES: dict[Sentence, Callable[[Tensor], Tensor | None]] = {
    Sentence("the last row"): lambda a: (
        (torch.arange(len(a)) == len(a) - 1).view(-1, *[1] * (a.dim() - 1)).expand(a.shape)
    ),
    Sentence("the second row"): lambda a: (torch.arange(len(a)) == 1).view(-1, *[1] * (a.dim() - 1)).expand(a.shape),
    Sentence("the first column"): lambda a: (torch.arange(a.shape[-1]) == 0).expand(a.shape),
    Sentence("the last column"): lambda a: (torch.arange(a.shape[-1]) == a.shape[-1] - 1).expand(a.shape),
    Sentence("the diagonal"): _grid(lambda i, j: i == j),
    Sentence("what is above the diagonal"): _grid(lambda i, j: i < j),
    Sentence("what is below the diagonal"): _grid(lambda i, j: i > j),
    Sentence("what is negative"): lambda a: a < 0,
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
