"""Runs that follow a known law: what the tools must get right before they are let loose on measurements."""

from collections.abc import Mapping

import torch
from torch import Tensor

TOKENS_EACH = (3.0, 200.0)  # tokens per parameter at the large and at the small end of a valley


def parametric_loss(n: Tensor, d: Tensor, law: Mapping[str, float]) -> Tensor:
    """E + A / n^alpha + B / d^beta (Hoffmann et al. 2022, Eq. 2). n, d: (k,)."""
    return law["E"] + law["A"] * n ** -law["alpha"] + law["B"] * d ** -law["beta"]


def isoflop_runs(
    law: Mapping[str, float], budgets: Tensor, sizes_each: int, noise: float, seed: int
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """For each budget `sizes_each` runs of n parameters on d = budget / 6n tokens, with 3 to 200 tokens a parameter.

    noise: standard deviation of the log loss. Returns (n, d, loss) for each budget, all (sizes_each,) float64.
    """
    generator = torch.Generator().manual_seed(seed)
    runs = []
    for budget in budgets.tolist():
        small, large = ((budget / (6 * each)) ** 0.5 for each in reversed(TOKENS_EACH))
        n = torch.logspace(0, 1, sizes_each, base=large / small, dtype=torch.float64) * small
        d = budget / (6 * n)
        luck = noise * torch.randn(sizes_each, generator=generator, dtype=torch.float64)
        runs.append((n, d, parametric_loss(n, d, law) * luck.exp()))
    return runs
