"""How many candidates: the number in other forms, and the numbers that another law, or another slip, leads to."""

import math

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def a_whole_number():
    return math.ceil((math.exp(12) - 1) / (math.exp(0.1) - 1))


@bank.alternative
def as_a_tensor():
    return torch.expm1(torch.tensor(12.0)) / torch.expm1(torch.tensor(0.1))


@bank.alternative
def to_three_digits():
    return 1.55e6


@bank.alternative
def without_the_ones_of_the_variance():
    return math.exp(12) / math.expm1(0.1)


bank.wrong_value(
    "first_order",
    math.expm1(12) / 0.1,
    "1,627,538 takes log(1 + u) for u. At 0.1 the two differ by 5%, and 1% is allowed: solve log(1 + u) = 0.1 first.",
)
bank.wrong_value(
    "leading_term_for_large_k",
    math.expm1(12) / 0.2,
    "813,769 comes from half the variance over K, the limit of what is missing for very large K. It guarantees nothing; solve the inequality.",
)
bank.wrong_value(
    "ceiling_at_the_information",
    math.exp(6),
    "403 is where log K = 6: there the ceiling stops binding, but the bound is still far from I. Solve the inequality for K.",
)
bank.wrong_value(
    "ceiling_at_what_is_shown",
    math.exp(5.9),
    "365 is where log K = 5.9. That the ceiling allows a value does not mean that a perfect critic shows it.",
)
bank.wrong_value(
    "ceiling_with_margin",
    math.exp(6.1),
    "446 is where log K = 6.1. What is missing is not the distance to the ceiling.",
)
bank.wrong_value(
    "variance_only",
    math.expm1(12),
    "162,754 is the variance of w: with that many candidates at most log 2 = 0.69 nats are missing. 0.1 is asked for.",
)
bank.wrong_value(
    "divided_by_the_exponential",
    math.expm1(12) / math.exp(0.1),
    "147,266 divides by e to the 0.1. The 1 inside the logarithm has to go first: what is u, if log(1 + u) = 0.1?",
)
bank.wrong_value(
    "gap_multiplied",
    math.expm1(12) * math.expm1(0.1),
    "17,117 is the variance *times* u: with less allowed to be missing you would need fewer candidates. Solve for K once more.",
)
bank.wrong_value(
    "information_not_doubled",
    math.expm1(6) / math.expm1(0.1),
    "3,826 has e to the I in the variance. It is e to the *2 I*.",
)
bank.wrong_value(
    "information_squared",
    math.expm1(36) / math.expm1(0.1),
    "4.1e16 has e to the I squared. It is e to *twice* I, which is the square of e to the I.",
)
bank.wrong_value(
    "other_base",
    (2**12 - 1) / (2**0.1 - 1),
    "57,052 counts in bits. I = 6 nats, and the logarithm is the natural one.",
)
bank.wrong_value(
    "logarithm_of_k",
    math.log(math.expm1(12) / math.expm1(0.1)),
    "14.25 is log K. K itself is asked for.",
)
