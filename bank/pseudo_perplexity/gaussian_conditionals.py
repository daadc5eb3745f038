"""One Gaussian coordinate given the others: other ways to condition, and the matrices and signs that are easily confused."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.pseudo_perplexity.checks import covariance
from course_utils.pseudo_perplexity.gaussian import autoregressive_covariance

bank = Bank(
    hidden=[
        Probe(
            "eight coordinates",
            lambda g: (covariance(g, 8), normal(g, 8, dtype=torch.float64)),
            seed=11,
            essential=True,
        ),
        Probe(
            "two coordinates that nearly agree",
            lambda g: (torch.tensor([[1.0, 0.999], [0.999, 1.0]]).double(), normal(g, 2, dtype=torch.float64)),
            rtol=1e-3,
            seed=12,
        ),
        Probe(
            "a sequence of twenty",
            lambda g: (autoregressive_covariance(0.9, 20), normal(g, 20, dtype=torch.float64)),
            seed=13,
        ),
        Probe(
            "one coordinate: its own variance",
            lambda g: (torch.tensor([[4.0]]).double(), normal(g, 1, dtype=torch.float64)),
            seed=14,
        ),
        Probe(
            "float64, to nine digits",
            lambda g: (covariance(g, 5), normal(g, 5, dtype=torch.float64)),
            dtype=True,
            unchanged=True,
            rtol=1e-7,
            seed=15,
        ),
    ]
)


def right(covariance, x):
    Q = torch.linalg.inv(covariance)
    return x - (Q @ x) / Q.diagonal(), 1 / Q.diagonal()


@bank.alternative
def coefficients_without_the_diagonal(covariance, x):
    Q = torch.linalg.inv(covariance)
    weights = -Q / Q.diagonal()[:, None]
    weights.fill_diagonal_(0)
    return weights @ x, 1 / Q.diagonal()


@bank.alternative
def by_regression_on_the_others(covariance, x):
    means, variances = [], []
    for t in range(len(x)):
        others = [s for s in range(len(x)) if s != t]
        row = covariance[t, others]
        weights = torch.linalg.solve(covariance[others][:, others], row) if others else row
        means.append(weights @ x[others])
        variances.append(covariance[t, t] - weights @ row)
    return torch.stack(means), torch.stack(variances)


@bank.misconception(
    "Your variances are those of the coordinates by themselves, the diagonal of the covariance. Knowing the others leaves less: 1/Q_tt."
)
def marginal_variances(covariance, x):
    return right(covariance, x)[0], covariance.diagonal().clone()


@bank.misconception("Your variances are Q_tt. A precision is one over a variance: 1/Q_tt.")
def precisions_as_variances(covariance, x):
    return right(covariance, x)[0], torch.linalg.inv(covariance).diagonal().clone()


@bank.misconception("You return standard deviations. Asked for are the variances, 1/Q_tt.")
def standard_deviations(covariance, x):
    mean, variance = right(covariance, x)
    return mean, variance.sqrt()


@bank.misconception(
    "The sign of your means is wrong: the precision of two values that go together is negative, and the minus in front makes it positive."
)
def wrong_sign(covariance, x):
    mean, variance = right(covariance, x)
    return -mean, variance


@bank.misconception("Your mean of x_t uses x_t itself: the sum is over j ≠ t. Leave Q_tt x_t out.")
def sees_itself(covariance, x):
    mean, variance = right(covariance, x)
    return mean - x, variance


@bank.misconception(
    "Your weights come from the covariance. Dependence *given all others* is in its inverse, the precision Q."
)
def covariance_as_precision(covariance, x):
    return x - (covariance @ x) / covariance.diagonal(), 1 / covariance.diagonal()


@bank.misconception("Your means add up -Q_tj x_j without dividing by Q_tt.")
def not_divided(covariance, x):
    mean, variance = right(covariance, x)
    return mean / variance, variance


@bank.misconception(
    "Each coordinate is given only those *before* it: that is the chain rule. Here it is given all others."
)
def only_those_before(covariance, x):
    L = torch.linalg.cholesky(covariance)
    scaled = torch.linalg.solve_triangular(L, x[:, None], upper=False)[:, 0]
    return x - L.diagonal() * scaled, L.diagonal() ** 2
