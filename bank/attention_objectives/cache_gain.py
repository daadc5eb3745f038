"""What a cache saves: the values that other sums lead to."""

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def as_a_fraction():
    return 2001 / 3


@bank.alternative
def by_counting():
    t = torch.arange(1, 1001).double()
    return t.square().sum() / t.sum()


bank.wrong_value(
    "of_the_last_step", 1000.0, "1000 is the ratio in the last step, 1000 x 1000 against 1000. Earlier steps gain less."
)
bank.wrong_value(
    "half",
    500.5,
    "500.5 is the mean of t, that is of the ratios of single steps. Asked for is the ratio of the two sums: long steps count more.",
)
bank.wrong_value(
    "triangles",
    334.0,
    "334 counts a triangle of t(t+1)/2 products in step t. Without a cache all t x t are computed here.",
)
bank.wrong_value("inverted", 1 / 667, "That is the ratio the other way round.")
bank.wrong_value(
    "the_sum_of_squares",
    333_833_500.0,
    "That is the number of products without a cache. Divide by the number with one.",
)
bank.wrong_value("the_sum", 500_500.0, "That is the number of products with a cache.")
bank.wrong_value(
    "squared",
    1_000_000.0,
    "A million is 1000 x 1000, the products of one step. Add them up over all steps, for both, and divide.",
)
bank.wrong_value(
    "n_thirds",
    1000 / 3,
    "333 is n/3. The sum of squares is about n^3/3 and the other about n^2/2: the ratio is two thirds of n.",
)
