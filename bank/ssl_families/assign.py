"""No cluster stays empty: other ways to be right, and the ways to leave one empty, move the wrong point or empty another."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.ssl_families.checks import clouds, far_centroids

bank = Bank(
    hidden=[
        Probe("60 points, 7 clusters, 3 dimensions", lambda g: clouds(g, 60, 7, 3), seed=11, essential=True),
        Probe("three of five are empty", lambda g: far_centroids(g, 20, (0, 2, 4), 5), weight=2, seed=12),
        Probe("all but one are empty", lambda g: far_centroids(g, 9, (0, 1, 3), 4), weight=2, seed=13),
        Probe("as many points as clusters, one of them empty", lambda g: far_centroids(g, 4, (2,), 4), seed=14),
        Probe("two lonely far points", lambda g: two_lonely(), weight=2),
        Probe("one cluster", lambda g: clouds(g, 5, 1), seed=15),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: far_centroids(g, 11, (1, 2), 4),
            unchanged=True,
            seed=16,
        ),
    ]
)


def two_lonely():
    """The two farthest points are alone in their clusters; two others are empty."""
    x = torch.tensor([[0.0, 0.0], [0.5, 0.0], [1.1, 0.0], [1.8, 0.0], [40.0, 0.0], [0.0, 60.0]])
    return x, torch.tensor([[0.1, 0.0], [30.0, 0.0], [0.0, 45.0], [900.0, 0.0], [0.0, 900.0]])


def nearest(x, centroids):
    return torch.cdist(x, centroids).min(dim=1)


def fill(distance, label, clusters, protect=True, order=None, score=lambda d: d):
    for cluster in order if order is not None else range(clusters):
        size = torch.bincount(label, minlength=clusters)
        if size[cluster] == 0:
            movable = score(distance).clone()
            if protect:
                movable[size[label] < 2] = -torch.inf
            label[movable.argmax()] = cluster
    return label


@bank.alternative
def squared_distances(x, centroids):
    distance = (x[:, None] - centroids[None]).square().sum(dim=2)
    best, label = distance.min(dim=1)
    return fill(best, label, len(centroids))


@bank.alternative
def in_plain_python(x, centroids):
    distance, label = nearest(x, centroids)
    distance, label = distance.tolist(), label.tolist()
    for cluster in range(len(centroids)):
        if cluster not in label:
            free = [i for i in range(len(x)) if label.count(label[i]) > 1]
            label[max(free, key=lambda i: distance[i])] = cluster
    return torch.tensor(label)


@bank.alternative
def moved_points_marked(x, centroids):
    distance, label = nearest(x, centroids)
    for cluster in range(len(centroids)):
        if not (label == cluster).any():
            alone = torch.stack([(label == label[i]).sum() == 1 for i in range(len(x))])
            chosen = distance.masked_fill(alone, -1).argmax()
            label[chosen], distance[chosen] = cluster, 0.0
    return label


@bank.misconception("Empty clusters stay empty: only the nearest centroid is looked up.")
def left_empty(x, centroids):
    return nearest(x, centroids)[1]


@bank.misconception(
    "The empty cluster takes the point *nearest* to its own centroid. That point is well represented already; take the farthest one."
)
def takes_the_nearest(x, centroids):
    distance, label = nearest(x, centroids)
    return fill(distance, label, len(centroids), score=lambda d: -d)


@bank.misconception(
    "A point that was alone in its cluster is taken away, and now *that* cluster is empty. Such points may not move."
)
def empties_another(x, centroids):
    distance, label = nearest(x, centroids)
    return fill(distance, label, len(centroids), protect=False)


@bank.misconception(
    "All empty clusters take the same point, so that only the last of them has one. Count anew after each move."
)
def all_take_the_same(x, centroids):
    distance, label = nearest(x, centroids)
    size = torch.bincount(label, minlength=len(centroids))
    movable = torch.where(size[label] > 1, distance, torch.tensor(-1.0))
    for cluster in (size == 0).nonzero().flatten().tolist():
        label[movable.argmax()] = cluster
    return label


@bank.misconception(
    "The empty clusters are dealt with from the last to the first. The order of their numbers decides who takes the farthest point."
)
def backwards(x, centroids):
    distance, label = nearest(x, centroids)
    return fill(distance, label, len(centroids), order=range(len(centroids) - 1, -1, -1))


@bank.misconception(
    "The empty cluster takes the point nearest to *its own* centroid, wherever that is. The rule looks for the point that is worst off where it is."
)
def nearest_to_the_empty_centroid(x, centroids):
    distances = torch.cdist(x, centroids)
    label = distances.min(dim=1)[1]
    for cluster in range(len(centroids)):
        size = torch.bincount(label, minlength=len(centroids))
        if size[cluster] == 0:
            label[torch.where(size[label] > 1, -distances[:, cluster], torch.tensor(-torch.inf)).argmax()] = cluster
    return label


@bank.misconception("Only the first empty cluster gets a point; the others stay empty.")
def only_the_first(x, centroids):
    distance, label = nearest(x, centroids)
    empty = (torch.bincount(label, minlength=len(centroids)) == 0).nonzero().flatten().tolist()
    return fill(distance, label, len(centroids), order=empty[:1])


@bank.misconception("Points go to the *farthest* centroid: the smallest distance decides, not the largest.")
def farthest_centroid(x, centroids):
    distance, label = torch.cdist(x, centroids).max(dim=1)
    return fill(distance, label, len(centroids))


@bank.misconception("You compare dot products, which favour long centroids. Distances decide.")
def dot_products(x, centroids):
    score, label = (x @ centroids.T).max(dim=1)
    return fill(-score, label, len(centroids))


@bank.misconception(
    "The numbers of the empty clusters are dropped and the others renumbered. A cluster keeps its number, empty or not."
)
def renumbered(x, centroids):
    label = nearest(x, centroids)[1]
    return label.unique(return_inverse=True)[1]


@bank.misconception(
    "Your distance is the sum of absolute differences. Euclidean distance is the root of a sum of squares."
)
def city_blocks(x, centroids):
    distance, label = torch.cdist(x, centroids, p=1).min(dim=1)
    label = fill(distance, label, len(centroids))
    return label


@bank.misconception("Labels come back as one-hot rows or as floats. One whole number for each point.")
def floats(x, centroids):
    distance, label = nearest(x, centroids)
    return fill(distance, label, len(centroids)).float()
