"""Uniformity: other ways to be right, and the ways to average other pairs or another function of them."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe("40 vectors in 3 dimensions", lambda g: (normal(g, 40, 3),), weight=2, seed=11, essential=True),
        Probe("two vectors: one pair", lambda g: (normal(g, 2, 6),), seed=12),
        Probe("t = 5", lambda g: (normal(g, 9, 4), 5.0), weight=2, seed=13, essential=True),
        Probe("a cross of unit vectors", lambda g: (torch.cat([torch.eye(3), -torch.eye(3)]),)),
        Probe("a small cloud far from the origin", lambda g: (normal(g, 6, 4) + 5,), atol=1e-5, seed=14),
        Probe("float64", lambda g: (normal(g, 12, 5, dtype=torch.float64), 1.0), rtol=1e-5, seed=15),
        Probe(
            "leaves its input alone, at another size",
            lambda g: (normal(g, 7, 2, scale=3.0),),
            unchanged=True,
            weight=2,
            seed=16,
        ),
    ]
)


def unit(z):
    return F.normalize(z, dim=1)


def squares(z):
    return torch.pdist(unit(z)).pow(2)


@bank.alternative
def by_cosines(z, t=2.0):
    u = unit(z)
    above = torch.ones(len(u), len(u), dtype=torch.bool).triu(1)
    return (-t * (2 - 2 * (u @ u.T)[above])).exp().mean().log()


@bank.alternative
def ordered_pairs(z, t=2.0):
    u = unit(z)
    potential = (-t * (u[:, None] - u[None]).pow(2).sum(dim=2)).exp()
    n = len(u)
    return torch.log((potential.sum() - potential.trace()) / (n * (n - 1)))


@bank.alternative
def with_logsumexp(z, t=2.0):
    s = squares(z)
    return torch.logsumexp(-t * s, dim=0) - torch.tensor(float(len(s))).log()


@bank.alternative
def pair_by_pair(z, t=2.0):
    u = unit(z)
    pairs = torch.combinations(torch.arange(len(u)), 2)
    return torch.stack([torch.exp(-t * ((u[k] - u[l]) ** 2).sum()) for k, l in pairs.tolist()]).mean().log()


@bank.misconception(
    "Your value is a little too large, except for equal vectors: the pairs (k, k), at distance 0, are in your mean. Only pairs k < l count."
)
def diagonal_in_the_mean(z, t=2.0):
    u = unit(z)
    return (-t * (u[:, None] - u[None]).pow(2).sum(dim=2)).exp().mean().log()


@bank.misconception(
    "You divide the sum over pairs k < l by N² instead of by their number, N(N-1)/2: equal vectors must give 0."
)
def divided_by_all_entries(z, t=2.0):
    return ((-t * squares(z)).exp().sum() / len(z) ** 2).log()


@bank.misconception(
    "Pairs k >= l were zeroed and then counted, exp(0) = 1 each: set them aside before the mean, not to 0 before the exponential."
)
def lower_half_as_zeros(z, t=2.0):
    u = unit(z)
    return (-t * (u[:, None] - u[None]).pow(2).sum(dim=2).triu(1)).exp().mean().log()


@bank.misconception(
    "You sum over the pairs: equal vectors give the logarithm of their number instead of 0. Take the mean."
)
def summed(z, t=2.0):
    return (-t * squares(z)).exp().sum().log()


@bank.misconception(
    "The distance is not squared in your exponent: torch.pdist returns the distance itself, and the Gaussian has its square."
)
def not_squared(z, t=2.0):
    return (-t * torch.pdist(unit(z))).exp().mean().log()


@bank.misconception("The logarithm is missing: equal vectors give 1 instead of 0.")
def no_logarithm(z, t=2.0):
    return (-t * squares(z)).exp().mean()


@bank.misconception(
    "The logarithm is taken before the mean, where it cancels the exponential: you return -t times the mean squared distance.\n"
    "Log of the mean, not mean of the logs."
)
def mean_of_the_logs(z, t=2.0):
    return (-t * squares(z)).exp().log().mean()


@bank.misconception(
    "The minus in the exponent is missing: your potential grows with distance, and uniformity is never above 0."
)
def no_minus(z, t=2.0):
    return (t * squares(z)).exp().mean().log()


@bank.misconception(
    "The sign of the result is wrong: uniformity is at most 0, and less is better. There is no minus before the log."
)
def negative(z, t=2.0):
    return -(-t * squares(z)).exp().mean().log()


@bank.misconception("t is not used: your value is that of t = 1.")
def ignores_t(z, t=2.0):
    return (-squares(z)).exp().mean().log()


@bank.misconception("You always use t = 2, the default. It is the second argument.")
def always_two(z, t=2.0):
    return (-2 * squares(z)).exp().mean().log()


@bank.misconception("You divide by t. The exponent is -t times the squared distance.")
def divided_by_t(z, t=2.0):
    return (-squares(z) / t).exp().mean().log()


@bank.misconception(
    "The vectors are not normalised: your value falls when they merely get longer. Put them on the unit sphere first."
)
def not_normalised(z, t=2.0):
    return (-t * torch.pdist(z).pow(2)).exp().mean().log()


@bank.misconception(
    "You normalised along the batch (dim=0). Each embedding is a row, and each row must get length 1: dim=1."
)
def normalised_along_the_batch(z, t=2.0):
    return (-t * torch.pdist(F.normalize(z, dim=0)).pow(2)).exp().mean().log()


@bank.misconception(
    "The value is right, but the caller's embeddings are different afterwards: an operation that ends in an underscore, or `z /= ...`,\n"
    "works on the very tensor you were given. Make a new one."
)
def normalises_in_place(z, t=2.0):
    z /= z.norm(dim=1, keepdim=True)
    return (-t * squares(z)).exp().mean().log()


@bank.misconception(
    "The value is right, but no gradient comes through: somewhere it leaves the graph (.item(), .detach(), no_grad). As a measure it\n"
    "still reads well; nobody could train with it."
)
def leaves_the_graph(z, t=2.0):
    return bank.alternatives[next(iter(bank.alternatives))](z, t).detach()


@bank.misconception("float64 went in and float32 came out: keep the precision of the input.")
def rounded_to_float32(z, t=2.0):
    return bank.alternatives[next(iter(bank.alternatives))](z, t).float()
