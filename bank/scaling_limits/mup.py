"""muP: other ways to write the table, and other tables."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("output layer, ten times the base", lambda g: ("output", 640, 64), weight=2, essential=True),
        Probe("hidden layer, half the base", lambda g: ("hidden", 48, 96), weight=2, essential=True),
        Probe("input layer of 784", lambda g: ("input", 784, 784)),
        Probe("output layer at another base", lambda g: ("output", 512, 256)),
        Probe("hidden layer at another base", lambda g: ("hidden", 512, 256)),
    ]
)


def of(kind):
    def inputs(g):
        base = int(torch.randint(20, 90, (), generator=g))
        fan_in = base if kind == "input" else base * int(torch.randint(2, 7, (), generator=g))
        return kind, fan_in, base

    return inputs


bank.unseen("output layer, four times the base", "output layer, narrower than the base")(of("output"))
bank.unseen("hidden layer, four times the base", "hidden layer, 3 times")(of("hidden"))
bank.unseen("input layer")(of("input"))


@bank.alternative
def by_match(kind, fan_in, base_fan_in):
    match kind:
        case "input":
            return 1 / math.sqrt(fan_in), 1.0, 1.0
        case "hidden":
            return 1 / math.sqrt(fan_in), base_fan_in / fan_in, 1.0
        case _:
            return 1 / math.sqrt(base_fan_in), 1.0, base_fan_in / fan_in


@bank.alternative
def from_a_table(kind, fan_in, base_fan_in):
    grows = fan_in / base_fan_in
    usual = torch.tensor(fan_in).double().rsqrt()
    table = {"input": (usual, 1, 1), "hidden": (usual, 1 / grows, 1), "output": (usual * grows**0.5, 1, 1 / grows)}
    return tuple(float(number) for number in table[kind])


def right(kind, fan_in, base_fan_in):
    return by_match(kind, fan_in, base_fan_in)


def usual(fan_in):
    return fan_in**-0.5, 1.0, 1.0


@bank.misconception(
    "The output layer is left as usual. In wide networks it moves too far in every step: it needs its multiplier."
)
def output_left_out(kind, fan_in, base_fan_in):
    return usual(fan_in) if kind == "output" else right(kind, fan_in, base_fan_in)


@bank.misconception("Hidden layers are left as usual. Their learning rate must shrink with the width.")
def hidden_left_out(kind, fan_in, base_fan_in):
    return usual(fan_in) if kind == "hidden" else right(kind, fan_in, base_fan_in)


@bank.misconception(
    "The output shrinks twice: by the multiplier and by its initial spread. The spread is that of the base."
)
def output_shrinks_twice(kind, fan_in, base_fan_in):
    _, rate, multiplier = right(kind, fan_in, base_fan_in)
    return fan_in**-0.5, rate, multiplier


@bank.misconception(
    "The hidden learning rate shrinks by the root of m. Adam moves all fan-in terms of a sum together: it is m itself."
)
def root_of_m(kind, fan_in, base_fan_in):
    spread, rate, multiplier = right(kind, fan_in, base_fan_in)
    return spread, rate**0.5, multiplier


@bank.misconception(
    "The output's learning rate shrinks as well as its multiplier. One of them is enough: Adam does not notice a multiplier in the gradient."
)
def output_rate_too(kind, fan_in, base_fan_in):
    spread, rate, multiplier = right(kind, fan_in, base_fan_in)
    return spread, rate * multiplier, multiplier


@bank.misconception(
    "Learning rates stay as for gradient descent (SGD) in yours: there a hidden layer keeps its rate. Adam's does not."
)
def hidden_rate_of_sgd(kind, fan_in, base_fan_in):
    m = fan_in / base_fan_in
    if kind == "hidden":
        return fan_in**-0.5, 1.0, 1.0
    return (fan_in**-0.5, 1.0, 1.0) if kind == "input" else (base_fan_in**-0.5, m, 1 / m)


@bank.misconception("That is the variance of the initial weights. The standard deviation is its root.")
def variance(kind, fan_in, base_fan_in):
    spread, rate, multiplier = right(kind, fan_in, base_fan_in)
    return spread**2, rate, multiplier


@bank.misconception("m is upside down: fan-in over base fan-in.")
def m_inverted(kind, fan_in, base_fan_in):
    m = base_fan_in / fan_in
    if kind == "input":
        return usual(fan_in)
    return (fan_in**-0.5, 1 / m, 1.0) if kind == "hidden" else (base_fan_in**-0.5, 1.0, 1 / m)


@bank.misconception(
    "Hidden weights keep the spread of the base. Theirs shrinks with the root of the width as usual; only the output's stays."
)
def hidden_spread_of_the_base(kind, fan_in, base_fan_in):
    spread, rate, multiplier = right(kind, fan_in, base_fan_in)
    return (base_fan_in**-0.5 if kind == "hidden" else spread), rate, multiplier


@bank.misconception("The multiplier is on the hidden layers. It belongs to the output.")
def multiplier_on_hidden(kind, fan_in, base_fan_in):
    m = fan_in / base_fan_in
    if kind == "hidden":
        return fan_in**-0.5, 1 / m, 1 / m
    return usual(fan_in) if kind == "input" else (base_fan_in**-0.5, 1.0, 1.0)


@bank.misconception(
    "The multiplier of the output is the root of what it should be: 1/m, since all terms of the sum move together."
)
def root_multiplier(kind, fan_in, base_fan_in):
    spread, rate, multiplier = right(kind, fan_in, base_fan_in)
    return spread, rate, multiplier**0.5
