"""The loss for large batches: value and gradient are those of the notebook's."""

import math

import pytest
import torch
from torch import Tensor

from course_tools.checks import bank
from course_tools.large_batch import loss as module
from course_tools.large_batch.loss import nt_xent


@pytest.fixture
def small_panels(monkeypatch):
    monkeypatch.setitem(
        module.ROWS, "cpu", 3
    )  # none of the sizes below is a multiple: first, middle, last panel differ


def views(n: int, dim: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(2, n, dim, dtype=dtype, generator=torch.Generator().manual_seed(n))


def value_and_gradient(loss, z: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    z = z.clone().requires_grad_()
    value = 3 * loss(z[0], z[1], temperature)
    value.backward()
    return value.detach(), z.grad


@pytest.mark.usefixtures("small_panels")
@pytest.mark.parametrize("n", [1, 2, 5, 16])
@pytest.mark.parametrize("temperature", [0.005, 0.05, 0.5, 2.0])
def test_value_and_gradient_are_the_notebooks(n, temperature):
    expected = value_and_gradient(bank.reference("simclr/nt_xent"), views(n, 8), temperature)
    found = value_and_gradient(nt_xent, views(n, 8), temperature)
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("temperature", [0.005, 0.03, 0.5])
def test_float32_stays_float32_and_exact(temperature):
    z = views(300, 16, torch.float32)
    value, gradient = value_and_gradient(nt_xent, z, temperature)
    exact, direction = value_and_gradient(bank.reference("simclr/nt_xent"), z.double(), temperature)
    assert value.dtype == gradient.dtype == torch.float32
    assert value.item() == pytest.approx(exact.item(), rel=1e-5)
    assert (gradient - direction).abs().max() < 1e-5 * direction.abs().max()


def test_collapse_costs_log_of_the_number_of_candidates():
    assert nt_xent(torch.ones(700, 4), torch.ones(700, 4)).item() == pytest.approx(math.log(1399), rel=1e-6)


def test_without_gradient_nothing_is_kept():
    z = views(4, 3)
    assert not nt_xent(z[0], z[1]).requires_grad


@pytest.mark.parametrize("temperature", [0.0, -1.0, 0.002, math.nan])
def test_a_temperature_out_of_range_is_refused(temperature):
    with pytest.raises(ValueError, match="temperature"):
        nt_xent(*views(4, 3), temperature)
