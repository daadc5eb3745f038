"""pass@k: other exact ways, and the biased or overflowing ones."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("30 samples, k = 5", lambda g: (30, torch.randint(31, (6,), generator=g), 5), weight=2, essential=True, seed=11),
        Probe("few wrong ones", lambda g: (15, torch.tensor([8, 9, 10, 15]), 6)),
        Probe("5,000 samples, k = 1,000", lambda g: (5000, torch.randint(0, 12, (5,), generator=g), 1000), rtol=1e-5, atol=1e-8, weight=2, seed=13),
        Probe("k = 1", lambda g: (40, torch.randint(41, (4,), generator=g), 1), seed=14),
        Probe("k = n", lambda g: (9, torch.tensor([0, 1, 5]), 9), unchanged=True, dtype=True),
    ]
)  # fmt: skip


@bank.unseen("10 samples, k = 3", "one sample", "all samples")
def others(g):
    return 14, torch.randint(15, (5,), generator=g), 4


@bank.unseen("fewer wrong ones than k")
def other_few(g):
    return 9, torch.randint(5, 10, (4,), generator=g), 5


@bank.alternative
def as_a_product(n, correct, k):
    values = [1.0 if n - c < k else 1 - math.prod(1 - k / i for i in range(n - c + 1, n + 1)) for c in correct.tolist()]
    return torch.tensor(values, dtype=torch.float64)


@bank.alternative
def with_whole_numbers(n, correct, k):
    return torch.tensor([1 - math.comb(n - c, k) / math.comb(n, k) for c in correct.tolist()], dtype=torch.float64)


def exact(n, correct, k):
    return with_whole_numbers(n, correct, k)


@bank.misconception(
    "1 - (1 - c/n)^k draws with replacement from the samples: its mean is too low. Choose k of the n without replacement."
)
def plug_in(n, correct, k):
    return 1 - (1 - correct.double() / n) ** k


@bank.misconception(
    "k times the share that is right is an expected number of hits, not the probability of at least one."
)
def expected_hits(n, correct, k):
    return k * correct.double() / n


@bank.misconception("The same, cut at 1: still no probability of at least one hit.")
def expected_hits_cut(n, correct, k):
    return (k * correct.double() / n).clamp(max=1)


@bank.misconception("That is the share of right samples: pass@1.")
def share(n, correct, k):
    return correct.double() / n + 0 * k


@bank.misconception("That is whether any of the *n* samples is right. Asked for is a choice of k of them.")
def any_of_all(n, correct, k):
    return (correct > 0).double()


@bank.misconception("That is the probability that all chosen samples are *wrong*. Subtract it from 1.")
def all_wrong(n, correct, k):
    return 1 - exact(n, correct, k)


@bank.misconception("That is the probability that all k are right. One is enough.")
def all_right(n, correct, k):
    return torch.tensor([math.comb(c, k) / math.comb(n, k) for c in correct.tolist()], dtype=torch.float64)


@bank.misconception(
    "The binomials of a thousand samples do not fit into a float: inf over inf, or 0 over 0. Use logarithms, or a product of ratios."
)
def overflows(n, correct, k):
    def choose(a):
        a = torch.as_tensor(a).double()
        return torch.where(
            a < k,
            0.0,
            torch.lgamma(a + 1).exp() / (math.exp(min(700, math.lgamma(k + 1))) * torch.lgamma(a - k + 1).exp()),
        )

    return 1 - choose(n - correct) / choose(n)


@bank.misconception("With fewer wrong samples than k a hit is certain. Yours is not a number there.")
def no_certainty(n, correct, k):
    wrong = n - correct.double()
    logs = (
        torch.lgamma(wrong + 1) - torch.lgamma((wrong - k + 1).double()) - math.lgamma(n + 1) + math.lgamma(n - k + 1)
    )
    return torch.where(wrong < k, torch.nan, 1 - logs.exp())


@bank.misconception("One mean over all problems. Return a value for each.")
def mean_over_problems(n, correct, k):
    return exact(n, correct, k).mean()


@bank.misconception(
    "The shares are averaged over the problems first, and then raised. Problems differ: the easy ones do not lend their luck to the hard ones."
)
def mean_first(n, correct, k):
    return 1 - (1 - correct.double().mean().expand(len(correct)) / n) ** k
