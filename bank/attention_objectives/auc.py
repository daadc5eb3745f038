"""AUC: other right ways, and the ways to count ties or pairs differently."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import normal
from course_utils.checks import Probe


def many_ties(g):
    return torch.randint(4, (12,), generator=g).double(), torch.randint(1, 5, (9,), generator=g).double()


bank = Bank(
    hidden=[
        Probe("50 against 30", lambda g: (normal(g, 50), normal(g, 30) + 0.3), weight=2, seed=11, essential=True),
        Probe("many ties", many_ties, weight=2, seed=12, essential=True),
        Probe("one against one, reversed", lambda g: (torch.tensor([2.0]), torch.tensor([1.0])), seed=13),
        Probe("as many of each", lambda g: (normal(g, 20), normal(g, 20) * 3), unchanged=True, dtype=True, seed=14),
    ]
)


@bank.alternative
def by_ranks(normal, strange):
    both = torch.cat([normal, strange])
    rank = (both[:, None] > both).to(both.dtype).sum(1) + 0.5 * (both[:, None] == both).sum(1) + 0.5
    n, m = len(normal), len(strange)
    return (rank[n:].sum() - m * (m + 1) / 2) / (n * m)


@bank.alternative
def by_signs(normal, strange):
    return (0.5 + 0.5 * (strange[:, None] - normal[None]).sign()).mean()


@bank.alternative
def by_loops(normal, strange):
    total = sum(1.0 if s > n else 0.5 if s == n else 0.0 for s in strange for n in normal)
    return torch.tensor(total / (len(normal) * len(strange)), dtype=normal.dtype)


def compared(normal, strange):
    return strange[:, None] - normal


@bank.misconception("The question is the other way round: how often does a *strange* one score higher?")
def inverted(normal, strange):
    d = compared(normal, strange)
    return (d < 0).to(normal.dtype).mean() + 0.5 * (d == 0).to(normal.dtype).mean()


@bank.misconception("Ties count nothing in your sum. They count half.")
def ties_lost(normal, strange):
    return (compared(normal, strange) > 0).to(normal.dtype).mean()


@bank.misconception("Ties count in full. They count half.")
def ties_in_full(normal, strange):
    return (compared(normal, strange) >= 0).to(normal.dtype).mean()


@bank.misconception("You compare the first with the first, the second with the second. All pairs count.")
def paired(normal, strange):
    n = min(len(normal), len(strange))
    d = strange[:n] - normal[:n]
    return (d > 0).to(normal.dtype).mean() + 0.5 * (d == 0).to(normal.dtype).mean()


@bank.misconception("That is the accuracy at one threshold. AUC needs none.")
def accuracy_at_the_median(normal, strange):
    cut = torch.cat([normal, strange]).median()
    return (((normal <= cut).sum() + (strange > cut).sum()) / (len(normal) + len(strange))).to(normal.dtype)


@bank.misconception("That is the difference of the mean scores. Asked for is a probability.")
def difference_of_means(normal, strange):
    return strange.mean() - normal.mean()


@bank.misconception("That is 2 AUC - 1, which is 0 for chance (Gini).")
def gini(normal, strange):
    return compared(normal, strange).sign().mean()


@bank.misconception("You count the strange ones above *all* normal ones. Each pair counts.")
def above_all(normal, strange):
    return (strange > normal.max()).to(normal.dtype).mean()


@bank.misconception("That is the number of pairs. Divide by how many there are.")
def count_of_pairs(normal, strange):
    d = compared(normal, strange)
    return (d > 0).to(normal.dtype).sum() + 0.5 * (d == 0).to(normal.dtype).sum()


@bank.misconception("You compare strange scores with the *mean* normal one.")
def above_the_mean(normal, strange):
    return (strange > normal.mean()).to(normal.dtype).mean()


@bank.misconception(
    "Better than chance is always above 1/2 in your result: you take the larger of the two sides. A score can be worse than chance."
)
def folded(normal, strange):
    found = by_signs(normal, strange)
    return torch.maximum(found, 1 - found)
