"""Rademacher complexity: other right ways, and the ways to take the supremum, the sign or the mean wrongly."""

import torch
from torch.nn.functional import normalize

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.scaling_limits.probes.learning import coins

bank = Bank(
    hidden=[
        Probe("20 examples, 60 draws", lambda g: (normal(g, 20, 5), 1.0, coins(g, 60, 20)), weight=2, essential=True, seed=11),
        Probe("radius 0.3, one dimension", lambda g: (normal(g, 7, 1), 0.3, coins(g, 15, 7)), seed=12),
        Probe("examples far from the origin", lambda g: (normal(g, 9, 3) - 5, 2.0, coins(g, 25, 9)), weight=2, seed=13),
        Probe("one example", lambda g: (normal(g, 1, 6), 1.5, coins(g, 8, 1)), seed=14),
        Probe("float64, inputs left alone", lambda g: (normal(g, 6, 2, dtype=torch.float64), 3.0, coins(g, 11, 6)), dtype=True, unchanged=True, seed=15),
    ]
)  # fmt: skip


@bank.unseen("two examples at right angles")
def longer_examples(g):
    return torch.eye(2) * (4 + torch.rand((), generator=g)), 1.0, coins(g, 5, 2)


@bank.alternative
def by_the_best_vector(x, radius, coins):
    signs = coins.to(x.dtype) * 2 - 1
    best = radius * normalize(signs @ x, dim=1)
    return ((best @ x.T) * signs).mean(dim=1).mean()


@bank.alternative
def by_the_gram_matrix(x, radius, coins):
    signs = torch.where(coins, 1.0, -1.0).to(x.dtype)
    squares = torch.einsum("mi,ij,mj->m", signs, x @ x.T, signs)
    return radius * squares.clamp(min=0).sqrt().mean() / x.shape[0]


def signs_of(x, coins):
    return 2 * coins.to(x.dtype) - 1


@bank.misconception(
    "Heads and tails became labels 1 and 0. Their mean is not 0, so the class follows the mean of the examples. Signs are +1 and -1."
)
def zero_and_one(x, radius, coins):
    return radius / len(x) * (coins.to(x.dtype) @ x).norm(dim=1).mean()


@bank.misconception("The draws are averaged before the supremum is taken. Each draw has a best function of its own.")
def mean_before_the_supremum(x, radius, coins):
    return radius / len(x) * (signs_of(x, coins) @ x).mean(dim=0).norm()


@bank.misconception("You sum over the examples. Their mean is asked for: divide by n.")
def summed_over_examples(x, radius, coins):
    return radius * (signs_of(x, coins) @ x).norm(dim=1).mean()


@bank.misconception("The radius is missing: a vector of length r reaches r times as far.")
def no_radius(x, radius, coins):
    return (signs_of(x, coins) @ x).norm(dim=1).mean() / len(x)


@bank.misconception(
    "That is the closed form, an upper bound: the root of a mean of squares. Asked for is the mean of the lengths."
)
def root_of_the_mean_square(x, radius, coins):
    return radius / len(x) * (signs_of(x, coins) @ x).square().sum(dim=1).mean().sqrt()


@bank.misconception(
    "You take the largest value over the draws. The supremum is over functions; over the draws goes a mean."
)
def largest_draw(x, radius, coins):
    return radius / len(x) * (signs_of(x, coins) @ x).norm(dim=1).max()


@bank.misconception("The length is not squared: the best dot product is the radius times the length itself.")
def squared_length(x, radius, coins):
    return radius / len(x) * (signs_of(x, coins) @ x).square().sum(dim=1).mean()


@bank.misconception(
    "The supremum over one coordinate at a time belongs to weights of bounded sum of sizes (l1). Here the Euclidean length is bounded."
)
def largest_coordinate(x, radius, coins):
    return radius / len(x) * (signs_of(x, coins) @ x).abs().amax(dim=1).mean()


@bank.misconception(
    "The sum of the sizes of all coordinates belongs to weights bounded one by one. Here their Euclidean length is."
)
def sum_of_coordinates(x, radius, coins):
    return radius / len(x) * (signs_of(x, coins) @ x).abs().sum(dim=1).mean()


@bank.misconception(
    "You divide by the number of draws twice. The mean over draws has it already; the other division is by the number of examples."
)
def divided_by_draws(x, radius, coins):
    return radius / len(coins) * (signs_of(x, coins) @ x).norm(dim=1).mean()


@bank.misconception(
    "The lengths are taken across the draws. Each draw is one row, a vector in d dimensions; its length is meant."
)
def lengths_across_draws(x, radius, coins):
    return radius * (signs_of(x, coins) @ x).norm(dim=0).mean() / len(x)
