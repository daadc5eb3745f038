"""Public probes of sections 1 and 2: bounds and learning curves."""

from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def coins(g: Generator, draws: int, n: int) -> Tensor:
    return torch.rand(draws, n, generator=g) < 0.5


def pair_of_curves(
    g: Generator, k: int, larger: float, a: float = 0.2, b: float = 3.0, alpha: float = 0.7, wiggle: float = 0.0
) -> tuple[Any, ...]:
    """Two curves towards one limit; `wiggle` makes them depart from the law."""
    n = (50 * 2.0 ** torch.arange(k)).double()
    test, train = (a + sign * b * n**-alpha * (1 + wiggle * normal(g, k)) for sign in (1, -1))
    return n, train, test, larger


def counted(g: Generator, C: int, V: int, B: int, k: int, rare: bool = False) -> tuple[Any, ...]:
    """Counts of features, of which many are 0 if rare, and questions."""
    counts = torch.poisson(torch.full((C, V), 0.7 if rare else 4.0), generator=g)
    examples = torch.randint(5, 60, (C,), generator=g).float()
    return counts, examples, torch.randint(V, (B, k), generator=g)


def repeated_features(g: Generator) -> tuple[Any, ...]:
    counts, examples, features = counted(g, 2, 9, 3, 6)
    features[:, 3:] = features[:, :1]
    return counts, examples, features


def weighed(g: Generator, C: int, k: int, total: float) -> Tensor:
    """(C, k) positive weights whose rows add up to about `total`."""
    return (0.5 + torch.rand(C, k, generator=g)) * total / k


def classes_that_say(*yes: bool) -> Tensor:
    """Weights (C, 4) with which each class says yes or no, by far."""
    return torch.tensor([[0.4, 0.5, 0.6, 0.3] if says else [0.1, 0.05, 0.2, 0.15] for says in yes])


PROBES: dict[str, list[Probe]] = {
    "rademacher": [
        Probe("6 examples, 40 draws", lambda g: (normal(g, 6, 3), 1.0, coins(g, 40, 6)), weight=2, essential=True),
        Probe("radius 2.5", lambda g: (normal(g, 5, 2), 2.5, coins(g, 20, 5)), seed=1),
        Probe("examples with a common mean", lambda g: (normal(g, 8, 4) + 3, 1.0, coins(g, 30, 8)), seed=2, weight=2),
        Probe("two examples at right angles", lambda g: (torch.eye(2) * 3, 1.0, coins(g, 5, 2)), note="= 3/√2 in every draw"),
        Probe("float64, inputs left alone", lambda g: (normal(g, 4, 3, dtype=torch.float64), 0.5, coins(g, 9, 4)), dtype=True, unchanged=True, seed=3),
    ],
    "dichotomies": [
        Probe("4 points in the plane", lambda g: (4, 2), note="all 16 but the two that are crossed", essential=True),
        Probe("3 points in the plane", lambda g: (3, 2), note="= 2³"),
        Probe("7 points in 3 dimensions", lambda g: (7, 3), weight=2, essential=True),
        Probe("5 points on a line", lambda g: (5, 1), note="cut anywhere, two ways round"),
        Probe("20 points in 5 dimensions", lambda g: (20, 5), weight=2),
        Probe("dimension 0", lambda g: (6, 0), note="all the same"),
        Probe("40 points in 10 dimensions", lambda g: (40, 10), seconds=3.0),
    ],
    "error_bound": [
        Probe("complexity 0.1, 500 examples", lambda g: (0.05, 0.1, 500, 0.05), weight=2, essential=True),
        Probe("few examples: above 1", lambda g: (0.2, 0.9, 20, 0.1)),
        Probe("a small delta", lambda g: (0.0, 0.02, 10_000, 1e-6)),
    ],
    "extrapolate": [
        Probe("five points of an exact pair", lambda g: pair_of_curves(g, 5, 5000.0), rtol=1e-3, weight=2, essential=True),
        Probe("two points, alpha 1.2", lambda g: pair_of_curves(g, 2, 400.0, a=0.6, b=9.0, alpha=1.2), rtol=1e-3),
        Probe("curves that wiggle", lambda g: pair_of_curves(g, 6, 1e5, wiggle=0.08), rtol=1e-3, weight=2, seed=1),
        Probe("limit 0", lambda g: pair_of_curves(g, 4, 1e4, a=0.0, b=2.0, alpha=0.3), rtol=1e-3, atol=1e-5),
        Probe("inputs left alone", lambda g: pair_of_curves(g, 4, 900.0, a=1.0), unchanged=True, rtol=1e-3, seed=2),
    ],
    "naive_bayes": [
        Probe("2 classes, 10 features, 4 questions", lambda g: counted(g, 2, 10, 4, 3), weight=2, essential=True),
        Probe("3 classes, s = 1", lambda g: (*counted(g, 3, 8, 5, 4), 1.0), seed=1),
        Probe("features that never came with a class", lambda g: counted(g, 2, 30, 6, 5, rare=True), seed=2, weight=2),
        Probe("a feature that is there several times", repeated_features, seed=3),
        Probe("300 features in a question", lambda g: counted(g, 2, 50, 2, 300), seed=4, note="no product underflows"),
        Probe("inputs left alone", lambda g: counted(g, 2, 6, 2, 2), unchanged=True, seed=5),
    ],
    "winnow": [
        Probe("all say no", lambda g: (classes_that_say(False, False, False), 1), weight=2, essential=True),
        Probe("all say yes", lambda g: (classes_that_say(True, True, True), 0), weight=2, essential=True),
        Probe("all are right", lambda g: (classes_that_say(False, True), 1), note="nothing changes"),
        Probe("wrong way round", lambda g: (classes_that_say(True, False), 1)),
        Probe("exactly at the threshold", lambda g: (torch.full((2, 4), 0.25), 0), note="the sum 1 says yes"),
        Probe("threshold 3, rate 2", lambda g: (weighed(g, 4, 6, 3.0), 2, 3.0, 2.0), seed=1, weight=2),
        Probe("inputs left alone, float64", lambda g: (weighed(g, 3, 5, 1.0).double(), 2), unchanged=True, dtype=True, seed=2),
    ],
}  # fmt: skip
