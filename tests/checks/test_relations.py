"""Relations between got and expected: each is found where it holds by construction, and none where two results have nothing in common."""

import math

import pytest
import torch

from course_tools.checks.untaught import Said, without_the_bank
from course_utils.checks import Probe
from course_utils.checks.check import GATED, evaluate
from course_utils.checks.probe import observe
from course_utils.checks.relations import explain, quiet, relations, responses
from course_utils.checks.relations.arguments import CHANGES
from course_utils.checks.relations.case import changed
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
    suite = held(right, probes)
    relation = explain(suite, {p.name: observe(p, wrong) for p in probes}, wrong)
    return relation.name if relation else None


def held(right, probes):
    reference = {p.name: observe(p, right) for p in probes}
    return Suite(probes, reference, [], {p.name: responses(p, right, reference[p.name]) for p in probes})


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
        (lambda x, t: scores(x.abs().sqrt().sin(), t), "plus: same expected"),
        (lambda x, t: (x / t).log_softmax(dim=0), "rows plus: same expected"),
        (lambda x, t: x / t, "log-softmax missing"),
        (lambda x, t: scores(x, t).cumsum(-1), "added up"),
        (lambda x, t: (scores(x, t) * 9).sin() + torch.rand(x.shape), "rows: rows along expected"),
        (lambda x, t: scores(x, t) + x.sum(), "plus the sum of argument 1"),
        (lambda x, t: 3 - 1.5 * scores(x, t), "a straight line"),
        (lambda x, t: torch.tril(scores(x, t)), "entries: what is above the diagonal"),
        (lambda x, t: torch.cat([scores(x, t)[:-1], torch.zeros_like(x[-1:])]), "entries: the last row"),
        (lambda x, t: torch.ones_like(x) * 0.5, "an argument ignored"),
    ],
)
def test_a_relation_that_holds_is_said_and_no_other(wrong, name):
    assert said(wrong) == name


def test_one_number_is_too_few_to_be_related():
    one = [Probe("one", lambda g: ())]
    assert said(lambda: 4.0, lambda: 2.0, one) is None


def test_a_relation_must_hold_on_every_probe_that_failed():
    assert said(lambda x, t: 2 * scores(x, t) if len(x) == 4 else scores(x, t).exp()) not in ("twice", "exp")
    assert said(lambda x, t: 2 * scores(x, t) if len(x) == 4 else scores(x, t)) == "twice"


def test_a_check_names_a_relation_only_where_no_known_mistake_matches():
    suite = Suite(PROBES, {p.name: observe(p, scores) for p in PROBES}, [])
    verdict = evaluate(suite, lambda x, t: -scores(x, t))
    assert verdict.mistake is None
    assert verdict.relation is not None and verdict.relation.name == "sign"
    assert evaluate(suite, scores).relation is None
    assert without_the_bank(suite, "any", verdict.seen, lambda x, t: -scores(x, t)) == Said("relation", "sign")


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
    assert [*relations(Suite([probe], reference, []), {"sizes": observe(probe, wrong)}, wrong)] == []
    assert asked and all(count <= 3 and pieces <= 11 for count, pieces in asked)


def named(wrong, right, probes):
    """All relations, by name."""
    with quiet():
        return {r.name: r for r in relations(held(right, probes), {p.name: observe(p, wrong) for p in probes}, wrong)}


def test_a_law_is_one_of_the_right_answer_and_its_sentence_says_what_should_be():
    def loss(x, t):
        return scores(x, t).diagonal().mean()

    square = [Probe(str(n), normal(n, n), seed=n) for n in (3, 4, 5)]
    found = named(lambda x, t: (x.double() / t).log_softmax(0).diagonal().mean(), loss, square)
    law = found["rows plus: same expected"]
    assert law.kind == "law"
    assert (
        law.sentence
        == "When a number of its own is added to each row of argument 1, your result changes, and should not."
    )
    assert "an argument ignored" in named(lambda x, t: loss(x, 1.0), loss, square)
    first_row_only = named(lambda x, t: scores(x, t)[0, 0], loss, square)
    assert "the last row: other expected" in first_row_only


def test_what_is_not_finite_breaks_no_law_and_what_hardly_moves_does_not_go_the_wrong_way():
    def loss(x, t):
        return scores(x, t).diagonal().mean()

    square = [Probe(str(n), normal(n, n), seed=n) for n in (3, 4, 5)]
    assert not [r for r in named(lambda x, t: loss(x, t) * torch.nan, loss, square).values() if r.kind == "law"]

    probes = [Probe(str(n), lambda g, n=n: (0.1 * n, n)) for n in range(2, 6)]
    said = named(lambda a, n: a + 1e5 / n, lambda a, n: a + 1 / n, probes)
    assert "smaller: down expected" in named(lambda a, n: 1 / n, lambda a, n: a + 1 / n, probes)
    assert "smaller: down expected" not in said


def test_a_probe_whose_arguments_must_stay_is_not_called_again():
    calls = []

    def first(ends):
        calls.append(ends)
        return float(ends[0] / ends[1])

    probe = Probe("ends", lambda g: (torch.tensor([1.0, 3.0]),), changeable=False)
    reference = {"ends": observe(probe, first)}
    assert responses(probe, first, reference["ends"]) == {}
    seen = {"ends": observe(probe, lambda ends: first(ends) + ends[1])}
    before = len(calls)
    explain(Suite([probe], reference, []), seen, first)
    assert len(calls) == before


def test_a_gradient_that_should_stop():
    def right(x, y):
        return (x * y.detach()).sum()

    probes = [
        Probe(str(n), lambda g, n=n: (torch.rand(n, generator=g), torch.rand(n, generator=g)), gradients=(0, 1), seed=n)
        for n in (3, 4)
    ]
    assert "a gradient too many" in named(lambda x, y: (x * y).sum(), right, probes)
    assert "no gradient" in named(lambda x, y: (x.detach() * y.detach()).sum(), right, probes)


def test_what_adds_up_to_one_is_not_scaled():
    table = [Probe(str(n), lambda g: ((x := torch.rand(3, 3, generator=g)) / x.sum(),), seed=n) for n in range(3)]
    known = responses(table[0], lambda p: p.sum(0), observe(table[0], lambda p: p.sum(0)))
    assert not {"scaled 0", "plus 0", "rows scaled 0"} & known.keys()
    assert known["rows 0"] == "same"
    assert known["columns 0"] == "rows along"


def test_one_of_several_values_and_values_exchanged():
    def pair(x, t):
        return x.sum(), x.std()

    assert named(lambda x, t: (x.sum(), x.var() ** 0.3), pair, PROBES)["some of the values"].sentence == (
        "Right: value 1. Wrong, wherever you are wrong: value 2."
    )
    assert "values exchanged" in named(lambda x, t: (x.std(), x.sum()), pair, PROBES)


def test_calls_that_have_something_in_common():
    probes = [
        Probe(f"{mode} {n}", lambda g, n=n, m=mode: (torch.rand(n, generator=g), m), seed=n)
        for n in (3, 4)
        for mode in ("sum", "max")
    ]

    def right(x, mode):
        return x.sum() if mode == "sum" else x.max()

    found = named(lambda x, mode: x.sum() if mode == "sum" else x.median(), right, probes)
    assert found["calls: argument n is 'max'"].sentence == "Right in every call but those in which argument 2 is 'max'."


def test_where_only_special_cases_are_wrong_the_ordinary_one_is_said_to_be_right():
    probes = [
        Probe("ordinary", normal(4, 6), essential=True),
        Probe("large numbers", lambda g: (torch.full((3, 3), 1e3), 1.0)),
    ]
    found = named(lambda x, t: scores(x, t) if x.max() < 99 else x * 0.123, scores, probes)
    assert (
        found["the ordinary case is right"].sentence
        == "Right in the ordinary case (ordinary); wrong here: large numbers."
    )


def test_what_is_said_on_one_suite_is_confirmed_by_the_other_where_it_holds():
    other = [
        Probe("7 x 5", normal(7, 5), seed=8, rtol=1e-9, atol=1e-12),
        Probe("2 x 9", normal(2, 9), seed=9, rtol=1e-9, atol=1e-12),
    ]
    answers = {
        "sign": lambda x, t: -scores(x, t),
        "in turn": lambda x, t: scores(x, t) * (2 if len(x) in (4, 5) else 3),
    }
    told = {}
    for name, wrong in answers.items():
        first, second = (
            (held(scores, probes), {p.name: observe(p, wrong) for p in probes}) for probes in (PROBES, other)
        )
        before = without_the_bank(*first[:1], "any", first[1], wrong)
        told[name] = before, without_the_bank(second[0], "any", second[1], wrong, before)
    assert told["sign"][0] == Said("relation", "sign")
    assert told["sign"][1].confirms
    assert told["in turn"][0] == Said("relation", "twice")
    assert not told["in turn"][1].confirms


def test_what_lapack_prints_goes_nowhere(capfd):
    """oneMKL prints an error for numbers that are none; a check shows no such line."""

    def fit(x):
        return torch.linalg.lstsq(torch.stack([torch.ones_like(x), x.log()], dim=1), x[:, None]).solution[:, 0]

    probes = [Probe(str(n), lambda g, n=n: (torch.rand(n, generator=g),), seed=n) for n in (5, 6)]
    assert named(lambda x: fit(x.sin()), fit, probes) is not None
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_a_change_that_does_not_fit_the_arguments_is_none():
    """Lists of tensors that cannot be joined, say: two layers of different widths."""
    layers = [torch.ones(32, 3), torch.ones(64, 2)]
    for _, _, change in CHANGES:
        new = changed([layers, [], "text", None, 0.5], change)
        assert new is None or len(new) <= 5
