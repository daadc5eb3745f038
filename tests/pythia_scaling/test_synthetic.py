"""Generated runs, and the laws that the notebook derives from them, against a search without formulas."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from course_utils.pythia_scaling.published import BESIROGLU, HOFFMANN_UNROUNDED
from course_utils.pythia_scaling.synthetic import isoflop_runs, parametric_loss


def test_runs_cost_what_they_should():
    budgets = torch.tensor([1e18, 1e20], dtype=torch.float64)
    for budget, (n, d, loss) in zip(budgets, isoflop_runs(BESIROGLU, budgets, 7, 0.0, 0), strict=True):
        assert torch.allclose(6 * n * d, budget.expand(7))
        assert (d / n)[[0, -1]].tolist() == pytest.approx([200, 3])
        assert torch.equal(loss, parametric_loss(n, d, BESIROGLU))


def test_luck_is_seeded_and_of_the_stated_size():
    budget = torch.tensor([1e19], dtype=torch.float64)
    (n, d, loss), (*_, again), (*_, other) = (isoflop_runs(BESIROGLU, budget, 500, 0.01, seed)[0] for seed in (1, 1, 2))
    assert torch.equal(loss, again) and not torch.equal(loss, other)
    assert (loss / parametric_loss(n, d, BESIROGLU)).log().std().item() == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize(("law", "expected"), [(BESIROGLU, 0.775), (HOFFMANN_UNROUNDED, 0.740)])
def test_kaplans_exponent_by_search(law, expected):
    """Pearce & Song 2024: the best size without embeddings over compute without embeddings, found by minimising, no derivative used."""
    flops = np.logspace(12.95, 20.7, 400)

    def best(c):
        def loss(log_n):
            n = np.exp(log_n)
            total = n + 47_491 * n ** (1 / 3)
            return law["A"] * total ** -law["alpha"] + law["B"] * (c / (6 * n)) ** -law["beta"]

        return minimize_scalar(loss, bounds=(2, 26), method="bounded", options={"xatol": 1e-10}).x

    slope = np.polyfit(np.log(flops), [best(c) for c in flops], 1)[0]
    assert slope == pytest.approx(expected, abs=2e-3)
