"""Effective rank: other ways to be right, and the ways to square, count or normalise something else."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe("100 vectors, 16 dimensions", lambda g: (normal(g, 100, 16),), weight=2, seed=11, essential=True),
        Probe(
            "two dimensions carry nearly everything",
            lambda g: (normal(g, 30, 6) * torch.tensor([9.0, 5.0, 0.1, 0.1, 0.1, 0.1]),),
            weight=2,
            seed=12,
        ),
        Probe(
            "one direction, far from the origin",
            lambda g: (torch.outer(normal(g, 8), torch.ones(5)) * 100,),
            note="= 1",
            atol=1e-2,
            seed=13,
        ),
        Probe("an orthogonal matrix", lambda g: (torch.linalg.qr(normal(g, 7, 7))[0],), note="= 7", rtol=1e-3, seed=14),
        Probe("one vector", lambda g: (normal(g, 1, 6),), note="= 1", seed=15),
        Probe("lengths do not matter", lambda g: (normal(g, 12, 4, scale=1e-3),), seed=16, rtol=1e-3),
        Probe(
            "float64, gradient included",
            lambda g: (normal(g, 9, 5, dtype=torch.float64),),
            gradients=(0,),
            dtype=True,
            rtol=1e-8,
            seed=17,
        ),
        Probe("leaves its input alone, at another size", lambda g: (normal(g, 4, 7),), unchanged=True, seed=18),
    ]
)


def perplexity(weight):
    p = weight / weight.sum()
    return torch.exp(-torch.xlogy(p, p).sum())


@bank.alternative
def from_the_full_decomposition(x):
    s = torch.linalg.svd(x, full_matrices=False).S
    p = s / s.sum()
    return torch.special.entr(p).sum().exp()


@bank.alternative
def without_zeros(x):
    s = torch.linalg.svdvals(x)
    p = s / s.sum()
    p = p[p > 0]
    return (-(p * p.log()).sum()).exp()


@bank.alternative
def of_the_transposed(x):
    return perplexity(torch.linalg.svdvals(x.T))


@bank.misconception(
    "The singular values are squared (these are the eigenvalues of the covariance). The definition takes them as they are."
)
def squared(x):
    return perplexity(torch.linalg.svdvals(x).square())


@bank.misconception("This is the ordinary rank: it counts directions however faint they are.")
def ordinary_rank(x):
    return torch.linalg.matrix_rank(x).to(x.dtype)


@bank.misconception("The entropy itself is returned. Its exponential reads as a number of dimensions.")
def entropy_only(x):
    return perplexity(torch.linalg.svdvals(x)).log()


@bank.misconception(
    "The mean is taken away from the features first. Here the matrix is taken as it is; centring is the caller's decision."
)
def centred(x):
    return perplexity(torch.linalg.svdvals(x - x.mean(dim=0)) + 1e-12)


@bank.misconception("The rows are normalised to length 1 first. The matrix is taken as it is.")
def rows_normalised(x):
    return perplexity(torch.linalg.svdvals(x / x.norm(dim=1, keepdim=True)))


@bank.misconception("The singular values are turned into probabilities by a softmax. Divide them by their sum.")
def softmaxed(x):
    p = torch.linalg.svdvals(x).softmax(dim=0)
    return torch.exp(-torch.xlogy(p, p).sum())


@bank.misconception(
    "The entropy is in bits, but the exponential is that of nats (or the other way round): the two do not undo each other."
)
def bits_and_nats(x):
    return torch.exp(perplexity(torch.linalg.svdvals(x)).log() / math.log(2))


@bank.misconception("The singular values are divided by the largest, not by their sum: these are no probabilities.")
def divided_by_the_largest(x):
    s = torch.linalg.svdvals(x)
    p = s / s.max()
    return torch.exp(-torch.xlogy(p, p).sum())


@bank.misconception("The sign of the entropy is wrong: more directions give a smaller number.")
def wrong_sign(x):
    return 1 / perplexity(torch.linalg.svdvals(x))


@bank.misconception(
    "This is the participation ratio, (sum s)^2 / sum s^2: a relative of the effective rank, and another number."
)
def participation_ratio(x):
    s = torch.linalg.svdvals(x)
    return s.sum().square() / s.square().sum()


@bank.misconception("The result is divided by the number of dimensions. The effective rank is a count, from 1 up.")
def as_a_share(x):
    return perplexity(torch.linalg.svdvals(x)) / min(x.shape)


@bank.misconception("float64 went in and float32 came out.")
def casts_to_float32(x):
    return perplexity(torch.linalg.svdvals(x.float()))


@bank.misconception("No gradient passes: a plain number comes back, which could not be used in a loss.")
def a_plain_number(x):
    return perplexity(torch.linalg.svdvals(x)).item()


@bank.misconception(
    "A direction that is not used gives nan: 0 times the logarithm of 0. xlogy knows that 0 log 0 is 0."
)
def nan_at_zero(x):
    p = torch.linalg.svdvals(x)
    p = p / p.sum()
    return (-(p * p.log()).sum()).exp()
