"""The bound: other ways to write it, and its usual slips."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("complexity 0.3, 2,000 examples", lambda g: (0.1, 0.3, 2000, 0.01), weight=2, essential=True),
        Probe("nothing is certain", lambda g: (0.4, 1.0, 5, 0.5)),
        Probe("another level", lambda g: (0.25, 0.05, 300, 0.2)),
    ]
)


@bank.unseen("complexity 0.1, 500 examples")
def other_numbers(g):
    a, c = torch.rand(2, generator=g).tolist()
    return 0.3 * a, c, int(torch.randint(50, 900, (), generator=g)), 0.02


@bank.alternative
def with_logarithms_apart(train_error, complexity, n, delta):
    return sum((train_error, complexity, 3 * ((math.log(2) - math.log(delta)) / n / 2) ** 0.5))


@bank.misconception(
    "The complexity counts once here: the factor 2 belongs to the complexity of the losses, which is half that of the class."
)
def twice_the_complexity(train_error, complexity, n, delta):
    return train_error + 2 * complexity + 3 * math.sqrt(math.log(2 / delta) / (2 * n))


@bank.misconception(
    "The factor 3 in front of the root is missing: it is there because the complexity is estimated from the same examples."
)
def no_three(train_error, complexity, n, delta):
    return train_error + complexity + math.sqrt(math.log(2 / delta) / (2 * n))


@bank.misconception("Under the logarithm stands 2 over delta: two things may go wrong.")
def one_over_delta(train_error, complexity, n, delta):
    return train_error + complexity + 3 * math.sqrt(math.log(1 / delta) / (2 * n))


@bank.misconception("Under the root stands 2n.")
def n_alone(train_error, complexity, n, delta):
    return train_error + complexity + 3 * math.sqrt(math.log(2 / delta) / n)


@bank.misconception("The bound is cut at 1. How far above it lies is worth knowing.")
def cut(train_error, complexity, n, delta):
    return min(1.0, train_error + complexity + 3 * math.sqrt(math.log(2 / delta) / (2 * n)))


@bank.misconception("The root is missing: confidence costs one over the root of n.")
def no_root(train_error, complexity, n, delta):
    return train_error + complexity + 3 * math.log(2 / delta) / (2 * n)


@bank.misconception("The training error is missing: the bound is on the error, not on the gap.")
def gap_only(train_error, complexity, n, delta):
    return complexity + 3 * math.sqrt(math.log(2 / delta) / (2 * n))


@bank.misconception("The logarithm is to base 10 in your value. It is natural.")
def base_ten(train_error, complexity, n, delta):
    return train_error + complexity + 3 * math.sqrt(math.log10(2 / delta) / (2 * n))


@bank.misconception("The 3 has slipped under the root. It stands in front of it.")
def three_under_the_root(train_error, complexity, n, delta):
    return train_error + complexity + math.sqrt(3 * math.log(2 / delta) / (2 * n))


@bank.misconception("`/ 2 * n` divides by 2 and multiplies by n. Both belong below the line: `/ (2 * n)`.")
def times_n(train_error, complexity, n, delta):
    return train_error + complexity + 3 * math.sqrt(math.log(2 / delta) / 2 * n)
