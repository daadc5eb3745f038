"""Cover's count: other ways to count, and the sums that come out beside it."""

import math

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("6 points in the plane", lambda g: (6, 2), weight=2, essential=True),
        Probe("12 points in 4 dimensions", lambda g: (12, 4), weight=2, essential=True),
        Probe("5 points in 9 dimensions", lambda g: (5, 9)),
        Probe("one point", lambda g: (1, 3)),
        Probe("60 points in 3 dimensions", lambda g: (60, 3)),
    ]
)


def other(n_low, n_high, d_low, d_high):
    import torch

    def inputs(g):
        return int(torch.randint(n_low, n_high, (), generator=g)), int(torch.randint(d_low, d_high, (), generator=g))

    return inputs


bank.unseen("7 points in 3 dimensions")(other(8, 12, 3, 6))
bank.unseen("20 points in 5 dimensions")(other(15, 30, 4, 8))


@bank.alternative
def by_recursion(n, d):
    row = [2] * (d + 1)
    for _ in range(n - 1):
        row = [2] + [row[k] + row[k - 1] for k in range(1, d + 1)]
    return row[d]


@bank.alternative
def as_two_to_the_n_minus_the_rest(n, d):
    return 2**n - 2 * sum(math.comb(n - 1, k) for k in range(d + 1, n))


@bank.misconception("That counts planes through the origin. An offset is one dimension more.")
def through_the_origin(n, d):
    return 2 * sum(math.comb(n - 1, k) for k in range(d))


@bank.misconception("You count all labellings, 2 to the n. Beyond d + 1 points a plane does not reach them all.")
def all_labellings(n, d):
    return 2**n


@bank.misconception(
    "That is Sauer's bound, the sum of n over k. It holds for any class of this dimension and is not the count for planes."
)
def sauer(n, d):
    return sum(math.comb(n, k) for k in range(d + 2))


@bank.misconception(
    "Each plane has two sides: whoever is labelled +, the reverse is a labelling too. The count is twice yours."
)
def one_side(n, d):
    return sum(math.comb(n - 1, k) for k in range(d + 1))


@bank.misconception(
    "The sum runs over choices out of n - 1 points, not n: the first point has nothing to be told from."
)
def out_of_n(n, d):
    return 2 * sum(math.comb(n, k) for k in range(d + 1))


@bank.misconception("Only the last term of the sum is there.")
def last_term(n, d):
    return 2 * math.comb(n - 1, d)


@bank.misconception("One dimension too many: the sum ends at d.")
def one_too_many(n, d):
    return 2 * sum(math.comb(n - 1, k) for k in range(d + 2))
