"""The loss of a collapsed network: the values that a wrong count of candidates, or another unit, leads to."""

import math

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def as_a_tensor():
    return torch.log(torch.tensor(255.0))


@bank.alternative
def to_two_decimals():
    return 5.54


@bank.alternative
def minus_log_of_the_probability():
    return -math.log(1 / 255)


bank.wrong_value(
    "itself_a_candidate",
    math.log(256),
    "5.5452 is log(2N): you count 256 candidates. An anchor does not compare itself with itself.",
)
bank.wrong_value(
    "only_the_negatives",
    math.log(254),
    "5.5373 is log(2N-2): you count the negatives only. The partner is a candidate too.",
)
bank.wrong_value(
    "as_many_as_images",
    math.log(128),
    "4.8520 is log(N): you count one vector per image. Each image has two views, and all 2N vectors are in the game.",
)
bank.wrong_value(
    "images_but_one",
    math.log(127),
    "4.8442 is log(N-1): you count the other images. Each image has two views; how many vectors does an anchor choose from?",
)
bank.wrong_value(
    "perfect_alignment",
    0.0,
    "0 would mean that each anchor names its partner with certainty. All vectors are equal: nothing tells the partner from the others.",
)
bank.wrong_value(
    "infinite",
    math.inf,
    "The loss is finite: the partner still gets an equal share of the probability. What does a uniform guess cost?",
)
bank.wrong_value(
    "in_bits",
    math.log2(255),
    "7.9944 is right in bits (logarithm to base 2). The question asks for nats: the natural logarithm.",
)
bank.wrong_value(
    "in_bits_with_itself",
    8.0,
    "8 is the base-2 logarithm of 256. Two things differ: nats use the natural logarithm, and an anchor is no candidate of its own.",
)
bank.wrong_value(
    "decimal_logarithm",
    math.log10(255),
    "2.4065 is a decimal logarithm. Nats use the natural one.",
)
bank.wrong_value(
    "log_probability",
    -math.log(255),
    "The sign is wrong: the loss is *minus* the logarithm of the partner's probability, and never negative.",
)
bank.wrong_value(
    "number_of_candidates",
    255.0,
    "255 is the number of candidates. What does it cost, in nats, to guess among them?",
)
bank.wrong_value(
    "probability_of_the_partner",
    1 / 255,
    "1/255 is the probability of the partner. The loss is minus its logarithm.",
)
bank.wrong_value(
    "summed_over_anchors",
    256 * math.log(255),
    "1418.56 is the sum over all 256 anchors. The loss is their mean.",
)
bank.wrong_value(
    "divided_by_temperature",
    2 * math.log(255),
    "11.0825 is twice the loss, as if a temperature of 0.5 divided it (or the sum over 2N anchors were divided by N).\n"
    "The temperature divides logits; equal logits stay equal.",
)
