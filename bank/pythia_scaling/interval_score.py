"""The interval score: the penalty's factor, its sides, and what the width has to do with it."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers

bank = Bank(
    hidden=[
        Probe(
            "five forecasts at 95%",
            lambda g: (numbers(0, 1, 2, 3, 4), numbers(2, 2, 2.5, 9, 4.1), numbers(1, 3, 1, 3, 5), 0.95),
            essential=True,
        ),
        Probe("negative numbers", lambda g: (numbers(-3, -2), numbers(-1, -1), numbers(-4, 0), 0.6)),
        Probe("one forecast, 90% by default", lambda g: (numbers(1), numbers(1.5), numbers(2))),
    ]
)


@bank.unseen("inside, below, above", "an 80% interval")
def other_forecasts(g):
    low, width, actual = torch.rand(3, 6, generator=g).double()
    return low, low + width / 2, 3 * actual - 1, 0.8


def score(low, high, actual, level=0.9, factor=None, width=1.0, below=1.0, above=1.0):
    miss = below * (low - actual).clamp(min=0) + above * (actual - high).clamp(min=0)
    return width * (high - low) + (2 / (1 - level) if factor is None else factor) * miss


@bank.alternative
def with_where(low, high, actual, level=0.9):
    outside = torch.where(
        actual < low, low - actual, torch.where(actual > high, actual - high, torch.zeros_like(actual))
    )
    return (high - low) + outside * 2 / (1 - level)


@bank.alternative
def with_maximum(low, high, actual, level=0.9):
    zero = torch.zeros_like(low)
    alpha = 1 - level
    return (
        high - low + (2 / alpha) * torch.maximum(low - actual, zero) + (2 / alpha) * torch.maximum(actual - high, zero)
    )


@bank.misconception("The width is missing: then the widest interval always wins.")
def only_the_miss(low, high, actual, level=0.9):
    return score(low, high, actual, level, width=0.0)


@bank.misconception("The penalty is missing: then an interval without width always wins, wherever it is.")
def only_the_width(low, high, actual, level=0.9):
    return high - low


@bank.misconception(
    "Your factor is 1 / (1 - level). It is twice that: each end is a quantile with half of 1 - level beyond it."
)
def half_the_factor(low, high, actual, level=0.9):
    return score(low, high, actual, level, factor=1 / (1 - level))


@bank.misconception(
    "Your factor is 2 / level. It is 2 / (1 - level): the surer you claim to be, the more a miss costs."
)
def level_for_its_complement(low, high, actual, level=0.9):
    return score(low, high, actual, level, factor=2 / level)


@bank.misconception("Your factor is 20 whatever the level. That is right for 90% only: 2 / (1 - level).")
def always_twenty(low, high, actual, level=0.9):
    return score(low, high, actual, level, factor=20)


@bank.misconception("A truth below the interval costs nothing in your score. A miss counts on both sides.")
def above_only(low, high, actual, level=0.9):
    return score(low, high, actual, level, below=0.0)


@bank.misconception("A truth above the interval costs nothing in your score. A miss counts on both sides.")
def below_only(low, high, actual, level=0.9):
    return score(low, high, actual, level, above=0.0)


@bank.misconception(
    "Nothing is clamped: where the truth is inside, low - actual and actual - high are negative and *reward* the width."
)
def not_clamped(low, high, actual, level=0.9):
    return high - low + 2 / (1 - level) * ((low - actual) + (actual - high))


@bank.misconception(
    "You add a fixed penalty for any miss. It should grow with the distance by which the truth was missed."
)
def fixed_penalty(low, high, actual, level=0.9):
    return high - low + 2 / (1 - level) * ((actual < low) | (actual > high)).double()


@bank.misconception(
    "Your penalty is the distance from the middle of the interval. It is the distance from its nearer end, and 0 inside."
)
def distance_from_the_middle(low, high, actual, level=0.9):
    return high - low + 2 / (1 - level) * (actual - (low + high) / 2).abs()


@bank.misconception("You return one number, the mean. One score for each forecast is asked for.")
def averaged(low, high, actual, level=0.9):
    return score(low, high, actual, level).mean()
