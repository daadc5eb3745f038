"""The reference NT-Xent against two libraries, and against what is known about it exactly (Chen et al. 2020, Eq. 1)."""

import itertools
import math
import warnings

import pytest
import torch

from course_tools.checks import bank

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lightly.loss import NTXentLoss as LightlyLoss
    from pytorch_metric_learning.losses import NTXentLoss as MetricLearningLoss


@pytest.fixture(scope="module")
def nt_xent():
    return bank.reference("simclr/nt_xent")


@pytest.mark.parametrize(
    ("n", "dim", "temperature"), list(itertools.product([2, 3, 16, 100], [2, 8, 128], [0.05, 0.1, 0.5, 1.0]))
)
def test_agrees_with_lightly_and_pytorch_metric_learning(nt_xent, n, dim, temperature):
    g = torch.Generator().manual_seed(n * dim)
    z_i, z_j = torch.randn(2, n, dim, generator=g)
    ours = nt_xent(z_i, z_j, temperature).item()
    lightly = LightlyLoss(temperature=temperature)(z_i, z_j).item()
    labels = torch.arange(n).repeat(2)
    metric_learning = MetricLearningLoss(temperature=temperature)(torch.cat([z_i, z_j]), labels).item()
    assert ours == pytest.approx(lightly, rel=1e-5, abs=1e-5)
    assert ours == pytest.approx(metric_learning, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("n", [64, 128, 256, 512, 1024])
def test_collapse_costs_log_of_the_number_of_candidates(nt_xent, n):
    assert nt_xent(torch.ones(n, 4), torch.ones(n, 4)).item() == pytest.approx(math.log(2 * n - 1), rel=1e-6)


@pytest.mark.parametrize("temperature", [0.07, 0.1, 0.2, 0.5, 1.0])
def test_stays_above_its_lower_bound(nt_xent, temperature):
    """L >= log(1 + (2N-2) exp(-(1 + 1/(N-1)) / tau)): reached by N aligned pairs on a regular simplex."""
    n = 64
    simplex = torch.eye(n, dtype=torch.float64) - 1 / n
    bound = math.log(1 + (2 * n - 2) * math.exp(-(1 + 1 / (n - 1)) / temperature))
    assert nt_xent(simplex, simplex, temperature).item() == pytest.approx(bound, rel=1e-9)
    z_i, z_j = torch.randn(2, n, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert nt_xent(z_i, z_j, temperature).item() > bound


def test_convex_in_the_inverse_temperature_with_the_known_slope(nt_xent):
    z_i, z_j = torch.randn(2, 8, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def at(beta: float) -> float:
        return nt_xent(z_i, z_j, 1 / beta).item()

    h = 1e-4
    for beta in (1.0, 5.0, 20.0):
        assert at(beta + h) - 2 * at(beta) + at(beta - h) >= -1e-12


def test_hand_written_gradient_is_that_of_autograd():
    gradient = bank.reference("simclr/similarity_gradient")
    s = (torch.rand(9, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 2 - 1).requires_grad_()
    for temperature in (0.05, 0.5, 2.0):
        loss = torch.logsumexp(s / temperature, 0) - s[3] / temperature
        (expected,) = torch.autograd.grad(loss, s)
        assert torch.allclose(gradient(s.detach(), 3, temperature), expected, atol=1e-12)
        assert abs(gradient(s.detach(), 3, temperature).sum()) < 1e-12
