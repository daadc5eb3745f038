"""Section 4: graphs and labels that spread on them."""

from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal, uniform


def spots(g: Generator, n: int, dim: int, bandwidth: float, dtype: torch.dtype = torch.float32) -> tuple[Tensor, float]:
    return normal(g, n, dim, dtype=dtype), bandwidth


def symmetric(g: Generator, n: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Non-negative, symmetric, with a zero diagonal."""
    w = uniform(g, n, n)
    w = w + w.T
    return (w * (1 - torch.eye(n))).to(dtype)


def graph(
    g: Generator, n: int, classes: int, alpha: float, known: int, dtype: torch.dtype = torch.float32
) -> tuple[Any, ...]:
    """A normalised graph, the labels of `known` points in random places, all classes among them."""
    w = symmetric(g, n, dtype)
    scale = w.sum(1).rsqrt()
    labels = torch.full((n,), -1)
    places = torch.randperm(n, generator=g)[:known]
    labels[places] = torch.arange(known) % classes
    return scale[:, None] * w * scale, labels, classes, alpha


def chain(n: int, alpha: float) -> tuple[Any, ...]:
    """A normalised graph in which labels have a long way to go: points in a row, of which the first and the last are known."""
    w = torch.diag(torch.ones(n - 1), 1)
    w = w + w.T
    scale = w.sum(1).rsqrt()
    labels = torch.full((n,), -1)
    labels[0], labels[-1] = 0, 1
    return scale[:, None] * w * scale, labels, 2, alpha


PROBES: dict[str, list[Probe]] = {
    "normalized_affinity": [
        Probe("5 points in the plane, bandwidth 1", lambda g: spots(g, 5, 2, 1.0), weight=2, essential=True),
        Probe("bandwidth 0.5", lambda g: spots(g, 4, 3, 0.5), seed=1, weight=2),
        Probe("two points", lambda g: spots(g, 2, 2, 2.0), note="each has one neighbour: 1", seed=2),
        Probe("leaves its input alone", lambda g: spots(g, 4, 2, 1.0), unchanged=True, seed=3),
        Probe("float64 in, float64 out", lambda g: spots(g, 5, 2, 0.8, torch.float64), dtype=True, rtol=1e-8, seed=4),
    ],
    "label_propagation": [
        Probe("6 points, 2 classes, 3 labels", lambda g: graph(g, 6, 2, 0.9, 3), weight=2, essential=True),
        Probe("8 points, 3 classes, alpha 0.5", lambda g: graph(g, 8, 3, 0.5, 4), weight=2, seed=1),
        Probe("alpha 0.99", lambda g: graph(g, 7, 2, 0.99, 2), seed=2, rtol=1e-3),
        Probe("a chain of 12 points", lambda g: chain(12, 0.99)),
        Probe("no label of the last class", lambda g: (*(p := graph(g, 6, 2, 0.8, 3))[:2], 3, p[3]), seed=3),
        Probe("every point is labelled", lambda g: graph(g, 5, 2, 0.7, 5), seed=4),
        Probe("leaves its inputs alone", lambda g: graph(g, 5, 2, 0.9, 2), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out", lambda g: graph(g, 6, 2, 0.9, 3, torch.float64), dtype=True, rtol=1e-8, seed=6
        ),
    ],
    "roughness": [
        Probe("6 points", lambda g: (symmetric(g, 6), normal(g, 6)), weight=2, essential=True),
        Probe("labels 0 and 1", lambda g: (symmetric(g, 7), (uniform(g, 7) < 0.5).float()), seed=1),
        Probe("the same value everywhere", lambda g: (symmetric(g, 5), torch.full((5,), 2.0)), note="= 0", seed=2),
        Probe("leaves its inputs alone", lambda g: (symmetric(g, 4), normal(g, 4)), unchanged=True, seed=3),
        Probe(
            "float64 in, float64 out",
            lambda g: (symmetric(g, 5, torch.float64), normal(g, 5, dtype=torch.float64)),
            dtype=True,
            rtol=1e-9,
            seed=4,
        ),
    ],
}
