"""Random answers: the bound on refusing a right one, and the wrong ones that have the right share."""

import math
from dataclasses import replace

import pytest
import torch

from course_tools.checks import bank
from course_utils.checks import chance, fingerprints
from course_utils.checks.chance import REFUSED, Event, Tally, broken, tallies
from course_utils.checks.probe import observe
from course_utils.tasks import tasks

RANDOM = [
    ("simclr/random_grayscale", ("exactly_the_share", "counter_instead_of_coins", "seeded_inside", "one_coin_for_two")),
    ("attention_objectives/fill_in", ("even_draws", "the_same_in_every_text", "a_counter", "seeded_inside")),
    ("attention_objectives/distinct_draws", ("even_draws", "one_draw_for_two_rows", "seeded_inside")),
    ("attention_objectives/two_views", ("the_same_in_every_row", "seeded_inside")),
    ("pseudo_perplexity/corrupt", ("same_number_in_every_row", "exact_shares_of_the_chosen", "seeded_inside")),
]
SUITES = [
    (name, wrong, [probe for probe in probes if probe.law])
    for name, wrong in RANDOM
    for probes in (fingerprints.probes(name), bank.load(name).hidden)
]


def tail(n, k, p):
    """P(X >= k) of a binomial X, summed."""
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


@pytest.mark.parametrize("n", [1, 2, 7, 40])
@pytest.mark.parametrize("p", [0.0, 0.05, 0.3, 0.5, 0.97, 1.0])
def test_the_bound_is_one_of_the_exact_binomial_tail(n, p):
    for k in range(n + 1):
        exact = tail(n, k, p) if k >= n * p else tail(n, n - k, 1 - p)
        assert exact <= Tally(k, n, p).bound() * (1 + 1e-9)


@pytest.mark.parametrize(("n", "p"), [(64, 0.3), (62, 0.15), (7, 0.01), (500, 0.8), (1, 0.5)])
def test_the_middle_holds_both_roundings_of_the_mean_and_its_probability_is_exact(n, p):
    near = [k for k in range(n + 1) if abs(k - n * p) <= chance._width(n, p)]
    assert {math.floor(n * p), math.ceil(n * p)} <= set(near)
    assert chance._middle(n, p) == pytest.approx(math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in near))


@pytest.mark.parametrize(("name", "wrong", "probes"), SUITES)
def test_on_any_seed_right_answers_pass_with_room_and_the_wrong_ones_fail(name, wrong, probes):
    known = bank.load(name)
    for seed in range(100, 104):
        fresh = [replace(probe, seed=seed) for probe in probes]
        for right in (bank.reference(name), *known.alternatives.values()):
            for probe in fresh:
                seen = observe(probe, right)
                assert seen.failure is None
                assert min(tally.bound() for tally in seen.tallies.values()) > 1e-6
        for label in wrong:
            answer = known.misconceptions[label][0]
            assert any(broken(observe(probe, answer).tallies) for probe in fresh), label


def coins(rows=20, p=0.3):
    return {"heads": Event(torch.rand(rows) < p, p)}


def test_a_right_answer_is_refused_no_more_often_than_the_bound_says():
    found = [tallies(coins, seed, 24) for seed in range(300)]
    for alpha in (0.5, 0.1, 0.02):
        refused = sum(min(t.bound() for t in one.values()) < alpha / (2 * len(one)) for one in found) / len(found)
        assert refused <= alpha
    assert REFUSED <= 1e-10


def test_what_is_remembered_between_calls_shows():
    kept = []

    def the_first_again():
        kept.append(coins())
        return kept[0]

    def not_twice_in_a_row():
        now = coins(p=0.5)["heads"].happened
        kept.append(now & ~kept[-1] if isinstance(kept[-1], torch.Tensor) else now)
        return {"heads": Event(kept[-1], 1 / 3)}  # the share it has in the long run

    def counts():
        kept.append(None)
        return {"heads": Event(torch.arange(20) % 3 == len(kept) % 3, 1 / 3)}

    for answer in (the_first_again, not_twice_in_a_row, counts):
        assert broken(tallies(answer, 0, 64)) is not None


def draws(name):
    """Whether the reference answer draws random numbers on one of its probes."""
    states = []

    def watched(*arguments):
        before = torch.get_rng_state()
        bank.reference(name)(*arguments)
        states.append(not torch.equal(torch.get_rng_state(), before))
        return 0.0

    plain = [p for p in fingerprints.probes(name) if not p.law] if callable(bank.reference(name)) else []
    for probe in plain:
        observe(replace(probe, look=None), watched)
    return any(states)


def test_every_random_exercise_has_a_law():
    names = {f"{task}/{exercise}" for task in tasks() for exercise in fingerprints.load(task)}
    random = {name for name, _ in RANDOM} | {"simclr/projection_head"}  # its initial weights, which its probe replaces
    assert {name for name in names if draws(name)} <= random
    assert draws("simclr/random_grayscale")
