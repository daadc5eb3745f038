"""The teacher's momentum: other ways to be right, and the ways to run the cosine the wrong way, too far or too short."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import plain

bank = Bank(
    hidden=[
        Probe(
            "base 0.996, a third of 300 steps",
            lambda g: (100, 300, 0.996),
            look=plain,
            rtol=1e-8,
            weight=2,
            essential=True,
        ),
        Probe("base 0: from copy to stone", lambda g: (3, 4, 0.0), look=plain, rtol=1e-7),
        Probe("one step before the end", lambda g: (49, 50, 0.9), look=plain, rtol=1e-7, weight=2),
        Probe("base 1: always 1", lambda g: (5, 9, 1.0), look=plain),
    ]
)


@bank.alternative
def by_interpolation(step, steps, base=0.99):
    weight = 0.5 * (1 + math.cos(math.pi * step / steps))
    return base * weight + 1.0 * (1 - weight)


@bank.alternative
def by_half_angles(step, steps, base=0.99):
    return base + (1 - base) * math.sin(math.pi * step / (2 * steps)) ** 2


@bank.misconception(
    "The cosine runs the wrong way: your momentum begins at 1, where the teacher never moves, and ends at the base."
)
def falls(step, steps, base=0.99):
    return 1 - (1 - base) * (1 - math.cos(math.pi * step / steps)) / 2


@bank.misconception("A straight line from base to 1. The schedule is a cosine: flat at both ends.")
def linear(step, steps, base=0.99):
    return base + (1 - base) * step / steps


@bank.misconception(
    "A full turn of the cosine (2 pi): your momentum is back at the base at the last step. Half a turn is enough."
)
def full_turn(step, steps, base=0.99):
    return 1 - (1 - base) * (math.cos(2 * math.pi * step / steps) + 1) / 2


@bank.misconception("The half is missing: cos + 1 goes from 2 to 0, so your momentum begins below the base.")
def half_missing(step, steps, base=0.99):
    return 1 - (1 - base) * (math.cos(math.pi * step / steps) + 1)


@bank.misconception(
    "The 1 inside the brackets is missing: the cosine itself goes down to -1, and your momentum ends above 1."
)
def one_missing(step, steps, base=0.99):
    return 1 - (1 - base) * math.cos(math.pi * step / steps)


@bank.misconception("The cosine is taken of degrees or of the share itself: pi is missing.")
def pi_missing(step, steps, base=0.99):
    return 1 - (1 - base) * (math.cos(step / steps) + 1) / 2


@bank.misconception("The momentum does not change: always the base.")
def constant(step, steps, base=0.99):
    return float(base)


@bank.misconception("It reaches 1 one step too early: steps counts from 0, and only step = steps is the end.")
def one_step_early(step, steps, base=0.99):
    return 1 - (1 - base) * (math.cos(math.pi * min(1.0, step / max(1, steps - 1))) + 1) / 2


@bank.misconception("You return the share by which the teacher moves, 1 - m. The momentum is the share it keeps.")
def one_minus_m(step, steps, base=0.99):
    return (1 - base) * (math.cos(math.pi * step / steps) + 1) / 2


@bank.misconception("A tensor is returned; a plain number is asked for, which a training loop can log and compare.")
def a_tensor(step, steps, base=0.99):
    return 1 - (1 - base) * (torch.cos(torch.tensor(math.pi * step / steps, dtype=torch.float64)) + 1) / 2
