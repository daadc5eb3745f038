"""Yes or no: other right ways, and the ways to forget a term, harden a soft label or overflow."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.losses import answers

bank = Bank(
    hidden=[
        Probe("15 answers", lambda g: answers(g, 15), weight=2, seed=11, essential=True),
        Probe("soft labels, other logits", lambda g: answers(g, 8, 2.0, soft=True), weight=2, seed=12),
        Probe("one answer", lambda g: answers(g, 1), seed=13),
        Probe("logits in the thousands", lambda g: answers(g, 5, 3000.0), weight=2, seed=14),
        Probe("gradient", lambda g: answers(g, 7), gradients=(0,), weight=2, seed=15),
        Probe("float64, to ten digits", lambda g: answers(g, 6, dtype=torch.float64), dtype=True, rtol=1e-9, seed=16),
        Probe("leaves its inputs alone, soft labels", lambda g: answers(g, 3, soft=True), unchanged=True, seed=17),
    ]
)


def right(logits, target):
    return F.binary_cross_entropy_with_logits(logits, target)


@bank.alternative
def torchs(logits, target):
    return right(logits, target)


@bank.alternative
def with_logsigmoid(logits, target):
    return -(target * F.logsigmoid(logits) + (1 - target) * F.logsigmoid(-logits)).mean()


@bank.alternative
def as_two_classes(logits, target):
    log_p = torch.stack([torch.zeros_like(logits), logits], dim=1).log_softmax(dim=1)
    return -(target * log_p[:, 1] + (1 - target) * log_p[:, 0]).mean()


@bank.alternative
def softplus_minus_the_logit(logits, target):
    return (F.softplus(logits) - target * logits).mean()


@bank.misconception(
    "Right for small logits. A sigmoid that has become exactly 0 or 1 has an infinite logarithm: use log-sigmoid or softplus."
)
def log_of_sigmoid(logits, target):
    p = logits.sigmoid()
    return -(target * p.log() + (1 - target) * (1 - p).log()).mean()


@bank.misconception("Only the term of label 1 is there. A label of 0 says something too: it counts log(1 - p).")
def only_the_positive(logits, target):
    return (target * F.softplus(-logits)).mean()


@bank.misconception("Only the term of label 0 is there: log p, weighted by the label, is missing.")
def only_the_negative(logits, target):
    return ((1 - target) * F.softplus(logits)).mean()


@bank.misconception("The labels are turned around: p is the probability of label 1.")
def turned_around(logits, target):
    return right(logits, 1 - target)


@bank.misconception("Labels between 0 and 1 are rounded. Both terms count, each with its weight.")
def hardened(logits, target):
    return right(logits, target.round())


@bank.misconception("The answers are added up. The loss is their mean.")
def summed(logits, target):
    return right(logits, target) * len(logits)


@bank.misconception("The sign is wrong: it is *minus* a log-probability, which is never negative.")
def no_minus(logits, target):
    return -right(logits, target)


@bank.misconception("Your value is in bits: use the natural logarithm.")
def in_bits(logits, target):
    return right(logits, target) / math.log(2)


@bank.misconception("Half of the value: the two terms are averaged, as if they were two observations. They are added.")
def halved(logits, target):
    return right(logits, target) / 2


@bank.misconception("That is the squared error of the probability, not its negative logarithm.")
def squared_error(logits, target):
    return (logits.sigmoid() - target).square().mean()


@bank.misconception(
    "The logit is used as if it were log p. It is the logarithm of the *odds*, p / (1 - p): a sigmoid stands between them."
)
def logit_as_log_p(logits, target):
    return -(target * logits + (1 - target) * -logits).mean()


@bank.misconception(
    "The sigmoid is applied twice: what you hand over are probabilities already, and logits are asked for."
)
def sigmoid_twice(logits, target):
    return right(logits.sigmoid(), target)


@bank.misconception("No gradient reaches the logits: the result has left the graph.")
def detached(logits, target):
    return right(logits, target).detach()


@bank.misconception(
    "`F.binary_cross_entropy` cuts every logarithm off at -100, and a sigmoid that is exactly 1 costs nothing or 100. Work with the logits."
)
def cut_off_at_a_hundred(logits, target):
    return F.binary_cross_entropy(torch.sigmoid(logits), target)
