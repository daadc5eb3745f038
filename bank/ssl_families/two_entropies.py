"""Two entropies: other ways to be right, and the ways to average at the wrong moment or to stumble over zeros."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import rows, uncertain

bank = Bank(
    hidden=[
        Probe("40 images, 9 classes", lambda g: (rows(g, 40, 9, 2.0),), weight=2, seed=11, essential=True),
        Probe("one image", lambda g: (rows(g, 1, 5),), seed=12),
        Probe("almost one-hot", lambda g: (uncertain(0.999, 6, 8),), rtol=1e-3),
        Probe(
            "two classes, sure, half and half",
            lambda g: (torch.eye(2).repeat(3, 1),),
            note="0 and log 2",
            weight=2,
            essential=True,
        ),
        Probe("float64, to ten digits", lambda g: (rows(g, 7, 4, 1.0, torch.float64),), dtype=True, rtol=1e-9, seed=13),
        Probe("leaves its input alone, at another size", lambda g: (rows(g, 3, 6),), unchanged=True, seed=14),
    ]
)


def h(p, dim=-1):
    return -torch.xlogy(p, p).sum(dim=dim)


@bank.alternative
def with_torch_special(p):
    return torch.special.entr(p).sum(dim=1).mean(), torch.special.entr(p.mean(dim=0)).sum()


@bank.alternative
def with_where(p):
    def entropy(q):
        return -(q * torch.where(q > 0, q, torch.ones_like(q)).log()).sum(dim=-1)

    return entropy(p).mean(), entropy(p.mean(dim=0))


@bank.misconception("0 log 0 came out as nan: one-hot rows are the very case to be recognised. xlogy knows the limit.")
def nan_at_zero(p):
    mean = p.mean(dim=0)
    return -(p * p.log()).sum(dim=1).mean(), -(mean * mean.log()).sum()


@bank.misconception("Both numbers are the mean of the rows' entropies. For the second, average the rows first.")
def the_same_twice(p):
    return h(p).mean(), h(p).mean()


@bank.misconception("The two numbers are exchanged: first the mean of the entropies, then the entropy of the mean.")
def exchanged(p):
    return h(p.mean(dim=0)), h(p).mean()


@bank.misconception(
    "The second mean runs over the classes: every row's mean is 1/K, whatever happens. Average over the images."
)
def mean_over_classes(p):
    return h(p).mean(), h(p.mean(dim=1))


@bank.misconception("The entropies of the rows are added up, not averaged.")
def summed(p):
    return h(p).sum(), h(p.mean(dim=0))


@bank.misconception("The average runs over the entries instead of the rows: a row's entropy is a sum over its classes.")
def mean_over_entries(p):
    return -torch.xlogy(p, p).mean(), -torch.xlogy(p.mean(0), p.mean(0)).mean()


@bank.misconception("Your values are in bits. Nats are asked for: the natural logarithm.")
def in_bits(p):
    return h(p).mean() / math.log(2), h(p.mean(dim=0)) / math.log(2)


@bank.misconception("The sign is wrong: an entropy is never negative.")
def wrong_sign(p):
    return -h(p).mean(), -h(p.mean(dim=0))


@bank.misconception("A softmax is applied to what are probabilities already: everything looks more uniform than it is.")
def softmax_again(p):
    q = p.softmax(dim=1)
    return h(q).mean(), h(q.mean(dim=0))


@bank.misconception("The entropies are divided by log K. In nats, please: the uniform row has log K.")
def normalised(p):
    return h(p).mean() / math.log(p.shape[1]), h(p.mean(dim=0)) / math.log(p.shape[1])


@bank.misconception("A small number inside the logarithm bends the values; 0 log 0 is exactly 0 without it.")
def epsilon_in_the_log(p):
    return -(p * (p + 1e-2).log()).sum(dim=1).mean(), -(p.mean(0) * (p.mean(0) + 1e-2).log()).sum()


@bank.misconception(
    "The second number is the difference of the two, their mutual information. That comes next; the entropy of the mean itself is asked for."
)
def mutual_information(p):
    return h(p).mean(), h(p.mean(dim=0)) - h(p).mean()


@bank.misconception("float64 went in and float32 came out.")
def casts_to_float32(p):
    return h(p.float()).mean(), h(p.float().mean(dim=0))
