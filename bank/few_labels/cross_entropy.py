"""Cross-entropy: other right ways, and the ways to lose a sign, a sum, a logarithm or the numbers' range."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.losses import scores

bank = Bank(
    hidden=[
        Probe("12 rows, 6 classes", lambda g: scores(g, 12, 6), weight=2, seed=11, essential=True),
        Probe("one row", lambda g: scores(g, 1, 3), seed=12),
        Probe("one class: nothing to guess", lambda g: scores(g, 3, 1), seed=13),
        Probe("logits of -5000 and 5000", lambda g: scores(g, 4, 3, 5000.0), weight=2, seed=14),
        Probe("gradient, 7 classes", lambda g: scores(g, 5, 7), gradients=(0,), weight=2, seed=15),
        Probe("float64, to ten digits", lambda g: scores(g, 5, 4, dtype=torch.float64), dtype=True, rtol=1e-9, seed=16),
        Probe("leaves its inputs alone, at another size", lambda g: scores(g, 2, 5), unchanged=True, seed=17),
    ]
)


@bank.alternative
def torchs(logits, target):
    return F.cross_entropy(logits, target)


@bank.alternative
def with_one_hot(logits, target):
    picked = F.one_hot(target, logits.shape[1]).to(logits.dtype)
    return -(picked * logits.log_softmax(dim=1)).sum(dim=1).mean()


@bank.alternative
def by_hand(logits, target):
    top = logits.max(dim=1, keepdim=True).values.detach()
    z = logits - top
    return (z.exp().sum(dim=1).log() - z[torch.arange(len(z)), target]).mean()


@bank.alternative
def in_a_loop(logits, target):
    return torch.stack([row.logsumexp(0) - row[c] for row, c in zip(logits, target.tolist(), strict=True)]).mean()


@bank.misconception("The sign is wrong: it is *minus* the logarithm of a probability, which is never negative.")
def no_minus(logits, target):
    return -F.cross_entropy(logits, target)


@bank.misconception("The rows are added up. The loss is their mean, so that it does not grow with the batch.")
def summed(logits, target):
    return F.cross_entropy(logits, target, reduction="sum")


@bank.misconception("Your value is in bits: the logarithm to base 2. Nats use the natural one.")
def in_bits(logits, target):
    return F.cross_entropy(logits, target) / math.log(2)


@bank.misconception(
    "Right for small logits, but probabilities of large ones become exactly 0, and the logarithm of 0 is minus infinity. Take log and softmax in one step."
)
def log_of_softmax(logits, target):
    return -logits.softmax(dim=1).log()[torch.arange(len(logits)), target].mean()


@bank.misconception(
    "The exponential is taken of the logits as they are: in float32 it overflows beyond 88. A constant may be taken from a row first."
)
def overflows(logits, target):
    return (logits.exp().sum(dim=1).log() - logits[torch.arange(len(logits)), target]).mean()


@bank.misconception("The softmax runs over the rows of the batch instead of over the classes of each row.")
def softmax_over_rows(logits, target):
    return -logits.log_softmax(dim=0)[torch.arange(len(logits)), target].mean()


@bank.misconception(
    "You score the most probable class instead of the label. That measures how sure the network is, not whether it is right."
)
def scores_the_winner(logits, target):
    return F.cross_entropy(logits, logits.argmax(dim=1))


@bank.misconception("There is no logarithm: your value is one minus the label's probability.")
def one_minus_p(logits, target):
    return 1 - logits.softmax(dim=1)[torch.arange(len(logits)), target].mean()


@bank.misconception("The log-sum-exp is missing: the label's logit alone is no log-probability.")
def no_normaliser(logits, target):
    return -logits[torch.arange(len(logits)), target].mean()


@bank.misconception("The mean runs over rows and classes. Each row counts once: its label's term only.")
def mean_over_classes(logits, target):
    return F.cross_entropy(logits, target) / logits.shape[1]


@bank.misconception(
    "The logarithm is taken of the *mean* probability. Independent labels multiply their probabilities, so their logarithms are averaged."
)
def log_of_the_mean(logits, target):
    return -logits.softmax(dim=1)[torch.arange(len(logits)), target].mean().log()


@bank.misconception(
    "Softmax is applied twice: what you hand to cross-entropy are probabilities already, and it takes logits."
)
def softmax_twice(logits, target):
    return F.cross_entropy(logits.softmax(dim=1), target)


@bank.misconception("No gradient reaches the logits: the result has left the graph.")
def detached(logits, target):
    return F.cross_entropy(logits, target).detach()


@bank.misconception(
    "`logits[:, target]` takes, for every row, the columns of all labels: an (N, N) table. Each row has one label: index rows and columns together."
)
def all_labels_for_every_row(logits, target):
    return (logits.logsumexp(dim=1) - logits[:, target]).mean()
