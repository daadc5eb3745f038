"""Huber as a likelihood: other right ways, and the ways to miss a piece of the loss or of its normaliser."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.few_labels.probes.losses import residuals

bank = Bank(
    hidden=[
        Probe("14 residuals, delta 0.8", lambda g: residuals(g, 14, 0.8), weight=2, seed=11, essential=True),
        Probe("delta 2", lambda g: residuals(g, 10, 2.0, 2.5), weight=2, seed=12),
        Probe("delta 0.1: nearly Laplace", lambda g: residuals(g, 9, 0.1), seed=13),
        Probe("all residuals small", lambda g: (normal(g, 6, scale=0.05), 1.5), seed=14),
        Probe("all residuals large", lambda g: (normal(g, 6).sign() * 7, 1.2), seed=15),
        Probe("gradient, delta 1.4", lambda g: residuals(g, 9, 1.4), gradients=(0,), weight=3, seed=16),
        Probe(
            "float64, to ten digits",
            lambda g: residuals(g, 8, 0.6, dtype=torch.float64),
            dtype=True,
            rtol=1e-9,
            seed=17,
        ),
        Probe("leaves its input alone, delta 0.5", lambda g: residuals(g, 5, 0.5), unchanged=True, seed=18),
    ]
)


def log_z(delta):
    return math.log(math.sqrt(2 * math.pi) * math.erf(delta / math.sqrt(2)) + 2 / delta * math.exp(-(delta**2) / 2))


def rho(r, delta):
    return F.huber_loss(r, torch.zeros_like(r), reduction="none", delta=delta)


@bank.alternative
def with_torchs_huber(residual, delta=1.0):
    return rho(residual, delta).mean() + log_z(delta)


@bank.alternative
def by_clamping(residual, delta=1.0):
    inner = residual.abs().clamp(max=delta)
    return (inner * residual.abs() - inner.square() / 2).mean() + log_z(delta)


@bank.alternative
def with_the_normal_distribution(residual, delta=1.0):
    phi = 0.5 * (1 + math.erf(delta / math.sqrt(2)))
    z = math.sqrt(2 * math.pi) * (2 * phi - 1) + 2 * math.exp(-delta * delta / 2) / delta
    large = (residual.abs() > delta).to(residual.dtype)
    parts = (1 - large) * residual**2 / 2 + large * (delta * residual.abs() - delta**2 / 2)
    return (parts + math.log(z)).mean()


@bank.misconception("log Z is missing: your value is Huber's loss, not a negative log-density.")
def no_normaliser(residual, delta=1.0):
    return rho(residual, delta).mean()


@bank.misconception(
    "That is the smooth L1 loss: it is Huber's divided by delta, and its slope beyond delta is 1 instead of delta."
)
def smooth_l1(residual, delta=1.0):
    return rho(residual, delta).mean() / delta + log_z(delta)


@bank.misconception("The quadratic part has no ½: then the two parts do not meet at delta.")
def no_half(residual, delta=1.0):
    size = residual.abs()
    return torch.where(size <= delta, size.square(), delta * (size - 0.5 * delta)).mean() + log_z(delta)


@bank.misconception("The linear part subtracts delta instead of ½ delta: it jumps down where the parts should meet.")
def jumps(residual, delta=1.0):
    size = residual.abs()
    return torch.where(size <= delta, size.square() / 2, delta * (size - delta)).mean() + log_z(delta)


@bank.misconception("The linear part lacks its factor delta: its slope is 1 whatever delta is.")
def slope_one(residual, delta=1.0):
    size = residual.abs()
    return torch.where(size <= delta, size.square() / 2, size - 0.5 * delta).mean() + log_z(delta)


@bank.misconception("Only the Gaussian middle is in Z. The tails have probability too.")
def no_tails(residual, delta=1.0):
    return rho(residual, delta).mean() + math.log(math.sqrt(2 * math.pi) * math.erf(delta / math.sqrt(2)))


@bank.misconception("Z has one tail only: the density falls on both sides.")
def one_tail(residual, delta=1.0):
    z = math.sqrt(2 * math.pi) * math.erf(delta / math.sqrt(2)) + math.exp(-(delta**2) / 2) / delta
    return rho(residual, delta).mean() + math.log(z)


@bank.misconception("Your constant is that of a full Gaussian, ½ log 2π. It is Huber's only where delta is large.")
def gaussian_constant(residual, delta=1.0):
    return rho(residual, delta).mean() + 0.5 * math.log(2 * math.pi)


@bank.misconception("The argument of erf is delta; the normal distribution needs delta divided by √2.")
def erf_of_delta(residual, delta=1.0):
    z = math.sqrt(2 * math.pi) * math.erf(delta) + 2 / delta * math.exp(-(delta**2) / 2)
    return rho(residual, delta).mean() + math.log(z)


@bank.misconception("Z itself is added, not its logarithm.")
def z_without_log(residual, delta=1.0):
    return rho(residual, delta).mean() + math.exp(log_z(delta))


@bank.misconception("log Z is subtracted. -log(e^-rho / Z) is rho *plus* log Z.")
def normaliser_subtracted(residual, delta=1.0):
    return rho(residual, delta).mean() - log_z(delta)


@bank.misconception(
    "Beyond delta your loss is constant: an outlier then pulls not at all. Huber's loss grows linearly, with slope delta."
)
def flat_beyond(residual, delta=1.0):
    return (residual.abs().clamp(max=delta).square() / 2).mean() + log_z(delta)


@bank.misconception("No absolute value in the linear part: large *negative* residuals then make the loss small.")
def no_absolute_value(residual, delta=1.0):
    linear = delta * (residual - 0.5 * delta)
    return torch.where(residual.abs() <= delta, residual.square() / 2, linear).mean() + log_z(delta)


@bank.misconception(
    "The comparison looks at the residual without its sign removed: large negative ones are treated as small."
)
def compares_the_signed_residual(residual, delta=1.0):
    linear = delta * (residual.abs() - 0.5 * delta)
    return torch.where(residual <= delta, residual.square() / 2, linear).mean() + log_z(delta)


@bank.misconception("That is the pseudo-Huber loss, which is smooth everywhere: a relative, with other values.")
def pseudo_huber(residual, delta=1.0):
    return (delta**2 * ((1 + (residual / delta) ** 2).sqrt() - 1)).mean() + log_z(delta)


@bank.misconception("The residuals' terms are added up. The loss is their mean.")
def summed(residual, delta=1.0):
    return (rho(residual, delta) + log_z(delta)).sum()
