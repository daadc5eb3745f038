"""Points on fresh inputs: right answers keep them, typed-in ones lose them, and mistakes keep their names."""

import contextlib
import io
from dataclasses import replace

import pytest
import torch

from course_tools.checks import bank, fresh
from course_utils.checks import Probe, check, fingerprints
from course_utils.checks.check import evaluate
from course_utils.errors import CourseError

NAME = "simclr/cosine_similarity"


def said(answer, suite="public", seed=3, name=NAME):
    """Points and words at grading."""
    with fresh.drawn_from(seed), contextlib.redirect_stdout(io.StringIO()) as out:
        return check(name, answer, suite), out.getvalue()


def inputs(suite):
    return [probe.inputs(torch.Generator().manual_seed(probe.seed)) for probe in suite.probes]


def test_inputs_are_those_of_the_seed():
    first, again, other = (inputs(fresh.drawn.__wrapped__(NAME, "public", seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a[0], b[0]) for a, b in zip(first, other, strict=True))
    public = inputs(fresh.shipped(NAME))
    assert not all(torch.equal(a[0], b[0]) for a, b in zip(first, public, strict=True))


@pytest.mark.parametrize("suite", ["public", "grading"])
def test_the_right_answer_keeps_its_points(suite):
    points = fingerprints.load("simclr")["cosine_similarity"]["points"][suite]
    for answer in (bank.reference(NAME), *bank.load(NAME).alternatives.values()):
        assert said(answer, suite)[0] == points


def test_outside_of_a_grading_nothing_is_drawn():
    assert fresh.verdict(NAME, "public", bank.reference(NAME)) is None


def test_what_was_typed_in_loses_them_and_is_told_why():
    name = "simclr/color_histogram"  # asks for no gradient, which cannot be typed in so simply
    suite = fresh.shipped(name)
    expected = iter([one for probe in suite.probes for one in [suite.reference[probe.name].values[""]]])

    def typed(*_):
        known = next(expected)
        return torch.tensor(known.data, dtype=getattr(torch, known.dtype)).reshape(known.shape)

    public = evaluate(suite, typed)
    assert public.fraction > 0.5
    by_name = {probe.name: suite.reference[probe.name].values[""] for probe in suite.probes}
    calls = iter([*by_name.values(), *by_name.values()])
    expected = calls
    points, words = said(typed, name=name)
    assert points == 0
    assert "on other inputs of this kind" in words


def test_a_mistake_keeps_its_name():
    for answer, hint in bank.load(NAME).misconceptions.values():
        points, words = said(answer)
        with contextlib.redirect_stdout(io.StringIO()) as at_home:
            home = check(NAME, answer)
        if home == check_maximum():  # seen by hidden probes only
            continue
        assert points < check_maximum()
        assert hint.splitlines()[0] in words
        assert hint.splitlines()[0] in at_home.getvalue()


def check_maximum():
    return fingerprints.load("simclr")["cosine_similarity"]["points"]["public"]


@pytest.fixture
def exercise(monkeypatch):
    """An exercise made of probes: its reference sums, and `others` are accepted too."""

    def make(probes, *others):
        known = bank.Bank(probes)
        for number, other in enumerate(others):
            known.alternatives[str(number)] = other
        monkeypatch.setattr(bank, "load", lambda name: known)
        monkeypatch.setattr(bank, "reference", lambda name: lambda *numbers: sum(numbers))
        for cached in (fresh.drawn, fresh.telling):
            cached.cache_clear()
        return "simclr/made"

    yield make
    for cached in (fresh.drawn, fresh.telling):
        cached.cache_clear()


def draw(generator):
    return (torch.randint(0, 100, (), generator=generator).item(), 1)


def test_a_fixed_probe_keeps_its_inputs(exercise):
    probes = [Probe("drawn", draw, seed=4), Probe("fixed", draw, seed=4, fixed=True)]
    found = fresh.drawn(exercise(probes), "grading", 9)
    assert found.probes[1] == probes[1]
    assert found.probes[0] == replace(probes[0], seed=found.probes[0].seed) != probes[0]


def test_inputs_for_grading_replace_those_that_are_always_the_same():
    name = "simclr/projection_head"
    (probe,) = (one for one in fresh.drawn(name, "public", 1).probes if one.name == "10 -> 20 -> 5")
    assert probe.inputs(torch.Generator().manual_seed(probe.seed)) != (10, 20, 5)
    assert fresh.telling(name, "public", 1) == {"10 -> 20 -> 5"}


def test_unseen_inputs_of_no_probe_are_an_error(exercise, monkeypatch):
    name = exercise([])
    monkeypatch.setattr(fresh, "written", lambda name, suite: [Probe("an extreme", lambda g: (2, 3))])
    bank.load(name).unseen("another")(draw)
    with pytest.raises(CourseError, match=r"bank/simclr/made\.py has unseen inputs for 'another'"):
        fresh.drawn(name, "public", 1)


def test_what_can_be_known_counts_only_beside_what_cannot(exercise):
    name = exercise([Probe("drawn", draw), Probe("an extreme", lambda g: (2, 3))])
    with fresh.drawn_from(1):
        assert fresh.verdict(name, "grading", lambda *_: 5).fraction == 0
        assert fresh.verdict(name, "grading", lambda a, b: a + b if (a, b) != (2, 3) else 6).fraction == 0.5
        assert fresh.verdict(name, "grading", lambda a, b: a + b).fraction == 1
    name = exercise([Probe("an extreme", lambda g: (2, 3)), Probe("another", lambda g: (4, 5))])
    with fresh.drawn_from(1):
        assert fresh.verdict(name, "grading", lambda *_: 5).fraction == 0.5


def test_inputs_on_which_right_answers_disagree_are_drawn_again(exercise):
    """Here for every even number; what is left of them after all attempts has the seed it was written with."""
    odd = next(seed for seed in range(99) if draw(torch.Generator().manual_seed(seed))[0] % 2)
    name = exercise([Probe(str(i), draw, seed=odd) for i in range(8)], lambda a, b: a + b if a % 2 else 0)
    found = fresh.drawn(name, "grading", 1)
    assert all(a % 2 for a, _ in inputs(found))
    assert len({probe.seed for probe in found.probes}) > 4
