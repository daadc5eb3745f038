"""Samples, votes and preferences against enumeration."""

import itertools
import math
from statistics import multimode

import pytest
import torch
from torch import Generator

from course_utils.data import load_text
from course_utils.models import load_causal
from course_utils.scaling_limits import divergence, learn_preferences, next_tokens, some_answers, tilted


@pytest.mark.parametrize(("n", "k"), [(5, 1), (6, 2), (7, 4), (6, 6)])
def test_pass_at_k_is_the_mean_over_all_choices(answer, n, k):
    for c in range(n + 1):
        samples = [True] * c + [False] * (n - c)
        chosen = list(itertools.combinations(samples, k))
        found = answer("pass_at_k")(n, torch.tensor([c]), k).item()
        assert found == pytest.approx(sum(map(any, chosen)) / len(chosen), abs=1e-12)


def test_pass_at_k_is_unbiased_and_the_plug_in_is_not(answer):
    """Expected over all outcomes of n = 6 samples, each right with probability 0.2."""
    n, k, p = 6, 4, 0.2
    weight = torch.tensor([math.comb(n, c) * p**c * (1 - p) ** (n - c) for c in range(n + 1)], dtype=torch.float64)
    counts = torch.arange(n + 1)
    exact = 1 - (1 - p) ** k
    assert (weight @ answer("pass_at_k")(n, counts, k)).item() == pytest.approx(exact)
    assert (weight @ (1 - (1 - counts.double() / n) ** k)).item() < exact - 0.02


def test_the_vote_is_one_of_the_modes_and_comes_first(answer):
    answers = torch.randint(4, (60, 7), generator=Generator().manual_seed(0))
    for row, winner in zip(answers.tolist(), answer("majority_vote")(answers).tolist(), strict=True):
        assert winner == multimode(row)[0]


@pytest.mark.parametrize("n", [1, 2, 4])
def test_best_of_n_by_all_samples(answer, n):
    p = torch.tensor([0.1, 0.25, 0.4, 0.25]).double()
    expected = torch.zeros(4).double()
    for sample in itertools.product(range(4), repeat=n):
        expected[max(sample)] += p[list(sample)].prod()
    assert torch.allclose(answer("best_of_n")(p, n), expected)


def test_the_price_of_best_of_n(answer):
    """With many improbable answers it is log n - (n - 1)/n; with few it is less."""
    many, few = torch.full((20_000,), 1 / 20_000).double(), torch.tensor([0.6, 0.4]).double()
    for n in (2, 8, 64):
        price = math.log(n) - (n - 1) / n
        assert divergence(answer("best_of_n")(many, n), many).item() == pytest.approx(price, abs=2e-3)
        assert divergence(answer("best_of_n")(few, n), few).item() < price
    assert answer("best_of_64") == pytest.approx(math.log(64) - 63 / 64)


def test_dpo_ends_at_the_tilted_reference(answer):
    reference, reward = some_answers(Generator().manual_seed(2), answers=4)
    found = learn_preferences(answer("dpo_loss"), reference, reward, 1.0, steps=300)
    assert torch.allclose(found, tilted(reference, reward, 1.0), atol=2e-3)


def test_the_dpo_gradient_is_the_papers(answer):
    """Rafailov et al. 2023, section 4: -beta sigma(-margin) on the chosen, its opposite on the rejected, mean over the pairs."""
    chosen, rejected, ref_chosen, ref_rejected = torch.randn(4, 6, generator=Generator().manual_seed(1)).double()
    chosen, rejected = chosen.requires_grad_(), rejected.requires_grad_()
    answer("dpo_loss")(chosen, rejected, ref_chosen, ref_rejected, 0.3).backward()
    margin = 0.3 * ((chosen - ref_chosen) - (rejected - ref_rejected))
    expected = -0.3 * torch.sigmoid(-margin) / 6
    assert torch.allclose(chosen.grad, expected) and torch.allclose(rejected.grad, -expected)


def test_tilting_is_best_by_brute_force():
    reference, reward = some_answers(Generator().manual_seed(0), answers=3)
    grid = torch.linspace(0.001, 0.998, 200, dtype=torch.float64)
    a, b = torch.meshgrid(grid, grid, indexing="ij")
    p = torch.stack([a, b, 1 - a - b], dim=-1)[a + b < 0.9995]
    value = p @ reward - 0.7 * (p * (p / reference).log()).sum(dim=1)
    assert (p[value.argmax()] - tilted(reference, reward, 0.7)).abs().max() < 0.01


def test_samples_follow_the_models_probabilities():
    lm, corpus = load_causal("sotu-neox"), load_text("sotu")
    drawn, truth, chance = next_tokens(lm, corpus, 20, 2000, Generator().manual_seed(0))
    assert drawn.shape == (20, 2000) and truth.shape == chance.shape == (20,)
    share = (drawn == truth[:, None]).double().mean(dim=1)
    assert torch.allclose(share, chance.double(), atol=0.05)
