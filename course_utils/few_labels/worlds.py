"""Small worlds of points with two classes: in each, another assumption of learning from unlabelled data holds or fails."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

World = Callable[[int, Generator], tuple[Tensor, Tensor]]


def moons(n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Two interleaved half circles, one for each class. Returns points (n, 2) and labels (n,); every second point is of class 1."""
    angle, labels = torch.rand(n, generator=generator) * math.pi, torch.arange(n) % 2
    upper = torch.stack([angle.cos(), angle.sin()], dim=1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], dim=1)
    x = torch.where(labels[:, None] == 0, upper, lower) - torch.tensor([0.5, 0.25])
    return x + 0.1 * torch.randn(n, 2, generator=generator), labels


def crossed(n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Two clusters, left and right; the class is above or below, so the boundary runs through the middle of both clusters."""
    side = torch.arange(n) % 2 * 2 - 1
    x = torch.randn(n, 2, generator=generator) * torch.tensor([0.35, 0.5])
    x[:, 0] += 1.2 * side
    return x, (x[:, 1] > 0).long()


def stripes(n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Evenly spread points; the class alternates over ten stripes from left to right."""
    x = torch.rand(n, 2, generator=generator) * 2 - 1
    return x, (x[:, 0] * 5).floor().long() % 2


def hidden_moons(n: int, generator: Generator, more: int = 30) -> tuple[Tensor, Tensor]:
    """The two moons with `more` further coordinates that are noise: what is near is decided by the noise."""
    x, labels = moons(n, generator)
    return torch.cat([x, 0.45 * torch.randn(n, more, generator=generator)], dim=1), labels


WORLDS: dict[str, World] = {
    "all three hold": moons,
    "no smoothness": stripes,
    "no clusters": crossed,
    "no manifold": hidden_moons,
}


def reveal(labels: Tensor, per_class: int) -> Tensor:
    """The labels of the first `per_class` points of both classes; -1 for all others."""
    known = torch.full_like(labels, -1)
    for c in (0, 1):
        shown = (labels == c).nonzero()[:per_class, 0]
        known[shown] = c
    return known
