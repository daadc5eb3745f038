"""The data bottleneck: other ways to solve for D, and the ways to solve something else."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.training import log_spaced

bank = Bank(
    hidden=[
        Probe("seven sizes, 1%", lambda g: (log_spaced(g, 7, 5, 11), 0.01), weight=2, essential=True, seed=11),
        Probe("half as much again", lambda g: (log_spaced(g, 2, 8, 9), 0.5), seed=12),
        Probe("other constants", lambda g: (log_spaced(g, 4, 4, 6), 0.2, 0.3, 0.6, 1e8, 1e9), weight=2, seed=13),
        Probe("inputs left alone", lambda g: (log_spaced(g, 3, 6, 9), 0.03), unchanged=True, dtype=True, seed=14),
    ]
)


@bank.unseen("a billion parameters, 2%")
def other_size(g):
    return log_spaced(g, 1, 8, 10)[0], 0.03


@bank.unseen("twice the loss")
def other_sizes(g):
    return log_spaced(g, 1, 9, 11), 1.0


@bank.alternative
def with_powers(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c / ((1 + delta) ** (1 / alpha_d) - 1) * torch.exp(torch.log(n / n_c) * alpha_n / alpha_d)


@bank.alternative
def by_bisection(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    low, high = torch.zeros_like(n) - 10, torch.zeros_like(n) + 80  # logarithms of D
    for _ in range(80):
        middle = (low + high) / 2
        lost = torch.expm1(alpha_d * torch.log1p((n / n_c) ** (alpha_n / alpha_d) * d_c / middle.exp()))
        low, high = torch.where(lost > delta, middle, low), torch.where(lost > delta, high, middle)
    return high.exp()


@bank.misconception(
    "The tokens grow in proportion to the parameters in yours. It is N to the power alpha_N / alpha_D, about 0.74."
)
def proportional(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n / n_c) / math.expm1(math.log1p(delta) / alpha_d)


@bank.misconception("1 + delta is raised to alpha_D. Solving for D takes the power 1 / alpha_D.")
def power_not_inverted(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n / n_c) ** (alpha_n / alpha_d) / math.expm1(math.log1p(delta) * alpha_d)


@bank.misconception("You divide by delta itself, without its power: the outer exponent of the law is lost.")
def over_delta(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n / n_c) ** (alpha_n / alpha_d) / delta


@bank.misconception("delta is raised to 1 / alpha_D without the 1 in front, and the 1 is not subtracted.")
def without_the_one(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n / n_c) ** (alpha_n / alpha_d) / delta ** (1 / alpha_d)


@bank.misconception(
    "The 1 is not subtracted after the power: with delta = 0 no tokens would ever be enough, and yours are."
)
def one_not_subtracted(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n / n_c) ** (alpha_n / alpha_d) / (1 + delta) ** (1 / alpha_d)


@bank.misconception("You multiply by what should divide: a smaller loss needs more tokens, not fewer.")
def multiplied(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n / n_c) ** (alpha_n / alpha_d) * math.expm1(math.log1p(delta) / alpha_d)


@bank.misconception("The exponent of the parameters is upside down: alpha_N over alpha_D.")
def exponent_inverted(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n / n_c) ** (alpha_d / alpha_n) / math.expm1(math.log1p(delta) / alpha_d)


@bank.misconception("Larger models need more tokens. In yours N and N_c are exchanged.")
def parameters_inverted(n, delta, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return d_c * (n_c / n) ** (alpha_n / alpha_d) / math.expm1(math.log1p(delta) / alpha_d)
