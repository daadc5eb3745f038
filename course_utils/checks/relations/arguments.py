"""Relations of the function: it is right, but for other arguments than it was given (swapped, at unit length, one over one of them)."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from course_utils.checks.relations.case import Case, Change, Relation, graded, real
from course_utils.language import Sentence


def of_arguments(cases: list[Case]) -> Iterator[Relation]:
    """The changes of the arguments under which the result is right on every probe."""
    count = len(cases[0].arguments)
    if any(len(case.arguments) != count for case in cases):
        count = min(len(case.arguments) for case in cases)
    for name, sentence, change in CHANGES:
        if all(case.right_on(change) for case in cases):
            yield Relation(name, sentence)
    for i, j in itertools.combinations(range(count), 2):
        if all(_same_kind(case.arguments[i], case.arguments[j]) for case in cases) and all(
            case.right_on(_swap(i, j)) for case in cases
        ):
            text = Sentence("With arguments {} and {} swapped, your result is right.").format(i + 1, j + 1)
            yield Relation("arguments swapped", text)
    for i in range(count):
        for name, sentence, one in CHANGES_OF_ONE:
            if all(case.right_on(_at(i, one)) for case in cases):
                yield Relation(name, sentence.format(i + 1))


def _each_tensor(change: Callable[[Tensor], Tensor | None]) -> Change:
    """A change of every tensor of floating-point numbers, None if there is none."""

    def of(arguments: list[Any]) -> list[Any] | None:
        new = [change(a) if real(a) else a for a in arguments]
        return None if all(a is b for a, b in zip(arguments, new, strict=True)) or any(a is None for a in new) else new

    return of


def _unit(x: Tensor) -> Tensor | None:
    return torch.nn.functional.normalize(x, dim=-1) if x.dim() > 1 else None


def _joined(arguments: list[Any]) -> list[Any] | None:
    """The parts of a list of tensors as one."""
    new = [[torch.cat(list(a))] if isinstance(a, list) and a and isinstance(a[0], Tensor) else a for a in arguments]
    return new if any(isinstance(a, list) and a and isinstance(a[0], Tensor) for a in arguments) else None


CHANGES: list[tuple[str, Sentence, Change]] = [
    ("normalisation missing", Sentence("If the vectors are given unit length first, your result is right."), _each_tensor(_unit)),
    ("wrong axis of all", Sentence("With every table transposed your result is right."), _each_tensor(lambda a: a.T if a.dim() == 2 else a)),
    ("columns normalised", Sentence("If the columns are given unit length first, your result is right."), _each_tensor(lambda a: torch.nn.functional.normalize(a, dim=0) if a.dim() > 1 else None)),
    ("mean of means", Sentence("With all parts joined into one your result is right: yours is a mean of means."), _joined),
]  # fmt: skip
CHANGES_OF_ONE: list[tuple[str, Sentence, Callable[[Any], Any]]] = [
    ("inverse of an argument", Sentence("With one over argument {} your result is right: it divides where it should multiply, or the other way round."),
     lambda a: 1 / a if isinstance(a, float) and a else None),
    ("square of an argument", Sentence("With the square of argument {} your result is right."), lambda a: a * a if isinstance(a, float) else None),
    ("root of an argument", Sentence("With the root of argument {} your result is right."), lambda a: a**0.5 if isinstance(a, float) and a > 0 else None),
    ("one less in an argument", Sentence("With argument {} one smaller your result is right."), lambda a: a - 1 if type(a) is int else None),
    ("double an argument", Sentence("With argument {} doubled your result is right."), lambda a: 2 * a if isinstance(a, float) else None),
    ("half an argument", Sentence("With argument {} halved your result is right."), lambda a: a / 2 if isinstance(a, float) else None),
    ("an argument negated", Sentence("With minus argument {} your result is right."), lambda a: -a if graded(a) else None),
    ("log of an argument", Sentence("With the logarithm of argument {} your result is right."), lambda a: a.log() if graded(a) and (a > 0).all() else None),
    ("exp of an argument", Sentence("With exp of argument {} your result is right."), lambda a: a.exp() if graded(a) else None),
    ("square of numbers", Sentence("With argument {} squared your result is right."), lambda a: a * a if graded(a) else None),
    ("an argument transposed", Sentence("With argument {} transposed your result is right."), lambda a: a.T if real(a) and a.dim() == 2 else None),
    ("an argument normalised", Sentence("With argument {} divided by its sum your result is right."), lambda a: a / a.sum() if graded(a) and a.sum() else None),
    ("lengths of one argument", Sentence("With the vectors of argument {} at unit length your result is right."), lambda a: _unit(a) if real(a) else None),
    ("an argument reversed", Sentence("With argument {} in reverse order your result is right."), lambda a: a.flip(0) if isinstance(a, Tensor) and a.dim() else None),
    ("complement of an argument", Sentence("With 1 minus argument {} your result is right."), lambda a: 1 - a if real(a) or isinstance(a, float) else None),
    ("an argument inverted", Sentence("With True and False of argument {} exchanged, your result is right."), lambda a: ~a if isinstance(a, Tensor) and a.dtype == torch.bool else not a if isinstance(a, bool) else None),
    ("softmax of an argument", Sentence("With the softmax of argument {} your result is right."), lambda a: a.softmax(-1) if graded(a) and a.dim() else None),
    ("other axes of an argument", Sentence("With the last two axes of argument {} swapped your result is right."), lambda a: a.mT if real(a) and a.dim() > 2 else None),
    ("an argument centred", Sentence("With argument {} less its mean your result is right."), lambda a: a - a.mean() if graded(a) and a.numel() else None),
    ("an argument clipped", Sentence("With 0 in place of what is negative in argument {} your result is right."), lambda a: a.clamp(min=0) if graded(a) else None),
    ("absolute values of an argument", Sentence("With the absolute values of argument {} your result is right."), lambda a: a.abs() if graded(a) else None),
    ("an argument rolled forward", Sentence("With the rows of argument {} shifted by one place your result is right."), lambda a: a.roll(1, 0) if isinstance(a, Tensor) and a.dim() else None),
    ("an argument rolled back", Sentence("With the rows of argument {} shifted back by one place your result is right."), lambda a: a.roll(-1, 0) if isinstance(a, Tensor) and a.dim() else None),
    ("an argument sorted", Sentence("With argument {} in increasing order your result is right."), lambda a: a.sort(0).values if isinstance(a, Tensor) and a.dim() else None),
]  # fmt: skip


def _at(position: int, change: Callable[[Any], Any]) -> Change:
    def of(arguments: list[Any]) -> list[Any] | None:
        new = change(arguments[position])
        return None if new is None else [*arguments[:position], new, *arguments[position + 1 :]]

    return of


def _swap(i: int, j: int) -> Change:
    def of(arguments: list[Any]) -> list[Any]:
        arguments[i], arguments[j] = arguments[j], arguments[i]
        return arguments

    return of


def _same_kind(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and a.dim() == b.dim() and (a.dim() > 1 or a.shape == b.shape)
    return isinstance(a, float) and isinstance(b, float)  # a whole number is a size: another one may cost any memory
