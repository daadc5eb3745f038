"""What is said of a wrong result where no known mistake matches: how it is related to the right one, which law it breaks, where it is wrong.

Relations hold, to the tolerance of the probe, on every probe that failed, and on enough different numbers that they do not hold by chance.
They are looked for in this order, from what names a cause to what only says where to look:

1. what was seen beside the numbers: no gradient, changed in place, float32 only, not finite (here);
2. of the numbers got and expected: twice, transposed, off by an argument (`numbers`);
3. of the function, called again on changed arguments: right if they are swapped, or at unit length (`arguments`);
4. of the entries: the diagonal alone (`places`); rows that are right up to a factor (`numbers`);
5. of the function again: an argument ignored, or another law broken (`laws`);
6. of what is left: some of the values, calls with one row, all but the ordinary case (`places`).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from course_utils.checks.observation import Observation
from course_utils.checks.relations.arguments import of_arguments
from course_utils.checks.relations.case import Case, Clock, Relation, again, made, quiet
from course_utils.checks.relations.laws import of_laws, responses
from course_utils.checks.relations.numbers import of_lines, of_numbers
from course_utils.checks.relations.places import of_calls, of_entries, of_values
from course_utils.checks.rules import compare, judge, left_inputs_alone
from course_utils.checks.suite import Suite
from course_utils.language import Sentence

__all__ = ["Relation", "explain", "quiet", "relations", "responses"]


def explain(suite: Suite, seen: dict[str, Observation], function: Callable[..., Any]) -> Relation | None:
    """The first relation that holds."""
    with quiet():
        return next(relations(suite, seen, function), None)


def relations(suite: Suite, seen: dict[str, Observation], function: Callable[..., Any]) -> Iterator[Relation]:
    """All relations that hold on every probe that failed, one by one; to be asked for in `quiet`.

    A call that raised has told why, and one that is random has told which share is wrong; what is to be explained are the numbers of the others.
    """
    failed = [probe for probe in suite.probes if judge(probe, seen[probe.name], suite.reference[probe.name])]
    numeric = [probe for probe in failed if not seen[probe.name].failure and not probe.law]
    clock = Clock()
    cases = [
        Case(probe, seen[probe.name], suite.reference[probe.name], made(probe), function, clock) for probe in numeric
    ]
    if cases and len(cases) == len(failed):
        yield from _beside_the_numbers(cases)
    wrong = [case for case in cases if case.pairs()]
    if wrong:
        worded = _of_the_gradient if all(map(_right_numbers, wrong)) else _itself
        quick = all(again(case.probe) for case in wrong)
        yield from map(worded, of_numbers(wrong))
        yield from of_arguments(wrong) if quick else ()
        yield from map(worded, of_entries(wrong))
        yield from map(worded, of_lines(wrong))
        yield from of_laws(wrong, suite.responds) if quick else ()
        yield from of_values(wrong)
    yield from of_calls(suite.probes, {probe.name for probe in failed}, suite.reference)


def _beside_the_numbers(cases: list[Case]) -> Iterator[Relation]:
    if all(_missing_gradient(case) for case in cases):
        yield Relation(
            "no gradient", Sentence("The numbers are right and no gradient flows back: something detaches it.")
        )
    if all(_unwanted_gradient(case) for case in cases):
        yield Relation(
            "a gradient too many", Sentence("The numbers are right, and a gradient flows where it must stop: detach.")
        )
    if all(left_inputs_alone(c.probe, c.got, c.want) and not c.pairs() for c in cases):
        yield Relation(
            "changed in place", Sentence("The numbers are right, but an argument is changed: work on a copy.")
        )
    if all(_single(case) for case in cases):
        yield Relation(
            "float32 only",
            Sentence(
                "Right to about six digits, and no further: something in between is float32, or a small number is added."
            ),
        )
    if all(_not_finite(case) for case in cases):
        yield Relation(
            "not finite", Sentence("Where you are wrong you get inf or nan: something overflows, or is 0/0 or log 0.")
        )


def _missing_gradient(case: Case) -> bool:
    return not case.pairs() and any(
        want is not None and case.got.gradients.get(key) is None for key, want in case.want.gradients.items()
    )


def _unwanted_gradient(case: Case) -> bool:
    return not case.pairs() and any(
        want is None and case.got.gradients.get(key) is not None for key, want in case.want.gradients.items()
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


def _right_numbers(case: Case) -> bool:
    """Whether what is wrong are gradients."""
    return all(
        (got := case.got.values.get(key)) is not None and got.shape == want.shape and not compare(got, want, case.probe)
        for key, want in case.want.values.items()
    )


def _itself(relation: Relation) -> Relation:
    return relation


def _of_the_gradient(relation: Relation) -> Relation:
    return replace(
        relation, sentence=Sentence("Of the gradient: ") + relation.sentence.replace("our result", "our gradient")
    )
