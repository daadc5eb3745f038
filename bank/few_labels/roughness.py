"""Roughness: other right ways, and the ways to count edges twice or differences without their square."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal, uniform
from course_utils.few_labels.probes.graphs import symmetric

bank = Bank(
    hidden=[
        Probe("11 points", lambda g: (symmetric(g, 11), normal(g, 11, scale=2.0)), weight=2, seed=11, essential=True),
        Probe("two points", lambda g: (symmetric(g, 2), normal(g, 2)), seed=12),
        Probe("labels 0 and 1, 9 points", lambda g: (symmetric(g, 9), (uniform(g, 9) < 0.3).float()), seed=13),
        Probe(
            "float64, to ten digits",
            lambda g: (symmetric(g, 6, torch.float64), normal(g, 6, dtype=torch.float64)),
            dtype=True,
            rtol=1e-9,
            seed=14,
        ),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: (symmetric(g, 3), normal(g, 3)),
            unchanged=True,
            seed=15,
        ),
    ]
)


@bank.alternative
def by_the_laplacian(w, f):
    return f @ (torch.diag(w.sum(1)) - w) @ f


@bank.alternative
def upper_triangle(w, f):
    return (torch.triu(w, 1) * torch.cdist(f[:, None], f[:, None]) ** 2).sum()


@bank.alternative
def edge_by_edge(w, f):
    n = len(f)
    return sum((w[i, j] * (f[i] - f[j]) ** 2 for i in range(n) for j in range(i)), torch.zeros((), dtype=w.dtype))


@bank.misconception("Twice too large: every edge is counted from both ends; that is what the ½ is for.")
def counted_twice(w, f):
    return (w * (f[:, None] - f[None]).square()).sum()


@bank.misconception("The differences are not squared.")
def absolute(w, f):
    return 0.5 * (w * (f[:, None] - f[None]).abs()).sum()


@bank.misconception("That is how much neighbours *agree*, f W f: the part of the degrees is missing.")
def agreement(w, f):
    return f @ w @ f


@bank.misconception("The mean over all pairs is taken; the roughness is a sum.")
def averaged(w, f):
    return 0.5 * (w * (f[:, None] - f[None]).square()).mean()


@bank.misconception("The edges have no weight: all pairs count alike.")
def unweighted(w, f):
    return 0.5 * (f[:, None] - f[None]).square().sum()


@bank.misconception("The weight is squared with the difference.")
def weight_squared(w, f):
    return 0.5 * (w * (f[:, None] - f[None])).square().sum()


@bank.misconception("The root is taken of the sum; it is not asked for.")
def root(w, f):
    return (0.5 * (w * (f[:, None] - f[None]).square()).sum()).sqrt()


@bank.misconception("The differences cancel: they are added before they are squared.")
def squared_too_late(w, f):
    return 0.5 * (w * (f[:, None] - f[None])).sum(dim=1).square().sum()
