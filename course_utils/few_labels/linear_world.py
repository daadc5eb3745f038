"""Kumar et al.'s two-layer linear world: where fine-tuning distorts features can be computed instead of guessed."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

Gradients = Callable[[Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class LinearWorld:
    """y = v* . (B* x). The training inputs lie in a subspace; the pretrained features B are near B*.

    features (k, d) true, pretrained (k, d), weights (k,), x (n, d), y (n,), subspace (d, m) with orthonormal columns.
    """

    features: Tensor
    pretrained: Tensor
    weights: Tensor
    x: Tensor
    y: Tensor
    subspace: Tensor

    def errors(self, v: Tensor, b: Tensor) -> dict[str, float]:
        """Expected squared error of v . (b x) over the variance of y: for inputs from the subspace, and from everywhere."""
        wrong, right = b.T @ v - self.features.T @ self.weights, self.features.T @ self.weights
        inside = self.subspace.T
        return {
            "home": float((inside @ wrong).square().sum() / (inside @ right).square().sum()),
            "away": float(wrong.square().sum() / right.square().sum()),
        }


def linear_world(
    seed: int, dim: int = 20, k: int = 5, inside: int = 10, n: int = 60, error: float = 0.1
) -> LinearWorld:
    """A random world in float64, its pretrained features `error` away from the true ones."""
    g = Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    def orthonormal(matrix: Tensor) -> Tensor:
        return torch.linalg.qr(matrix)[0]

    true = orthonormal(draw(dim, k)).T
    near = orthonormal((true + error * draw(k, dim) / dim**0.5).T).T
    u, _, v = torch.linalg.svd(true @ near.T)  # the rotation that brings the two closest together
    weights = draw(k)
    weights /= weights.norm()
    subspace = orthonormal(draw(dim, inside))
    x = draw(n, inside) @ subspace.T
    return LinearWorld(true, u @ v @ near, weights, x, x @ true.T @ weights, subspace)


def best_weights(world: LinearWorld) -> Tensor:
    """The probe: least squares for v on the pretrained features, which stay as they are."""
    return torch.linalg.lstsq(world.x @ world.pretrained.T, world.y[:, None]).solution[:, 0]


def descend(
    world: LinearWorld, v: Tensor, gradients: Gradients, rate: float = 0.05, steps: int = 3000
) -> tuple[Tensor, Tensor]:
    """Fine-tuning: gradient descent on both layers from (v, pretrained features)."""
    v, b = v.clone(), world.pretrained.clone()
    for _ in range(steps):
        to_v, to_b = gradients(v, b, world.x, world.y)
        v, b = v - rate * to_v, b - rate * to_b
    return v, b
