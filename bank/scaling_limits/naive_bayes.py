"""Naive Bayes: other ways to write the sums, and what is forgotten in them."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.learning import counted, repeated_features

bank = Bank(
    hidden=[
        Probe("4 classes, 20 features", lambda g: counted(g, 4, 20, 6, 5), weight=2, essential=True, seed=11),
        Probe("s = 0.5, most counts are 0", lambda g: (*counted(g, 3, 40, 5, 4, rare=True), 0.5), weight=2, seed=12),
        Probe("repeated features", repeated_features, seed=13),
        Probe("500 features in a question", lambda g: counted(g, 2, 60, 3, 500), seed=14),
        Probe("one question, inputs left alone", lambda g: counted(g, 2, 7, 1, 3), unchanged=True, seed=15),
    ]
)


@bank.alternative
def as_a_product_with_counts(counts, examples, features, s=0.05):
    bags = F.one_hot(features, counts.shape[1]).sum(dim=1).to(counts.dtype)
    smoothed = counts + s
    return bags @ (smoothed / smoothed.sum(1, keepdim=True)).log().T + examples.log() - examples.sum().log()


@bank.alternative
def by_loops(counts, examples, features, s=0.05):
    rows = []
    for question in features:
        row = []
        for c in range(len(counts)):
            total = counts[c].sum() + s * counts.shape[1]
            row.append((examples[c] / examples.sum()).log() + sum(((counts[c, f] + s) / total).log() for f in question))
        rows.append(torch.stack(row))
    return torch.stack(rows)


def scored(table, prior, features):
    return prior + table[:, features].sum(dim=2).T


def prior_of(examples):
    return (examples / examples.sum()).log()


def table_of(counts, s):
    return (counts + s).log() - (counts + s).sum(dim=1, keepdim=True).log()


@bank.misconception("How frequent each class is does not enter: the term log n_c / n is missing.")
def no_prior(counts, examples, features, s=0.05):
    return scored(table_of(counts, s), torch.zeros_like(examples), features)


@bank.misconception(
    "A count of 0 makes the logarithm minus infinity, and one unseen feature decides alone. Add s to every count."
)
def not_smoothed(counts, examples, features, s=0.05):
    return scored(table_of(counts, 0.0), prior_of(examples), features)


@bank.misconception("s is added above and not below: the probabilities of a class then add up to more than 1.")
def smoothed_above_only(counts, examples, features, s=0.05):
    return scored((counts + s).log() - counts.sum(dim=1, keepdim=True).log(), prior_of(examples), features)


@bank.misconception("Below, s is added once. There are as many of it as features.")
def one_s_below(counts, examples, features, s=0.05):
    return scored((counts + s).log() - (counts.sum(dim=1, keepdim=True) + s).log(), prior_of(examples), features)


@bank.misconception("You divide by the number of examples of the class. Below stands the number of all its features.")
def over_examples(counts, examples, features, s=0.05):
    return scored((counts + s).log() - (examples + s * counts.shape[1]).log()[:, None], prior_of(examples), features)


@bank.misconception("The counts are normalised over the classes: that is p(c | f). Asked for is p(f | c).")
def over_the_classes(counts, examples, features, s=0.05):
    smoothed = counts + s
    return scored((smoothed / smoothed.sum(dim=0)).log(), prior_of(examples), features)


@bank.misconception("A product of hundreds of probabilities underflows to 0. Add logarithms.")
def product_first(counts, examples, features, s=0.05):
    p = table_of(counts, s).exp()[:, features].prod(dim=2)
    return (p * (examples / examples.sum())[:, None]).log().T


@bank.misconception(
    "Those are posterior probabilities' logarithms, normalised over the classes. Asked for is the joint probability."
)
def posterior(counts, examples, features, s=0.05):
    return scored(table_of(counts, s), prior_of(examples), features).log_softmax(dim=1)


@bank.misconception("The features are averaged. Their logarithms add up.")
def mean_over_features(counts, examples, features, s=0.05):
    return prior_of(examples) + table_of(counts, s)[:, features].mean(dim=2).T


@bank.misconception("A feature that is present several times counts once in yours. Each slot counts.")
def as_a_set(counts, examples, features, s=0.05):
    bags = F.one_hot(features, counts.shape[1]).sum(dim=1).clamp(max=1).to(counts.dtype)
    return prior_of(examples) + bags @ table_of(counts, s).T
