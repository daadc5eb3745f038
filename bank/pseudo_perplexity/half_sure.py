"""Perplexity of a model that knows every second token: the values that other averages lead to."""

import math

import torch

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def as_a_tensor():
    return torch.tensor(1024.0).sqrt()


@bank.alternative
def half_of_the_nats():
    return math.exp(math.log(1024) / 2)


bank.wrong_value(
    "mean_of_the_perplexities",
    512.5,
    "512.5 averages the two perplexities, 1 and 1024. Average the costs in nats, 0 and log 1024; the exponential comes last.",
)
bank.wrong_value("half_of_the_vocabulary", 512.0, "512 is half of the vocabulary. Halve the nats, not the choices.")
bank.wrong_value(
    "no_idea_at_all", 1024.0, "1024 would be right if it had no idea about any token. It knows half of them."
)
bank.wrong_value(
    "knows_everything", 1.0, "1 would mean that it is certain of every token. It has to guess every second one."
)
bank.wrong_value(
    "two", 2.0, "2 would mean a coin toss per token, 0.69 nats. The average here is half of log 1024 = 6.93 nats."
)
bank.wrong_value("in_nats", math.log(32), "3.4657 is the cross-entropy in nats. Perplexity is its exponential.")
bank.wrong_value("in_bits", 5.0, "5 is the cross-entropy in bits. Perplexity is 2 to that power.")
bank.wrong_value(
    "two_to_the_nats",
    2 ** math.log(32),
    "11.05 is 2 raised to a number of nats. Nats go with e, bits with 2.",
)
bank.wrong_value(
    "mean_probability", 1 / 32, "1/32 is the geometric mean probability of a token. Perplexity is its inverse."
)
