"""Approach 3's objective: the branches of Huber's loss, logarithms, and which exponent belongs to what."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import hoffmann_theta, numbers, objective

bank = Bank(
    hidden=[
        Probe(
            "another place, 12 runs",
            lambda g: objective(g, hoffmann_theta((0.3, 0.4, -0.1, 0.02, 0.01)), 6),
            rtol=1e-4,
            atol=1e-9,
            essential=True,
        ),
        Probe(
            "some residuals on either side of delta, with the gradient",
            lambda g: objective(g, hoffmann_theta((0, 0.1, 0, 0, 0.005)), 8, noise=0.01, delta=5e-3),
            gradients=(0,),
            rtol=1e-4,
            atol=1e-9,
            seed=11,
            essential=True,
        ),
        Probe(
            "delta 1: all of it is the parabola",
            lambda g: objective(g, hoffmann_theta((0.2, 0, 0.1, 0, 0)), delta=1.0),
            rtol=1e-4,
            atol=1e-9,
        ),
        Probe(
            "a start with log B = 900 stays finite",
            lambda g: objective(g, numbers(5, 900, 0, 0.5, 0.5)),
            rtol=1e-4,
            atol=1e-9,
            essential=True,
        ),
        Probe(
            "losses of a tenth of the size",
            lambda g: objective(g, hoffmann_theta((-2.3, -2.4, -2.3, 0, 0)), scale=0.1),
            rtol=1e-4,
            atol=1e-10,
        ),
    ]
)


def log_prediction(theta, n, d):
    log_a, log_b, log_e, alpha, beta = theta
    return torch.logsumexp(torch.stack([log_a - alpha * n.log(), log_b - beta * d.log(), log_e + 0 * n]), dim=0)


def residuals(theta, n, d, loss):
    return log_prediction(theta, n, d) - loss.log()


def branches(r, delta):
    return torch.where(r.abs() <= delta, r**2 / 2, delta * (r.abs() - delta / 2))


@bank.alternative
def with_the_library(theta, n, d, loss, delta=1e-3):
    return F.huber_loss(log_prediction(theta, n, d), loss.log(), reduction="sum", delta=delta)


@bank.alternative
def logaddexp_and_minimum(theta, n, d, loss, delta=1e-3):
    log_a, log_b, log_e, alpha, beta = theta
    both = torch.logaddexp(log_a - alpha * n.log(), log_b - beta * d.log())
    size = (torch.logaddexp(both, log_e) - loss.log()).abs()
    inside = size.clamp(max=delta)
    return (inside * (size - inside / 2)).sum()


@bank.misconception(
    "You average over the runs. The objective is the sum (F.huber_loss takes the mean unless it is told otherwise)."
)
def averaged(theta, n, d, loss, delta=1e-3):
    return branches(residuals(theta, n, d, loss), delta).mean()


@bank.misconception("Your residual is the difference of the losses. It is the difference of their *logarithms*.")
def not_in_logarithms(theta, n, d, loss, delta=1e-3):
    return branches(log_prediction(theta, n, d).exp() - loss, delta).sum()


@bank.misconception("alpha and beta are swapped: alpha belongs to the parameters N, beta to the tokens D.")
def exponents_swapped(theta, n, d, loss, delta=1e-3):
    return branches(residuals(theta[[0, 1, 2, 4, 3]], n, d, loss), delta).sum()


@bank.misconception("The first entries of theta are logarithms: A = exp(log A). You use them as A, B and E themselves.")
def logs_taken_for_values(theta, n, d, loss, delta=1e-3):
    a, b, e, alpha, beta = theta
    return branches((e + a * n**-alpha + b * d**-beta).log() - loss.log(), delta).sum()


@bank.misconception("The exponents have the wrong sign: your terms grow with N and D. It is log A *minus* alpha log N.")
def growing_terms(theta, n, d, loss, delta=1e-3):
    sign = torch.tensor([1, 1, 1, -1, -1], dtype=theta.dtype)
    return branches(residuals(theta * sign, n, d, loss), delta).sum()


@bank.misconception(
    "The irreducible term E is missing from your prediction: without a floor the exponents have to make up for it."
)
def no_floor(theta, n, d, loss, delta=1e-3):
    log_a, log_b, _, alpha, beta = theta
    predicted = torch.logaddexp(log_a - alpha * n.log(), log_b - beta * d.log())
    return branches(predicted - loss.log(), delta).sum()


@bank.misconception(
    "That is half the sum of squares: no branch beyond delta. An outlier should count by its size, not by its square."
)
def least_squares(theta, n, d, loss, delta=1e-3):
    return (residuals(theta, n, d, loss) ** 2).sum() / 2


@bank.misconception("The factor 1/2 of the parabola is missing: r² does not meet delta (|r| - delta/2) at |r| = delta.")
def no_half(theta, n, d, loss, delta=1e-3):
    r = residuals(theta, n, d, loss).abs()
    return torch.where(r <= delta, r**2, delta * (r - delta / 2)).sum()


@bank.misconception("Your straight branch is delta·|r| without the - delta/2: it jumps at |r| = delta.")
def branches_do_not_meet(theta, n, d, loss, delta=1e-3):
    r = residuals(theta, n, d, loss).abs()
    return torch.where(r <= delta, r**2 / 2, delta * r).sum()


@bank.misconception(
    "Your straight branch has slope 1: the factor delta is missing (that is F.smooth_l1_loss, which divides by its beta)."
)
def smooth_l1(theta, n, d, loss, delta=1e-3):
    return branches(residuals(theta, n, d, loss), delta).sum() / delta


@bank.misconception(
    "The branches are exchanged: the parabola belongs to the small residuals, the straight line to the large ones."
)
def branches_exchanged(theta, n, d, loss, delta=1e-3):
    r = residuals(theta, n, d, loss).abs()
    return torch.where(r > delta, r**2 / 2, delta * (r - delta / 2)).sum()


@bank.misconception("delta is not used: yours is 0.001 whatever is given.")
def fixed_delta(theta, n, d, loss, delta=1e-3):
    return branches(residuals(theta, n, d, loss), 1e-3).sum()


@bank.misconception(
    "Your logarithms are decimal where the data come in: log10 of the sizes or losses against natural ones in theta."
)
def decimal_logarithms(theta, n, d, loss, delta=1e-3):
    log_a, log_b, log_e, alpha, beta = theta
    terms = torch.stack([log_a - alpha * n.log10(), log_b - beta * d.log10(), log_e + 0 * n])
    return branches(torch.logsumexp(terms, dim=0) - loss.log10(), delta).sum()


@bank.misconception(
    "Right for sensible parameters, but a search starts at others: exp(800) is inf, and so is your loss or its gradient. Stay in logarithms with\n"
    "torch.logsumexp, which takes the largest term out first."
)
def overflows(theta, n, d, loss, delta=1e-3):
    log_a, log_b, log_e, alpha, beta = theta
    predicted = log_e.exp() + log_a.exp() * n**-alpha + log_b.exp() * d**-beta
    return branches(predicted.log() - loss.log(), delta).sum()


@bank.misconception(
    "The value is right, but no gradient reaches theta: somewhere the numbers leave the graph (.item(), .detach(), math.exp, ...)."
)
def detached(theta, n, d, loss, delta=1e-3):
    return branches(residuals(theta, n, d, loss), delta).sum().detach()


@bank.misconception(
    "The residual's sign is lost or kept in the wrong place: negative residuals count as if they were small. Take the absolute value first."
)
def no_absolute_value(theta, n, d, loss, delta=1e-3):
    r = residuals(theta, n, d, loss)
    return torch.where(r <= delta, r**2 / 2, delta * (r - delta / 2)).sum()
