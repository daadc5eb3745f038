"""The spread of a dot product: the values that other sums lead to."""

import math

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies


@varies(
    ({"d": root**2} for root in (5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16)),
    text=("The {d} entries of a query", "A sum of {d} independent products", "of q . k for d = {d}", "math.sqrt({d})"),
)
def bank(d=64):
    known = Bank(hidden=[])  # one number: the public check decides all points

    @known.alternative
    def as_a_tensor():
        return torch.tensor(float(d)).sqrt()

    @known.alternative
    def whole_number():
        return math.isqrt(d)

    known.wrong_value(
        "the_variance",
        float(d),
        f"{d} is the variance: {d} products of variance 1. The standard deviation is its root.",
    )
    known.wrong_value(
        "of_one_product",
        1.0,
        f"1 is the spread of a single product. There are {d} of them, and their variances add up.",
    )
    known.wrong_value(
        "normalised",
        1 / math.sqrt(d),
        f"1/{math.sqrt(d):g} is the factor that brings the spread back to 1. Asked for is the spread itself.",
    )
    known.wrong_value(
        "mean_of_products", 0.0, "0 is the mean of the dot product. Asked for is how far it spreads around it."
    )
    known.wrong_value(
        "squared_width",
        float(d**2),
        f"{d**2} is {d} squared. Variances of independent terms add up, they do not multiply.",
    )
    known.wrong_value(
        "root_of_twice",
        math.sqrt(2 * d),
        f"{math.sqrt(2 * d):.3g} counts each product with variance 2, as a sum of two. A product of two independent\nnumbers of variance 1 has variance 1.",
    )
    known.wrong_value(
        "root_twice", d**0.25, f"{d**0.25:.3g} is the root of the root: you took it twice. The variance is {d}."
    )
    known.wrong_value(
        "largest",
        d / 2,
        f"{d / 2:g} would be half of the width. Products of both signs cancel, so the sum grows with the root of the width only.",
    )
    return known
