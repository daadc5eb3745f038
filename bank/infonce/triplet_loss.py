"""The triplet loss: which distances, which sign, and where the corner is."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.infonce.checks import triplets

bank = Bank(
    hidden=[
        Probe("11 triplets, 5 dimensions", lambda g: triplets(g, 11, 5), seed=11, essential=True),
        Probe("one triplet, margin 0.2", lambda g: (*triplets(g, 1, 2)[:3], 0.2), seed=12),
        Probe(
            "margin 0.05",
            lambda g: (normal(g, 20, 3), normal(g, 20, 3), normal(g, 20, 3), 0.05),
            seed=13,
            essential=True,
        ),
        Probe("all vectors equal", lambda g: (torch.ones(4, 3),) * 3 + (0.7,), note="= the margin"),
        Probe("vectors of length 1000", lambda g: (*(1000 * z for z in triplets(g, 8, 3)[:3]), 1.0), seed=14),
        Probe(
            "a margin that all keep, with gradients",
            lambda g: (torch.zeros(3, 2), torch.zeros(3, 2), normal(g, 3, 2) + 20, 1.0),
            gradients=(0, 1, 2),
            seed=15,
            essential=True,
        ),
        Probe(
            "float64, to seven digits, with gradients",
            lambda g: triplets(g, 12, 6, torch.float64),
            gradients=(0, 1, 2),
            dtype=True,
            rtol=1e-7,
            seed=16,
        ),
        Probe("leaves its inputs alone", lambda g: triplets(g, 5, 4), unchanged=True, seed=17),
    ]
)


def squared(u, v):
    return (u - v).square().sum(dim=1)


def right(anchor, positive, negative, margin):
    return (squared(anchor, positive) - squared(anchor, negative) + margin).clamp(min=0).mean()


@bank.alternative
def from_the_library(anchor, positive, negative, margin):
    return F.triplet_margin_with_distance_loss(anchor, positive, negative, distance_function=squared, margin=margin)


@bank.alternative
def one_triplet_at_a_time(anchor, positive, negative, margin):
    total = 0
    for a, p, n in zip(anchor, positive, negative, strict=True):
        gap = torch.dot(a - p, a - p) - torch.dot(a - n, a - n) + margin
        total = total + (gap if gap > 0 else 0 * gap)
    return total / len(anchor)


@bank.alternative
def with_relu_and_norms(anchor, positive, negative, margin):
    near = torch.linalg.vector_norm(anchor - positive, dim=1) ** 2
    return F.relu(near - torch.linalg.vector_norm(anchor - negative, dim=1) ** 2 + margin).mean()


@bank.alternative
def with_einsum(anchor, positive, negative, margin):
    near, far = anchor - positive, anchor - negative
    gap = torch.einsum("nd,nd->n", near, near) - torch.einsum("nd,nd->n", far, far)
    return torch.maximum(gap + margin, torch.zeros_like(gap)).mean()


@bank.misconception(
    "Your distances are not squared. In this loss both distances are squared, and their difference is not (in the pair loss it is the\n"
    "other way round). The library's ready-made triplet loss takes plain distances too."
)
def plain_distances(anchor, positive, negative, margin):
    near, far = (torch.linalg.vector_norm(anchor - z, dim=1) for z in (positive, negative))
    return (near - far + margin).clamp(min=0).mean()


@bank.misconception(
    "Positive and negative have changed places: your loss is least when the negative is the nearer one. The distance to the positive\n"
    "comes with a plus."
)
def roles_swapped(anchor, positive, negative, margin):
    return right(anchor, negative, positive, margin)


@bank.misconception(
    "The margin has the wrong sign: you subtract it, so negatives may even be a margin *nearer* than positives. It makes the task\n"
    "harder, so it is added."
)
def margin_subtracted(anchor, positive, negative, margin):
    return right(anchor, positive, negative, -margin)


@bank.misconception("The margin is not used: your loss is that of margin 0.")
def no_margin(anchor, positive, negative, margin):
    return right(anchor, positive, negative, 0.0)


@bank.misconception("The margin is squared along with the distances. It is added as it is.")
def margin_squared(anchor, positive, negative, margin):
    return right(anchor, positive, negative, margin**2)


@bank.misconception(
    "Your loss goes below 0: a triplet that keeps its margin must cost nothing, however far away the negative is. The max(0, ·) is missing."
)
def no_hinge(anchor, positive, negative, margin):
    return (squared(anchor, positive) - squared(anchor, negative) + margin).mean()


@bank.misconception(
    "You average first and cut off at 0 afterwards, so a very good triplet pays for a bad one. Cut off each triplet, then average."
)
def hinge_of_the_mean(anchor, positive, negative, margin):
    return (squared(anchor, positive) - squared(anchor, negative) + margin).mean().clamp(min=0)


@bank.misconception(
    "Your margin stands outside of max(0, ·): it is a constant that no gradient feels, and a kept margin still costs."
)
def margin_outside_the_hinge(anchor, positive, negative, margin):
    return (squared(anchor, positive) - squared(anchor, negative)).clamp(min=0).mean() + margin


@bank.misconception(
    "You square the hinge as well. The distances are squared already; their difference is used as it is."
)
def hinge_squared(anchor, positive, negative, margin):
    return (squared(anchor, positive) - squared(anchor, negative) + margin).clamp(min=0).square().mean()


@bank.misconception("Half of the expected value: this loss has no factor of one half. (The pair loss has one.)")
def halved(anchor, positive, negative, margin):
    return right(anchor, positive, negative, margin) / 2


@bank.misconception("You sum over the triplets. The loss is their mean, so that it does not grow with the batch.")
def summed(anchor, positive, negative, margin):
    return right(anchor, positive, negative, margin) * len(anchor)


@bank.misconception(
    "You average over the triplets that still cost something only. The mean goes over all of them, the satisfied ones with their 0; and if\n"
    "all are satisfied, yours averages over nothing."
)
def mean_over_active_triplets(anchor, positive, negative, margin):
    gap = squared(anchor, positive) - squared(anchor, negative) + margin
    return gap[gap > 0].mean()


@bank.misconception(
    "Your squared distances average over the dimensions. A squared distance adds the squared differences of all coordinates."
)
def mean_over_dimensions(anchor, positive, negative, margin):
    gap = (anchor - positive).square().mean(dim=1) - (anchor - negative).square().mean(dim=1)
    return (gap + margin).clamp(min=0).mean()


@bank.misconception(
    "You measure the negative from the positive. Both distances start at the anchor: |a - p|² and |a - n|²."
)
def negative_seen_from_the_positive(anchor, positive, negative, margin):
    return (squared(anchor, positive) - squared(positive, negative) + margin).clamp(min=0).mean()


@bank.misconception(
    "Your corner is rounded off: log(1 + e^t) in place of max(0, t). That is the step to N-pairs, which comes next; here a kept margin\n"
    "costs exactly nothing."
)
def softened(anchor, positive, negative, margin):
    return F.softplus(squared(anchor, positive) - squared(anchor, negative) + margin).mean()


@bank.misconception(
    "You normalise the vectors first. FaceNet's network ends that way, the loss itself does not: it takes the vectors as they are."
)
def normalised(anchor, positive, negative, margin):
    return right(*(F.normalize(z, dim=1) for z in (anchor, positive, negative)), margin)


@bank.misconception(
    "No gradient reaches the negative: it is detached. It should be pushed away, so it must feel the loss."
)
def negative_detached(anchor, positive, negative, margin):
    return right(anchor, positive, negative.detach(), margin)


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(anchor, positive, negative, margin):
    return right(anchor.float(), positive.float(), negative.float(), margin)
