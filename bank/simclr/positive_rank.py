"""Rank of the positive: other ways to count, and the ways to be one off, or to sort the wrong thing."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.simclr.checks import close_views

bank = Bank(
    hidden=[
        Probe("12 images", lambda g: close_views(g, 12, 6, noise=1.5), weight=2, seed=11, essential=True),
        Probe("one image: its partner is first", lambda g: close_views(g, 1, 5), seed=12),
        Probe("partners that point away", lambda g: ((z := normal(g, 5, 4)), -z + normal(g, 5, 4, scale=0.1)), seed=13),
        Probe("the best case: all first", lambda g: close_views(g, 9, 40, noise=0.01), seed=14),
        Probe(
            "long and short vectors",
            lambda g: (normal(g, 10, 4, scale=20.0), normal(g, 10, 4, scale=0.1)),
            weight=2,
            seed=15,
        ),
        Probe("float64", lambda g: tuple(z.double() for z in close_views(g, 7, 3, noise=2.0)), seed=16),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: close_views(g, 8, 5, noise=1.0),
            unchanged=True,
            weight=2,
            seed=17,
        ),
    ]
)


def cosines(z_i, z_j):
    z = F.normalize(torch.cat([z_i, z_j]), dim=1)
    return z @ z.T


def partners(n):
    return torch.arange(2 * n).roll(n)


def without_itself(z_i, z_j):
    similarity = cosines(z_i, z_j)
    return similarity.masked_fill(torch.eye(len(similarity), dtype=torch.bool), -torch.inf)


def count(similarity, partner):
    return 1 + (similarity > similarity.gather(1, partner[:, None])).sum(dim=1)


def right(z_i, z_j):
    return count(without_itself(z_i, z_j), partners(len(z_i)))


@bank.alternative
def sorted_twice(z_i, z_j):
    place = without_itself(z_i, z_j).argsort(dim=1, descending=True).argsort(dim=1)
    return place.gather(1, partners(len(z_i))[:, None]).squeeze(1) + 1


@bank.alternative
def found_in_the_order(z_i, z_j):
    order = without_itself(z_i, z_j).argsort(dim=1, descending=True)
    return (order == partners(len(z_i))[:, None]).float().argmax(dim=1) + 1


@bank.alternative
def anchor_by_anchor(z_i, z_j):
    z = torch.cat([z_i, z_j])
    n = len(z_i)
    ranks = []
    for a in range(2 * n):
        s = F.cosine_similarity(z[a][None], z, dim=1).tolist()
        p = (a + n) % (2 * n)
        ranks.append(1 + sum(s[k] > s[p] for k in range(2 * n) if k not in (a, p)))
    return torch.tensor(ranks)


@bank.alternative
def itself_counted_and_subtracted(z_i, z_j):
    similarity = cosines(z_i, z_j)
    similarity = similarity + torch.eye(len(similarity), dtype=similarity.dtype)
    return (similarity > similarity.gather(1, partners(len(z_i))[:, None])).sum(dim=1)


@bank.misconception(
    "All your ranks are one too large: the anchor itself, with similarity 1, stands before its partner, or the partner before itself\n"
    "(>= instead of >). Neither counts."
)
def one_too_large(z_i, z_j):
    return right(z_i, z_j) + 1


@bank.misconception("All your ranks are one too small: the best rank is 1, not 0.")
def counted_from_zero(z_i, z_j):
    return right(z_i, z_j) - 1


@bank.misconception(
    "Your candidates are the N vectors of the other view: the largest rank you can give is N. The vectors of the anchor's own view\n"
    "are candidates too, 2N-1 in all."
)
def only_the_other_view(z_i, z_j):
    n = len(z_i)
    across = cosines(z_i, z_j)[:n, n:]
    return torch.cat([count(across, torch.arange(n)), count(across.T, torch.arange(n))])


@bank.misconception(
    "You return N ranks, those of the anchors in z_i. Every one of the 2N vectors takes its turn as anchor: append those of z_j."
)
def only_the_first_half(z_i, z_j):
    return right(z_i, z_j)[: len(z_i)]


@bank.misconception(
    "The ranks of the two halves are interleaved (0 of z_i, 0 of z_j, 1 of z_i, ...). First all anchors of z_i, then those of z_j."
)
def interleaved_result(z_i, z_j):
    return right(z_i, z_j).view(2, -1).T.flatten()


@bank.misconception(
    "Your partners are neighbouring rows (0 and 1, 2 and 3, ...). Here all first views come before all second views: row i and row i + N."
)
def interleaved_partners(z_i, z_j):
    return count(without_itself(z_i, z_j), torch.arange(2 * len(z_i)) ^ 1)


@bank.misconception(
    "You rank by the dot product, so long vectors come first whatever their direction. Normalise: the cosine compares directions."
)
def by_dot_product(z_i, z_j):
    z = torch.cat([z_i, z_j])
    similarity = (z @ z.T).masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return count(similarity, partners(len(z_i)))


@bank.misconception(
    "You rank by the distance of the vectors as they are; a short vector is near to everything. The cosine compares directions only."
)
def by_distance(z_i, z_j):
    z = torch.cat([z_i, z_j])
    nearness = -(z[:, None] - z[None]).pow(2).sum(dim=2)
    return count(nearness.masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf), partners(len(z_i)))


@bank.misconception(
    "You normalised along the batch (dim=0). Each embedding is a row, and each row must get length 1: dim=1."
)
def normalised_along_the_batch(z_i, z_j):
    z = F.normalize(torch.cat([z_i, z_j]), dim=0)
    similarity = (z @ z.T).masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return count(similarity, partners(len(z_i)))


@bank.misconception(
    "You count from the wrong end: the least similar candidate gets rank 1. Sort from most to least similar."
)
def least_similar_first(z_i, z_j):
    similarity = without_itself(z_i, z_j)
    other = similarity.masked_fill(torch.eye(len(similarity), dtype=torch.bool), torch.inf)
    return 1 + (other < other.gather(1, partners(len(z_i))[:, None])).sum(dim=1)


@bank.misconception(
    "The anchor's own similarity was set to 0, which still beats a partner of negative similarity. Set it to minus infinity."
)
def its_own_similarity_zero(z_i, z_j):
    similarity = cosines(z_i, z_j)
    return count(similarity.masked_fill(torch.eye(len(similarity), dtype=torch.bool), 0.0), partners(len(z_i)))


@bank.misconception(
    "You read the sorted order backwards: argsort tells *which* candidate stands at a place; the question is at which place the\n"
    "partner stands."
)
def who_instead_of_where(z_i, z_j):
    order = without_itself(z_i, z_j).argsort(dim=1, descending=True)
    return order.gather(1, partners(len(z_i))[:, None]).squeeze(1) + 1


@bank.misconception("You return one number. Each anchor has a rank of its own, 2N in all; averages come later.")
def averaged(z_i, z_j):
    return right(z_i, z_j).float().mean()


@bank.misconception("You return hits: 1 where the partner is first, else 0. The rank says how far back the others are.")
def hits(z_i, z_j):
    return (right(z_i, z_j) == 1).long()


@bank.misconception(
    "The ranks are right, but the caller's embeddings are different afterwards: an operation that ends in an underscore, or `z /= ...`,\n"
    "works on the very tensors you were given. Make new ones."
)
def normalises_in_place(z_i, z_j):
    z_i /= z_i.norm(dim=1, keepdim=True)
    z_j /= z_j.norm(dim=1, keepdim=True)
    return right(z_i, z_j)
