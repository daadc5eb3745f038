"""Three means of log m: other ways to take them, and the weights that get lost between the two worlds."""

import itertools
import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import EXACT, sides, with_zeros
from course_utils.infonce.exact import candidate_lists, random_joint, worked_joint


def identity(name, joint, k, **options):
    return Probe(name, lambda g: (joint(g), k), look=sides, rtol=1e-7, atol=EXACT, **options)


bank = Bank(
    hidden=[
        identity(
            "3 contexts, 4 outcomes, K = 3", lambda g: random_joint(g, 3, 4), 3, weight=2, seed=11, essential=True
        ),
        identity("4 contexts, 2 outcomes, K = 6", lambda g: random_joint(g, 4, 2), 6, seed=12),
        identity(
            "two impossible outcomes, K = 4",
            lambda g: random_joint(g, 3, 3, zeros=2),
            4,
            weight=2,
            seed=13,
            essential=True,
        ),
        identity("a zero in each context, one candidate", lambda g: with_zeros(), 1, note="= I"),
        identity("one names the other, K = 3", lambda g: torch.eye(3, dtype=torch.float64) / 3, 3, essential=True),
        identity("independent, K = 4", lambda g: torch.full((2, 3), 1 / 6, dtype=torch.float64), 4, note="= 0"),
        identity("float64, joint left alone, K = 4", lambda g: worked_joint(), 4, dtype=True, unchanged=True),
    ]
)


@bank.unseen("the worked joint, K = 2", "K = 5")
def another_joint(g):
    return random_joint(g, 2, 3), int(torch.randint(2, 6, (), generator=g))


def world(joint, k):
    """P_1, Q and the density ratios w of every context and list."""
    lists = candidate_lists(joint.shape[1], k)
    context, outcome = joint.sum(dim=1), joint.sum(dim=0)
    null = torch.outer(context, outcome[lists].prod(dim=1))
    w = (joint / torch.outer(context, outcome))[:, lists]
    return w[:, :, 0] * null, null, w


def three_means(game, null, w_1, m):
    return torch.xlogy(game, m).sum(), (null * torch.xlogy(w_1, m)).sum(), (null * torch.xlogy(m, m)).sum()


def means(joint, k):
    game, null, w = world(joint, k)
    return three_means(game, null, w[:, :, 0], w.mean(dim=2))


@bank.alternative
def list_by_list(joint, num_candidates):
    outcome, context = joint.sum(dim=0).tolist(), joint.sum(dim=1).tolist()
    table = joint.tolist()
    in_game = weighted = symmetric = 0.0
    for c, candidates in itertools.product(
        range(len(table)), itertools.product(range(len(outcome)), repeat=num_candidates)
    ):
        q = context[c] * math.prod(outcome[x] for x in candidates)
        w = [table[c][x] / context[c] / outcome[x] for x in candidates]
        m = sum(w) / num_candidates
        if m > 0:
            in_game += table[c][candidates[0]] * math.prod(outcome[x] for x in candidates[1:]) * math.log(m)
            weighted += q * w[0] * math.log(m)
            symmetric += q * m * math.log(m)
    return in_game, weighted, symmetric


@bank.alternative
def impossible_lists_left_out(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    some = m > 0
    game, null, first, m = game[some], null[some], w[:, :, 0][some], m[some]
    return torch.dot(game, m.log()), torch.dot(null, first * m.log()), -torch.dot(null, torch.special.entr(m))


@bank.alternative
def weight_of_the_last_place(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    log_m = torch.where(w.sum(dim=2) > 0, w.log().logsumexp(dim=2) - math.log(num_candidates), 0.0)
    each_place = torch.einsum("cm,cmk,cm->k", null, w, log_m)
    return (game * log_m).sum(), each_place[-1], each_place.mean()


@bank.misconception(
    "First side: your mean of log m is over the null world. It is over the game, where the first candidate is a positive."
)
def first_in_the_null_world(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    return torch.where(m > 0, null * m.log(), 0.0).sum(), *means(joint, num_candidates)[1:]


@bank.misconception(
    "Second side: w_1 is missing. Changing the world costs a weight: the null world must be reweighted to stand for the game."
)
def weight_forgotten(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    first, _, third = means(joint, num_candidates)
    return first, torch.where(m > 0, null * m.log(), 0.0).sum(), third


@bank.misconception(
    "Second side: you weigh the game with w_1, so the weight is counted twice. P_1 already is w_1 Q; the weighted mean is over Q."
)
def weight_counted_twice(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    first, _, third = means(joint, num_candidates)
    return first, torch.xlogy(game * w[:, :, 0], w.mean(dim=2)).sum(), third


@bank.misconception(
    "Third side: your mean of m log m is over the game. The m in front replaced the weight w_1, so the world is the null world."
)
def third_in_the_game(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    return *means(joint, num_candidates)[:2], (game * torch.xlogy(m, m)).sum()


@bank.misconception("Third side: the m in front of log m is missing. The mean weight of the places is m itself.")
def mean_weight_forgotten(joint, num_candidates):
    _, null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    return *means(joint, num_candidates)[:2], torch.where(m > 0, null * m.log(), 0.0).sum()


@bank.misconception(
    "Third side: you average w log w over the places, which gives I. First the mean m of the ratios, then m log m."
)
def mean_of_w_log_w(joint, num_candidates):
    _, null, w = world(joint, num_candidates)
    return *means(joint, num_candidates)[:2], (null * torch.xlogy(w, w).mean(dim=2)).sum()


@bank.misconception(
    "Third side: K times too large. The weight of place 1 is replaced by the *mean* of the weights of all places, not by their sum."
)
def weights_of_places_added(joint, num_candidates):
    first, second, third = means(joint, num_candidates)
    return first, second, num_candidates * third


@bank.misconception(
    "All three sides contain the sum of the w_j where m should be. m is their mean, with the factor 1/K."
)
def sum_of_ratios(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    return three_means(game, null, w[:, :, 0], w.sum(dim=2))


@bank.misconception("You average the logarithms of the w_j. log m is the logarithm of their mean: average first.")
def mean_of_logs(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    possible = (w > 0).all(dim=2)
    log_m = torch.where(possible, w.log().mean(dim=2), 0.0)
    return (game * log_m).sum(), (null * w[:, :, 0] * log_m).sum(), (null * m * log_m).sum()


@bank.misconception("p(c) is missing from both tables: your weights sum to the number of contexts, not to 1.")
def context_forgotten(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    context = joint.sum(dim=1, keepdim=True)
    return three_means(game / context, null / context, w[:, :, 0], w.mean(dim=2))


@bank.misconception(
    "nan where all candidates of a list are impossible in this context: there m = 0, and 0 times minus infinity is nan.\n"
    "Such a term contributes nothing; m log m goes to 0 with m."
)
def zero_times_infinity(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    return (game * m.log()).sum(), (null * w[:, :, 0] * m.log()).sum(), (null * m * m.log()).sum()


@bank.misconception("All three are in bits: 1.4427 times what they should be. Use the natural logarithm.")
def in_bits(joint, num_candidates):
    return tuple(side / math.log(2) for side in means(joint, num_candidates))


@bank.misconception(
    "The mean of P_1 and that of Q weigh all lists equally in your answer. Each context and list counts with its probability."
)
def uniform_over_lists(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    flat = torch.full_like(null, 1 / null.numel())
    return three_means(flat * (game > 0), flat, w[:, :, 0], w.mean(dim=2))
