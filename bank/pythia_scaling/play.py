"""The budget game: ways to spend it all and know nothing."""

import math

import numpy as np
import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import intervals, middles, new_labs
from course_utils.pythia_scaling.fits import bootstrap, fit_power_law, fit_power_law_with_floor

bank = Bank(
    hidden=[
        Probe("twelve other laboratories: the middles", new_labs(100), look=middles, seconds=60.0, essential=True),
        Probe("twelve other laboratories: the intervals", new_labs(100), look=intervals, seconds=60.0),
        Probe("twelve poor ones: the middles", new_labs(200, budget=1e17), look=middles, seconds=60.0),
        Probe("twelve with steadier luck: the intervals", new_labs(300, noise=0.001), look=intervals, seconds=60.0),
    ]
)


def forecasts(labs, one):
    return torch.tensor([[float(v) for v in one(each)] for each in labs], dtype=torch.float64)


def train_row(each, count=10, span=30.0, share=0.999, ratio=20.0):
    """`count` sizes over a factor of `span`, all with `ratio` tokens a parameter, for a share of the budget."""
    shape = np.geomspace(1 / span, 1, count)
    n = shape * math.sqrt(share * each.budget / (6 * ratio * (shape**2).sum()))
    return n, np.array([each.train(size, ratio * size) for size in n])


def interval(law, n, losses, each, level=0.9, residuals=True, resamples=200):
    found = bootstrap(law, [n], losses, resamples, residuals=residuals).predict([each.target_params])[:, 0]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    middle = law.predict([each.target_params])[0]
    return min(low, middle), middle, max(high, middle)


@bank.alternative
def a_longer_row(labs):
    def one(each):
        n, losses = train_row(each, count=16, span=100)
        return interval(fit_power_law_with_floor(n, losses), n, losses, each)

    return forecasts(labs, one)


@bank.alternative
def residuals_for_a_width(labs):
    def one(each):
        n, losses = train_row(each, count=12, span=50)
        law = fit_power_law_with_floor(n, losses)
        low, middle, high = interval(law, n, losses, each, level=0.95)
        return low, middle, high

    return forecasts(labs, one)


@bank.misconception(
    "All your forecasts are too low: there is no irreducible loss in the law you extrapolate. A straight line on logarithmic paper falls through the floor."
)
def no_floor(labs):
    def one(each):
        n, losses = train_row(each)
        return interval(fit_power_law(n, losses), n, losses, each)

    return forecasts(labs, one)


@bank.misconception(
    "Your intervals have no width. A forecast without doubt is wrong nearly always, and the score punishes each miss twentyfold."
)
def no_width(labs):
    def one(each):
        n, losses = train_row(each)
        middle = fit_power_law_with_floor(n, losses).predict([each.target_params])[0]
        return middle, middle, middle

    return forecasts(labs, one)


@bank.misconception(
    "Your middles are good, but your intervals are so wide that they say nothing: more than a nat. They should hold the truth nine times in ten, not always."
)
def any_loss_at_all(labs):
    def one(each):
        n, losses = train_row(each)
        middle = fit_power_law_with_floor(n, losses).predict([each.target_params])[0]
        return 0.5 * middle, middle, 2 * middle

    return forecasts(labs, one)


@bank.misconception("You forecast without training anything: every laboratory has a law of its own.")
def one_answer_for_all(labs):
    return forecasts(labs, lambda each: (1.6, 2.2, 2.8))


@bank.misconception(
    "All your forecasts are far too high: they are the loss of the largest model you could pay for. The target is ten times larger; extrapolate."
)
def the_best_so_far(labs):
    def one(each):
        n, losses = train_row(each, count=1, span=1.0)
        return 0.99 * losses[0], losses[0], 1.01 * losses[0]

    return forecasts(labs, one)


@bank.misconception(
    "Your middles are good and your intervals too narrow: fewer than half of the truths are inside. Are they the quantiles .05 and .95 of the refits?"
)
def half_of_the_refits(labs):
    def one(each):
        n, losses = train_row(each)
        return interval(fit_power_law_with_floor(n, losses), n, losses, each, level=0.3)

    return forecasts(labs, one)


@bank.misconception(
    "You train all models on the same number of tokens. Then the loss tends to a floor of its own, that of so few tokens; the target has 20 for each parameter."
)
def fixed_tokens(labs):
    def one(each):
        tokens = 0.1 * each.target_tokens / 20
        n = np.geomspace(1 / 30, 1, 10)
        n *= 0.999 * each.budget / (6 * tokens * n.sum())
        losses = np.array([each.train(size, tokens) for size in n])
        return interval(fit_power_law_with_floor(n, losses), n, losses, each)

    return forecasts(labs, one)


@bank.misconception("low, middle and high are out of order.")
def out_of_order(labs):
    def one(each):
        n, losses = train_row(each)
        low, middle, high = interval(fit_power_law_with_floor(n, losses), n, losses, each)
        return high, middle, low

    return forecasts(labs, one)


@bank.misconception(
    "A run costs more than what is left of the budget. Add up 6 n d before you train: `left` says what remains, `cost(n, d)` what a run takes."
)
def overspends(labs):
    def one(each):
        n, losses = train_row(each, share=2.0)
        return interval(fit_power_law_with_floor(n, losses), n, losses, each)

    return forecasts(labs, one)


@bank.misconception("Return one row for each laboratory: low, middle, high. Yours has another shape.")
def only_the_middles(labs):
    return forecasts(labs, lambda each: (2.0, 2.0, 2.0))[:, 1]
