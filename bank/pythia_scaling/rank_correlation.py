"""Spearman's correlation: what a rank is, and who shares one."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers

bank = Bank(
    hidden=[
        Probe(
            "WSC over size, as published",
            lambda g: (
                numbers(1, 2, 3, 4, 5, 6, 7, 8),
                numbers(0.365, 0.365, 0.567, 0.365, 0.365, 0.385, 0.365, 0.548),
            ),
            essential=True,
        ),
        Probe(
            "twenty random pairs",
            lambda g: (torch.rand(20, generator=g).double(), torch.rand(20, generator=g).double()),
            seed=11,
            essential=True,
        ),
        Probe(
            "many ties in both",
            lambda g: (torch.randint(3, (15,), generator=g).double(), torch.randint(4, (15,), generator=g).double()),
            seed=12,
            essential=True,
        ),
        Probe("two pairs", lambda g: (numbers(1, 2), numbers(5, 3)), note="= -1"),
    ]
)


@bank.unseen("six pairs without ties", "not in order, far from linear", "ties in y")
def other_pairs(g):
    return torch.randperm(9, generator=g).double(), torch.randint(5, (9,), generator=g).double().exp()


def mean_ranks(values):
    below = (values[None] < values[:, None]).sum(1)
    equal = (values[None] == values[:, None]).sum(1)
    return below + (equal + 1) / 2


def pearson(a, b):
    a, b = a.double() - a.double().mean(), b.double() - b.double().mean()
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


@bank.alternative
def with_corrcoef(x, y):
    return torch.corrcoef(torch.stack([mean_ranks(x), mean_ranks(y)]).double())[0, 1]


@bank.alternative
def with_unique(x, y):
    def ranks(values):
        _, position, count = values.unique(return_inverse=True, return_counts=True)
        last = count.cumsum(0)
        return ((2 * last - count + 1) / 2)[position]

    return pearson(ranks(x), ranks(y))


@bank.alternative
def signs_of_differences(x, y):
    # a mean rank is, up to a constant, half the sum of the signs of all differences
    a = (x[:, None] - x[None]).sign().sum(dim=1)
    b = (y[:, None] - y[None]).sign().sum(dim=1)
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


@bank.misconception(
    "That is Pearson's correlation of the values. Replace them by their ranks first; then only the order counts."
)
def of_the_values(x, y):
    return pearson(x, y)


@bank.misconception(
    "argsort gives the positions of the sorted values, not the rank of each value. (argsort of argsort would, but for ties.)"
)
def argsort_once(x, y):
    return pearson(x.argsort(stable=True), y.argsort(stable=True))


@bank.misconception(
    "Equal values get different ranks, by the order in which they come. They should share the mean of the ranks they take up."
)
def ties_broken_by_order(x, y):
    return pearson(x.argsort(stable=True).argsort(stable=True), y.argsort(stable=True).argsort(stable=True))


@bank.misconception("Equal values get the smallest of their ranks. They should share the mean of them.")
def smallest_rank(x, y):
    return pearson((x[None] < x[:, None]).sum(1), (y[None] < y[:, None]).sum(1))


@bank.misconception(
    "Equal values count as one rank and the next value follows at once (dense ranks). They take up as many ranks as they are, and share their mean."
)
def dense_ranks(x, y):
    return pearson(x.unique(return_inverse=True)[1], y.unique(return_inverse=True)[1])


@bank.misconception(
    "1 - 6 Σd² / (n (n² - 1)) is right without ties only. With ties, take the ordinary correlation of the mean ranks."
)
def shortcut_formula(x, y):
    d = mean_ranks(x) - mean_ranks(y)
    n = len(x)
    return 1 - 6 * d.square().sum() / (n * (n**2 - 1))


@bank.misconception("That is Kendall's tau: the share of pairs in the same order. Spearman correlates the ranks.")
def kendall(x, y):
    a, b = (x[:, None] - x[None]).sign(), (y[:, None] - y[None]).sign()
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


@bank.misconception("Only one of the two was replaced by its ranks.")
def one_side_ranked(x, y):
    return pearson(x, mean_ranks(y))


@bank.misconception("The sign is wrong: one of your rankings runs from the largest down.")
def one_descending(x, y):
    return -pearson(mean_ranks(x), mean_ranks(y))


@bank.misconception("Your correlation is not centred: subtract the mean rank first.")
def not_centered(x, y):
    a, b = mean_ranks(x), mean_ranks(y)
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


@bank.misconception("You return the squared correlation. Spearman's has a sign: a falling relation is negative.")
def squared(x, y):
    return pearson(mean_ranks(x), mean_ranks(y)) ** 2
