"""The best Gaussian critic: other ways to score all pairs, and the terms that get lost."""

import math

import torch
import torch.nn.functional as F
from torch.distributions import MultivariateNormal, Normal

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def pairs(g, n, m, d, rho, scale=1.0, dtype=torch.float32):
    return normal(g, n, d, scale=scale, dtype=dtype), normal(g, m, d, scale=scale, dtype=dtype), rho


bank = Bank(
    hidden=[
        Probe(
            "6 contexts, 3 candidates, 7 dimensions, rho = 0.45",
            lambda g: pairs(g, 6, 3, 7, 0.45),
            weight=2,
            seed=11,
            essential=True,
        ),
        Probe("rho = -0.8", lambda g: pairs(g, 3, 5, 4, -0.8), atol=1e-5, seed=12),
        Probe("one pair, one dimension", lambda g: pairs(g, 1, 1, 1, 0.3), seed=13),
        Probe("at the origin, 12 dimensions, rho = 0.7", lambda g: (torch.zeros(1, 12), torch.zeros(2, 12), 0.7)),
        Probe("long vectors", lambda g: pairs(g, 4, 4, 6, 0.6, scale=20), atol=1e-2, seed=14),
        Probe(
            "vectors of length 1",
            lambda g: (F.normalize(normal(g, 3, 5), dim=1), F.normalize(normal(g, 4, 5), dim=1), 0.5),
            atol=1e-5,
            seed=15,
        ),
        Probe(
            "rho = 0.99, float64",
            lambda g: pairs(g, 5, 4, 50, 0.99, dtype=torch.float64),
            dtype=True,
            rtol=1e-7,
            seed=16,
        ),
        Probe(
            "the gradient reaches both",
            lambda g: pairs(g, 3, 4, 3, 0.65, dtype=torch.float64),
            gradients=(0, 1),
            rtol=1e-7,
            seed=17,
            essential=True,
        ),
        Probe("leaves its inputs alone, at another size", lambda g: pairs(g, 2, 5, 8, 0.25), unchanged=True, seed=18),
    ]
)


def norms(v):
    return v.square().sum(dim=1)


def assemble(squares, products, rho, d):
    return -d / 2 * math.log(1 - rho**2) - (rho**2 * squares - 2 * rho * products) / (2 * (1 - rho**2))


def right(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), x @ y.T, rho, x.shape[1])


@bank.alternative
def conditional_by_the_marginal(x, y, rho):
    given = Normal(rho * x[:, None], math.sqrt(1 - rho**2))
    return (given.log_prob(y) - Normal(torch.zeros_like(y), 1.0).log_prob(y)).sum(dim=2)


@bank.alternative
def by_distance(x, y, rho):
    distance = (y - rho * x[:, None]).square().sum(dim=2)
    return (norms(y) - distance / (1 - rho**2) - x.shape[1] * math.log(1 - rho**2)) / 2


@bank.alternative
def dimension_by_dimension(x, y, rho):
    covariance = torch.tensor([[1.0, rho], [rho, 1.0]], dtype=x.dtype)
    pair, one = MultivariateNormal(covariance.new_zeros(2), covariance), Normal(0.0, 1.0)
    total = x.new_zeros(len(x), len(y))
    for k in range(x.shape[1]):
        a, b = torch.broadcast_tensors(x[:, k, None], y[:, k])
        total = total + pair.log_prob(torch.stack([a, b], dim=2)) - one.log_prob(a) - one.log_prob(b)
    return total


@bank.alternative
def one_matrix_product(x, y, rho):
    """The squares as two more columns of each vector."""
    ones_x, ones_y = torch.ones_like(x[:, :1]), torch.ones_like(y[:, :1])
    a = torch.cat([rho * x, norms(x)[:, None], ones_x], dim=1)
    b = torch.cat([y, ones_y * -(rho**2) / 2, norms(y)[:, None] * -(rho**2) / 2], dim=1)
    return torch.einsum("nd,md->nm", a, b) / (1 - rho**2) - x.shape[1] * math.log(1 - rho**2) / 2


@bank.misconception(
    "The |y|² term is missing: long candidates score too high (or low). It differs between candidates, so the softmax notices."
)
def without_candidate_squares(x, y, rho):
    return assemble(norms(x)[:, None], x @ y.T, rho, x.shape[1])


@bank.misconception(
    "The |x|² term is missing. That is harmless to InfoNCE, since it is the same for all candidates of a context, but then the scores\n"
    "are not the log ratio that is asked for here."
)
def without_context_squares(x, y, rho):
    return assemble(norms(y).expand(len(x), -1), x @ y.T, rho, x.shape[1])


@bank.misconception(
    "Both squares are missing, |x|² and |y|²: only the dot product is left. The joint divides the squares by 1 - ρ², the marginals do\n"
    "not, so they do not cancel."
)
def only_the_dot_product(x, y, rho):
    return assemble(0.0, x @ y.T, rho, x.shape[1])


@bank.misconception("The squares are multiplied by ρ where ρ² belongs; compare exercise 6.1.")
def rho_for_its_square(x, y, rho):
    return right(x, y, rho) - (rho - rho**2) * (norms(x)[:, None] + norms(y)) / (2 * (1 - rho**2))


@bank.misconception(
    "The cross term has the wrong sign: with a positive correlation, a candidate in the direction of its context scores higher."
)
def sign_of_the_cross_term(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), -x @ y.T, rho, x.shape[1])


@bank.misconception(
    "The log-determinant is missing. The loss does not notice a constant, but the log ratio has it; at the origin it is all there is."
)
def determinant_missing(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), x @ y.T, rho, 0)


@bank.misconception(
    "The log-determinant enters once; it belongs to each component, so d times. (With d = 1 your scores are right.)"
)
def dimension_forgotten(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), x @ y.T, rho, 1)


@bank.misconception(
    "The log-determinant is multiplied by the number of contexts; it belongs to each component, so d times."
)
def contexts_for_dimension(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), x @ y.T, rho, len(x))


@bank.misconception(
    "The log-determinant is twice too large: the density contains the square *root* of the determinant."
)
def determinant_without_half(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), x @ y.T, rho, 2 * x.shape[1])


@bank.misconception(
    "The log-determinant has the wrong sign. The determinant divides the density and is below 1, so its part of the score is positive."
)
def sign_of_the_determinant(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), x @ y.T, rho, -x.shape[1])


@bank.misconception("The quadratic part is twice too large: the exponent of a Gaussian is *half* of a quadratic form.")
def quadratic_without_half(x, y, rho):
    return assemble(2 * (norms(x)[:, None] + norms(y)), 2 * x @ y.T, rho, x.shape[1])


@bank.misconception(
    "The cross term is half of what it should be: a quadratic form contains the off-diagonal element twice."
)
def cross_term_halved(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), x @ y.T / 2, rho, x.shape[1])


@bank.misconception(
    "You use the cosine, the product of vectors of length 1. Here lengths carry information: take the plain dot product."
)
def cosine_for_dot(x, y, rho):
    return assemble(norms(x)[:, None] + norms(y), F.normalize(x, dim=1) @ F.normalize(y, dim=1).T, rho, x.shape[1])


@bank.misconception("You use the lengths |x| and |y| where their squares belong: a square root too many.")
def lengths_for_squares(x, y, rho):
    return assemble(x.norm(dim=1)[:, None] + y.norm(dim=1), x @ y.T, rho, x.shape[1])


@bank.misconception("Your scores lie on their side: contexts are rows, candidates are columns.")
def transposed(x, y, rho):
    return right(x, y, rho).T


@bank.misconception("The whole score has the wrong sign: the joint belongs in the numerator of the ratio.")
def wrong_sign(x, y, rho):
    return -right(x, y, rho)


@bank.misconception(
    "You average over the components. They are independent, so their densities multiply and their log ratios *add*."
)
def mean_over_components(x, y, rho):
    return right(x, y, rho) / x.shape[1]


@bank.misconception(
    "You did not divide by the marginals: this is the log-density of the pair up to the 2π. The ratio adds half of |x|² + |y|²."
)
def not_divided_by_the_marginals(x, y, rho):
    return right(x, y, rho) - (norms(x)[:, None] + norms(y)) / 2


@bank.misconception(
    "The scores are in bits: 1.4427 times what they should be. Use the natural logarithm for the whole."
)
def in_bits(x, y, rho):
    return right(x, y, rho) / math.log(2)


@bank.misconception(
    "The scores are right, but no gradient reaches x and y: somewhere they leave the graph (.detach(), .numpy(), torch.tensor(...))."
)
def detached_scores(x, y, rho):
    return right(x.detach(), y.detach(), rho)


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(x, y, rho):
    return right(x, y, rho).float()
