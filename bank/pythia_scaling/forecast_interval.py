"""A bootstrap of residuals: whose residuals, added to what, and which quantiles."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import forecasting

bank = Bank(
    hidden=[
        Probe("12 points, 80 refits, 90%", lambda g: forecasting(g, 12, 80, 1e7), seed=11, essential=True),
        Probe("4 points: one to spare", lambda g: forecasting(g, 4, 50, 1e6), seed=12),
        Probe("a 50% interval", lambda g: forecasting(g, 7, 60, 1e8, 0.5), seed=13, essential=True),
        Probe("much noise", lambda g: forecasting(g, 9, 60, 1e6, 0.9, noise=0.4), seed=14),
    ]
)


def law(parameters, x):
    floor, scale, alpha = parameters
    return floor + scale * x**-alpha


def resample(fit, x, y, x_new, draws, level, widen=True, base=None, logs=True, middle=None):
    """The bootstrap with one thing changed."""
    original = fit(x, y)
    predicted = law(original, x)
    residual = (y / predicted).log() if logs else y - predicted
    residual = residual * (math.sqrt(len(x) / (len(x) - 3)) if widen else 1)
    center = predicted if base is None else base
    forecasts = []
    for draw in draws:
        new = center * residual[draw].exp() if logs else center + residual[draw]
        forecasts.append(law(fit(x, new), x_new))
    forecasts = torch.stack(forecasts)
    low, high = forecasts.quantile((1 - level) / 2), forecasts.quantile((1 + level) / 2)
    return low, law(original, x_new) if middle is None else middle(forecasts), high


@bank.alternative
def with_numbers_for_quantiles(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, level)


@bank.alternative
def in_logarithms(fit, x, y, x_new, draws, level=0.9):
    original = fit(x, y)
    log_fit = law(original, x).log()
    residual = (y.log() - log_fit) * (len(x) / (len(x) - 3)) ** 0.5
    targets = (log_fit + residual[draws]).exp()
    found = torch.tensor([float(law(fit(x, t), x_new)) for t in targets], dtype=x.dtype)
    tail = (1 - level) / 2
    low, high = torch.quantile(found, torch.tensor([tail, 1 - tail], dtype=x.dtype))
    return low, law(original, x_new), high


@bank.misconception(
    "Your interval is too narrow by the factor sqrt(n / (n - 3)): the residuals of a fit with three parameters are smaller than the noise was."
)
def not_widened(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, level, widen=False)


@bank.misconception(
    "You add the drawn residuals to the *data*, which carry their own already: the noise counts twice. Start from the fitted curve."
)
def added_to_the_data(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, level, base=y)


@bank.misconception(
    "You draw whole measurements, sizes included. The sizes were chosen, not drawn: keep them, and draw the residuals."
)
def draws_whole_points(fit, x, y, x_new, draws, level=0.9):
    found = torch.stack([law(fit(x[d], y[d]), x_new) for d in draws])
    return found.nanquantile((1 - level) / 2), law(fit(x, y), x_new), found.nanquantile((1 + level) / 2)


@bank.misconception(
    "Your residuals are differences. They should be ratios: log(y / y_hat), and exp when they are put back."
)
def absolute_residuals(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, level, logs=False)


@bank.misconception(
    "Your interval leaves 1 - level on *each* side. Half of it belongs on either side: 90% lie between the quantiles 0.05 and 0.95."
)
def one_sided_quantiles(fit, x, y, x_new, draws, level=0.9):
    low, middle, high = resample(fit, x, y, x_new, draws, 2 * level - 1)
    return low, middle, high


@bank.misconception(
    "Your interval reaches from the smallest to the largest forecast. It should hold the share `level` of them: use quantiles."
)
def all_of_them(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, 1.0)


@bank.misconception("The level is not used: your interval is that of 90% whatever is asked for.")
def always_ninety(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, 0.9)


@bank.misconception(
    "Your middle is the median of the refits. It should be the forecast of the fit to the original data."
)
def median_in_the_middle(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, level, middle=lambda f: f.median())


@bank.misconception("Your middle is the mean of the refits. It should be the forecast of the fit to the original data.")
def mean_in_the_middle(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, x_new, draws, level, middle=lambda f: f.mean())


@bank.misconception("Your interval has no width: the residuals are never put back, each refit sees the same data.")
def nothing_drawn(fit, x, y, x_new, draws, level=0.9):
    forecast = law(fit(x, y), x_new)
    return forecast, forecast, forecast


@bank.misconception("Low and high are swapped.")
def swapped(fit, x, y, x_new, draws, level=0.9):
    low, middle, high = resample(fit, x, y, x_new, draws, level)
    return high, middle, low


@bank.misconception(
    "Your interval is that of the fitted curve at the *largest measured size*. The forecast is for x_new."
)
def at_the_last_point(fit, x, y, x_new, draws, level=0.9):
    return resample(fit, x, y, float(x[-1]), draws, level)


@bank.misconception("The widening divides by n - 3 without the root: it is sqrt(n / (n - 3)).")
def widened_without_root(fit, x, y, x_new, draws, level=0.9):
    original = fit(x, y)
    predicted = law(original, x)
    residual = (y / predicted).log() * len(x) / (len(x) - 3)
    found = torch.stack([law(fit(x, predicted * residual[d].exp()), x_new) for d in draws])
    return found.quantile((1 - level) / 2), law(original, x_new), found.quantile((1 + level) / 2)
