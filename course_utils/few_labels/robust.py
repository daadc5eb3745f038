"""A line through points by any loss that has a derivative."""

from collections.abc import Callable

import torch
from torch import Tensor


def fit_line(
    x: Tensor, y: Tensor, influence: Callable[[Tensor], Tensor], steps: int = 1000, least: float = 1e-6
) -> tuple[float, float]:
    """Slope and intercept at which the residuals' influences balance, by iteratively reweighted least squares.

    Each point has the weight influence / residual; a residual nearer to 0 than `least` counts as `least`.
    x, y: (n,) float64. influence: derivative of the loss by the residual y - prediction, (n,) -> (n,).
    """
    design = torch.stack([x - x.mean(), torch.ones_like(x)], dim=1)
    line = torch.linalg.lstsq(design, y[:, None]).solution[:, 0]
    for _ in range(steps):
        residual = y - design @ line
        far = torch.where(residual.abs() < least, torch.full_like(residual, least), residual)
        weighted = design * (influence(far) / far)[:, None]
        line = torch.linalg.solve(weighted.T @ design, weighted.T @ y)
    return float(line[0]), float(line[1] - line[0] * x.mean())
