"""Prototypes: other right ways, and the ways to sum, to scale or to lose the order of the classes."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.text import support

bank = Bank(
    hidden=[
        Probe("14 features, 4 classes", lambda g: support(g, 14, 5, 4), weight=2, seed=11, essential=True),
        Probe("one class", lambda g: support(g, 5, 3, 1), seed=12),
        Probe("one of each, 6 classes", lambda g: support(g, 6, 2, 6), seed=13),
        Probe("float64, to ten digits", lambda g: support(g, 9, 4, 3, torch.float64), dtype=True, rtol=1e-9, seed=14),
        Probe("leaves its inputs alone, at another size", lambda g: support(g, 5, 2, 3), unchanged=True, seed=15),
    ]
)


def right(h, labels, classes):
    return torch.stack([h[labels == c].mean(dim=0) for c in range(classes)])


@bank.alternative
def class_by_class(h, labels, classes):
    return right(h, labels, classes)


@bank.alternative
def with_index_add(h, labels, classes):
    total = torch.zeros(classes, h.shape[1], dtype=h.dtype).index_add(0, labels, h)
    return total / torch.bincount(labels, minlength=classes)[:, None]


@bank.alternative
def with_scatter_reduce(h, labels, classes):
    start = torch.zeros(classes, h.shape[1], dtype=h.dtype)
    return start.scatter_reduce(0, labels[:, None].expand_as(h), h, "mean", include_self=False)


@bank.misconception(
    "The features are added up. A class with more labels would get a longer prototype: divide by its number."
)
def summed(h, labels, classes):
    return torch.stack([h[labels == c].sum(dim=0) for c in range(classes)])


@bank.misconception("The sum of each class is divided by the number of all features, not of its own.")
def divided_by_all(h, labels, classes):
    return torch.stack([h[labels == c].sum(dim=0) for c in range(classes)]) / len(h)


@bank.misconception("Zero joins each class as one more member: the sum is divided by one too many.")
def one_too_many(h, labels, classes):
    return torch.stack([h[labels == c].sum(dim=0) / ((labels == c).sum() + 1) for c in range(classes)])


@bank.misconception("Your prototypes are scaled to length 1. Distances to the mean itself are asked for.")
def unit_length(h, labels, classes):
    return F.normalize(right(h, labels, classes), dim=1)


@bank.misconception("The features are scaled to length 1 before the mean. They are to be taken as they are.")
def unit_members(h, labels, classes):
    return right(F.normalize(h, dim=1), labels, classes)


@bank.misconception("Those are medians. A prototype is the mean.")
def medians(h, labels, classes):
    return torch.stack([h[labels == c].median(dim=0).values for c in range(classes)])


@bank.misconception("Only the first member of each class is taken; the others know something too.")
def first_member(h, labels, classes):
    return torch.stack([h[labels == c][0] for c in range(classes)])


@bank.misconception(
    "The rows come in the order in which the classes first occur. Row c belongs to class c, in whatever order the labels come."
)
def in_order_of_occurrence(h, labels, classes):
    seen = list(dict.fromkeys(labels.tolist()))
    return torch.stack([h[labels == c].mean(dim=0) for c in seen])


@bank.misconception("The labels are taken to be sorted: equal parts of the rows, one after the other.")
def equal_parts(h, labels, classes):
    return torch.stack([part.mean(dim=0) for part in h.tensor_split(classes)])


@bank.misconception("The mean of all features is subtracted. Prototypes are in the space of the features.")
def centred(h, labels, classes):
    return right(h, labels, classes) - h.mean(dim=0)
