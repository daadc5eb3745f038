"""The spread of a dot product: the values that other sums lead to."""

import math

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def as_a_tensor():
    return torch.tensor(64.0).sqrt()


@bank.alternative
def whole_number():
    return 8


bank.wrong_value(
    "the_variance", 64.0, "64 is the variance: 64 products of variance 1. The standard deviation is its root."
)
bank.wrong_value(
    "of_one_product", 1.0, "1 is the spread of a single product. There are 64 of them, and their variances add up."
)
bank.wrong_value(
    "normalised", 1 / 8, "1/8 is the factor that brings the spread back to 1. Asked for is the spread itself."
)
bank.wrong_value(
    "mean_of_products", 0.0, "0 is the mean of the dot product. Asked for is how far it spreads around it."
)
bank.wrong_value(
    "squared_width", 4096.0, "4096 is 64 squared. Variances of independent terms add up, they do not multiply."
)
bank.wrong_value(
    "root_of_twice",
    math.sqrt(128),
    "11.3 counts each product with variance 2, as a sum of two. A product of two independent\nnumbers of variance 1 has variance 1.",
)
bank.wrong_value("root_twice", 64**0.25, "2.83 is the root of the root: you took it twice. The variance is 64.")
bank.wrong_value(
    "largest",
    32.0,
    "32 would be half of the width. Products of both signs cancel, so the sum grows with the root of the width only.",
)
