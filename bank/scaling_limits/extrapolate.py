"""A pair of learning curves: other fits of the same line, and other lines."""

import math

import numpy as np
import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.learning import pair_of_curves

bank = Bank(
    hidden=[
        Probe("seven points", lambda g: pair_of_curves(g, 7, 2e4, a=0.35, b=5.0, alpha=0.9), rtol=1e-3, weight=2, essential=True),
        Probe("curves that wiggle much", lambda g: pair_of_curves(g, 5, 3e4, wiggle=0.15), rtol=1e-3, weight=2, seed=12),
        Probe("a slow pair", lambda g: pair_of_curves(g, 4, 1e6, a=0.05, b=0.6, alpha=0.2), rtol=1e-3, seed=13),
        Probe("inputs left alone", lambda g: pair_of_curves(g, 3, 800.0, wiggle=0.02), unchanged=True, rtol=1e-3, seed=14),
    ]
)  # fmt: skip


def other(k, larger, a, b, alpha):
    return lambda g: pair_of_curves(g, k, larger, a + 0.1 * torch.rand((), generator=g).item(), b, alpha)


bank.unseen("five points of an exact pair")(other(5, 6000.0, 0.15, 2.0, 0.8))
bank.unseen("two points, alpha 1.2")(other(2, 500.0, 0.4, 8.0, 1.1))
bank.unseen("limit 0")(other(4, 9e3, 0.0, 1.5, 0.4))


@bank.alternative
def with_polyfit(n, train_error, test_error, larger):
    a = 0.5 * (train_error.mean() + test_error.mean())
    slope, offset = np.polyfit(n.log().numpy(), ((test_error - train_error) / 2).log().numpy(), 1)
    return a, torch.tensor(-slope), a + math.exp(offset + slope * math.log(larger))


@bank.alternative
def with_lstsq(n, train_error, test_error, larger):
    a = torch.cat([train_error, test_error]).mean()
    u = torch.stack([torch.ones_like(n), n.log()], dim=1)
    (c, slope) = torch.linalg.lstsq(u, (0.5 * (test_error - train_error)).log()[:, None]).solution[:, 0]
    return a, -slope, a + c.exp() * larger**slope


def pieces(n, v):
    u = n.log()
    slope = ((u - u.mean()) @ (v - v.mean())) / (u - u.mean()).square().sum()
    return u.mean(), v.mean(), slope


def forecast(n, v, larger):
    u, mean, slope = pieces(n, v)
    return -slope, (mean + slope * (math.log(larger) - u)).exp()


@bank.misconception("The difference of the two errors is twice b over n to the alpha: halve it.")
def difference_not_halved(n, train_error, test_error, larger):
    a = (train_error + test_error).mean() / 2
    alpha, rest = forecast(n, (test_error - train_error).log(), larger)
    return a, alpha, a + rest


@bank.misconception("The sum of the two errors is twice a: halve it.")
def sum_not_halved(n, train_error, test_error, larger):
    a = (train_error + test_error).mean()
    alpha, rest = forecast(n, ((test_error - train_error) / 2).log(), larger)
    return a, alpha, a + rest


@bank.misconception(
    "The test error alone is fitted by a power law, which has no limit but 0. The pair of curves tells the limit."
)
def test_error_alone(n, train_error, test_error, larger):
    alpha, rest = forecast(n, test_error.log(), larger)
    return (train_error + test_error).mean() / 2, alpha, rest


@bank.misconception("The exponent has the wrong sign: alpha is positive where the gap shrinks.")
def negative_alpha(n, train_error, test_error, larger):
    a = (train_error + test_error).mean() / 2
    alpha, rest = forecast(n, ((test_error - train_error) / 2).log(), larger)
    return a, -alpha, a + rest


@bank.misconception("The limit is not added to the forecast: it is what remains of the gap only.")
def forecast_without_the_limit(n, train_error, test_error, larger):
    alpha, rest = forecast(n, ((test_error - train_error) / 2).log(), larger)
    return (train_error + test_error).mean() / 2, alpha, rest


@bank.misconception("That is the forecast of the training error, which comes from below.")
def forecast_of_training(n, train_error, test_error, larger):
    a = (train_error + test_error).mean() / 2
    alpha, rest = forecast(n, ((test_error - train_error) / 2).log(), larger)
    return a, alpha, a - rest


@bank.misconception("The limit is taken from the last point alone. All points know it: take the mean.")
def limit_from_the_last(n, train_error, test_error, larger):
    a = (train_error[-1] + test_error[-1]) / 2
    alpha, rest = forecast(n, ((test_error - train_error) / 2).log(), larger)
    return a, alpha, a + rest


@bank.misconception("The line goes through the first and the last point only. Fit it to all of them by least squares.")
def two_points(n, train_error, test_error, larger):
    a, v, u = (train_error + test_error).mean() / 2, ((test_error - train_error) / 2).log(), n.log()
    slope = (v[-1] - v[0]) / (u[-1] - u[0])
    return a, -slope, a + (v[0] + slope * (math.log(larger) - u[0])).exp()


@bank.misconception("The line is fitted to the gap itself over log n. Its logarithm is what is straight.")
def gap_without_logarithm(n, train_error, test_error, larger):
    a = (train_error + test_error).mean() / 2
    u, mean, slope = pieces(n, (test_error - train_error) / 2)
    return a, -slope, a + mean + slope * (math.log(larger) - u)
