"""Relations between got and expected: each is found where it holds by construction, and none where two results have nothing in common."""

import math

import pytest
import torch

from course_tools.checks.untaught import without_the_bank
from course_utils.checks import Probe
from course_utils.checks.check import GATED, evaluate
from course_utils.checks.probe import observe
from course_utils.checks.relations import explain
from course_utils.checks.suite import Suite


def normal(*shape, dtype=torch.float64):
    return lambda g: (torch.randn(*shape, generator=g, dtype=dtype), 0.3)


PROBES = [
    Probe("4 x 6", normal(4, 6), unchanged=True, rtol=1e-9, atol=1e-12),
    Probe("5 x 3", normal(5, 3), seed=1, rtol=1e-9, atol=1e-12),
]


def scores(x, t):
    return (x / t).log_softmax(dim=1)


def said(wrong, right=scores, probes=PROBES):
    suite = Suite(probes, {p.name: observe(p, right) for p in probes}, [], {p.name: [0, 1] for p in probes})
    seen = {p.name: observe(p, wrong) for p in probes}
    relation = explain(probes, seen, suite.reference, suite.depends, wrong)
    return relation.name if relation else None


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (lambda x, t: -scores(x, t), "sign"),
        (lambda x, t: 2 * scores(x, t), "twice"),
        (lambda x, t: scores(x, t) / math.log(2), "in bits"),
        (lambda x, t: scores(x, t).exp(), "exp"),
        (lambda x, t: scores(x, t) + math.log(2), "log 2 more"),
        (lambda x, t: scores(x, t).T, "transposed"),
        (lambda x, t: scores(x, t).flip(0), "reversed"),
        (lambda x, t: scores(x, t).roll(1, 0), "rolled forward"),
        (lambda x, t: scores(x, t).mean(), "averaged"),
        (lambda x, t: scores(x, t).sum(), "summed"),
        (lambda x, t: scores(x, t) * t, "times argument 2"),
        (lambda x, t: scores(x, t) / len(x), "divided by size 1 of argument 1"),
        (lambda x, t: scores(x, t) * x.shape[1] / (x.shape[1] - 1), "n/(n-1), n = size 2 of argument 1"),
        (lambda x, t: scores(x, t) + math.log(len(x)), "plus log size 1 of argument 1"),
        (lambda x, t: 1.37 * scores(x, t), "a constant factor"),
        (lambda x, t: scores(x, t) + 0.123, "a constant offset"),
        (lambda x, t: scores(x.float(), t).double(), "float32 only"),
        (lambda x, t: scores(x, 0.7), "an argument ignored"),
        (lambda x, t: scores(x, 1 / t), "inverse of an argument"),
        (lambda x, t: scores(-x, t), "an argument negated"),
        (lambda x, t: scores(x.abs().sqrt().sin(), t), None),
        (lambda x, t: torch.ones_like(x) * 0.5, "an argument ignored"),
    ],
)
def test_a_relation_that_holds_is_said_and_no_other(wrong, name):
    assert said(wrong) == name


def test_one_number_is_too_few_to_be_related():
    one = [Probe("one", lambda g: ())]
    assert said(lambda: 4.0, lambda: 2.0, one) is None


def test_a_relation_must_hold_on_every_probe_that_failed():
    assert said(lambda x, t: 2 * scores(x, t) if len(x) == 4 else 3 * scores(x, t)) is None
    assert said(lambda x, t: 2 * scores(x, t) if len(x) == 4 else scores(x, t)) == "twice"


def test_a_check_names_a_relation_only_where_no_known_mistake_matches():
    suite = Suite(PROBES, {p.name: observe(p, scores) for p in PROBES}, [])
    verdict = evaluate(suite, lambda x, t: -scores(x, t))
    assert verdict.mistake is None
    assert verdict.relation is not None and verdict.relation.name == "sign"
    assert evaluate(suite, scores).relation is None
    assert without_the_bank(suite, "any", verdict.seen, lambda x, t: -scores(x, t)) == "sign"


def test_an_essential_probe_gates_the_rest():
    probes = [
        Probe("value", lambda g: (2.0,), essential=True),
        Probe("input left alone", lambda g: (torch.ones(2),), unchanged=True, weight=3),
    ]

    def right(x):
        return x * 3 if isinstance(x, float) else x.sum()

    suite = Suite(probes, {p.name: observe(p, right) for p in probes}, [])
    assert evaluate(suite, right).fraction == 1
    assert evaluate(suite, lambda x: x * 4 if isinstance(x, float) else x.sum()).fraction == 0.75 * GATED
    assert evaluate(suite, lambda x: x * 3 if isinstance(x, float) else x.mean()).fraction == 0.25


def test_no_size_is_asked_for_that_the_probe_did_not_ask_for():
    """A whole number is a size: with a larger one, or two of them swapped, a right answer may take all memory."""
    asked = set()

    def wrong(count, pieces):
        asked.add((count, pieces))
        return torch.arange(count * pieces) / 7.0 + 3.0

    probe = Probe("sizes", lambda g: (3, 11))
    reference = {"sizes": observe(probe, lambda count, pieces: torch.arange(count * pieces) ** 1.7)}
    explain([probe], {"sizes": observe(probe, wrong)}, reference, {"sizes": []}, wrong)
    assert asked and all(count <= 3 and pieces <= 11 for count, pieces in asked)
