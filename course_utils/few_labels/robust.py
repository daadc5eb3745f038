"""A line through points by any loss that has a derivative."""

from collections.abc import Callable

import torch
from torch import Tensor


def fit_line(
    x: Tensor, y: Tensor, influence: Callable[[Tensor], Tensor], rate: float = 1.0, steps: int = 4_000
) -> tuple[float, float]:
    """Slope and intercept at which the residuals' influences balance: descent with a rate that falls from `rate` to 0.

    x, y: (n,) float64. influence: derivative of the loss by the residual y - prediction, (n,) -> (n,).
    """
    center, scale = x.mean(), x.std(unbiased=False)
    z = (x - center) / scale
    slope, level = torch.zeros((), dtype=x.dtype), torch.zeros((), dtype=x.dtype)
    for step in range(steps):
        pull = influence(y - slope * z - level)
        now = rate * (1 - step / steps)
        slope, level = slope + now * (pull * z).mean(), level + now * pull.mean()
    return float(slope / scale), float(level - slope * center / scale)
