"""The centre: other ways to be right, and the ways to weigh, average or keep the wrong thing."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe(
            "one view, momentum 0.99",
            lambda g: (normal(g, 6), normal(g, 1, 5, 6), 0.99),
            weight=2,
            seed=11,
            rtol=1e-5,
            essential=True,
        ),
        Probe("four views, one image", lambda g: (normal(g, 3), normal(g, 4, 1, 3), 0.6), seed=12),
        Probe("momentum 0 and 1", lambda g: (normal(g, 4), normal(g, 2, 3, 4), 0.0), seed=13),
        Probe(
            "no gradient, at another size",
            lambda g: (normal(g, 2), normal(g, 3, 4, 2), 0.4),
            gradients=(0, 1),
            weight=2,
            seed=14,
            essential=True,
        ),
        Probe(
            "large scores, float64",
            lambda g: (normal(g, 4, scale=1e4, dtype=torch.float64), normal(g, 2, 3, 4, dtype=torch.float64), 0.9),
            dtype=True,
            rtol=1e-10,
            seed=15,
        ),
        Probe(
            "the old centre stays, at another size",
            lambda g: (normal(g, 7), normal(g, 2, 2, 7), 0.3),
            unchanged=True,
            seed=16,
        ),
    ]
)


def right(center, teacher, momentum):
    return (momentum * center + (1 - momentum) * teacher.mean(dim=(0, 1))).detach()


@bank.alternative
def with_lerp(center, teacher, momentum=0.9):
    with torch.no_grad():
        return torch.lerp(teacher.flatten(0, 1).mean(dim=0), center, momentum)


@bank.alternative
def as_a_correction(center, teacher, momentum=0.9):
    mean = teacher.detach().sum(dim=0).sum(dim=0) / (teacher.shape[0] * teacher.shape[1])
    return center.detach() + (mean - center.detach()) * (1 - momentum)


@bank.misconception(
    "The momentum weighs the wrong side: at 0.9 your centre is nearly the mean of the newest batch. A large momentum keeps the old centre."
)
def wrong_way(center, teacher, momentum=0.9):
    return right(center, teacher, 1 - momentum)


@bank.misconception("The old centre is changed in place. The loss of this step may still need it: return a new tensor.")
def in_place(center, teacher, momentum=0.9):
    with torch.no_grad():
        return center.mul_(momentum).add_(teacher.mean(dim=(0, 1)), alpha=1 - momentum)


@bank.misconception("A gradient flows through the centre: a graph over all earlier batches would grow with it. Detach.")
def with_gradient(center, teacher, momentum=0.9):
    return momentum * center + (1 - momentum) * teacher.mean(dim=(0, 1))


@bank.misconception("A gradient flows back to the teacher's scores.")
def gradient_to_the_teacher(center, teacher, momentum=0.9):
    return momentum * center.detach() + (1 - momentum) * teacher.mean(dim=(0, 1))


@bank.misconception(
    "The average runs over the views or the images only, or over the classes: one number for each class is wanted, (K,)."
)
def mean_over_views_only(center, teacher, momentum=0.9):
    return (momentum * center + (1 - momentum) * teacher.mean(dim=0)).detach()


@bank.misconception(
    "The scores of all views are added up before the mean: with two views your mean is twice too large."
)
def views_summed(center, teacher, momentum=0.9):
    return (momentum * center + (1 - momentum) * teacher.sum(dim=0).mean(dim=0)).detach()


@bank.misconception("The first view alone is averaged; the others count as well.")
def first_view_only(center, teacher, momentum=0.9):
    return right(center, teacher[:1], momentum)


@bank.misconception("You average probabilities. The centre is a mean of raw scores, before any softmax.")
def mean_of_probabilities(center, teacher, momentum=0.9):
    return right(center, teacher.softmax(dim=-1), momentum)


@bank.misconception("The old centre is forgotten: your result is the mean of this batch.")
def this_batch_only(center, teacher, momentum=0.9):
    return right(center, teacher, 0.0)


@bank.misconception("The shares do not add up to 1: the new mean is added in full.")
def not_a_mean(center, teacher, momentum=0.9):
    return (momentum * center + teacher.mean(dim=(0, 1))).detach()


@bank.misconception(
    "The scores are centred with the old centre first. The running mean is that of the raw scores; otherwise the centre moves towards zero."
)
def of_centred_scores(center, teacher, momentum=0.9):
    return right(center, teacher - center, momentum)


@bank.misconception("float64 went in and float32 came out.")
def casts_to_float32(center, teacher, momentum=0.9):
    return right(center.float(), teacher.float(), momentum)


@bank.misconception("The scores are added up over views and images. The centre moves towards their mean.")
def summed(center, teacher, momentum=0.9):
    return right(center, teacher * teacher[..., 0].numel(), momentum)


@bank.misconception("All scores are averaged to a single number. Each class has a mean of its own: (K,) numbers.")
def one_number(center, teacher, momentum=0.9):
    return (momentum * center + (1 - momentum) * teacher.mean()).detach()
