"""Weighted nearest neighbours: other ways to vote, and the ways to ask the wrong neighbours or miscount their votes."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.simclr.checks import knn_inputs

bank = Bank(
    hidden=[
        Probe(
            "100 neighbours to choose from, k = 7, 5 classes",
            lambda g: knn_inputs(g, 100, 90, 7, classes=5),
            weight=2,
            seed=10,
            essential=True,
        ),
        Probe("k = 1, one query", lambda g: knn_inputs(g, 30, 1, 1), seed=12),
        Probe("the whole bank votes", lambda g: knn_inputs(g, 25, 60, 25), seed=13),
        Probe("temperature 0.05", lambda g: (*knn_inputs(g, 60, 90, 9), 0.05), seed=14, essential=True),
        Probe("temperature 2", lambda g: (*knn_inputs(g, 60, 90, 20), 2.0), seed=46, essential=True),
        Probe("more classes than labels seen", lambda g: (*knn_inputs(g, 50, 60, 5)[:4], 9), seed=16),
        Probe("very long vectors in the bank", lambda g: knn_inputs(g, 60, 90, 5, stretch=100.0), weight=2, seed=139),
        Probe(
            "float64",
            lambda g: tuple(
                a.double() if isinstance(a, torch.Tensor) and a.is_floating_point() else a
                for a in knn_inputs(g, 50, 40, 6)
            ),
            seed=18,
        ),
    ]
)


def cosines(queries, bank):
    return F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T


def vote(weights, labels, num_classes):
    return (weights[:, :, None] * F.one_hot(labels, num_classes)).sum(dim=1).argmax(dim=1)


def nearest(bank, labels, queries, k):
    similarity, position = cosines(queries, bank).topk(k, dim=1)
    return similarity, labels[position]


@bank.alternative
def with_one_hot(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote((similarity / temperature).exp(), labels, num_classes)


@bank.alternative
def with_softmax(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote((similarity / temperature).softmax(dim=1), labels, num_classes)


@bank.alternative
def query_by_query(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    predicted = []
    for query in queries:
        similarity = F.cosine_similarity(query[None], bank, dim=1)
        votes = [0.0] * num_classes
        for position in similarity.argsort(descending=True)[:k].tolist():
            votes[int(bank_labels[position])] += torch.exp(similarity[position] / temperature).item()
        predicted.append(votes.index(max(votes)))
    return torch.tensor(predicted)


@bank.alternative
def others_masked(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity = cosines(queries, bank)
    last = similarity.topk(k, dim=1).values[:, -1:]
    weights = (similarity / temperature).exp() * (similarity >= last)
    return (weights @ F.one_hot(bank_labels, num_classes).to(weights.dtype)).argmax(dim=1)


@bank.misconception("Every neighbour has one vote: two far ones outvote a close one. The weight of a vote is exp(s/τ).")
def unweighted(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote(torch.ones_like(similarity), labels, num_classes)


@bank.misconception("Only the nearest neighbour decides in your function, whatever k is. All k vote.")
def only_the_nearest(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    return nearest(bank, bank_labels, queries, 1)[1].squeeze(1)


@bank.misconception("The whole bank votes in your function, whatever k is. Only the k most similar vectors do.")
def everybody_votes(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, len(bank))
    return vote((similarity / temperature).exp(), labels, num_classes)


@bank.misconception(
    "Votes are weighted by the similarity itself. The weight is exp(s/τ): it is never negative, and much larger for close neighbours."
)
def weighted_by_similarity(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote(similarity, labels, num_classes)


@bank.misconception(
    "The temperature is not used: your weights are exp(s). Divide the similarity by it before the exponential."
)
def ignores_temperature(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote(similarity.exp(), labels, num_classes)


@bank.misconception("You multiply by the temperature. It divides: a small temperature favours the close neighbours.")
def multiplies_by_temperature(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote((similarity * temperature).exp(), labels, num_classes)


@bank.misconception("You always use temperature 0.1, the default. It is the last argument.")
def always_the_default(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote((similarity / 0.1).exp(), labels, num_classes)


@bank.misconception(
    "The least similar vectors vote: topk looks for the largest values, and the similarities (or distances) have the wrong sign for it."
)
def farthest(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, position = cosines(queries, bank).topk(k, dim=1, largest=False)
    return vote((similarity / temperature).exp(), bank_labels[position], num_classes)


@bank.misconception(
    "Close neighbours weigh least in your vote: the exponent has the wrong sign, as if s were a distance."
)
def close_ones_weigh_least(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return vote((-similarity / temperature).exp(), labels, num_classes)


@bank.misconception(
    "The nearest neighbour is left out, as if it were the query itself. The queries are not in the bank: take the first k."
)
def skips_the_first(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, position = cosines(queries, bank).topk(min(k + 1, len(bank)), dim=1)
    similarity, labels = similarity[:, 1:], bank_labels[position[:, 1:]]
    return vote((similarity / temperature).exp(), labels, num_classes)


@bank.misconception(
    "Neighbours are chosen by the dot product: long vectors of the bank are near to everything. Normalise both sides."
)
def by_dot_product(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, position = (queries @ bank.T).topk(k, dim=1)
    return vote((similarity / temperature).softmax(dim=1), bank_labels[position], num_classes)


@bank.misconception(
    "You normalised along the batch (dim=0). Each vector is a row, and each row must get length 1: dim=1."
)
def normalised_along_the_batch(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, position = (F.normalize(queries, dim=0) @ F.normalize(bank, dim=0).T).topk(k, dim=1)
    return vote((similarity / temperature).exp(), bank_labels[position], num_classes)


@bank.misconception(
    "Votes of one label are averaged, so a label with one close neighbour beats one with several that are nearly as close. Add them up."
)
def average_vote(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    one_hot = F.one_hot(labels, num_classes)
    votes = ((similarity / temperature).exp()[:, :, None] * one_hot).sum(dim=1)
    return (votes / one_hot.sum(dim=1).clamp(min=1)).argmax(dim=1)


@bank.misconception(
    "A label gets the weight of one of its neighbours only: votes[row, label] = weight overwrites, and indexing with += does not add up\n"
    "repeated positions. scatter_add_ does."
)
def votes_overwritten(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    weights = (similarity / temperature).exp()
    votes = torch.zeros(len(queries), num_classes, dtype=weights.dtype)
    for place in range(k):
        votes[torch.arange(len(queries)), labels[:, place]] = weights[:, place]
    return votes.argmax(dim=1)


@bank.misconception(
    "You return positions in the bank, not labels: topk says *which* vectors are near; bank_labels says what they show."
)
def positions_instead_of_labels(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    return cosines(queries, bank).argmax(dim=1)


@bank.misconception(
    "You return the votes of all classes, (M, num_classes). The prediction is the class with the largest sum."
)
def votes_returned(bank, bank_labels, queries, k, num_classes, temperature=0.1):
    similarity, labels = nearest(bank, bank_labels, queries, k)
    return ((similarity / temperature).exp()[:, :, None] * F.one_hot(labels, num_classes)).sum(dim=1)
