"""Kaplan's frontier from Chinchilla's law: the chain rule, and which N stands where."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers

bank = Bank(
    hidden=[
        Probe(
            "Hoffmann's law, unrounded",
            lambda g: (numbers(1e3, 1e6, 1e9, 1e12), 406.4, 410.7, 0.3392, 0.2849),
            rtol=1e-5,
            essential=True,
        ),
        Probe(
            "tiny models, large embeddings",
            lambda g: (numbers(10, 100), 482.01, 2085.43, 0.3478, 0.3658, 1e6),
            rtol=1e-5,
        ),
        Probe("another law without embeddings", lambda g: (numbers(1e7), 100.0, 900.0, 0.5, 0.25, 0.0), rtol=1e-5),
    ]
)


@bank.unseen("Besiroglu's law", "omega = 0: exercise 6.3 turned around")
def another_law(g):
    a, b, alpha, beta, size = torch.rand(5, generator=g).double().tolist()
    sizes = numbers(1e3 * (1 + size), 1e6 * (1 + size), 1e9 * (1 + size))
    return sizes, 100 + 900 * a, 100 + 900 * b, 0.25 + 0.2 * alpha, 0.25 + 0.2 * beta


def frontier(n, a, b, alpha, beta, omega, total=None, slope=None, cost=6.0, divide_by=None, root=True):
    total = n + omega * n ** (1 / 3) if total is None else total
    slope = 1 + omega / 3 * n ** (-2 / 3) if slope is None else slope
    inner = beta * b / (alpha * a) * total ** (1 + alpha) / ((n if divide_by is None else divide_by) * slope)
    return cost * n * (inner ** (1 / beta) if root else inner)


@bank.alternative
def in_logarithms(n, a, b, alpha, beta, omega=47_491.0):
    total = n + omega * n ** (1 / 3)
    slope = 1 + omega / 3 / n ** (2 / 3)
    log_d = (
        torch.log(torch.as_tensor(beta * b / (alpha * a))) + (1 + alpha) * total.log() - n.log() - slope.log()
    ) / beta
    return 6 * n * log_d.exp()


@bank.alternative
def slope_by_autograd(n, a, b, alpha, beta, omega=47_491.0):
    x = n.detach().clone().requires_grad_()
    total = x + omega * x ** (1 / 3)
    (slope,) = torch.autograd.grad(total.sum(), x)
    return frontier(n, a, b, alpha, beta, omega, total.detach(), slope)


@bank.misconception(
    "The chain rule's factor N_T' = 1 + (omega/3) N_E^(-2/3) is missing: N_T does not grow one for one with N_E."
)
def no_chain_rule(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, omega, slope=torch.ones_like(n))


@bank.misconception(
    "The embeddings are left out of the law as well: it holds in N_T. Your curve is 6.3 again, whatever omega is."
)
def no_embeddings(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, 0.0)


@bank.misconception("The bill is 6 N_T D in your answer. Kaplan's experiment pays, by its own count, 6 N_E D.")
def pays_for_embeddings(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, omega) * (n + omega * n ** (1 / 3)) / n


@bank.misconception("The 6 of C = 6ND is missing.")
def no_six(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, omega, cost=1.0)


@bank.misconception("Below the line stands N_E (from the derivative of D = C/(6 N_E)), not N_T.")
def total_below_the_line(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, omega, divide_by=n + omega * n ** (1 / 3))


@bank.misconception("The power of N_T is 1 + alpha, from the derivative of N_T^-alpha; yours is alpha.")
def power_not_lowered(n, a, b, alpha, beta, omega=47_491.0):
    total = n + omega * n ** (1 / 3)
    return frontier(n, a, b, alpha, beta, omega, total=total ** (alpha / (1 + alpha)))


@bank.misconception("The root 1/beta is missing: you have D^beta, not D.")
def no_root(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, omega, root=False)


@bank.misconception("alpha A and beta B are upside down.")
def upside_down(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, b, a, alpha, beta, omega) * ((alpha / beta) ** 2) ** (1 / beta)


@bank.misconception("You return D, the tokens. The budget is C_E = 6 N_E D.")
def tokens(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, omega, cost=1.0) / n


@bank.misconception("omega is not used: yours is 47,491 whatever is given.")
def fixed_omega(n, a, b, alpha, beta, omega=47_491.0):
    return frontier(n, a, b, alpha, beta, 47_491.0)
