"""FixMatch: other right ways, and the ways to take the wrong mean, view, threshold or gradient."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.joint import between, weak_and_strong

bank = Bank(
    hidden=[
        Probe(
            "12 rows, 5 of them sure", lambda g: weak_and_strong(g, 12, 4, 0.9, 5), weight=2, seed=11, essential=True
        ),
        Probe("other confidences around 0.8", between, weight=2, seed=12),
        Probe("one row, not sure", lambda g: weak_and_strong(g, 1, 3, 0.95, 0), note="= 0", seed=13),
        Probe("one row, sure", lambda g: weak_and_strong(g, 1, 3, 0.95, 1), seed=14),
        Probe("threshold 0.5", lambda g: weak_and_strong(g, 9, 6, 0.5, 4), seed=15),
        Probe(
            "gradients, 5 classes",
            lambda g: weak_and_strong(g, 7, 5, 0.95, 4),
            gradients=(0, 1),
            weight=3,
            seed=16,
            essential=True,
        ),
        Probe(
            "strong logits in the thousands",
            lambda g: ((w := weak_and_strong(g, 4, 4, 0.9, 3))[0], w[1] * 2000, 0.9),
            seed=17,
        ),
        Probe(
            "float64, to ten digits",
            lambda g: weak_and_strong(g, 6, 4, 0.9, 3, torch.float64),
            dtype=True,
            rtol=1e-9,
            seed=18,
        ),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: weak_and_strong(g, 3, 2, 0.9, 1),
            unchanged=True,
            seed=19,
        ),
    ]
)


def parts(weak):
    return weak.detach().softmax(dim=1).max(dim=1)


def each(strong, label):
    return F.cross_entropy(strong, label, reduction="none")


@bank.alternative
def by_log_softmax(weak_logits, strong_logits, threshold=0.95):
    q = weak_logits.detach().softmax(dim=1)
    label = q.argmax(dim=1)
    sure = (q.gather(1, label[:, None]).squeeze(1) >= threshold).to(strong_logits.dtype)
    return -(sure * strong_logits.log_softmax(dim=1).gather(1, label[:, None]).squeeze(1)).sum() / len(weak_logits)


@bank.alternative
def sure_rows_over_all(weak_logits, strong_logits, threshold=0.95):
    with torch.no_grad():
        confidence, label = weak_logits.softmax(dim=1).max(dim=1)
    sure = confidence >= threshold
    return F.cross_entropy(strong_logits[sure], label[sure], reduction="sum") / len(strong_logits)


@bank.alternative
def with_one_hot_targets(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    target = F.one_hot(label, weak_logits.shape[1]) * (confidence >= threshold)[:, None]
    return -(target.to(strong_logits.dtype) * strong_logits.log_softmax(1)).sum(1).mean()


@bank.misconception(
    "The mean runs over the sure rows only (and is 0 where there is none). Over *all* rows the term stays small as long as few are sure; yours has full weight from one lucky row on."
)
def mean_over_sure_rows(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    sure = (confidence >= threshold).to(strong_logits.dtype)
    return (each(strong_logits, label) * sure).sum() / sure.sum().clamp(min=1)


@bank.misconception(
    "The mean runs over the sure rows only, and where nobody is sure it is 0/0 = nan, which no training survives. Divide by the number of all rows."
)
def nan_without_sure_rows(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    sure = confidence >= threshold
    return each(strong_logits[sure], label[sure]).mean()


@bank.misconception(
    "The threshold is compared with logits. They are no probabilities: a logit beyond 0.95 means nothing."
)
def threshold_on_logits(weak_logits, strong_logits, threshold=0.95):
    top, label = weak_logits.detach().max(dim=1)
    return (each(strong_logits, label) * (top >= threshold)).mean()


@bank.misconception("There is no threshold: every guess is learned, however unsure.")
def no_threshold(weak_logits, strong_logits, threshold=0.95):
    return each(strong_logits, parts(weak_logits)[1]).mean()


@bank.misconception("The comparison is turned around: you learn from the rows that are *not* sure.")
def unsure_rows(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    return (each(strong_logits, label) * (confidence < threshold)).mean()


@bank.misconception(
    "A gradient reaches the weak view: your target is its soft distribution, not detached. The network would then lower the loss by changing what it wants to be told."
)
def gradient_into_the_target(weak_logits, strong_logits, threshold=0.95):
    q = weak_logits.softmax(dim=1)
    sure = q.max(dim=1).values >= threshold
    return (-(q * strong_logits.log_softmax(1)).sum(1) * sure).mean()


@bank.misconception(
    "The target is the soft distribution of the weak view. FixMatch takes its most probable class, for sure."
)
def soft_target(weak_logits, strong_logits, threshold=0.95):
    q = weak_logits.detach().softmax(dim=1)
    sure = q.max(dim=1).values >= threshold
    return (-(q * strong_logits.log_softmax(1)).sum(1) * sure).mean()


@bank.misconception(
    "The confidence multiplies the cost with its gradient: the network can lower the loss by being less sure of the weak view. The mask is 0 or 1, and a constant."
)
def weighted_by_confidence(weak_logits, strong_logits, threshold=0.95):
    confidence, label = weak_logits.softmax(dim=1).max(dim=1)
    return (each(strong_logits, label) * confidence * (confidence >= threshold)).mean()


@bank.misconception(
    "The views are exchanged: the pseudo-label comes from the weak view, which is easier, and is learned on the strong one."
)
def views_exchanged(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(strong_logits)
    return (each(weak_logits, label) * (confidence >= threshold)).mean()


@bank.misconception("The strong view makes its own pseudo-label: it then learns what it believes already.")
def label_from_the_strong_view(weak_logits, strong_logits, threshold=0.95):
    confidence, _ = parts(weak_logits)
    return (each(strong_logits, parts(strong_logits)[1]) * (confidence >= threshold)).mean()


@bank.misconception(
    "Whether a row counts is decided by the strong view's confidence. The weak view, which makes the label, decides."
)
def confidence_of_the_strong_view(weak_logits, strong_logits, threshold=0.95):
    return (each(strong_logits, parts(weak_logits)[1]) * (parts(strong_logits)[0] >= threshold)).mean()


@bank.misconception("The loss is taken on the weak view itself: nothing is learned about strong changes.")
def learned_on_the_weak_view(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    return (each(weak_logits, label) * (confidence >= threshold)).mean()


@bank.misconception("The rows are added up. The mean runs over all N rows of the batch.")
def summed(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    return (each(strong_logits, label) * (confidence >= threshold)).sum()


@bank.misconception(
    "The average cost of all rows is multiplied by the share of sure rows. Each row's own cost counts, if that row is sure."
)
def product_of_means(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    return each(strong_logits, label).mean() * (confidence >= threshold).to(strong_logits.dtype).mean()


@bank.misconception("No gradient reaches the strong view: the result has left the graph.")
def everything_detached(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    return (each(strong_logits.detach(), label) * (confidence >= threshold)).mean()


@bank.misconception(
    "Right for small logits; probabilities that have become 0 have an infinite logarithm. Take log-softmax in one step."
)
def log_of_softmax(weak_logits, strong_logits, threshold=0.95):
    confidence, label = parts(weak_logits)
    cost = -strong_logits.softmax(1).log().gather(1, label[:, None]).squeeze(1)
    return (cost * (confidence >= threshold)).mean()
