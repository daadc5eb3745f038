"""Critics that learn, models without a normaliser, and symbolic expectations."""

import math

import pytest
import sympy
import torch
import torch.nn.functional as F

from course_utils.infonce.critics import BilinearCritic, QuadraticCritic, SeparableCritic, Training, train_critic
from course_utils.infonce.gaussian import correlated_gaussians, in_batch_bounds
from course_utils.infonce.nce import fit_unnormalised
from course_utils.infonce.symbolic import expected_value, rho, x, y


def bilinear(weight, a, b):
    return torch.einsum("nd,de,me->nm", a, weight, b)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_quadratic_critic_holds_the_log_density_ratio_up_to_the_context():
    correlation, dim = 0.7, 3
    critic = QuadraticCritic(dim, bilinear)
    with torch.no_grad():
        critic.weight.copy_(torch.eye(dim) * correlation / (1 - correlation**2))
        critic.square.fill_(-(correlation**2) / (2 * (1 - correlation**2)))
    a, b = correlated_gaussians(correlation, dim, 6, generator())
    pair = torch.distributions.MultivariateNormal(
        torch.zeros(2 * dim), torch.eye(2 * dim) + correlation * torch.eye(2 * dim).roll(dim, 0)
    )
    exact = torch.stack([pair.log_prob(torch.cat([one.expand_as(b), b], dim=1)) + b.square().sum(1) / 2 for one in a])
    difference = critic(a, b) - exact
    assert (difference - difference[:, :1]).abs().max() < 1e-4


@pytest.mark.parametrize(
    "critic",
    [BilinearCritic(5, bilinear), QuadraticCritic(5, bilinear), SeparableCritic(5, 32, 16)],
    ids=lambda c: type(c).__name__,
)
def test_training_raises_the_bound_on_new_pairs(critic, capsys):
    def bound():
        with torch.no_grad():
            return in_batch_bounds(critic, F.cross_entropy, 0.8, 5, 32, 40, generator(1)).mean().item()

    before = bound()
    losses = train_critic(critic, F.cross_entropy, 0.8, 5, Training(150, 32), generator(2), "learning")
    assert len(losses) == 150
    assert bound() > before + 0.3
    assert "150/150 steps" in capsys.readouterr().err


def nce(data, noise, k):
    return F.softplus(math.log(k) - data).mean() + k * F.softplus(noise - math.log(k)).mean()


@pytest.mark.parametrize("k", [1, 4])
def test_nce_recovers_the_distribution_and_its_normaliser(k):
    fitted = fit_unnormalised(nce, torch.tensor([6, 4, 2]), k)
    assert torch.allclose(fitted, torch.tensor([0.5, 1 / 3, 1 / 6], dtype=torch.float64), atol=1e-5)


def test_nce_needs_counts_that_uniform_noise_can_match():
    with pytest.raises(ValueError, match="use a multiple"):
        fit_unnormalised(nce, torch.tensor([3, 2, 2]), 2)


def test_expectations_use_the_moments_of_the_pair():
    assert expected_value(x * y) == rho
    assert expected_value((x + y) ** 2 + 3 * x - sympy.log(1 - rho)).equals(2 + 2 * rho - sympy.log(1 - rho))


def test_expectation_takes_any_form():
    d = 1 - rho**2
    pair = sympy.exp(-(x**2 - 2 * rho * x * y + y**2) / (2 * d)) / (2 * sympy.pi * sympy.sqrt(d))
    alone = sympy.exp(-(x**2 + y**2) / 2) / (2 * sympy.pi)
    assert expected_value(sympy.log(pair / alone)).equals(-sympy.log(d) / 2)


def test_expectation_of_higher_powers_is_refused():
    with pytest.raises(ValueError, match="quadratic"):
        expected_value(x**2 * y)


def test_expectation_of_an_unwritten_expression_is_not_implemented():
    with pytest.raises(NotImplementedError):
        expected_value(...)
