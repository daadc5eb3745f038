"""Pseudo-labels: other ways to choose the sure rows, and the ways to be sure of the wrong ones."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe(
            "40 rows, 6 classes, threshold 0.7",
            lambda g: (normal(g, 40, 6, scale=3.0), 0.7),
            weight=2,
            seed=11,
            essential=True,
        ),
        Probe("two classes, threshold 0.8", lambda g: (normal(g, 12, 2, scale=2.0), 0.8), seed=12),
        Probe("threshold 0: everybody", lambda g: (normal(g, 5, 3), 0.0), seed=13),
        Probe("a single row, and it is sure", lambda g: (torch.tensor([[0.0, 9.0, 1.0, 2.0]]), 0.95), weight=2),
        Probe("nobody is sure enough", lambda g: (normal(g, 6, 4, scale=0.1), 0.9), seed=14),
        Probe("logits of hundreds", lambda g: (normal(g, 9, 4, scale=300.0), 0.5), seed=15, essential=True),
        Probe("all logits negative", lambda g: (normal(g, 15, 3, scale=2.0) - 30, 0.6), seed=16),
        Probe(
            "exactly at the threshold",
            lambda g: (torch.tensor([[-400.0, -400.0, 0.0], [0.0, 0.5, 1.0]]), 1.0),
            weight=2,
        ),
        Probe(
            "one just below the threshold, one just above",
            lambda g: (torch.tensor([[0.7995, 0.2005], [0.1995, 0.8005]]).log(), 0.8),
            weight=2,
        ),
        Probe("float64", lambda g: (normal(g, 10, 5, scale=2.0, dtype=torch.float64), 0.55), seed=17),
    ]
)


def right(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    sure = (confidence >= threshold).nonzero().squeeze(1)
    return sure, label[sure]


@bank.alternative
def with_where(logits, threshold):
    probability = torch.exp(logits - logits.logsumexp(dim=1, keepdim=True))
    sure = torch.where(probability.amax(dim=1) >= threshold)[0]
    return sure, logits.argmax(dim=1)[sure]


@bank.alternative
def from_a_mask(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    mask = confidence >= threshold
    return torch.arange(len(logits))[mask], label[mask]


@bank.alternative
def row_by_row(logits, threshold):
    kept = [(k, int(p.argmax())) for k, p in enumerate(logits.softmax(1)) if p.max() >= threshold]
    return torch.tensor([k for k, _ in kept]).long(), torch.tensor([label for _, label in kept]).long()


@bank.misconception(
    "You compare logits with the threshold. A logit is not a probability: it can be 9 or -30. Take the softmax of each row first."
)
def logits_against_threshold(logits, threshold):
    largest, label = logits.max(dim=1)
    sure = (largest >= threshold).nonzero().squeeze(1)
    return sure, label[sure]


@bank.misconception(
    "Your softmax runs over the rows (dim=0), so the images compete with each other. The probabilities of one image add up to 1: dim=1."
)
def softmax_over_the_rows(logits, threshold):
    confidence, label = logits.softmax(dim=0).max(dim=1)
    sure = (confidence >= threshold).nonzero().squeeze(1)
    return sure, label[sure]


@bank.misconception(
    "You use a sigmoid: each class for itself, so several can be near 1 at once. Classes exclude each other here: softmax."
)
def sigmoid_instead(logits, threshold):
    confidence, label = logits.sigmoid().max(dim=1)
    sure = (confidence >= threshold).nonzero().squeeze(1)
    return sure, label[sure]


@bank.misconception(
    "Log-probabilities are never above 0, so (almost) nobody reaches your threshold. Compare the probability itself: softmax without log."
)
def log_probabilities(logits, threshold):
    confidence, label = logits.log_softmax(dim=1).max(dim=1)
    sure = (confidence >= threshold).nonzero().squeeze(1)
    return sure, label[sure]


@bank.misconception(
    "A row just below the threshold is kept: you leave a margin for rounding. The threshold is a choice, not a measurement; compare with it as it is."
)
def with_a_margin(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    sure = (confidence >= threshold - 1e-3).nonzero().squeeze(1)
    return sure, label[sure]


@bank.misconception("You keep the rows the classifier is *not* sure of: the comparison points the wrong way.")
def keeps_the_unsure(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    unsure = (confidence < threshold).nonzero().squeeze(1)
    return unsure, label[unsure]


@bank.misconception('A row exactly at the threshold is missing. "At least" includes equality: >=, not >.')
def strictly_above(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    sure = (confidence > threshold).nonzero().squeeze(1)
    return sure, label[sure]


@bank.misconception(
    "You return labels for all rows. The second tensor belongs to the first: one label per row that was kept, K in all."
)
def labels_of_all_rows(logits, threshold):
    return right(logits, threshold)[0], logits.argmax(dim=1)


@bank.misconception(
    "The first tensor is a mask, one yes or no per row. Asked for are the positions of the yes: K whole numbers."
)
def mask_instead_of_indices(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    mask = confidence >= threshold
    return mask, label[mask]


@bank.misconception("The two tensors are in the wrong order: first the indices of the rows, then their labels.")
def order_swapped(logits, threshold):
    return right(logits, threshold)[::-1]


@bank.misconception(
    "The second tensor holds probabilities. .max(dim=1) returns two things, the value and its position; the label is the position."
)
def confidence_instead_of_label(logits, threshold):
    sure = right(logits, threshold)[0]
    return sure, logits.softmax(dim=1).amax(dim=1)[sure]


@bank.misconception(
    "Your indices have shape (K, 1): nonzero() returns one row per hit and one column per dimension. Drop the column."
)
def column_left_over(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    sure = (confidence >= threshold).nonzero()
    return sure, label[sure]


@bank.misconception(
    "With exactly one sure row your tensors lose their only dimension: squeeze() drops every dimension of size 1. Say which: squeeze(1)."
)
def squeezed_too_far(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    sure = (confidence >= threshold).nonzero().squeeze()
    return sure, label[sure]


@bank.misconception("The rows are sorted by confidence. They belong in increasing order of their index.")
def most_confident_first(logits, threshold):
    confidence, label = logits.softmax(dim=1).max(dim=1)
    order = confidence.argsort(descending=True, stable=True)
    sure = order[confidence[order] >= threshold]
    return sure, label[sure]


@bank.misconception(
    "At large logits the exponential overflows, inf/inf is nan, and nan is never sure. torch.softmax subtracts the largest logit first."
)
def naive_softmax(logits, threshold):
    weight = logits.exp()
    confidence, label = (weight / weight.sum(dim=1, keepdim=True)).max(dim=1)
    sure = (confidence >= threshold).nonzero().squeeze(1)
    return sure, label[sure]


@bank.misconception(
    "The rows are right, their labels are those of the *least* probable class: the largest logit says what it is, not the smallest."
)
def least_probable_class(logits, threshold):
    sure = right(logits, threshold)[0]
    return sure, logits.argmin(dim=1)[sure]
