"""Width for depth: other ways to solve a quadratic equation, and the terms that are left out."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("50,000 parameters in 3 layers", lambda g: (50_000, 3), weight=2, essential=True),
        Probe("20,000 in 10 layers, multiples of 1", lambda g: (20_000, 10, 1), weight=2),
        Probe("5,000 in 20 layers, multiples of 2", lambda g: (5_000, 20, 2)),
        Probe("a billion in 16 layers, multiples of 128", lambda g: (805_736_448, 16, 128)),
        Probe("fewer than one multiple", lambda g: (900, 2, 32)),
        Probe("300,000 in 5 layers, multiples of 8", lambda g: (300_000, 5, 8)),
    ]
)


def numbers(low, high, layers, multiple):
    def inputs(g):
        n = int(torch.randint(low, high, (), generator=g))
        return n, int(torch.randint(*layers, (), generator=g)), multiple

    return inputs


bank.unseen("100,000 parameters in 2 layers")(numbers(60_000, 200_000, (2, 4), 4))
bank.unseen("the same in 8 layers")(numbers(60_000, 200_000, (6, 10), 4))
bank.unseen("the same in 14 layers, multiples of 1")(numbers(60_000, 200_000, (12, 24), 1))
bank.unseen("multiples of 64, nearest")(numbers(5_000_000, 9_000_000, (5, 8), 64))


@bank.alternative
def by_bisection(parameters, layers, multiple=4):
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        too_many = layers * (12 * middle**2 + 13 * middle) + 2 * middle > parameters
        low, high = (low, middle) if too_many else (middle, high)
    return max(multiple, round(low / multiple) * multiple)


@bank.alternative
def completing_the_square(parameters, layers, multiple=4):
    half = (13 * layers + 2) / (24 * layers)
    width = math.sqrt(parameters / (12 * layers) + half**2) - half
    return int(max(1, math.floor(width / multiple + 0.5)) * multiple)


def solved(parameters, layers, a=12.0, linear=None):
    b = 13 * layers + 2 if linear is None else linear
    return (math.sqrt(b * b + 4 * a * layers * parameters) - b) / (2 * a * layers)


@bank.misconception("Biases and norms are left out: the terms linear in d are missing.")
def square_only(parameters, layers, multiple=4):
    return multiple * max(1, round(solved(parameters, layers, linear=0.0) / multiple))


@bank.misconception("You round down. The nearest multiple is asked for.")
def rounded_down(parameters, layers, multiple=4):
    return multiple * max(1, math.floor(solved(parameters, layers) / multiple))


@bank.misconception("You round up. The nearest multiple is asked for.")
def rounded_up(parameters, layers, multiple=4):
    return multiple * max(1, math.ceil(solved(parameters, layers) / multiple))


@bank.misconception("The width is not rounded to a multiple: heads could not divide it.")
def any_width(parameters, layers, multiple=4):
    return max(1, round(solved(parameters, layers)))


@bank.misconception("The number of layers is forgotten: that is the width of a single layer.")
def one_layer(parameters, layers, multiple=4):
    return multiple * max(1, round(solved(parameters, 1) / multiple))


@bank.misconception(
    "Only the four matrices of the attention are counted. The feed-forward layer has eight more of their size."
)
def attention_only(parameters, layers, multiple=4):
    return multiple * max(1, round(solved(parameters, layers, a=4.0) / multiple))


@bank.misconception("A width of 0: there is at least one multiple.")
def may_be_zero(parameters, layers, multiple=4):
    return multiple * round(solved(parameters, layers) / multiple)


@bank.misconception("The width is not rounded to whole multiples.")
def not_rounded(parameters, layers, multiple=4):
    return max(float(multiple), solved(parameters, layers))
