"""Section 1: losses as likelihoods."""

from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal, uniform


def scores(
    g: Generator, n: int, classes: int, scale: float = 1.0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Logits and the labels drawn for them, not all of which are the most probable class."""
    return normal(g, n, classes, scale=scale, dtype=dtype), torch.randint(classes, (n,), generator=g)


def answers(
    g: Generator, n: int, scale: float = 1.0, soft: bool = False, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Logits, and labels that are 0 or 1 or, if `soft`, in between."""
    logits, label = normal(g, n, scale=scale, dtype=dtype), uniform(g, n)
    return logits, (label if soft else (label < 0.5)).to(dtype)


def noisy(
    g: Generator, n: int, noise: str, each: bool = False, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, str]:
    """Residuals and their scale: one for all, or one for each."""
    scale = 0.3 + 1.5 * uniform(g, n) if each else 0.3 + 1.5 * uniform(g, 1)[0]
    return normal(g, n, scale=2.0, dtype=dtype), scale.to(dtype), noise


def residuals(
    g: Generator, n: int, delta: float, scale: float = 1.5, dtype: torch.dtype = torch.float32
) -> tuple[Any, ...]:
    """Residuals on both sides of delta and of 0, and delta."""
    r = normal(g, n, scale=scale, dtype=dtype)
    r[:4] = torch.tensor([0.4, -0.4, 1.7, -1.7], dtype=dtype) * delta
    return r, delta


def pulled(g: Generator, n: int, loss: str, delta: float) -> tuple[Tensor, str, float]:
    r, delta = residuals(g, n, delta)
    return r, loss, delta


PROBES: dict[str, list[Probe]] = {
    "cross_entropy": [
        Probe("5 rows, 4 classes", lambda g: scores(g, 5, 4), weight=2, essential=True),
        Probe("9 rows, 3 classes", lambda g: scores(g, 9, 3, 2.0), seed=1),
        Probe("all logits equal, 10 classes", lambda g: (torch.full((4, 10), 3.0), torch.arange(4)), note="= log 10"),
        Probe("logits in the thousands", lambda g: scores(g, 6, 5, 2000.0), seed=2, weight=2),
        Probe("logits around 200", lambda g: ((p := scores(g, 5, 4))[0] + 200, p[1]), seed=6),
        Probe("gradient", lambda g: scores(g, 4, 3), gradients=(0,), seed=3, weight=2),
        Probe("leaves its inputs alone", lambda g: scores(g, 4, 3), unchanged=True, seed=4),
        Probe("float64 in, float64 out", lambda g: scores(g, 4, 3, dtype=torch.float64), dtype=True, rtol=1e-9, seed=5),
    ],
    "binary_cross_entropy": [
        Probe("7 answers", lambda g: answers(g, 7), weight=2, essential=True),
        Probe("labels between 0 and 1", lambda g: answers(g, 6, soft=True), seed=1, weight=2),
        Probe("logit 0", lambda g: (torch.zeros(3), torch.tensor([0.0, 1.0, 1.0])), note="= log 2"),
        Probe("logits in the hundreds", lambda g: answers(g, 6, 300.0), seed=2, weight=2),
        Probe("gradient", lambda g: answers(g, 5, soft=True), gradients=(0,), seed=3, weight=2),
        Probe("leaves its inputs alone", lambda g: answers(g, 4), unchanged=True, seed=4),
        Probe("float64 in, float64 out", lambda g: answers(g, 5, dtype=torch.float64), dtype=True, rtol=1e-9, seed=5),
    ],
    "noise_nll": [
        Probe("gaussian, one scale", lambda g: noisy(g, 6, "gaussian"), weight=2, essential=True),
        Probe("laplace, one scale", lambda g: noisy(g, 6, "laplace"), weight=2, essential=True, seed=1),
        Probe("gaussian, a scale for each", lambda g: noisy(g, 5, "gaussian", True), seed=2),
        Probe("laplace, a scale for each", lambda g: noisy(g, 5, "laplace", True), seed=3),
        Probe("standard Gaussian at 0", lambda g: (torch.zeros(2), torch.tensor(1.0), "gaussian"), note="= ½ log 2π"),
        Probe("gradients, gaussian", lambda g: noisy(g, 5, "gaussian"), gradients=(0, 1), seed=4, weight=2),
        Probe("gradients, laplace", lambda g: noisy(g, 5, "laplace"), gradients=(0, 1), seed=5, weight=2),
        Probe("leaves its inputs alone", lambda g: noisy(g, 4, "gaussian"), unchanged=True, seed=6),
        Probe(
            "float64 in, float64 out",
            lambda g: noisy(g, 4, "laplace", dtype=torch.float64),
            dtype=True,
            rtol=1e-9,
            seed=7,
        ),
    ],
    "huber_nll": [
        Probe("9 residuals, delta 1", lambda g: residuals(g, 9, 1.0), weight=2, essential=True),
        Probe("delta 0.3", lambda g: residuals(g, 9, 0.3), seed=1, weight=2),
        Probe("delta 2.5", lambda g: residuals(g, 9, 2.5, 3.0), seed=2, weight=2),
        Probe("delta 8: a Gaussian", lambda g: (normal(g, 5), 8.0), note="its constant is ½ log 2π", seed=3),
        Probe("gradient", lambda g: residuals(g, 8, 0.7), gradients=(0,), seed=4, weight=3),
        Probe("leaves its input alone", lambda g: residuals(g, 6, 1.0), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out",
            lambda g: residuals(g, 6, 1.3, dtype=torch.float64),
            dtype=True,
            rtol=1e-9,
            seed=6,
        ),
    ],
    "influence": [
        Probe("mse", lambda g: pulled(g, 7, "mse", 1.0)),
        Probe("mae", lambda g: pulled(g, 7, "mae", 1.0), seed=1),
        Probe("huber, delta 1", lambda g: pulled(g, 8, "huber", 1.0), seed=2, essential=True),
        Probe("huber, delta 0.4", lambda g: pulled(g, 8, "huber", 0.4), seed=3),
        Probe("no residual", lambda g: (torch.zeros(2), "mae", 1.0)),
        Probe("leaves its input alone", lambda g: pulled(g, 6, "huber", 0.5), unchanged=True, seed=4),
    ],
    "outlier_pull": [Probe("your three numbers", lambda g: (), reveal=False, rtol=0.0, atol=0.02)],
}
