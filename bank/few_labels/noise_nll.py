"""Gaussian and Laplace noise: other right ways, and the ways to lose a constant, a square, a factor or the scale."""

import math

import torch
from torch.distributions import Laplace, Normal

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.losses import noisy

LOG_2PI = math.log(2 * math.pi)

bank = Bank(
    hidden=[
        Probe("gaussian, 11 residuals", lambda g: noisy(g, 11, "gaussian"), weight=2, seed=11, essential=True),
        Probe("laplace, 11 residuals", lambda g: noisy(g, 11, "laplace"), weight=2, seed=12, essential=True),
        Probe("gaussian, other scales for each", lambda g: noisy(g, 8, "gaussian", True), seed=13),
        Probe("laplace, other scales for each", lambda g: noisy(g, 8, "laplace", True), seed=14),
        Probe("one residual", lambda g: noisy(g, 1, "laplace"), seed=15),
        Probe(
            "gradients, a scale for each", lambda g: noisy(g, 6, "gaussian", True), gradients=(0, 1), weight=2, seed=16
        ),
        Probe(
            "gradients, laplace for each", lambda g: noisy(g, 6, "laplace", True), gradients=(0, 1), weight=2, seed=17
        ),
        Probe(
            "float64, to ten digits",
            lambda g: noisy(g, 5, "gaussian", dtype=torch.float64),
            dtype=True,
            rtol=1e-9,
            seed=18,
        ),
        Probe("leaves its inputs alone, laplace", lambda g: noisy(g, 3, "laplace", True), unchanged=True, seed=19),
    ]
)


def gaussian(r, s):
    return r.square() / (2 * s.square()) + s.log() + LOG_2PI / 2


def laplace(r, s):
    return r.abs() / s + (2 * s).log()


@bank.alternative
def by_distributions(residual, scale, noise="gaussian"):
    kind = Normal if noise == "gaussian" else Laplace
    return -kind(torch.zeros_like(scale), scale).log_prob(residual).mean()


@bank.alternative
def standardised_first(residual, scale, noise="gaussian"):
    z = residual / scale
    body = 0.5 * z * z + 0.5 * LOG_2PI if noise == "gaussian" else z.abs() + math.log(2)
    return (body + torch.log(scale)).mean()


@bank.alternative
def from_the_variance(residual, scale, noise="gaussian"):
    if noise == "laplace":
        return laplace(residual, scale).mean()
    variance = scale**2
    return (0.5 * (residual**2 / variance + torch.log(2 * math.pi * variance))).mean()


@bank.misconception("The constants (½ log 2π, log 2) are missing: without them the densities do not integrate to 1.")
def no_constants(residual, scale, noise="gaussian"):
    body = residual.square() / (2 * scale.square()) if noise == "gaussian" else residual.abs() / scale
    return (body + scale.log()).mean()


@bank.misconception(
    "The logarithm of the scale is missing. A network that learns its scale would then make it infinite: every residual explained, at no cost."
)
def no_log_scale(residual, scale, noise="gaussian"):
    if noise == "gaussian":
        return (residual.square() / (2 * scale.square()) + LOG_2PI / 2).mean()
    return (residual.abs() / scale + math.log(2)).mean()


@bank.misconception("The scale is taken for the variance: the Gaussian's exponent has s squared.")
def scale_is_variance(residual, scale, noise="gaussian"):
    if noise == "laplace":
        return laplace(residual, scale).mean()
    return (residual.square() / (2 * scale) + scale.log() / 2 + LOG_2PI / 2).mean()


@bank.misconception("A factor of ½ is missing in the Gaussian's exponent.")
def no_half(residual, scale, noise="gaussian"):
    if noise == "laplace":
        return laplace(residual, scale).mean()
    return (residual.square() / scale.square() + scale.log() + LOG_2PI / 2).mean()


@bank.misconception("The Gaussian's log s is halved, as if s were the variance; the exponent is right.")
def half_log_scale(residual, scale, noise="gaussian"):
    if noise == "laplace":
        return laplace(residual, scale).mean()
    return (residual.square() / (2 * scale.square()) + scale.log() / 2 + LOG_2PI / 2).mean()


@bank.misconception("Laplace's density is divided by 2s, on both sides of 0: the 2 is missing.")
def one_sided_laplace(residual, scale, noise="gaussian"):
    return (gaussian(residual, scale) if noise == "gaussian" else residual.abs() / scale + scale.log()).mean()


@bank.misconception("Laplace's residuals have no absolute value: one below 0 then makes the noise more probable.")
def no_absolute_value(residual, scale, noise="gaussian"):
    return (gaussian(residual, scale) if noise == "gaussian" else residual / scale + (2 * scale).log()).mean()


@bank.misconception(
    "You read Laplace's scale as a standard deviation. It is s itself in the density given; its deviation is s times √2."
)
def laplace_by_deviation(residual, scale, noise="gaussian"):
    return (gaussian(residual, scale) if noise == "gaussian" else laplace(residual, scale / math.sqrt(2))).mean()


@bank.misconception("The two densities are exchanged.")
def exchanged(residual, scale, noise="gaussian"):
    return (laplace(residual, scale) if noise == "gaussian" else gaussian(residual, scale)).mean()


@bank.misconception("Always the Gaussian: the third argument is not looked at.")
def always_gaussian(residual, scale, noise="gaussian"):
    return gaussian(residual, scale).mean()


@bank.misconception("The residuals' terms are added up. The loss is their mean.")
def summed(residual, scale, noise="gaussian"):
    return (gaussian(residual, scale) if noise == "gaussian" else laplace(residual, scale)).sum()


@bank.misconception("The sign is wrong: that is the log-density, and training minimises minus it.")
def log_density(residual, scale, noise="gaussian"):
    return -(gaussian(residual, scale) if noise == "gaussian" else laplace(residual, scale)).mean()


@bank.misconception(
    "The scale gets no gradient: it is detached. It is a parameter of the noise, and may be learned like any other."
)
def scale_detached(residual, scale, noise="gaussian"):
    scale = scale.detach()
    return (gaussian(residual, scale) if noise == "gaussian" else laplace(residual, scale)).mean()


@bank.misconception("The scales are averaged first. Each residual has its own: divide one by one, then take the mean.")
def scales_averaged(residual, scale, noise="gaussian"):
    return (gaussian if noise == "gaussian" else laplace)(residual, scale.mean()).mean()
