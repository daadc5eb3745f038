"""The graph: other right ways, and the ways to keep the diagonal or normalise otherwise."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.graphs import spots

bank = Bank(
    hidden=[
        Probe("9 points, bandwidth 0.7", lambda g: spots(g, 9, 3, 0.7), weight=2, seed=11, essential=True),
        Probe("bandwidth 3", lambda g: spots(g, 6, 2, 3.0), seed=12),
        Probe("points on a line", lambda g: spots(g, 5, 1, 0.6), seed=13),
        Probe("float64, to eight digits", lambda g: spots(g, 6, 4, 1.1, torch.float64), dtype=True, rtol=1e-8, seed=14),
        Probe("leaves its input alone, at another size", lambda g: spots(g, 3, 5, 2.0), unchanged=True, seed=15),
    ]
)


def squared(x):
    return (x[:, None] - x[None]).square().sum(dim=2)


def off_diagonal(w):
    return w * (1 - torch.eye(len(w), dtype=w.dtype))


def weights(x, bandwidth):
    return off_diagonal(torch.exp(-squared(x) / (2 * bandwidth**2)))


def normalised(w, power=-0.5):
    d = w.sum(dim=1) ** power
    return d[:, None] * w * d


@bank.alternative
def with_diagonal_matrices(x, bandwidth):
    w = weights(x, bandwidth)
    d = torch.diag(1 / w.sum(dim=1).sqrt())
    return d @ w @ d


@bank.alternative
def diagonal_at_minus_infinity(x, bandwidth):
    logits = -squared(x) / (2 * bandwidth**2)
    logits = logits.masked_fill(torch.eye(len(x), dtype=torch.bool), -torch.inf)
    return torch.exp(logits - 0.5 * logits.logsumexp(1, keepdim=True) - 0.5 * logits.logsumexp(1)[None])


@bank.alternative
def by_pairs(x, bandwidth):
    n = len(x)
    w = torch.zeros(n, n, dtype=x.dtype)
    for i in range(n):
        for j in range(n):
            if i != j:
                w[i, j] = torch.exp(-((x[i] - x[j]) ** 2).sum() / (2 * bandwidth**2))
    d = w.sum(0)
    return w / (d[:, None] * d).sqrt()


@bank.misconception(
    "The diagonal is kept: exp(0) = 1 makes every point its own best neighbour, and labels stay where they are."
)
def diagonal_kept(x, bandwidth):
    return normalised(torch.exp(-squared(x) / (2 * bandwidth**2)))


@bank.misconception(
    "The diagonal is cleared after the normalisation: it still is in the sums of the rows, and all edges are too weak."
)
def diagonal_cleared_too_late(x, bandwidth):
    return off_diagonal(normalised(torch.exp(-squared(x) / (2 * bandwidth**2))))


@bank.misconception(
    "The rows are divided by their sums: a random walk, which is not symmetric. Both sides get the root."
)
def random_walk(x, bandwidth):
    w = weights(x, bandwidth)
    return w / w.sum(dim=1, keepdim=True)


@bank.misconception("The columns are divided by their sums. Rows and columns both get the root of the sums.")
def columns_normalised(x, bandwidth):
    w = weights(x, bandwidth)
    return w / w.sum(dim=0)


@bank.misconception("Nothing is normalised: points with many neighbours would drown the others.")
def not_normalised(x, bandwidth):
    return weights(x, bandwidth)


@bank.misconception("Divided by the sums on both sides; each side gets their *root*.")
def no_root(x, bandwidth):
    return normalised(weights(x, bandwidth), power=-1.0)


@bank.misconception("The 2 in the exponent is missing: exp(-d² / bandwidth²).")
def no_two(x, bandwidth):
    return normalised(off_diagonal(torch.exp(-squared(x) / bandwidth**2)))


@bank.misconception("The bandwidth is not squared.")
def bandwidth_not_squared(x, bandwidth):
    return normalised(off_diagonal(torch.exp(-squared(x) / (2 * bandwidth))))


@bank.misconception("The distance is not squared: that is a Laplace kernel.")
def distance_not_squared(x, bandwidth):
    return normalised(off_diagonal(torch.exp(-(squared(x) + 1e-30).sqrt() / (2 * bandwidth**2))))


@bank.misconception("The bandwidth multiplies: that is gamma, its inverse. A large bandwidth must reach far.")
def bandwidth_as_gamma(x, bandwidth):
    return normalised(off_diagonal(torch.exp(-bandwidth * squared(x))))


@bank.misconception("That is the Laplacian I - S. The matrix that spreads is S.")
def laplacian(x, bandwidth):
    return torch.eye(len(x), dtype=x.dtype) - normalised(weights(x, bandwidth))
