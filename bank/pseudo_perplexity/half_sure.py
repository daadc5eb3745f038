"""Perplexity of a model that knows every second token: the values that other averages lead to."""

import math

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies


@varies(
    ({"V": root**2} for root in (16, 18, 20, 22, 24, 25, 26, 28, 30, 34, 35, 36, 40, 45, 50, 60)),
    text=("A model with {V:,} words", "half_sure = math.sqrt({V})", "torch.tensor([1.0, 1 / {V}] * 50)"),
)
def bank(V=1024):
    known = Bank(hidden=[])  # one number: the public check decides all points

    @known.alternative
    def as_a_tensor():
        return torch.tensor(float(V)).sqrt()

    @known.alternative
    def half_of_the_nats():
        return math.exp(math.log(V) / 2)

    known.wrong_value(
        "mean_of_the_perplexities",
        (V + 1) / 2,
        f"{(V + 1) / 2:g} averages the two perplexities, 1 and {V}. Average the costs in nats, 0 and log {V}; the exponential comes last.",
    )
    known.wrong_value(
        "half_of_the_vocabulary", V / 2, f"{V / 2:g} is half of the vocabulary. Halve the nats, not the choices."
    )
    known.wrong_value(
        "no_idea_at_all", float(V), f"{V} would be right if it had no idea about any token. It knows half of them."
    )
    known.wrong_value(
        "knows_everything", 1.0, "1 would mean that it is certain of every token. It has to guess every second one."
    )
    known.wrong_value(
        "two",
        2.0,
        f"2 would mean a coin toss per token, 0.69 nats. The average here is half of log {V} = {math.log(V):.2f} nats.",
    )
    known.wrong_value(
        "in_nats",
        math.log(V) / 2,
        f"{math.log(V) / 2:.4f} is the cross-entropy in nats. Perplexity is its exponential.",
    )
    known.wrong_value(
        "in_bits",
        math.log2(V) / 2,
        f"{math.log2(V) / 2:.4g} is the cross-entropy in bits. Perplexity is 2 to that power.",
    )
    known.wrong_value(
        "two_to_the_nats",
        2 ** (math.log(V) / 2),
        f"{2 ** (math.log(V) / 2):.2f} is 2 raised to a number of nats. Nats go with e, bits with 2.",
    )
    known.wrong_value(
        "mean_probability",
        1 / math.sqrt(V),
        f"1/{math.sqrt(V):g} is the geometric mean probability of a token. Perplexity is its inverse.",
    )
    return known
