"""How many candidates: the number in other forms, and the numbers that another law, or another slip, leads to."""

import math

import torch

from course_utils.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def a_whole_number():
    return math.ceil((math.exp(12) - 1) / 0.2)


@bank.alternative
def as_a_tensor():
    return torch.expm1(torch.tensor(12.0)) / 0.2


@bank.alternative
def to_three_digits():
    return 8.14e5


@bank.alternative
def negatives_are_one_fewer():
    return 5 * math.exp(12) - 5 - 1


bank.wrong_value(
    "ceiling_at_the_information",
    math.exp(6),
    "403 is where log K = 6: there the ceiling stops binding, but the bound is still far from I. Solve the law of the gap for K.",
)
bank.wrong_value(
    "ceiling_at_what_is_shown",
    math.exp(5.9),
    "365 is where log K = 5.9. That the ceiling allows a value does not mean that a perfect critic shows it.",
)
bank.wrong_value(
    "ceiling_with_margin",
    math.exp(6.1),
    "446 is where log K = 6.1. The gap is not the distance to the ceiling: it shrinks like 1/K.",
)
bank.wrong_value(
    "variance_only",
    math.expm1(12),
    "162,754 is the variance of w. The gap is that divided by 2K; K follows from it.",
)
bank.wrong_value(
    "half_forgotten",
    math.expm1(12) / 0.1,
    "1,627,538 is twice too many: the gap is the variance divided by 2K, not by K.",
)
bank.wrong_value(
    "two_on_the_wrong_side",
    2 * math.expm1(12) / 0.1,
    "3,255,076 is four times too many: the 2 stands in the denominator together with K and divides.",
)
bank.wrong_value(
    "allowed_gap_forgotten",
    math.expm1(12) / 2,
    "81,377 leaves a gap of a whole nat. The allowed gap of 0.1 is missing.",
)
bank.wrong_value(
    "gap_multiplied",
    0.1 * math.expm1(12) / 2,
    "8,138 is the variance *times* 0.1: with a smaller gap you would need fewer candidates. Solve for K once more.",
)
bank.wrong_value(
    "information_not_doubled",
    math.expm1(6) / 0.2,
    "2,012 has e to the I in the variance. It is e to the *2 I*.",
)
bank.wrong_value(
    "information_not_doubled_half_forgotten",
    math.expm1(6) / 0.1,
    "4,024 has e to the I where e to the 2 I belongs, and K where 2K belongs.",
)
bank.wrong_value(
    "information_of_the_bound",
    math.expm1(11.8) / 0.2,
    "666,261 uses I = 5.9, the value of the bound. The law contains the true information, 6.",
)
bank.wrong_value(
    "powers_of_two",
    (2**12 - 1) / 0.2,
    "20,475 takes powers of two, as if I were in bits. Nats go with e.",
)
bank.wrong_value(
    "its_logarithm",
    math.log(math.expm1(12) / 0.2),
    "13.6 is the logarithm of K. The question asks for K itself.",
)
bank.wrong_value(
    "ratio_of_nats",
    6 / 0.1,
    "60 divides the information by the gap. The law is exponential in I.",
)
bank.wrong_value(
    "sign_reversed",
    -math.expm1(12) / 0.2,
    "A number of candidates is positive: the gap is I minus the bound, 0.1 above zero.",
)
