"""Winnow: other right steps, and the steps of other learners."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.learning import classes_that_say, weighed

bank = Bank(
    hidden=[
        Probe("four classes, mixed", lambda g: (classes_that_say(True, False, True, False), 1), weight=2, essential=True),
        Probe("two of them right", lambda g: (classes_that_say(False, True, True), 1), weight=2, essential=True),
        Probe("near the threshold", lambda g: (weighed(g, 6, 8, 1.0), 3), seed=13),
        Probe("threshold 0.4, rate 3", lambda g: (weighed(g, 3, 4, 0.4), 0, 0.4, 3.0), seed=14),
        Probe("exactly at the threshold, for a class that should say no", lambda g: (torch.full((2, 2), 0.5), 1)),
        Probe("inputs left alone", lambda g: (weighed(g, 2, 3, 1.0), 1), unchanged=True, seed=15),
    ]
)  # fmt: skip


@bank.unseen("all say no", "all say yes", "all are right", "wrong way round")
def others(g):
    says = (torch.rand(3, generator=g) < 0.5).tolist()
    return classes_that_say(*says) * (0.9 + 0.2 * torch.rand(3, 1, generator=g)), int(torch.randint(3, (), generator=g))


@bank.alternative
def with_where(weights, label, threshold=1.0, rate=1.5):
    says = (weights.sum(dim=1) >= threshold)[:, None]
    should = (torch.arange(len(weights)) == label)[:, None]
    return torch.where(says & ~should, weights / rate, torch.where(should & ~says, weights * rate, weights))


@bank.alternative
def row_by_row(weights, label, threshold=1.0, rate=1.5):
    rows = []
    for c, row in enumerate(weights):
        says, should = bool(row.sum() >= threshold), c == label
        rows.append(row.clone() if says == should else row * rate if should else row / rate)
    return torch.stack(rows)


def parts(weights, label, threshold):
    says = (weights.sum(dim=1) >= threshold)[:, None]
    return says, (torch.arange(len(weights)) == label)[:, None]


def moved(weights, up, down, rate):
    return torch.where(up, weights * rate, torch.where(down, weights / rate, weights))


@bank.misconception("Every class moves, right or wrong. Winnow learns from mistakes only.")
def always(weights, label, threshold=1.0, rate=1.5):
    _, should = parts(weights, label, threshold)
    return moved(weights, should, ~should, rate)


@bank.misconception("Promotion and demotion are exchanged: the class that should have said yes gets smaller weights.")
def exchanged(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    return moved(weights, says & ~should, should & ~says, rate)


@bank.misconception("You add and subtract: that is the perceptron's step. Winnow multiplies.")
def perceptron_step(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    return weights + rate * (should.to(weights.dtype) - says.to(weights.dtype))


@bank.misconception("Only promotion is there: a class that wrongly says yes must be divided by the rate.")
def promotes_only(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    return moved(weights, should & ~says, torch.zeros_like(says), rate)


@bank.misconception("Only demotion is there: a class that wrongly says no must be multiplied by the rate.")
def demotes_only(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    return moved(weights, torch.zeros_like(says), says & ~should, rate)


@bank.misconception(
    "The class with the largest sum is compared with the label. Each class decides for itself, by its threshold."
)
def by_argmax(weights, label, threshold=1.0, rate=1.5):
    answer, c = int(weights.sum(dim=1).argmax()), torch.arange(len(weights))[:, None]
    if answer == label:
        return weights.clone()
    return moved(weights, c == label, c == answer, rate)


@bank.misconception("A sum equal to the threshold says yes; in yours it says no.")
def strictly_above(weights, label, threshold=1.0, rate=1.5):
    says = (weights.sum(dim=1) > threshold)[:, None]
    should = (torch.arange(len(weights)) == label)[:, None]
    return moved(weights, should & ~says, says & ~should, rate)


@bank.misconception(
    "Wrong weights are set to 0: that is the first version of winnow, by elimination, which forgives no noise. Divide."
)
def eliminates(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    return torch.where(says & ~should, 0.0, moved(weights, should & ~says, torch.zeros_like(says), rate))


@bank.misconception("The threshold is compared with the mean of the weights. It is their sum that votes.")
def by_the_mean(weights, label, threshold=1.0, rate=1.5):
    says = (weights.mean(dim=1) >= threshold)[:, None]
    should = (torch.arange(len(weights)) == label)[:, None]
    return moved(weights, should & ~says, says & ~should, rate)


@bank.misconception("The threshold you are given is not used: it is 1 in yours.")
def threshold_one(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, 1.0)
    return moved(weights, should & ~says, says & ~should, rate)


@bank.misconception("The rate you are given is not used: it is 1.5 in yours.")
def rate_fixed(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    return moved(weights, should & ~says, says & ~should, 1.5)


@bank.misconception("The step is right, but it changes the weights that were handed in. Return new ones.")
def in_place(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    weights.copy_(moved(weights, should & ~says, says & ~should, rate))
    return weights


@bank.misconception("The right class is promoted even if it said yes already. Who is right is not touched.")
def right_class_always_promoted(weights, label, threshold=1.0, rate=1.5):
    says, should = parts(weights, label, threshold)
    return moved(weights, should, says & ~should, rate)
