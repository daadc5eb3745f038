"""How many candidates: the number in other forms, and the numbers that another law, or another slip, leads to."""

import math

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies


@varies(
    ({"I": I, "gap": gap} for I in (5, 5.5, 6, 6.5, 7) for gap in (0.05, 0.1, 0.2) if (I, gap) != (6, 0.1)),
    text=(
        "at most {gap} nats short of $I = {I}$",
        "log(1 + u) = {gap}? Not {gap} itself",
        "K for I = {I} nats and at most {gap} nats missing",
        "math.expm1(2 * {I}) / math.expm1({gap})",
    ),
)
def bank(I=6, gap=0.1):
    known = Bank(hidden=[])  # one number: the public check decides all points

    @known.alternative
    def a_whole_number():
        return math.ceil((math.exp(2 * I) - 1) / (math.exp(gap) - 1))

    @known.alternative
    def as_a_tensor():
        return torch.expm1(torch.tensor(2.0 * I)) / torch.expm1(torch.tensor(gap))

    @known.alternative
    def to_three_digits():
        return float(f"{math.expm1(2 * I) / math.expm1(gap):.3g}")

    @known.alternative
    def without_the_ones_of_the_variance():
        return math.exp(2 * I) / math.expm1(gap)

    known.wrong_value(
        "first_order",
        math.expm1(2 * I) / gap,
        f"{math.expm1(2 * I) / gap:,.0f} takes log(1 + u) for u. At {gap} the two differ by {50 * gap:g}%, and 1% is allowed: "
        f"solve log(1 + u) = {gap} first.",
    )
    known.wrong_value(
        "leading_term_for_large_k",
        math.expm1(2 * I) / (2 * gap),
        f"{math.expm1(2 * I) / (2 * gap):,.0f} comes from half the variance over K, the limit of what is missing for very large K. It guarantees nothing; solve the inequality.",
    )
    known.wrong_value(
        "ceiling_at_the_information",
        math.exp(I),
        f"{math.exp(I):,.0f} is where log K = {I}: there the ceiling stops binding, but the bound is still far from I. Solve the inequality for K.",
    )
    known.wrong_value(
        "ceiling_at_what_is_shown",
        math.exp(I - gap),
        f"{math.exp(I - gap):,.0f} is where log K = {I - gap:g}. That the ceiling allows a value does not mean that a perfect critic shows it.",
    )
    known.wrong_value(
        "ceiling_with_margin",
        math.exp(I + gap),
        f"{math.exp(I + gap):,.0f} is where log K = {I + gap:g}. What is missing is not the distance to the ceiling.",
    )
    known.wrong_value(
        "variance_only",
        math.expm1(2 * I),
        f"{math.expm1(2 * I):,.0f} is the variance of w: with that many candidates at most log 2 = 0.69 nats are missing. {gap} is asked for.",
    )
    known.wrong_value(
        "divided_by_the_exponential",
        math.expm1(2 * I) / math.exp(gap),
        f"{math.expm1(2 * I) / math.exp(gap):,.0f} divides by e to the {gap}. The 1 inside the logarithm has to go first: "
        f"what is u, if log(1 + u) = {gap}?",
    )
    known.wrong_value(
        "gap_multiplied",
        math.expm1(2 * I) * math.expm1(gap),
        f"{math.expm1(2 * I) * math.expm1(gap):,.0f} is the variance *times* u: with less allowed to be missing you would need fewer candidates. Solve for K once more.",
    )
    known.wrong_value(
        "information_not_doubled",
        math.expm1(I) / math.expm1(gap),
        f"{math.expm1(I) / math.expm1(gap):,.0f} has e to the I in the variance. It is e to the *2 I*.",
    )
    known.wrong_value(
        "information_squared",
        math.expm1(I**2) / math.expm1(gap),
        f"{math.expm1(I**2) / math.expm1(gap):.1e}".replace("e+", "e")
        + " has e to the I squared. It is e to *twice* I, which is the square of e to the I.",
    )
    known.wrong_value(
        "other_base",
        (4**I - 1) / (2**gap - 1),
        f"{(4**I - 1) / (2**gap - 1):,.0f} counts in bits. I = {I} nats, and the logarithm is the natural one.",
    )
    known.wrong_value(
        "logarithm_of_k",
        math.log(math.expm1(2 * I) / math.expm1(gap)),
        f"{math.log(math.expm1(2 * I) / math.expm1(gap)):.2f} is log K. K itself is asked for.",
    )
    return known
