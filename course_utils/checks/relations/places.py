"""Places: where a wrong answer is wrong. Which of the values it returns, which entries of them, which calls.

A place is said only if it is exact: everything wrong lies in it, and, where it is a property of entries or of calls, everything right does
not. Of calls there must be some of either side.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe
from course_utils.checks.relations.case import Case, Numbers, Relation, made, numbers, real
from course_utils.checks.rules import part
from course_utils.language import Sentence, listed

FEW = 8  # of the values that are returned: more are not listed


def of_entries(cases: list[Case]) -> Iterator[Relation]:
    """The entries that are wrong on every probe that failed."""
    for name, where in ENTRIES.items():
        if all(_only_there(case, where) for case in cases):
            yield Relation(f"entries: {name}", Sentence("Right, but for {}.").format(name), "place")
    for place in range(min(len(case.arguments) for case in cases)):
        for name, of in ENTRIES_OF_AN_ARGUMENT.items():
            if all(_only_there(case, lambda w, case=case: of(case.arguments[place], w)) for case in cases):  # type: ignore[misc]  # noqa: B023
                text = Sentence("Right, but for the entries where argument {} {}.").format(place + 1, name)
                yield Relation(f"entries: {name}", text, "place")


def of_values(cases: list[Case]) -> Iterator[Relation]:
    """The values, or the gradients, that are wrong on every probe that failed."""
    yield from _of_gradients(cases)
    yield from _of_values(cases)


def _of_gradients(cases: list[Case]) -> Iterator[Relation]:
    """The numbers are right, and gradients wrong: of all arguments, or of some."""
    if not all(_right(case, case.got.values, case.want.values) for case in cases):
        return
    wrong = [
        {
            k
            for k, v in case.want.gradients.items()
            if v is not None and (g := case.got.gradients.get(k)) is not None and _off(case, g, v)
        }
        for case in cases
    ]
    if all(wrong):
        names = sorted(set.union(*wrong))
        text = Sentence(
            "The numbers are right; the gradient of argument {} is not: something is detached, or counted twice."
        )
        yield Relation(
            "the gradient alone", text.format(listed([int(name) + 1 for name in names], Sentence("{} and {}"))), "place"
        )


def _of_values(cases: list[Case]) -> Iterator[Relation]:
    """Some of several values."""
    if any(case.got.values.keys() != case.want.values.keys() for case in cases):
        return
    wrong = [{k for k, v in case.want.values.items() if _off(case, case.got.values[k], v)} for case in cases]
    every = set.union(*(set(case.want.values) for case in cases))
    bad = set.union(*wrong)
    if (
        all(wrong)
        and bad != every
        and len(every) > 1
        and all(bad & set(c.want.values) == w for c, w in zip(cases, wrong, strict=True))
    ):

        def words(names: set[str]) -> Sentence:
            said = [part(name) for name in sorted(names)]
            few = listed(said[:FEW])
            return few + Sentence(" and {} more").format(len(said) - FEW) if len(said) > FEW else few

        text = Sentence("Right: {}. Wrong, wherever you are wrong: {}.").format(words(every - bad), words(bad))
        yield Relation("some of the values", text, "place")


def _right(case: Case, got: dict[str, Any], want: dict[str, Any]) -> bool:
    return got.keys() == want.keys() and not any(_off(case, got[key], want[key]) for key in want)


def _off(case: Case, got: Any, want: Any) -> bool:
    return got.shape != want.shape or not case.close(numbers(got), numbers(want))


def _only_there(case: Case, where: Callable[[Numbers], Any]) -> bool:
    """Whether the entries that are wrong are just those, and there are others."""
    for g, w in case.pairs():
        if g.shape != w.shape or not w.ndim or w.size < 3:
            return False
        try:
            there = where(w)
            there = None if there is None else np.broadcast_to(there, w.shape)
        except (ValueError, IndexError, RuntimeError):
            return False
        off = case.off(g, w)
        if there is None or not off.any() or (off & ~there).any() or off.sum() * 2 < there.sum() or there.all():
            return False
    return bool(case.pairs())


def _place(index: int, axis: int) -> Callable[[Numbers], Any]:
    def of(w: Numbers) -> Any:
        if w.ndim <= max(axis, -1 - axis) or w.shape[axis] < 2:
            return None
        there = np.zeros(w.shape[axis], dtype=bool)
        there[index] = True
        return np.moveaxis(np.broadcast_to(there, (*np.delete(w.shape, axis % w.ndim), w.shape[axis])), -1, axis)

    return of


def _but(place: Callable[[Numbers], Any]) -> Callable[[Numbers], Any]:
    def of(w: Numbers) -> Any:
        there = place(w)
        return None if there is None else ~there

    return of


def _on_the_grid(test: Callable[[Any, Any], Any]) -> Callable[[Numbers], Any]:
    return lambda w: test(np.arange(w.shape[-2])[:, None], np.arange(w.shape[-1])[None]) if w.ndim > 1 else None


ENTRIES: dict[Sentence, Callable[[Numbers], Any]] = {
    Sentence("the first row"): _place(0, 0),
    Sentence("the last row"): _place(-1, 0),
    Sentence("the first column"): _place(0, -1),
    Sentence("the last column"): _place(-1, -1),
    Sentence("the diagonal"): _on_the_grid(lambda i, j: i == j),
    Sentence("what is off the diagonal"): _on_the_grid(lambda i, j: i != j),
    Sentence("what is above the diagonal"): _on_the_grid(lambda i, j: i < j),
    Sentence("what is below the diagonal"): _on_the_grid(lambda i, j: i > j),
    Sentence("the diagonal and what is above it"): _on_the_grid(lambda i, j: i <= j),
    Sentence("the diagonal and what is below it"): _on_the_grid(lambda i, j: i >= j),
    Sentence("all rows after the first"): _but(_place(0, 0)),
    Sentence("all columns after the first"): _but(_place(0, -1)),
    Sentence("entries that should be 0"): lambda w: w == 0,
    Sentence("entries that should be 1"): lambda w: w == 1,
    Sentence("entries that should not be 0"): lambda w: w != 0,
    Sentence("entries that should be negative"): lambda w: w < 0,
    Sentence("entries that should be positive"): lambda w: w > 0,
    Sentence("entries that should be infinite"): lambda w: ~np.isfinite(w),
    Sentence("the largest of each row"): lambda w: w == w.max(-1, keepdims=True),
    Sentence("the smallest of each row"): lambda w: w == w.min(-1, keepdims=True),
    Sentence("every second row"): lambda w: (np.arange(len(w)) % 2 == 1).reshape(-1, *[1] * (w.ndim - 1)),
    Sentence("the first half of the rows"): lambda w: (np.arange(len(w)) < len(w) / 2).reshape(-1, *[1] * (w.ndim - 1)),
    Sentence("the second half of the rows"): lambda w: (np.arange(len(w)) >= len(w) / 2).reshape(
        -1, *[1] * (w.ndim - 1)
    ),
}


def _array(a: Any, w: Numbers) -> Numbers | None:
    """An argument as numbers that lie beside those of the result, row by row or entry by entry."""
    if not isinstance(a, Tensor) or a.is_complex() or not a.numel() or a.numel() > 4096:
        return None
    x = a.detach().cpu().double().numpy()
    if x.shape == w.shape:
        return x
    if x.ndim < w.ndim and w.shape[: x.ndim] == x.shape:
        return x.reshape(*x.shape, *[1] * (w.ndim - x.ndim))
    if x.ndim < w.ndim and w.shape[w.ndim - x.ndim :] == x.shape:
        return x
    return None


def _where(test: Callable[[Numbers], Any]) -> Callable[[Any, Numbers], Any]:
    def of(a: Any, w: Numbers) -> Any:
        x = _array(a, w)
        return None if x is None else test(x)

    return of


ENTRIES_OF_AN_ARGUMENT: dict[Sentence, Callable[[Any, Numbers], Any]] = {
    Sentence("is 0 or False"): _where(lambda x: x == 0),
    Sentence("is 1 or True"): _where(lambda x: x == 1),
    Sentence("is not 0"): _where(lambda x: x != 0),
    Sentence("is negative"): _where(lambda x: x < 0),
    Sentence("is positive"): _where(lambda x: x > 0),
    Sentence("is its largest"): _where(lambda x: x == x.max()),
    Sentence("is its smallest"): _where(lambda x: x == x.min()),
    Sentence("has a value that occurs more than once"): _where(
        lambda x: (x.ravel()[:, None] == x.ravel()).sum(1).reshape(x.shape) > 1
    ),
}


def of_calls(probes: list[Probe], wrong: set[str], reference: dict[str, Observation]) -> Iterator[Relation]:
    """A property of the arguments that all calls with a wrong result have, and none with a right one; then the ordinary case."""
    if not wrong or len(wrong) == len(probes):
        return
    plain = [probe for probe in probes if not probe.law]
    arguments = {probe.name: list(made(probe)) for probe in plain}
    here = [probe.name for probe in plain if probe.name in wrong]
    there = [probe.name for probe in plain if probe.name not in wrong]
    for few, of in ((1, kinds), (2, properties)):
        if min(len(here), len(there)) < few:
            continue
        said = {probe.name: of(arguments[probe.name], reference[probe.name]) for probe in plain}
        for text in sorted(set.intersection(*(said[name] for name in here)), key=lambda one: (len(one), one)):
            if not any(text in said[name] for name in there):
                yield Relation(
                    f"calls: {_without_numbers(text)}",
                    Sentence("Right in every call but those in which {}.").format(text),
                    "place",
                )
        if of is properties:
            break  # of a special case the opposite is the ordinary one, of which this says nothing
        for text in sorted(set.intersection(*(said[name] for name in there)), key=lambda one: (len(one), one)):
            if not any(text in said[name] for name in here):
                yield Relation(
                    f"calls: not {_without_numbers(text)}",
                    Sentence("Right in every call in which {}, and in no other.").format(text),
                    "place",
                )
    essential = [probe for probe in probes if probe.essential]
    if essential and not any(probe.name in wrong for probe in essential):
        here_wrong = listed([probe.name for probe in probes if probe.name in wrong], "{}; {}")
        yield Relation(
            "the ordinary case is right",
            Sentence("Right in the ordinary case ({}); wrong here: {}.").format(essential[0].name, here_wrong),
            "place",
        )


def _without_numbers(text: str) -> str:
    return "".join("n" if c.isdigit() else c for c in text)


def kinds(arguments: list[Any], want: Observation) -> set[Sentence]:
    """Ways to be called: which arguments are given, and what is chosen by a word, True or False."""
    return {Sentence("{} arguments are given").format(len(arguments))} | {
        Sentence("argument {} is {}").format(n, repr(a))
        if isinstance(a, bool | str | None)
        else Sentence("argument {} is not None").format(n)
        for n, a in enumerate(arguments, 1)
    }


def properties(arguments: list[Any], want: Observation) -> set[Sentence]:
    """What else can be said of a call in words: of its arguments, and of the result it should have."""
    found = {Sentence("argument {} {}").format(n, text) for n, a in enumerate(arguments, 1) for text in _of_one(a)}
    sizes = [len(a) for a in arguments if isinstance(a, Tensor) and a.dim()]
    if len(sizes) > 1:
        alike, other = Sentence("as many"), Sentence("other numbers of")
        found.add(Sentence("the first two tensors have {} rows").format(alike if sizes[0] == sizes[1] else other))
    for key, array in want.values.items():
        x = np.array(array.data)
        name = Sentence("value {}").format(int(key) + 1) if key.isdigit() else key or Sentence("the result")
        if x.size:
            found |= {Sentence("{} should {}").format(name, text) for text, test in RESULTS.items() if test(x)}
    return found


RESULTS: dict[Sentence, Callable[[Numbers], Any]] = {
    Sentence("be 0"): lambda x: not x.any(),
    Sentence("be infinite somewhere"): lambda x: not np.isfinite(x).all(),
}


def _of_one(a: Any) -> set[Sentence]:
    if isinstance(a, int | float) and not isinstance(a, bool):
        return {Sentence("is {:g}").format(a)} if a in (0, 1) else set()
    if isinstance(a, list | tuple):
        lengths = {len(x) for x in a if isinstance(x, list | tuple) or (isinstance(x, Tensor) and x.dim())}
        return {Sentence("has one part") if len(a) == 1 else Sentence("has several parts")} | (
            {Sentence("has parts of different lengths")} if len(lengths) > 1 else {Sentence("has parts of one length")}
        )
    if not isinstance(a, Tensor) or a.is_complex():
        return set()
    found = (
        {Sentence("is float64")}
        if a.dtype == torch.float64
        else {Sentence("has half the precision")}
        if a.dtype in (torch.float16, torch.bfloat16)
        else set()
    )
    found |= {Sentence("has size 1 along axis {}").format(axis) for axis, size in enumerate(a.shape, 1) if size == 1}
    if a.dim() > 1:
        found.add(Sentence("is square") if a.shape[-1] == a.shape[-2] else Sentence("is not square"))
    if not a.numel():
        return found | {Sentence("is empty")}
    x = a.detach().flatten().double()
    found |= {text for text, test in (NUMBERS if real(a) else NUMBERS | WHOLE).items() if test(x)}
    if a.dim() == 2 and len(a) > 1 and a.numel() < 4096:
        found |= {Sentence("has equal rows")} if len(torch.unique(a.detach(), dim=0)) < len(a) else set()
    return found


NUMBERS: dict[Sentence, Callable[[Tensor], Any]] = {
    Sentence("has a 0 in it"): lambda x: (x == 0).any(),
    Sentence("is 0 everywhere"): lambda x: (x == 0).all(),
    Sentence("has the same number everywhere"): lambda x: (x == x[0]).all(),
    Sentence("has inf or nan"): lambda x: not x.isfinite().all(),
}
WHOLE: dict[Sentence, Callable[[Tensor], Any]] = {
    Sentence("has equal numbers"): lambda x: len(x.unique()) < len(x),
}
