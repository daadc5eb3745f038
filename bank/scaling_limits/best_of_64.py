"""KL of best-of-64: other ways to write the number, and its neighbours."""

import math

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def as_a_tensor():
    return torch.tensor(64.0).log() - 1 + 1 / 64


@bank.alternative
def six_doublings():
    return 6 * math.log(2) - 0.984375


bank.wrong_value("logarithm_alone", math.log(64), "That is log 64. A little less: (n - 1)/n is subtracted.")
bank.wrong_value("in_bits", math.log2(64) - 63 / 64, "The logarithm is to base 2 in yours. Nats are asked for.")
bank.wrong_value("bits_altogether", (math.log(64) - 63 / 64) / math.log(2), "That is in bits. Nats are asked for.")
bank.wrong_value("added", math.log(64) + 63 / 64, "(n - 1)/n is subtracted, not added.")
bank.wrong_value("base_ten", math.log10(64) - 63 / 64, "The logarithm is to base 10 in yours. It is natural.")
bank.wrong_value("one_subtracted", math.log(64) - 1, "You subtract 1. It is (n - 1)/n, a little less.")
bank.wrong_value("linear", 63.0, "A reward of n samples costs a logarithm of n, not n.")
bank.wrong_value("one_decimal", 3.2, "Right, but rounded too far: give two decimals.")
