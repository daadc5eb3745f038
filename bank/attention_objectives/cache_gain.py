"""What a cache saves: the values that other sums lead to."""

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies


@varies(
    ({"n": n} for n in (400, 700, 1300, 1600, 1900, 2200, 2500, 3100)),
    text=("Write {n:,} tokens", "in all {n:,} steps", "cache_gain = (2 * {n} + 1) / 3"),
)
def bank(n=1000):
    known = Bank(hidden=[])  # one number: the public check decides all points

    @known.alternative
    def as_a_fraction():
        return (2 * n + 1) / 3

    @known.alternative
    def by_counting():
        t = torch.arange(1, n + 1).double()
        return t.square().sum() / t.sum()

    known.wrong_value(
        "of_the_last_step",
        float(n),
        f"{n} is the ratio in the last step, {n} x {n} against {n}. Earlier steps gain less.",
    )
    known.wrong_value(
        "half",
        (n + 1) / 2,
        f"{(n + 1) / 2:g} is the mean of t, that is of the ratios of single steps. Asked for is the ratio of the two sums: long steps count more.",
    )
    known.wrong_value(
        "triangles",
        (n + 2) / 3,
        f"{(n + 2) / 3:g} counts a triangle of t(t+1)/2 products in step t. Without a cache all t x t are computed here.",
    )
    known.wrong_value("inverted", 3 / (2 * n + 1), "That is the ratio the other way round.")
    known.wrong_value(
        "the_sum_of_squares",
        n * (n + 1) * (2 * n + 1) / 6,
        "That is the number of products without a cache. Divide by the number with one.",
    )
    known.wrong_value("the_sum", n * (n + 1) / 2, "That is the number of products with a cache.")
    known.wrong_value(
        "squared",
        float(n**2),
        f"{n**2:,} is {n} x {n}, the products of one step. Add them up over all steps, for both, and divide.",
    )
    known.wrong_value(
        "n_thirds",
        n / 3,
        f"{n / 3:.0f} is n/3. The sum of squares is about n^3/3 and the other about n^2/2: the ratio is two thirds of n.",
    )
    return known
