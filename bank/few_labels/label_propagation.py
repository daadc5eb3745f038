"""Label propagation: other right ways, and the ways to spread the wrong share, or labels nobody gave."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.graphs import graph

bank = Bank(
    hidden=[
        Probe("12 points, 3 classes, 5 labels", lambda g: graph(g, 12, 3, 0.8, 5), weight=2, seed=11, essential=True),
        Probe("alpha 0.2", lambda g: graph(g, 7, 2, 0.2, 3), seed=12),
        Probe("one label", lambda g: graph(g, 6, 2, 0.9, 1), seed=13),
        Probe("alpha 0.95, 4 classes", lambda g: graph(g, 9, 4, 0.95, 6), weight=2, seed=14),
        Probe(
            "float64, to eight digits", lambda g: graph(g, 8, 3, 0.9, 4, torch.float64), dtype=True, rtol=1e-8, seed=15
        ),
        Probe("leaves its inputs alone, at another size", lambda g: graph(g, 4, 2, 0.6, 2), unchanged=True, seed=16),
    ]
)


def one_hot(s, labels, classes):
    known = (labels >= 0)[:, None]
    return (F.one_hot(labels.clamp(min=0), classes) * known).to(s.dtype)


def eye(s):
    return torch.eye(len(s), dtype=s.dtype)


def spread(s, y, alpha):
    return (1 - alpha) * torch.linalg.solve(eye(s) - alpha * s, y)


@bank.alternative
def by_the_inverse(s, labels, classes, alpha=0.99):
    return (1 - alpha) * torch.linalg.inv(eye(s) - alpha * s) @ one_hot(s, labels, classes)


@bank.alternative
def by_eigenvectors(s, labels, classes, alpha=0.99):
    values, vectors = torch.linalg.eigh(s.double())
    response = (1 - alpha) / (1 - alpha * values)
    return (vectors * response @ vectors.T @ one_hot(s, labels, classes).double()).to(s.dtype)


@bank.alternative
def iterated_for_long(s, labels, classes, alpha=0.99):
    y = one_hot(s, labels, classes).double()
    f, s64 = y, s.double()
    for _ in range(4000):
        f = alpha * s64 @ f + (1 - alpha) * y
    return f.to(s.dtype)


@bank.misconception(
    "A label of -1 indexes the last column: every unlabelled point now claims the last class. Their rows of Y are zero."
)
def minus_one_is_the_last_class(s, labels, classes, alpha=0.99):
    return spread(s, torch.eye(classes, dtype=s.dtype)[labels], alpha)


@bank.misconception("Unlabelled points count as class 0. Their rows of Y are zero: nobody told them anything.")
def unlabelled_as_class_zero(s, labels, classes, alpha=0.99):
    return spread(s, F.one_hot(labels.clamp(min=0), classes).to(s.dtype), alpha)


@bank.misconception("Unlabelled points start with equal shares of all classes. Their rows of Y are zero.")
def unlabelled_uniform(s, labels, classes, alpha=0.99):
    y = one_hot(s, labels, classes)
    y[labels < 0] = 1 / classes
    return spread(s, y, alpha)


@bank.misconception("The factor 1 - alpha is missing.")
def no_factor(s, labels, classes, alpha=0.99):
    return spread(s, one_hot(s, labels, classes), alpha) / (1 - alpha)


@bank.misconception("alpha and 1 - alpha are exchanged: alpha is the share that is taken from the neighbours.")
def shares_exchanged(s, labels, classes, alpha=0.99):
    return spread(s, one_hot(s, labels, classes), 1 - alpha)


@bank.misconception("The sign is wrong: the limit inverts I *minus* alpha S.")
def plus_instead_of_minus(s, labels, classes, alpha=0.99):
    return (1 - alpha) * torch.linalg.solve(eye(s) + alpha * s, one_hot(s, labels, classes))


@bank.misconception("One step only: labels have reached the neighbours, and not yet theirs.")
def one_step(s, labels, classes, alpha=0.99):
    y = one_hot(s, labels, classes)
    return alpha * s @ y + (1 - alpha) * y


@bank.misconception("The inverse is missing: you multiply by I - alpha S.")
def no_inverse(s, labels, classes, alpha=0.99):
    return (1 - alpha) * (eye(s) - alpha * s) @ one_hot(s, labels, classes)


@bank.misconception(
    "The labelled points are put back to their labels at the end. In this method they too may be overruled."
)
def labels_clamped(s, labels, classes, alpha=0.99):
    y = one_hot(s, labels, classes)
    return torch.where((labels >= 0)[:, None], y, spread(s, y, alpha))


@bank.misconception("Your rows are divided by their sums. F itself is asked for; its largest entry decides either way.")
def rows_normalised(s, labels, classes, alpha=0.99):
    f = spread(s, one_hot(s, labels, classes), alpha)
    return f / f.sum(1, keepdim=True)


@bank.misconception("Classes are returned; F has a number for each point and class.")
def classes_returned(s, labels, classes, alpha=0.99):
    return spread(s, one_hot(s, labels, classes), alpha).argmax(1)


@bank.misconception(
    "Twenty steps are not the end: with alpha near 1 labels go on spreading for hundreds. Solve for where it ends."
)
def twenty_steps(s, labels, classes, alpha=0.99):
    f = y = one_hot(s, labels, classes)
    for _ in range(20):
        f = alpha * s @ f + (1 - alpha) * y
    return f
