"""Closed forms of the chain: other ways to add up, and the pieces that get lost."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("flip 0.2, three bits", lambda g: (0.2, 3), essential=True),
        Probe("flip 0.05, ten bits", lambda g: (0.05, 10)),
        Probe("flip 0.3, two bits: neighbours only", lambda g: (0.31, 2)),
        Probe("flip 0.99, a million bits", lambda g: (0.99, 1_000_000), weight=2),
        Probe("flip 1e-6, fifty bits", lambda g: (1e-6, 50), rtol=1e-7),
    ]
)


@bank.unseen("flip 0.1, six bits", "flip 0.3, two bits")
def another_chain(g):
    return round(0.05 + 0.4 * float(torch.rand((), generator=g)), 3), int(torch.randint(3, 12, (), generator=g))


def h(p):
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


def two_steps(flip):
    return h(2 * flip * (1 - flip))


def nats(flip, length):
    return math.log(2) + (length - 1) * h(flip)


def pseudo_nats(flip, length):
    return 2 * h(flip) + (length - 2) * (2 * h(flip) - two_steps(flip))


def exponentials(flip, length, total=None, pseudo=None):
    total = nats(flip, length) if total is None else total
    pseudo = pseudo_nats(flip, length) if pseudo is None else pseudo
    return math.exp(total / length), math.exp(pseudo / length)


@bank.alternative
def with_matrices(flip, length):
    step = torch.tensor([[1 - flip, flip], [flip, 1 - flip]], dtype=torch.float64)
    one, two = (-torch.xlogy(m, m).sum(1).mean() for m in (step, step @ step))
    return (
        ((math.log(2) + (length - 1) * one) / length).exp(),
        ((2 * one + (length - 2) * (2 * one - two)) / length).exp(),
    )


@bank.alternative
def inner_cost_from_the_conditional(flip, length):
    different = 2 * flip * (1 - flip)  # neighbours that differ leave a fair coin
    same = 1 - different
    p = flip**2 / same
    inner = different * math.log(2) + same * h(p)
    return exponentials(flip, length, pseudo=2 * h(flip) + (length - 2) * inner)


@bank.misconception(
    "Your pseudo-perplexity treats the two ends as inner tokens. They have one neighbour only and cost h_1 each."
)
def ends_like_inner_tokens(flip, length):
    return exponentials(flip, length, pseudo=length * (2 * h(flip) - two_steps(flip)))


@bank.misconception(
    "Your pseudo-perplexity leaves the two ends out. They are tokens like the others; with one neighbour each, they cost h_1."
)
def ends_left_out(flip, length):
    return exponentials(flip, length, pseudo=(length - 2) * (2 * h(flip) - two_steps(flip)))


@bank.misconception(
    "In your perplexity the first bit costs as much as a step. Nothing comes before it: a fair bit costs log 2."
)
def first_bit_like_a_step(flip, length):
    return exponentials(flip, length, total=length * h(flip))


@bank.misconception("In your perplexity the first bit costs nothing. It is a fair coin: log 2.")
def first_bit_free(flip, length):
    return exponentials(flip, length, total=(length - 1) * h(flip))


@bank.misconception(
    "After two steps the bit differs if exactly one of them was a flip: probability 2e(1-e). You take it to be 2e, but two flips cancel."
)
def two_flips_do_not_cancel(flip, length):
    two = h(min(max(2 * flip, 1e-12), 1 - 1e-12))
    return exponentials(flip, length, pseudo=2 * h(flip) + (length - 2) * (2 * h(flip) - two))


@bank.misconception(
    "You take two neighbours for two independent witnesses, and an inner token costs 2 h_1 in your formula: more than with one neighbour!\n"
    "What the neighbours tell about each other, h_2, has to go."
)
def without_h_2(flip, length):
    return exponentials(flip, length, pseudo=2 * h(flip) + (length - 2) * 2 * h(flip))


@bank.misconception(
    "Your inner tokens cost h_1, as if they knew one neighbour only. With both the cost is 2 h_1 - h_2."
)
def one_neighbour_only(flip, length):
    return exponentials(flip, length, pseudo=length * h(flip))


@bank.misconception(
    "Your inner tokens cost h_2 - h_1. From the formula: two steps in the numerator, one double step below: 2 h_1 - h_2."
)
def h_2_minus_h_1(flip, length):
    return exponentials(flip, length, pseudo=2 * h(flip) + (length - 2) * (two_steps(flip) - h(flip)))


@bank.misconception("The two numbers are swapped: perplexity comes first, and it is never the smaller one.")
def swapped(flip, length):
    return exponentials(flip, length)[::-1]


@bank.misconception("These are nats per token. A perplexity is the exponential of that.")
def without_the_exponential(flip, length):
    return nats(flip, length) / length, pseudo_nats(flip, length) / length


@bank.misconception("You raise 2 to a number of nats: use e, or count in bits throughout.")
def two_to_the_nats(flip, length):
    return 2 ** (nats(flip, length) / length), 2 ** (pseudo_nats(flip, length) / length)


@bank.misconception(
    "Your numbers are those of an infinite chain: the first bit and the two ends do not show. Use the length."
)
def infinite_chain(flip, length):
    return math.exp(h(flip)), math.exp(2 * h(flip) - two_steps(flip))


@bank.misconception("You do not divide by the length: these are exponentials of whole-sequence (pseudo-)entropies.")
def not_per_token(flip, length):
    return tuple(math.exp(min(total, 700.0)) for total in (nats(flip, length), pseudo_nats(flip, length)))
