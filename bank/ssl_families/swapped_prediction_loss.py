"""Swapped prediction: other ways to be right, and the ways not to swap, to stop nothing or to average wrongly."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import rows, swapped

bank = Bank(
    hidden=[
        Probe("12 images, 9 prototypes, temperature 0.07", lambda g: swapped(g, 12, 9, 0.07), weight=2, seed=11),
        Probe("one image", lambda g: swapped(g, 1, 4, 0.3), seed=12),
        Probe("hard codes", lambda g: hard(g), seed=13),
        Probe(
            "gradients, at another size",
            lambda g: swapped(g, 6, 3, 0.4),
            gradients=(0, 1, 2, 3),
            weight=4,
            seed=14,
            essential=True,
        ),
        Probe("temperature 0.001", lambda g: swapped(g, 3, 6, 0.001), seed=15, weight=2, essential=True),
        Probe(
            "equal scores, 11 prototypes",
            lambda g: (torch.ones(2, 11), torch.ones(2, 11), rows(g, 2, 11), rows(g, 2, 11), 0.3),
            note="= log K",
        ),
        Probe("float64, to ten digits", lambda g: swapped(g, 5, 6, 0.2, torch.float64), dtype=True, rtol=1e-9, seed=16),
        Probe("leaves its inputs alone, at another size", lambda g: swapped(g, 3, 5, 0.2), unchanged=True, seed=17),
    ]
)


def hard(g):
    s_1, s_2, c_1, c_2, temperature = swapped(g, 5, 4, 0.2)
    return s_1, s_2, *(F.one_hot(c.argmax(1), 4).float() for c in (c_1, c_2)), temperature


def cost(scores, codes, temperature):
    return -(codes * (scores / temperature).log_softmax(dim=1)).sum(dim=1).mean()


def right(s_1, s_2, c_1, c_2, temperature):
    return (cost(s_1, c_2.detach(), temperature) + cost(s_2, c_1.detach(), temperature)) / 2


@bank.alternative
def by_hand(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_1, codes_2, temperature)


@bank.alternative
def stacked(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    scores, codes = torch.cat([scores_1, scores_2]), torch.cat([codes_2, codes_1]).detach()
    return F.cross_entropy(scores / temperature, codes)


@bank.alternative
def from_logsumexp(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    with torch.no_grad():
        q_1, q_2 = codes_1 * 1, codes_2 * 1

    def one(s, q):
        x = s / temperature
        return (q.sum(dim=1) * x.logsumexp(dim=1) - (q * x).sum(dim=1)).mean()

    return 0.5 * one(scores_1, q_2) + 0.5 * one(scores_2, q_1)


@bank.misconception(
    "Nothing is swapped: each view predicts its own codes, which it can do without knowing anything about the other view."
)
def own_codes(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_2, codes_1, temperature)


@bank.misconception("Gradients reach the codes. They are targets, constants in this loss.")
def gradient_into_the_codes(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return (cost(scores_1, codes_2, temperature) + cost(scores_2, codes_1, temperature)) / 2


@bank.misconception("The gradient is stopped on the scores; it is the codes that are constant.")
def scores_detached(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return (cost(scores_1.detach(), codes_2, temperature) + cost(scores_2.detach(), codes_1, temperature)) / 2


@bank.misconception("No gradient reaches the scores: the result has left the graph.")
def everything_detached(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_1, codes_2, temperature).detach()


@bank.misconception("Only one direction: view 2 predicts nothing.")
def one_direction(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return cost(scores_1, codes_2.detach(), temperature)


@bank.misconception("The two directions are added; their mean is asked for.")
def summed_directions(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return 2 * right(scores_1, scores_2, codes_1, codes_2, temperature)


@bank.misconception("The images are added up instead of averaged.")
def summed_images(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return len(scores_1) * right(scores_1, scores_2, codes_1, codes_2, temperature)


@bank.misconception(
    "The average runs over the prototypes too: the cross-entropy of one image is a sum over prototypes."
)
def mean_over_prototypes(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_1, codes_2, temperature) / scores_1.shape[1]


@bank.misconception("The temperature is not used.")
def ignores_temperature(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_1, codes_2, 1.0)


@bank.misconception("You multiply by the temperature. Scores are divided by it.")
def multiplies_by_temperature(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_1, codes_2, 1 / temperature)


@bank.misconception("A softmax is applied to the codes, which are distributions already.")
def softmax_on_the_codes(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_1.softmax(dim=1), codes_2.softmax(dim=1), temperature)


@bank.misconception("The codes are made hard (the most likely prototype only). They are soft targets.")
def hard_targets(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    first = F.cross_entropy(scores_1 / temperature, codes_2.argmax(dim=1))
    return (first + F.cross_entropy(scores_2 / temperature, codes_1.argmax(dim=1))) / 2


@bank.misconception("F.cross_entropy takes logits; you gave it probabilities, so the softmax is taken twice.")
def softmax_twice(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    first = F.cross_entropy((scores_1 / temperature).softmax(dim=1), codes_2.detach())
    return (first + F.cross_entropy((scores_2 / temperature).softmax(dim=1), codes_1.detach())) / 2


@bank.misconception("The logarithm of a softmax that has become 0 is minus infinity. Take the log-softmax in one step.")
def log_of_softmax(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    def one(s, c):
        return -(c.detach() * (s / temperature).softmax(dim=1).log()).sum(dim=1).mean()

    return (one(scores_1, codes_2) + one(scores_2, codes_1)) / 2


@bank.misconception("The sign is wrong: your loss falls when the prediction gets worse.")
def wrong_sign(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return -right(scores_1, scores_2, codes_1, codes_2, temperature)


@bank.misconception("Your value is in bits. Use the natural logarithm.")
def in_bits(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    return right(scores_1, scores_2, codes_1, codes_2, temperature) / math.log(2)


@bank.misconception("The softmax runs over the images instead of over the prototypes.")
def softmax_over_the_batch(scores_1, scores_2, codes_1, codes_2, temperature=0.1):
    def one(s, c):
        return -(c.detach() * (s / temperature).log_softmax(dim=0)).sum(dim=1).mean()

    return (one(scores_1, codes_2) + one(scores_2, codes_1)) / 2
