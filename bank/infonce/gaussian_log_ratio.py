"""The log ratio of a Gaussian pair: the same expression in other forms, and the terms that get lost."""

import math

import sympy

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import at_places
from course_utils.infonce.symbolic import rho, x, y


def means(value, arguments):
    """Its mean over the pair, for some correlations: u, v = +-1 have the moments of two independent normals up to the second."""
    found = {}
    for r in (0.1, 0.5, 0.9):
        places = [(u, r * u + math.sqrt(1 - r**2) * v, r) for u in (-1.0, 1.0) for v in (-1.0, 1.0)]
        found[f"rho = {r:g}"] = sum(sum(at_places([place])(value, arguments).values()) for place in places) / 4
    return found


def none(g):
    return ()


bank = Bank(
    hidden=[
        Probe(
            "at other places",
            none,
            look=at_places(((0.8, -0.4, 0.35), (-1.6, 1.7, 0.75), (2.5, 0.0, 0.15))),
            weight=2,
            essential=True,
        ),
        Probe("far from the origin", none, look=at_places(((7.0, 6.5, 0.4), (-9.0, 5.0, 0.8)))),
        Probe("strong correlation", none, look=at_places(((0.5, 0.52, 0.99), (1.0, -1.0, 0.97)))),
        Probe("no correlation: no information", none, look=at_places(((1.3, -2.0, 0.0), (0.0, 0.0, 0.0)))),
        Probe("at the origin only the determinant is left", none, look=at_places(((0.0, 0.0, 0.6), (0.0, 0.0, 0.95)))),
        Probe("its mean is the mutual information", none, look=means, rtol=1e-7),
    ]
)

LOG_DETERMINANT = -sympy.log(1 - rho**2) / 2
SQUARES = x**2 + y**2
RIGHT = LOG_DETERMINANT - (rho**2 * SQUARES - 2 * rho * x * y) / (2 * (1 - rho**2))


@bank.alternative
def joint_by_the_marginals():
    covariance = sympy.Matrix([[1, rho], [rho, 1]])
    pair = sympy.Matrix([x, y])
    joint = sympy.exp(-(pair.T * covariance.inv() * pair)[0] / 2) / (2 * sympy.pi * sympy.sqrt(covariance.det()))
    normal = [sympy.exp(-(v**2) / 2) / sympy.sqrt(2 * sympy.pi) for v in (x, y)]
    return sympy.log(joint / (normal[0] * normal[1]))


@bank.alternative
def conditional_by_the_marginal():
    """y given x is normal with mean rho x and variance 1 - rho^2."""
    return y**2 / 2 - (y - rho * x) ** 2 / (2 * (1 - rho**2)) - sympy.log(sympy.sqrt(1 - rho**2))


@bank.alternative
def in_sum_and_difference():
    """x + y and x - y are independent, with variances 2 (1 + rho) and 2 (1 - rho)."""
    total = rho * (x + y) ** 2 / (4 * (1 + rho)) - sympy.log(1 + rho) / 2
    return total - rho * (x - y) ** 2 / (4 * (1 - rho)) - sympy.log(1 - rho) / 2


@bank.alternative
def with_symbols_of_ones_own():
    a, b, r = sympy.symbols("x y rho")
    return sympy.log(1 / (1 - r**2)) / 2 + (2 * r * a * b - r**2 * a**2 - r**2 * b**2) / (2 - 2 * r**2)


bank.wrong_value(
    "sign_of_the_cross_term",
    RIGHT - 2 * rho * x * y / (1 - rho**2),
    "The cross term has the wrong sign. With a positive correlation, x and y of equal sign are *more* likely together than apart.",
)
bank.wrong_value(
    "rho_for_its_square",
    LOG_DETERMINANT - (rho * SQUARES - 2 * rho * x * y) / (2 * (1 - rho**2)),
    "The squares x² + y² carry ρ where ρ² belongs: 1/(1 - ρ²) from the joint minus 1 from the marginals leaves ρ²/(1 - ρ²).",
)
bank.wrong_value(
    "determinant_missing",
    RIGHT - LOG_DETERMINANT,
    "The logarithm of the determinant is missing: at x = y = 0 the ratio is not 1. The normalisers of joint and marginals do not\n"
    "cancel completely.",
)
bank.wrong_value(
    "determinant_without_half",
    RIGHT + LOG_DETERMINANT,
    "The log-determinant is twice too large: the density contains the square *root* of the determinant.",
)
bank.wrong_value(
    "sign_of_the_determinant",
    RIGHT - 2 * LOG_DETERMINANT,
    "The log-determinant has the wrong sign. The determinant divides the density, and is below 1: the more correlation, the higher the\n"
    "ratio at the origin.",
)
bank.wrong_value(
    "determinant_with_rho",
    RIGHT - LOG_DETERMINANT - sympy.log(1 - rho) / 2,
    "Your logarithm contains 1 - ρ. The determinant of the covariance is 1 - ρ².",
)
bank.wrong_value(
    "quadratic_without_half",
    2 * RIGHT - LOG_DETERMINANT,
    "The quadratic part is twice too large: the exponent of a Gaussian is *half* of a quadratic form.",
)
bank.wrong_value(
    "cross_term_halved",
    RIGHT - rho * x * y / (2 * (1 - rho**2)),
    "The cross term is too small: a quadratic form contains the off-diagonal element twice, once for xy and once for yx.",
)
bank.wrong_value(
    "not_divided_by_the_marginals",
    LOG_DETERMINANT - (SQUARES - 2 * rho * x * y) / (2 * (1 - rho**2)),
    "This is the joint density without the marginals' exponents: the log ratio also *adds* (x² + y²)/2, for dividing by p(x) and p(y).",
)
bank.wrong_value(
    "log_joint_density",
    LOG_DETERMINANT - (SQUARES - 2 * rho * x * y) / (2 * (1 - rho**2)) - sympy.log(2 * sympy.pi),
    "This is the log-density of the pair, 2π included. The ratio divides it by p(x) p(y), whose factors 2π cancel.",
)
bank.wrong_value(
    "log_conditional_density",
    -sympy.log(2 * sympy.pi * (1 - rho**2)) / 2 - (y - rho * x) ** 2 / (2 * (1 - rho**2)),
    "This is the log-density of y given x. For the ratio, p(y) is still to be divided out.",
)
bank.wrong_value(
    "only_the_cross_term",
    LOG_DETERMINANT + rho * x * y / (1 - rho**2),
    "The squares x² + y² are missing. They do not cancel: the joint divides them by 1 - ρ², the marginals do not.",
)
bank.wrong_value(
    "candidates_square_missing",
    RIGHT + rho**2 * y**2 / (2 * (1 - rho**2)),
    "The y² term is missing. The ratio is symmetric in x and y.",
)
bank.wrong_value(
    "covariance_not_inverted",
    LOG_DETERMINANT - rho * x * y,
    "The exponent contains the covariance. A Gaussian's quadratic form is made with its *inverse*.",
)
bank.wrong_value(
    "wrong_sign",
    -RIGHT,
    "The whole expression has the wrong sign: the joint belongs in the numerator.",
)
bank.wrong_value(
    "ratio_without_logarithm",
    sympy.exp(RIGHT),
    "This is the ratio itself. Asked for is its logarithm.",
)
bank.wrong_value(
    "its_mean",
    LOG_DETERMINANT,
    "This is the mean of the log ratio, the mutual information. The log ratio itself depends on x and y.",
)
bank.wrong_value(
    "in_bits",
    RIGHT / sympy.log(2),
    "Your expression is in bits (a logarithm to base 2). Use the natural logarithm: nats.",
)
