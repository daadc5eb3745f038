"""The bottom of a valley: whose parabola, and which of its points."""

import numpy as np
import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers, valley

bank = Bank(
    hidden=[
        Probe(
            "three runs: the parabola goes through them",
            lambda g: (numbers(1e8, 1e9, 1e10), numbers(2.5, 2.2, 2.4)),
            rtol=1e-5,
            essential=True,
        ),
        Probe("15 noisy runs", lambda g: valley(g, 15, 5e7, 2e10, noise=0.01), rtol=1e-5, seed=11),
        Probe("sizes not in order", lambda g: (numbers(5e8, 1e8, 2e9, 8e8), numbers(2.21, 2.4, 2.35, 2.2)), rtol=1e-5),
        Probe(
            "tiny models", lambda g: (n := numbers(3e3, 9e3, 3e4, 2e5), 1.5 + 0.05 * (n / 2e4).log() ** 2), rtol=1e-5
        ),
    ]
)


def parabola(u, v):
    shift = u.mean()
    c = torch.linalg.lstsq(torch.stack([torch.ones_like(u), u - shift, (u - shift) ** 2], dim=1), v[:, None]).solution[
        :, 0
    ]
    return c, shift


def vertex(u, v):
    c, shift = parabola(u, v)
    at = -c[1] / (2 * c[2])
    return at + shift, c[0] + c[1] * at + c[2] * at**2


@bank.alternative
def decimal_logarithms(n, loss):
    at, bottom = vertex(n.log10(), loss)
    return 10**at, bottom


@bank.alternative
def with_polyfit(n, loss):
    u = np.log(n.numpy())
    c2, c1, c0 = np.polyfit(u - u.mean(), loss.numpy(), 2)
    at = -c1 / (2 * c2)
    return float(np.exp(at + u.mean())), float(c0 + c1 * at + c2 * at * at)


@bank.alternative
def binary_logarithms(n, loss):
    at, bottom = vertex(n.log2(), loss)
    return torch.exp2(at), bottom


@bank.misconception("Your parabola is over n itself. Sizes are spread over factors: fit over log n.")
def parabola_in_n(n, loss):
    at, bottom = vertex(n / n.max(), loss)
    return at * n.max(), bottom


@bank.misconception("You return the best of the *measured* sizes. The vertex of the parabola lies between them.")
def lowest_measured(n, loss):
    best = loss.argmin()
    return n[best], loss[best]


@bank.misconception("You return log n at the vertex: take exp to get a number of parameters.")
def log_of_the_size(n, loss):
    return vertex(n.log(), loss)


@bank.misconception("Your vertex is at +c1 / (2 c2). Where the derivative c1 + 2 c2 u is zero there is a minus.")
def wrong_sign(n, loss):
    c, shift = parabola(n.log(), loss)
    at = c[1] / (2 * c[2])
    return (at + shift).exp(), c[0] + c[1] * at + c[2] * at**2


@bank.misconception("Your vertex is at -c1 / c2: a factor of 2 is missing below the line.")
def factor_two(n, loss):
    c, shift = parabola(n.log(), loss)
    at = -c[1] / c[2]
    return (at + shift).exp(), c[0] + c[1] * at + c[2] * at**2


@bank.misconception("log10 against ln: you fitted decimal logarithms and came back with exp. Use 10 to the power.")
def mixed_bases(n, loss):
    at, bottom = vertex(n.log10(), loss)
    return at.exp(), bottom


@bank.misconception("The size is right; the loss is the parabola's constant c0. Put the vertex into the parabola.")
def constant_for_the_loss(n, loss):
    c, _ = parabola(n.log(), loss)
    return vertex(n.log(), loss)[0].exp(), c[0]


@bank.misconception("The size is right; the loss is the smallest measured one. The vertex has a loss of its own.")
def smallest_loss(n, loss):
    return vertex(n.log(), loss)[0].exp(), loss.min()


@bank.misconception("The logarithm of n was shifted before the fit, and the shift is not added back at the end.")
def shift_forgotten(n, loss):
    at, bottom = vertex(n.log() - n.log().mean(), loss)
    return at.exp(), bottom


@bank.misconception(
    "Your parabola goes through the lowest run and its two neighbours. Least squares uses all runs, which averages their luck."
)
def three_points(n, loss):
    order = n.argsort()
    n, loss = n[order], loss[order]
    i = int(loss.argmin().clamp(1, len(n) - 2))
    at, bottom = vertex(n[i - 1 : i + 2].log(), loss[i - 1 : i + 2])
    return at.exp(), bottom
