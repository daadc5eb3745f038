"""Consistency: other right ways, and the ways to compare logits, to sum, or to let the teacher move."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.joint import two_views

bank = Bank(
    hidden=[
        Probe("11 rows, 6 classes", lambda g: two_views(g, 11, 6), weight=2, seed=11, essential=True),
        Probe("one row, two classes", lambda g: two_views(g, 1, 2), seed=12),
        Probe("logits of a hundred", lambda g: two_views(g, 5, 4, 100.0), seed=13),
        Probe(
            "gradients, 5 classes",
            lambda g: two_views(g, 6, 5, 1.5),
            gradients=(0, 1),
            weight=3,
            seed=14,
            essential=True,
        ),
        Probe(
            "float64, to ten digits", lambda g: two_views(g, 5, 3, dtype=torch.float64), dtype=True, rtol=1e-9, seed=15
        ),
        Probe("leaves its inputs alone, at another size", lambda g: two_views(g, 2, 5), unchanged=True, seed=16),
    ]
)


def p(z):
    return z.softmax(dim=1)


@bank.alternative
def with_mse_loss(student_logits, teacher_logits):
    with torch.no_grad():
        target = p(teacher_logits)
    return F.mse_loss(p(student_logits), target)


@bank.alternative
def summed_and_divided(student_logits, teacher_logits):
    difference = p(student_logits) - p(teacher_logits).detach()
    return (difference * difference).sum() / difference.numel()


@bank.alternative
def row_by_row(student_logits, teacher_logits):
    rows = zip(student_logits, teacher_logits.detach(), strict=True)
    return torch.stack([((s.softmax(0) - t.softmax(0)) ** 2).mean() for s, t in rows]).mean()


@bank.misconception(
    "A gradient reaches the teacher. It is a constant here: the student follows, the teacher does not come to meet it."
)
def teacher_moves(student_logits, teacher_logits):
    return (p(student_logits) - p(teacher_logits)).square().mean()


@bank.misconception("The stop is on the wrong side: the teacher learns from the student.")
def student_stopped(student_logits, teacher_logits):
    return (p(student_logits).detach() - p(teacher_logits)).square().mean()


@bank.misconception("Logits are compared. Adding 5 to all of them changes no probability, and your loss counts it.")
def logits_compared(student_logits, teacher_logits):
    return (student_logits - teacher_logits.detach()).square().mean()


@bank.misconception("The squares are added up over the classes. The mean runs over rows and classes.")
def summed_over_classes(student_logits, teacher_logits):
    return (p(student_logits) - p(teacher_logits).detach()).square().sum(dim=1).mean()


@bank.misconception(
    "Everything is added up. The mean runs over rows and classes, so that the loss does not grow with the batch."
)
def summed(student_logits, teacher_logits):
    return (p(student_logits) - p(teacher_logits).detach()).square().sum()


@bank.misconception("That is the mean absolute difference. The loss squares it: small disagreements are forgiven.")
def absolute(student_logits, teacher_logits):
    return (p(student_logits) - p(teacher_logits).detach()).abs().mean()


@bank.misconception(
    "That is a cross-entropy with the teacher: a good loss too, but unbounded, where the teacher is wrong and sure. The squared difference is bounded."
)
def cross_entropy(student_logits, teacher_logits):
    return F.cross_entropy(student_logits, p(teacher_logits).detach())


@bank.misconception("That is a KL divergence. The loss asked for is the squared difference of the probabilities.")
def kl(student_logits, teacher_logits):
    return F.kl_div(student_logits.log_softmax(1), p(teacher_logits).detach(), reduction="batchmean")


@bank.misconception(
    "The teacher's distribution is hardened to its most probable class. Its doubts are part of the target."
)
def hard_target(student_logits, teacher_logits):
    target = F.one_hot(teacher_logits.argmax(1), teacher_logits.shape[1]).to(student_logits.dtype)
    return (p(student_logits) - target).square().mean()


@bank.misconception("The softmax runs over the rows of the batch instead of over the classes.")
def softmax_over_rows(student_logits, teacher_logits):
    return (student_logits.softmax(dim=0) - teacher_logits.detach().softmax(dim=0)).square().mean()


@bank.misconception("Half of the value: there is no ½ in this loss.")
def halved(student_logits, teacher_logits):
    return 0.5 * (p(student_logits) - p(teacher_logits).detach()).square().mean()


@bank.misconception("That is the root of the mean square; the loss is the mean square itself.")
def root(student_logits, teacher_logits):
    return (p(student_logits) - p(teacher_logits).detach()).square().mean().sqrt()


@bank.misconception("Log-probabilities are compared: rare classes, about which both guess, then dominate.")
def logs_compared(student_logits, teacher_logits):
    return (student_logits.log_softmax(1) - teacher_logits.detach().log_softmax(1)).square().mean()
