"""The contrastive pair loss: where the margin, the squares and the half go."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.infonce.checks import pairs

bank = Bank(
    hidden=[
        Probe("9 pairs, 5 dimensions, margin 1.5", lambda g: pairs(g, 9, 5), seed=11, essential=True),
        Probe("one pair, the same", lambda g: (normal(g, 1, 4), normal(g, 1, 4), torch.tensor([True]), 2.0), seed=12),
        Probe(
            "no two the same, margin 4",
            lambda g: (normal(g, 7, 3), normal(g, 7, 3), torch.zeros(7, dtype=torch.bool), 4.0),
            seed=13,
        ),
        Probe(
            "kinds in no order, margin 0.3",
            lambda g: (normal(g, 40, 2), normal(g, 40, 2), torch.rand(40, generator=g) < 0.3, 0.3),
            seed=14,
        ),
        Probe(
            "equal vectors, marked as different",
            lambda g: (torch.ones(3, 2), torch.ones(3, 2), torch.zeros(3, dtype=torch.bool), 2.0),
            note="= margin² / 2",
            atol=1e-5,
        ),
        Probe(
            "equal vectors, marked as the same, with gradients",
            lambda g: (torch.ones(4, 3), torch.ones(4, 3), torch.ones(4, dtype=torch.bool), 1.0),
            gradients=(0, 1),
            atol=1e-5,
            essential=True,
        ),
        Probe(
            "distances of a thousand",
            lambda g: (normal(g, 6, 3, scale=1000), normal(g, 6, 3, scale=1000), torch.arange(6) % 2 == 0, 1500.0),
            seed=17,
        ),
        Probe(
            "float64, with gradients",
            lambda g: pairs(g, 10, 6, torch.float64),
            gradients=(0, 1),
            dtype=True,
            seed=15,
        ),
        Probe("leaves its inputs alone", lambda g: pairs(g, 5, 3), unchanged=True, seed=16),
    ]
)


def norm(a, b):
    return torch.linalg.vector_norm(a - b, dim=1)


def hinge(t):
    return t.clamp(min=0)


def right(a, b, same, margin):
    return torch.where(same, norm(a, b).square(), hinge(margin - norm(a, b)).square()).mean() / 2


@bank.alternative
def blended_by_a_number(a, b, same, margin):
    s, distance = same.to(a.dtype), norm(a, b)
    return (s * distance**2 + (1 - s) * F.relu(margin - distance) ** 2).mean() / 2


@bank.alternative
def two_sums(a, b, same, margin):
    near = (a[same] - b[same]).square().sum()
    far = hinge(margin - norm(a[~same], b[~same])).square().sum()
    return (near + far) / (2 * len(a))


@bank.alternative
def one_pair_at_a_time(a, b, same, margin):
    losses = []
    for u, v, s in zip(a, b, same, strict=True):
        distance = torch.dist(u, v)
        losses.append(0.5 * (distance if s else torch.maximum(distance.new_zeros(()), margin - distance)) ** 2)
    return torch.stack(losses).mean()


@bank.alternative
def with_pairwise_distance(a, b, same, margin):
    distance = F.pairwise_distance(a, b)
    return torch.where(same, distance**2, hinge(margin - distance) ** 2).mul(0.5).mean()


@bank.misconception(
    "The two cases are swapped: your loss pulls different things together and pushes equal ones apart. `same` is True where a and b\n"
    "show the same thing. (Some papers call that label 0, which is where this often comes from.)"
)
def cases_swapped(a, b, same, margin):
    return right(a, b, ~same, margin)


@bank.misconception("Exactly twice the expected value: both cases have a factor of one half.")
def half_forgotten(a, b, same, margin):
    return 2 * right(a, b, same, margin)


@bank.misconception("One half stands before both cases, not only before the one of equal things.")
def half_for_the_same_only(a, b, same, margin):
    return torch.where(same, norm(a, b).square() / 2, hinge(margin - norm(a, b)).square()).mean()


@bank.misconception("One half stands before both cases, not only before the one of different things.")
def half_for_the_different_only(a, b, same, margin):
    return torch.where(same, norm(a, b).square(), hinge(margin - norm(a, b)).square() / 2).mean()


@bank.misconception(
    "For different things you compare the *squared* distance with the margin, and leave the hinge as it is. Here the margin is a\n"
    "distance: compare it with d, then square what is missing. (The form with squares inside belongs to the triplet loss.)"
)
def squared_distance_in_a_plain_hinge(a, b, same, margin):
    squared = (a - b).square().sum(dim=1)
    return torch.where(same, squared, hinge(margin - squared)).mean() / 2


@bank.misconception(
    "You compare the *squared* distance with the margin. The margin is a distance: different things are left alone from d = m on."
)
def squared_distance_in_the_hinge(a, b, same, margin):
    squared = (a - b).square().sum(dim=1)
    return torch.where(same, squared, hinge(margin - squared).square()).mean() / 2


@bank.misconception(
    "The hinge of the different things is not squared: what is missing to the margin counts as its square."
)
def hinge_not_squared(a, b, same, margin):
    return torch.where(same, norm(a, b).square(), hinge(margin - norm(a, b))).mean() / 2


@bank.misconception("The distance of equal things is not squared in your loss. The first case is one half of d².")
def same_not_squared(a, b, same, margin):
    return torch.where(same, norm(a, b), hinge(margin - norm(a, b)).square()).mean() / 2


@bank.misconception(
    "Neither case is squared in your loss: it is linear in the distances. Both are one half of a square."
)
def nothing_squared(a, b, same, margin):
    return torch.where(same, norm(a, b), hinge(margin - norm(a, b))).mean() / 2


@bank.misconception(
    "Different things beyond the margin cost something in your loss: a square is positive on both sides of the margin.\n"
    "Cut off at 0 *before* you square."
)
def no_hinge(a, b, same, margin):
    return torch.where(same, norm(a, b).square(), (margin - norm(a, b)).square()).mean() / 2


@bank.misconception(
    "Your margin works backwards: different things cost nothing while they are *nearer* than the margin, and are pulled back once they\n"
    "are beyond it. What costs is the part of the margin that is still missing, m - d."
)
def margin_reversed(a, b, same, margin):
    return torch.where(same, norm(a, b).square(), hinge(norm(a, b) - margin).square()).mean() / 2


@bank.misconception("The margin is squared with the distance: you take m² - d², the formula takes (m - d)².")
def difference_of_squares(a, b, same, margin):
    squared = (a - b).square().sum(dim=1)
    return torch.where(same, squared, hinge(margin**2 - squared)).mean() / 2


@bank.misconception("You sum over the pairs. The loss is their mean, so that it does not grow with the batch.")
def summed(a, b, same, margin):
    return right(a, b, same, margin) * len(a)


@bank.misconception(
    "You average the pairs of each kind apart and add the two means. The loss is one mean over all pairs; with a batch of a single kind\n"
    "yours averages over nothing."
)
def a_mean_for_each_kind(a, b, same, margin):
    distance = norm(a, b)
    return (distance[same].square().mean() + hinge(margin - distance[~same]).square().mean()) / 2


@bank.misconception(
    "Your distance averages over the dimensions. Euclidean distance adds the squared differences of all coordinates."
)
def mean_over_dimensions(a, b, same, margin):
    distance = norm(a, b) / a.shape[1] ** 0.5
    return torch.where(same, distance.square(), hinge(margin - distance).square()).mean() / 2


@bank.misconception(
    "Your distance adds absolute differences (the L1 norm). The loss uses the Euclidean one, the root of the sum of squares."
)
def absolute_differences(a, b, same, margin):
    distance = (a - b).abs().sum(dim=1)
    return torch.where(same, distance.square(), hinge(margin - distance).square()).mean() / 2


@bank.misconception(
    "Right values, but for equal vectors the gradient is nan: the slope of a square root at 0 is infinite, and infinity times 0 is no\n"
    "number, even where the other case is chosen. A norm from the library knows what to do there."
)
def root_of_zero(a, b, same, margin):
    distance = (a - b).square().sum(dim=1).sqrt()
    return torch.where(same, distance.square(), hinge(margin - distance).square()).mean() / 2


@bank.misconception(
    "The gradient reaches only the first of the two vectors. Both move: the loss is symmetric in a and b."
)
def one_side_detached(a, b, same, margin):
    return right(a, b.detach(), same, margin)


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(a, b, same, margin):
    return right(a.float(), b.float(), same, margin)
