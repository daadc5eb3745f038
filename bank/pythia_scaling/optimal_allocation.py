"""The best split of a budget: exponents and the constant G, upside down in every way."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers

bank = Bank(
    hidden=[
        Probe(
            "Gopher's budget, unrounded exponents",
            lambda g: (406.4, 410.7, 0.3392, 0.2849, numbers(5.76e23)),
            rtol=1e-5,
            essential=True,
        ),
        Probe("a law in which data count little", lambda g: (50.0, 3.0, 0.2, 0.6, numbers(1e15, 1e18)), rtol=1e-5),
        Probe("five budgets", lambda g: (300.0, 800.0, 0.31, 0.37, numbers(1e10, 1e13, 1e16, 1e19, 1e22)), rtol=1e-5),
    ]
)


@bank.unseen("Besiroglu's law at 1e21 FLOPs", "Hoffmann's, three budgets")
def another_law(g):
    a, b, alpha, beta, budget = torch.rand(5, generator=g).double().tolist()
    return 100 + 900 * a, 100 + 900 * b, 0.25 + 0.2 * alpha, 0.25 + 0.2 * beta, numbers(10 ** (18 + 4 * budget))


def allocate(a, b, alpha, beta, flops, growth=None, scale=None, cost=6.0):
    growth = beta / (alpha + beta) if growth is None else growth
    scale = (alpha * a / (beta * b)) ** (1 / (alpha + beta)) if scale is None else scale
    n = scale * (flops / cost) ** growth
    return n, flops / (cost * n)


@bank.alternative
def tokens_by_the_other_formula(a, b, alpha, beta, flops):
    scale = (alpha * a / (beta * b)) ** (1 / (alpha + beta))
    product = flops / 6
    return scale * product ** (beta / (alpha + beta)), product ** (alpha / (alpha + beta)) / scale


@bank.alternative
def by_bisection(a, b, alpha, beta, flops):
    low, high = torch.zeros_like(flops), (flops / 6).log()
    for _ in range(200):
        middle = (low + high) / 2
        n = middle.exp()
        d = flops / (6 * n)
        too_small = alpha * a * n**-alpha > beta * b * d**-beta
        low, high = torch.where(too_small, middle, low), torch.where(too_small, high, middle)
    return low.exp(), flops / (6 * low.exp())


@bank.misconception(
    "Your two exponents are swapped: N grows with C^(beta / (alpha + beta)). A large beta means that data saturate early."
)
def exponents_swapped(a, b, alpha, beta, flops):
    return allocate(a, b, alpha, beta, flops, growth=alpha / (alpha + beta))


@bank.misconception(
    "G is upside down: alpha A belongs above the line, beta B below. The more the parameters' term weighs, the more they deserve."
)
def scale_upside_down(a, b, alpha, beta, flops):
    return allocate(a, b, alpha, beta, flops, scale=(beta * b / (alpha * a)) ** (1 / (alpha + beta)))


@bank.misconception("The 6 is missing: C = 6 N D, so it is (C / 6) that is split, and D = C / (6 N).")
def no_six(a, b, alpha, beta, flops):
    return allocate(a, b, alpha, beta, flops, cost=1.0)


@bank.misconception("You use C = 2ND, the forward pass alone. Training costs 6ND.")
def two_for_six(a, b, alpha, beta, flops):
    return allocate(a, b, alpha, beta, flops, cost=2.0)


@bank.misconception(
    "The exponents alpha and beta are missing inside G: it is alpha A / (beta B), from the derivatives, not A / B."
)
def terms_made_equal(a, b, alpha, beta, flops):
    return allocate(a, b, alpha, beta, flops, scale=(a / b) ** (1 / (alpha + beta)))


@bank.misconception("The power 1 / (alpha + beta) of G is missing.")
def no_root(a, b, alpha, beta, flops):
    return allocate(a, b, alpha, beta, flops, scale=alpha * a / (beta * b))


@bank.misconception("N and D come out in the wrong order.")
def wrong_order(a, b, alpha, beta, flops):
    n, d = allocate(a, b, alpha, beta, flops)
    return d, n


@bank.misconception(
    "You split the budget by the rule of 20 tokens per parameter. That is one law's answer at one budget; the law given here has its own."
)
def rule_of_twenty(a, b, alpha, beta, flops):
    n = (flops / 120).sqrt()
    return n, 20 * n


@bank.misconception("Your D is C / N: the cost is 6 N D.")
def tokens_without_six(a, b, alpha, beta, flops):
    n, _ = allocate(a, b, alpha, beta, flops)
    return n, flops / n


@bank.misconception(
    "Your N is Kaplan's C^0.73 rule of growth. The exponent follows from alpha and beta: beta / (alpha + beta)."
)
def kaplan_growth(a, b, alpha, beta, flops):
    return allocate(a, b, alpha, beta, flops, growth=0.73)
