"""Correlated Gaussians, the estimates made on them, and the reference table, against an estimator that shares nothing with ours."""

import math

import numpy as np
import pytest
import torch

from course_tools.checks.bank import reference
from course_utils.errors import CourseError
from course_utils.infonce import gaussian
from course_utils.infonce import reference as table
from course_utils.infonce.gaussian import correlated_gaussians, in_batch_bounds, in_batch_estimates


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.5])
def test_pairs_have_the_correlation_they_are_asked_for(rho):
    x, y = correlated_gaussians(rho, 3, 100_000, generator())
    moments = np.corrcoef(torch.cat([x, y], dim=1).numpy().T)
    wanted = np.eye(6) + rho * (np.eye(6, k=3) + np.eye(6, k=-3))
    assert np.abs(moments - wanted).max() < 0.015
    assert y.var().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("rho", [-1, 1, 1.5, math.nan])
def test_impossible_correlation_is_an_error(rho):
    with pytest.raises(ValueError, match="strictly between"):
        correlated_gaussians(rho, 3, 5, generator())


def test_reference_critic_is_the_log_density_ratio():
    rho, dim = 0.6, 4
    x, y = correlated_gaussians(rho, dim, 7, generator())
    covariance = torch.eye(2 * dim) + rho * (torch.eye(2 * dim).roll(dim, 0))
    pair = torch.distributions.MultivariateNormal(torch.zeros(2 * dim), covariance)
    alone = torch.distributions.MultivariateNormal(torch.zeros(dim), torch.eye(dim))
    wanted = [[pair.log_prob(torch.cat([a, b])) - alone.log_prob(a) - alone.log_prob(b) for b in y] for a in x]
    assert torch.allclose(reference("infonce/gaussian_critic")(x, y, rho), torch.tensor(wanted), atol=1e-4)


def test_blind_critic_shows_nothing():
    loss = torch.nn.functional.cross_entropy
    bounds = in_batch_bounds(lambda x, y: torch.zeros(len(x), len(y)), loss, 0.5, 4, 16, 5, generator())
    assert bounds.shape == (5,)
    assert bounds.abs().max() < 1e-6


def test_estimates_count_their_terms():
    found = in_batch_estimates(
        lambda rho: lambda x, y: torch.zeros(len(x), len(y)),
        torch.nn.functional.cross_entropy,
        {2: 0.4, 4: 0.6},
        20,
        (2, 8),
        20,
        generator(),
    )
    assert found.keys() == {(2, 2), (2, 8), (4, 2), (4, 8)}
    assert (found[2, 8].batches, found[2, 8].terms) == (3, 24)


def test_games_that_share_a_matrix_are_the_same_games(monkeypatch):
    critic, loss = (lambda x, y: reference("infonce/gaussian_critic")(x, y, 0.6)), torch.nn.functional.cross_entropy
    x, y = correlated_gaussians(0.6, 4, 6 * 8, generator())
    alone = [math.log(8) - loss(critic(a, b), torch.arange(8)) for a, b in zip(x.split(8), y.split(8), strict=True)]
    together = in_batch_estimates(lambda rho: critic, loss, {1: 0.6}, 4, (8,), 48, generator())
    assert together[1, 8].value == pytest.approx(float(torch.stack(alone).mean()), abs=1e-5)
    monkeypatch.setattr(gaussian, "TOGETHER", 16)
    few = in_batch_estimates(lambda rho: critic, loss, {1: 0.6}, 4, (8,), 72, generator())
    assert (few[1, 8].batches, few[1, 8].terms) == (9, 72)  # four calls of two games, and one of one
    bounds = in_batch_bounds(critic, loss, 0.6, 4, 8, 2000, generator(1))
    many = in_batch_estimates(lambda rho: critic, loss, {1: 0.6}, 4, (8,), 16_000, generator(2))
    assert many[1, 8].value == pytest.approx(bounds.mean().item(), abs=5 * bounds.std().item() * (2 / 2000) ** 0.5)


def independent_estimate(rho, k, terms, seed):
    """Mean and standard error of the bound with K - 1 negatives drawn anew for each term, in numpy."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((terms, 1, table.DIM))
    y = rng.standard_normal((terms, k, table.DIM))
    y[:, 0] = rho * x[:, 0] + math.sqrt(1 - rho**2) * y[:, 0]
    log_ratio = -table.DIM / 2 * math.log(1 - rho**2) - (
        (rho**2 * (x**2 + y**2) - 2 * rho * x * y).sum(-1) / (2 * (1 - rho**2))
    )
    bound = math.log(k) + log_ratio[:, 0] - np.logaddexp.reduce(log_ratio, axis=1)
    return bound.mean(), bound.std() / math.sqrt(terms)


@pytest.mark.parametrize("cell", [(2.0, 2), (2.0, 32), (4.0, 8), (6.0, 128), (8.0, 8), (10.0, 32)])
def test_reference_table_agrees_with_independent_candidates(cell):
    row = table.optimal_bounds()[cell]
    mean, error = independent_estimate(row.rho, row.candidates, 200_000 // row.candidates, seed=int(sum(cell)))
    assert abs(mean - row.bound) < 4 * math.hypot(error, row.standard_error)
    assert error * math.sqrt(200_000 // row.candidates) == pytest.approx(row.term_sd, rel=0.15)


def test_reference_table_is_complete_and_below_its_ceilings():
    rows = table.optimal_bounds()
    assert len(rows) == 30
    for (information, k), row in rows.items():
        assert -table.DIM / 2 * math.log(1 - row.rho**2) == pytest.approx(information, abs=1e-5)
        assert row.bound < min(information, math.log(k))


def test_missing_table_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(table, "DATA", tmp_path)
    with pytest.raises(CourseError, match=r"optimal_bounds\.csv"):
        table.optimal_bounds()
