"""A straight line on logarithmic paper: signs, bases, and other things fitted instead."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers, power

bank = Bank(
    hidden=[
        Probe("two points", lambda g: (numbers(10, 1000), numbers(4, 3)), rtol=1e-6, essential=True),
        Probe(
            "a curve that rises: negative exponent",
            lambda g: (numbers(1, 10, 100, 1000), numbers(1, 2, 3.9, 8)),
            rtol=1e-6,
        ),
        Probe("20 noisy points of another law", lambda g: power(g, 20, 700.0, 0.45, noise=0.3), rtol=1e-5, seed=11),
        Probe(
            "sizes from 1e8 to 1e11 of a law with a floor",
            lambda g: (x := 1e3 * power(g, 8, 1, 1)[0], 1.69 + 406.4 * x**-0.34),
            rtol=1e-5,
            seed=12,
        ),
        Probe("leaves its inputs alone", lambda g: power(g, 5, 9.0, 0.2), unchanged=True, seed=13),
    ]
)


def line(u, v):
    design = torch.stack([torch.ones_like(u), u], dim=1)
    return torch.linalg.lstsq(design, v[:, None]).solution[:, 0]


@bank.alternative
def least_squares(x, y):
    intercept, slope = line(x.log(), y.log())
    return intercept.exp(), -slope


@bank.alternative
def decimal_logarithms(x, y):
    intercept, slope = line(x.log10(), y.log10())
    return 10**intercept, -slope


@bank.alternative
def normal_equations(x, y):
    u, v, n = x.log(), y.log(), len(x)
    slope = (n * (u * v).sum() - u.sum() * v.sum()) / (n * (u * u).sum() - u.sum() ** 2)
    return ((v.sum() - slope * u.sum()) / n).exp(), -slope


@bank.misconception(
    "The sign of your exponent is wrong: y = A x^-alpha, so alpha is *minus* the slope, positive for a loss that falls."
)
def slope_for_exponent(x, y):
    scale, alpha = least_squares(x, y)
    return scale, -alpha


@bank.misconception("Your A is its logarithm: the intercept of the line is log A. Take exp.")
def log_of_the_scale(x, y):
    scale, alpha = least_squares(x, y)
    return scale.log(), alpha


@bank.misconception(
    "log10 against ln: you fitted decimal logarithms and undid them with exp. Undo log10 with 10 to the power."
)
def mixed_bases(x, y):
    intercept, slope = line(x.log10(), y.log10())
    return intercept.exp(), -slope


@bank.misconception(
    "Your slope mixes two logarithms, log10 of one variable and ln of the other: it is off by a factor of 2.3026. Use one kind."
)
def two_logarithms(x, y):
    intercept, slope = line(x.log10(), y.log())
    return intercept.exp(), -slope


@bank.misconception("You fitted a straight line to y itself over log x. The law is a line in log y over log x.")
def linear_in_y(x, y):
    intercept, slope = line(x.log(), y)
    return intercept, -slope


@bank.misconception("You fitted log y over x: that is an exponential, not a power. Take the logarithm of x too.")
def exponential(x, y):
    intercept, slope = line(x, y.log())
    return intercept.exp(), -slope


@bank.misconception(
    "You fitted in linear space: squared errors of y, not of log y. Then the largest losses decide alone. Take both logarithms, then fit a line."
)
def fit_in_linear_space(x, y):
    alphas = torch.linspace(-2, 2, 8001, dtype=x.dtype)
    powers = (x / x.max()) ** -alphas[:, None]
    scales = (powers * y).sum(dim=1) / powers.square().sum(dim=1)
    best = (scales[:, None] * powers - y).square().sum(dim=1).argmin()
    return scales[best] * x.max() ** alphas[best], alphas[best]


@bank.misconception("x and y are swapped: you fitted log x over log y.")
def swapped(x, y):
    return least_squares(y, x)


@bank.misconception("Your line is forced through the origin of the logarithms (A = 1). It has an intercept: log A.")
def through_the_origin(x, y):
    u, v = x.log(), y.log()
    return torch.ones((), dtype=x.dtype), -(u * v).sum() / (u * u).sum()


@bank.misconception("You drew the line through the first and the last point. Least squares uses all of them.")
def first_and_last(x, y):
    alpha = -(y[-1] / y[0]).log() / (x[-1] / x[0]).log()
    return y[0] * x[0] ** alpha, alpha


@bank.misconception("Exponent and scale come out in the wrong order: return (A, alpha).")
def wrong_order(x, y):
    scale, alpha = least_squares(x, y)
    return alpha, scale


@bank.misconception(
    "You divide the covariance by the variance without subtracting the means in one of them: your slope is right only for centred data."
)
def half_centered(x, y):
    u, v = x.log(), y.log()
    slope = ((u - u.mean()) * v).sum() / (u * u).sum()
    return (v.mean() - slope * u.mean()).exp(), -slope


@bank.misconception(
    "Your line does not go through the means: A comes from the means of x and y, not from those of their logarithms."
)
def means_before_logs(x, y):
    _, alpha = least_squares(x, y)
    return y.mean() * x.mean() ** alpha, alpha


@bank.misconception(
    "The variance is divided by n - 1 and the covariance by n (torch's var and mean do that): your slope is too small by (n - 1)/n."
)
def unequal_divisors(x, y):
    u, v = x.log(), y.log()
    slope = ((u - u.mean()) * (v - v.mean())).mean() / u.var()
    return (v.mean() - slope * u.mean()).exp(), -slope


@bank.misconception(
    "Your function takes its inputs' logarithms in place: the caller's sizes and losses are different afterwards."
)
def in_place(x, y):
    found = least_squares(x, y)
    x.log_()
    y.log_()
    return found
