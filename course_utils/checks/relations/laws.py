"""Laws: what a change of the arguments does to the right result, and should do to any.

A loss does not change when the rows of a batch are reordered, a table of cosines not with the lengths of the vectors, a probability with
every argument it is given. Which of these laws an exercise has is found by calling the right answer on changed arguments (`responses`);
the public ones ship with the fingerprints as words. A law is broken where a wrong answer responds differently.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils.checks.observation import Array, Observation
from course_utils.checks.probe import Probe
from course_utils.checks.relations.case import SLOW, Case, Clock, Numbers, Relation, again, made, numbers, quiet
from course_utils.checks.relations.variations import FACTOR, Variation, variations
from course_utils.language import Sentence

STILL, SAME, OTHER, ALONG, ACROSS = "still", "same", "other", "rows along", "columns along"
TIMES, MINUS, FIRST, UP, DOWN = "times", "minus", "first row", "up", "down"
SEVERAL = 4  # probes that are called again
DIRECTED = ("smaller ", "scaled ", "plus ")  # variations after which all numbers may rise, or fall
SHOULD = {
    SAME: Sentence("your result changes, and should not"),
    OTHER: Sentence("your result stays as it is, and should change"),
    ALONG: Sentence("the rows of your result should be reordered alike, and are not"),
    ACROSS: Sentence("the columns of your result should be reordered alike, and are not"),
    TIMES: Sentence("your result should be multiplied by the same number, and is not"),
    MINUS: Sentence("your result should change its sign, and does not"),
    FIRST: Sentence("only the first row of your result should change"),
    UP: Sentence("your result should become larger, and does not"),
    DOWN: Sentence("your result should become smaller, and does not"),
}


def responses(probe: Probe, function: Callable[..., Any], plain: Observation) -> dict[str, str]:
    """What each variation of a probe's arguments does to the result, where it can be told. plain: what is seen without one."""
    if probe.law or not again(probe) or plain.failure:
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
    where = Sentence("Your result") if len(cases) == len(expected) else Sentence("Where you are wrong, your result")
    cases = [case for case in cases if expected.get(case.probe.name) and _finite(case)][:SEVERAL]
    found = {case.probe.name: variations(list(case.arguments)) for case in cases}
    for name in dict.fromkeys(name for known in found.values() for name in known):
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
            near = (SAME,) if law in (UP, DOWN) else ()  # moved, and too little to say which way
            told = [
                answer not in ((SAME, STILL) if law == SAME else (law,))
                for answer in answers
                if answer and answer not in near
            ]
            broken = 2 * sum(told) > len(told)
        if broken and law == OTHER and name.startswith("moved "):
            n = int(name.split()[1]) + 1
            yield Relation(
                "an argument ignored", Sentence("{} does not depend on argument {}, and should.").format(where, n)
            )
        elif broken:
            phrase = found[there[0].probe.name][name].phrase
            yield Relation(
                f"{_kind(name)}: {law} expected", Sentence("When {}, {}.").format(phrase, SHOULD[law]), "law"
            )


def _finite(case: Case) -> bool:
    """Whether what was returned can respond to anything, unlike nan."""
    return all(np.isfinite(array.data).all() for array in case.got.values.values())


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
