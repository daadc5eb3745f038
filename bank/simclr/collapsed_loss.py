"""The loss of a collapsed network: the values that a wrong count of candidates, or another unit, leads to."""

import math

import torch

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies

# of these the loss can be given to two decimals, and that of a neighbouring count cannot be taken for it then
BATCHES = (40, 42, 45, 46, 55, 56, 60, 65, 67, 69, 71, 74, 77, 85, 93)


@varies(
    ({"N": N} for N in BATCHES),
    text=(
        "There are $N = {N}$ images",
        "in nats, for N = {N} images",
        "math.log(2 * {N} - 1)",
        "collapsed, N = {N}: {{nt_xent(torch.ones({N}, 8), torch.ones({N}, 8))",
    ),
)
def bank(N=128):
    known = Bank(hidden=[])  # one number: the public check decides all points

    @known.alternative
    def as_a_tensor():
        return torch.log(torch.tensor(2.0 * N - 1))

    @known.alternative
    def to_two_decimals():
        return round(math.log(2 * N - 1), 2)

    @known.alternative
    def minus_log_of_the_probability():
        return -math.log(1 / (2 * N - 1))

    known.wrong_value(
        "itself_a_candidate",
        math.log(2 * N),
        f"{math.log(2 * N):.4f} is log(2N): you count {2 * N} candidates. An anchor does not compare itself with itself.",
    )
    known.wrong_value(
        "only_the_negatives",
        math.log(2 * N - 2),
        f"{math.log(2 * N - 2):.4f} is log(2N-2): you count the negatives only. The partner is a candidate too.",
    )
    known.wrong_value(
        "as_many_as_images",
        math.log(N),
        f"{math.log(N):.4f} is log(N): you count one vector per image. Each image has two views, and all 2N vectors are in the game.",
    )
    known.wrong_value(
        "images_but_one",
        math.log(N - 1),
        f"{math.log(N - 1):.4f} is log(N-1): you count the other images. Each image has two views; how many vectors does an anchor choose from?",
    )
    known.wrong_value(
        "perfect_alignment",
        0.0,
        "0 would mean that each anchor names its partner with certainty. All vectors are equal: nothing tells the partner from the others.",
    )
    known.wrong_value(
        "infinite",
        math.inf,
        "The loss is finite: the partner still gets an equal share of the probability. What does a uniform guess cost?",
    )
    known.wrong_value(
        "in_bits",
        math.log2(2 * N - 1),
        f"{math.log2(2 * N - 1):.4f} is right in bits (logarithm to base 2). The question asks for nats: the natural logarithm.",
    )
    known.wrong_value(
        "in_bits_with_itself",
        math.log2(2 * N),
        f"{math.log2(2 * N):g} is the base-2 logarithm of {2 * N}. Two things differ: nats use the natural logarithm, and an anchor is no candidate of its own.",
    )
    known.wrong_value(
        "decimal_logarithm",
        math.log10(2 * N - 1),
        f"{math.log10(2 * N - 1):.4f} is a decimal logarithm. Nats use the natural one.",
    )
    known.wrong_value(
        "log_probability",
        -math.log(2 * N - 1),
        "The sign is wrong: the loss is *minus* the logarithm of the partner's probability, and never negative.",
    )
    known.wrong_value(
        "number_of_candidates",
        float(2 * N - 1),
        f"{2 * N - 1} is the number of candidates. What does it cost, in nats, to guess among them?",
    )
    known.wrong_value(
        "probability_of_the_partner",
        1 / (2 * N - 1),
        f"1/{2 * N - 1} is the probability of the partner. The loss is minus its logarithm.",
    )
    known.wrong_value(
        "summed_over_anchors",
        2 * N * math.log(2 * N - 1),
        f"{2 * N * math.log(2 * N - 1):.2f} is the sum over all {2 * N} anchors. The loss is their mean.",
    )
    known.wrong_value(
        "divided_by_temperature",
        2 * math.log(2 * N - 1),
        f"{2 * math.log(2 * N - 1):.4f} is twice the loss, as if a temperature of 0.5 divided it (or the sum over 2N anchors were divided by N).\n"
        "The temperature divides logits; equal logits stay equal.",
    )
    return known
