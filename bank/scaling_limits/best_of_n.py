"""Best of n: other ways to the law, and other laws."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.after import law

bank = Bank(
    hidden=[
        Probe("7 answers, best of 4", lambda g: (law(g, 7), 4), weight=2, essential=True, seed=11),
        Probe("one answer", lambda g: (torch.ones(1).double(), 6)),
        Probe("12 answers, best of 30", lambda g: (law(g, 12), 30), atol=1e-10, weight=2, seed=13),
        Probe("best of 1, inputs left alone", lambda g: (law(g, 3), 1), unchanged=True, dtype=True, seed=14),
        Probe("the best answer is impossible", lambda g: (torch.tensor([0.3, 0.7, 0.0]).double(), 3)),
    ]
)


@bank.unseen("two equal answers, best of 2", "an impossible answer")
def others(g):
    return law(g, 3), 2 + int(torch.randint(3, (), generator=g))


@bank.alternative
def by_two_cumulative_sums(p, n):
    below = torch.cat([p.new_zeros(1), p.cumsum(0)])
    return below[1:].pow(n) - below[:-1].pow(n)


@bank.alternative
def step_by_step(p, n):
    """The best of n samples is the better of the best of n - 1 and one more."""
    best = p.clone()
    for _ in range(n - 1):
        worse, worse_p = best.cumsum(0) - best, p.cumsum(0)
        best = best * worse_p + p * worse
    return best


@bank.misconception("Raised to the power n, one by one, and normalised: that is n samples that all agree.")
def all_agree(p, n):
    return p**n / (p**n).sum()


@bank.misconception(
    "That is the law of the *worst* of n: the power belongs to the probability of being at most this good."
)
def worst(p, n):
    above = p.flip(0).cumsum(0).flip(0) ** n
    return above - torch.cat([above[1:], p.new_zeros(1)])


@bank.misconception(
    "That is the probability that an answer occurs at least once among n. Only one of them is the best."
)
def occurs(p, n):
    return 1 - (1 - p) ** n


@bank.misconception("The same, normalised: an answer that occurs is not for that the best.")
def occurs_normalised(p, n):
    q = 1 - (1 - p) ** n
    return q / q.sum()


@bank.misconception("That is the cumulative law. Take the differences.")
def cumulative(p, n):
    return p.cumsum(0) ** n


@bank.misconception("The first answer is lost in the differences: before it stands 0.")
def first_lost(p, n):
    return (p.cumsum(0) ** n).diff()


@bank.misconception("n and n - 1 are exchanged: with n = 1 the policy itself should come out.")
def one_more(p, n):
    below = p.cumsum(0) ** (n + 1)
    return below.diff(prepend=below.new_zeros(1))


@bank.misconception("n p F^(n-1) holds for a density. Here answers have probabilities of their own, and ties occur.")
def density(p, n):
    return n * p * p.cumsum(0) ** (n - 1)


@bank.misconception("The best answer has all the probability in yours. n samples may miss it.")
def always_the_best(p, n):
    return torch.eye(len(p), dtype=p.dtype)[-1]
