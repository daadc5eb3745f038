"""Kaplan's overfitting: other ways to write it, and the exponents and ratios that get exchanged."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.training import log_spaced

bank = Bank(
    hidden=[
        Probe("eight sizes, eight data sets", lambda g: (log_spaced(g, 8, 5, 12), log_spaced(g, 8, 6, 13)), weight=2, essential=True, seed=11),
        Probe("a table", lambda g: (log_spaced(g, 4, 7, 9)[:, None], log_spaced(g, 2, 8, 10)), seed=12),
        Probe("other constants", lambda g: (log_spaced(g, 5, 4, 8), log_spaced(g, 5, 5, 9), 0.2, 0.5, 1e7, 1e12), weight=2, seed=13),
        Probe("hardly any overfitting", lambda g: (log_spaced(g, 3, 3, 6), 1e4 * log_spaced(g, 3, 22, 26)), rtol=1e-3, atol=0.0, seed=14),
        Probe("inputs left alone", lambda g: (log_spaced(g, 3, 6, 9), log_spaced(g, 3, 7, 9)), unchanged=True, dtype=True, seed=15),
    ]
)  # fmt: skip


@bank.unseen("a hundred million parameters, a billion tokens")
def other_sizes(g):
    return log_spaced(g, 1, 7, 10)[0], log_spaced(g, 1, 8, 11)[0]


@bank.unseen("as many tokens as there will ever be")
def other_many(g):
    return log_spaced(g, 2, 6, 9), log_spaced(g, 2, 27, 30)


def ratio(n, d, alpha_n, alpha_d, n_c, d_c):
    """(D_c / D) over (N_c / N) to the power alpha_N / alpha_D."""
    return d_c / d * (n / n_c) ** (alpha_n / alpha_d)


def grown(u, alpha_d):
    return torch.expm1(alpha_d * torch.log1p(u))


@bank.alternative
def from_the_logarithms(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    power = alpha_n / alpha_d * (torch.log(n) - torch.log(torch.tensor(n_c, dtype=n.dtype)))
    u = torch.exp(power + torch.log(torch.tensor(d_c, dtype=d.dtype)) - torch.log(d))
    return torch.special.expm1(torch.special.log1p(u).mul(alpha_d))


@bank.alternative
def as_one_ratio(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    body, rest = (n_c / n) ** (alpha_n / alpha_d), d_c / d
    return torch.expm1(torch.log1p(rest / body) * alpha_d)


@bank.misconception(
    "1 plus something tiny is rounded to 1, and the loss that is left is lost. expm1 and log1p keep it."
)
def rounded_away(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return (1 + ratio(n, d, alpha_n, alpha_d, n_c, d_c)) ** alpha_d - 1


@bank.misconception("That is the loss L(N, D) itself. Divide by the loss on infinitely many tokens and subtract 1.")
def the_loss(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return ((n_c / n) ** (alpha_n / alpha_d) + d_c / d) ** alpha_d


@bank.misconception("That is the difference of the two losses in nats. Asked for is its share of L(N, infinity).")
def difference(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return (n_c / n) ** alpha_n * grown(ratio(n, d, alpha_n, alpha_d, n_c, d_c), alpha_d)


@bank.misconception("That is the ratio of the two losses. Subtract 1.")
def ratio_of_losses(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return grown(ratio(n, d, alpha_n, alpha_d, n_c, d_c), alpha_d) + 1


@bank.misconception("The exponent of the parameters is upside down: alpha_N over alpha_D.")
def exponent_inverted(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return grown(d_c / d * (n / n_c) ** (alpha_d / alpha_n), alpha_d)


@bank.misconception(
    "More parameters overfit *more* on the same tokens. In yours they overfit less: N and N_c are exchanged."
)
def parameters_inverted(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return grown(d_c / d * (n_c / n) ** (alpha_n / alpha_d), alpha_d)


@bank.misconception("More tokens overfit *less*. In yours D and D_c are exchanged.")
def tokens_inverted(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return grown(d / d_c * (n / n_c) ** (alpha_n / alpha_d), alpha_d)


@bank.misconception("The outer exponent alpha_D is missing.")
def no_outer_exponent(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return ratio(n, d, alpha_n, alpha_d, n_c, d_c)


@bank.misconception("The outer exponent is alpha_N in yours. The bracket is raised to alpha_D.")
def outer_alpha_n(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return grown(ratio(n, d, alpha_n, alpha_d, n_c, d_c), alpha_n)


@bank.misconception(
    "You compare with infinitely many *parameters*. Asked for is what the tokens cost: compare with infinitely many tokens."
)
def compared_with_infinite_n(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return grown(1 / ratio(n, d, alpha_n, alpha_d, n_c, d_c), alpha_d)


@bank.misconception("The constants you are given are not used: your function keeps the paper's.")
def constants_fixed(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    return grown(ratio(n, d, 0.076, 0.103, 6.4e13, 1.8e13), 0.103)


@bank.misconception(
    "That is the difference of the two losses. A share is asked for: divide by the loss on infinitely many tokens."
)
def plain_difference(n, d, alpha_n=0.076, alpha_d=0.103, n_c=6.4e13, d_c=1.8e13):
    first = (n_c / n) ** (alpha_n / alpha_d)
    return (first + d_c / d) ** alpha_d - first**alpha_d
