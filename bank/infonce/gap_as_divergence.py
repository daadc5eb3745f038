"""The gap as a divergence: other ways to build the mixture, and the divergences of something else."""

import itertools
import math

import torch
import torch.nn.functional as F
from torch.distributions import Categorical, kl_divergence

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import EXACT, sides, with_zeros
from course_utils.infonce.exact import candidate_lists, random_joint, worked_joint


def identity(name, joint, k, **options):
    return Probe(name, lambda g: (joint(g), k), look=sides, rtol=1e-7, atol=EXACT, **options)


bank = Bank(
    hidden=[
        identity(
            "4 contexts, 3 outcomes, K = 3", lambda g: random_joint(g, 4, 3), 3, weight=2, seed=11, essential=True
        ),
        identity("3 contexts, 2 outcomes, K = 6", lambda g: random_joint(g, 3, 2), 6, seed=12),
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


def world(joint, k):
    """Q and the density ratios w of every context and list."""
    lists = candidate_lists(joint.shape[1], k)
    context, outcome = joint.sum(dim=1), joint.sum(dim=0)
    null = torch.outer(context, outcome[lists].prod(dim=1))
    return null, (joint / torch.outer(context, outcome))[:, lists]


def places(joint, k):
    """P_1 ... P_K, stacked: (K, C, M)."""
    lists, outcome = candidate_lists(joint.shape[1], k), joint.sum(dim=0)
    return torch.stack(
        [joint[:, lists[:, i]] * outcome[lists[:, [*range(i), *range(i + 1, k)]]].prod(dim=1) for i in range(k)]
    )


def left(joint, k):
    null, w = world(joint, k)
    m = w.mean(dim=2)
    return (null * torch.xlogy(m, m)).sum()


def divergence(p, q):
    return torch.xlogy(p, p / q).sum()


def right(joint, k):
    return divergence(places(joint, k).mean(dim=0), world(joint, k)[0])


@bank.alternative
def list_by_list(joint, num_candidates):
    outcome, context = joint.sum(dim=0).tolist(), joint.sum(dim=1).tolist()
    table = joint.tolist()
    by_m = kl = 0.0
    for c, candidates in itertools.product(
        range(len(table)), itertools.product(range(len(outcome)), repeat=num_candidates)
    ):
        q = context[c] * math.prod(outcome[x] for x in candidates)
        m = sum(table[c][x] / context[c] / outcome[x] for x in candidates) / num_candidates
        p = 0.0
        for i, x in enumerate(candidates):
            others = candidates[:i] + candidates[i + 1 :]
            p += table[c][x] * math.prod(outcome[y] for y in others) / num_candidates
        if p > 0:
            by_m += q * m * math.log(m)
            kl += p * math.log(p / q)
    return by_m, kl


@bank.alternative
def with_kl_div(joint, num_candidates):
    null, w = world(joint, num_candidates)
    mixture = places(joint, num_candidates).mean(dim=0)
    return -(null * torch.special.entr(w.mean(dim=2))).sum(), F.kl_div(null.log(), mixture, reduction="sum")


@bank.alternative
def with_distributions(joint, num_candidates):
    null = world(joint, num_candidates)[0].flatten()
    mixture = places(joint, num_candidates).mean(dim=0).flatten()
    return left(joint, num_candidates), kl_divergence(Categorical(mixture), Categorical(null))


@bank.alternative
def cross_entropy_minus_entropy(joint, num_candidates):
    """The places as axes of one tensor: the joint's outcome axis moves from place to place."""
    contexts, outcomes = joint.shape
    outcome = joint.sum(dim=0)
    game, null = joint, torch.outer(joint.sum(dim=1), outcome)
    for _ in range(num_candidates - 1):
        game, null = game[..., None] * outcome, null[..., None] * outcome
    mixture = sum(game.movedim(1, 1 + i) for i in range(num_candidates)) / num_candidates
    return left(joint, num_candidates), -(mixture * null.log()).sum() - torch.special.entr(mixture).sum()


@bank.misconception(
    "The divergence is the wrong way round: you have KL(Q || mixture). In KL(p || q) the first distribution gives the weights; in\n"
    "F.kl_div the roles of its arguments are easily swapped."
)
def reversed_divergence(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    return left(joint, num_candidates), divergence(null, places(joint, num_candidates).mean(dim=0))


@bank.misconception(
    "Your right side is I: the divergence of P_1 alone (or the mean of the divergences of all P_i, which is the same number).\n"
    "First the mean of the P_i, then one divergence: not knowing the place makes it smaller."
)
def divergence_of_one_place(joint, num_candidates):
    return left(joint, num_candidates), divergence(places(joint, num_candidates)[0], world(joint, num_candidates)[0])


@bank.misconception("You add the P_i up and do not divide by K: your mixture sums to K, and is no distribution.")
def sum_of_places(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    return left(joint, num_candidates), divergence(places(joint, num_candidates).sum(dim=0), null)


@bank.misconception(
    "The positive's own p(x_i) is among your factors, so each P_i sums to less than 1. For P_i: the joint at the i-th candidate, and\n"
    "p(x_j) for the *other* candidates."
)
def positive_counted_twice(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    lists, outcome = candidate_lists(joint.shape[1], num_candidates), joint.sum(dim=0)
    mixture = joint[:, lists].mean(dim=2) * outcome[lists].prod(dim=1)
    return left(joint, num_candidates), divergence(mixture, null)


@bank.misconception(
    "p(c) is missing from your P_i: they were built from p(x | c), while Q contains p(c). Your mixture sums to the number of contexts."
)
def context_forgotten(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    mixture = places(joint, num_candidates).mean(dim=0) / joint.sum(dim=1, keepdim=True)
    return left(joint, num_candidates), divergence(mixture, null)


@bank.misconception(
    "p(c) is missing from your Q, so the divergence lacks the part in which p(c) cancels. The context occurs in both worlds."
)
def null_world_without_context(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    mixture = places(joint, num_candidates).mean(dim=0)
    return left(joint, num_candidates), divergence(mixture, null / joint.sum(dim=1, keepdim=True))


@bank.misconception(
    "Right side: the first place is missing from your mean. All K places take their turn, the first included."
)
def first_place_left_out(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    mixture = places(joint, num_candidates)[min(1, num_candidates - 1) :].mean(dim=0)
    return left(joint, num_candidates), divergence(mixture, null)


@bank.misconception(
    "In your mixture all candidates depend on the context. In P_i only the i-th does; the others are draws from p(x)."
)
def all_candidates_conditional(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    context = joint.sum(dim=1, keepdim=True)
    lists = candidate_lists(joint.shape[1], num_candidates)
    return left(joint, num_candidates), divergence(context * (joint / context)[:, lists].prod(dim=2), null)


@bank.misconception(
    "You average the logarithms of the P_i (a geometric mean). The game with a random place is the mean of the probabilities."
)
def geometric_mixture(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    mixture = places(joint, num_candidates).log().mean(dim=0).exp()
    return left(joint, num_candidates), divergence(mixture, null)


@bank.misconception(
    "Left side: the m in front is missing. The mean over Q is of m log m; that of log m alone is never positive."
)
def mean_of_log_m(joint, num_candidates):
    null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    return torch.where(m > 0, null * m.log(), 0.0).sum(), right(joint, num_candidates)


@bank.misconception(
    "Left side: your mean of m log m is over the game. The weight m stands for the game already; the mean is over Q."
)
def left_in_the_game(joint, num_candidates):
    null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    return (null * w[:, :, 0] * torch.xlogy(m, m)).sum(), right(joint, num_candidates)


@bank.misconception("Left side: you use the sum of the w_j. m is their mean, with the factor 1/K.")
def sum_of_ratios(joint, num_candidates):
    null, w = world(joint, num_candidates)
    total = w.sum(dim=2)
    return (null * torch.xlogy(total, total)).sum(), right(joint, num_candidates)


@bank.misconception(
    "Left side: you average w log w over the candidates, which gives I. First the mean m of the ratios, then m log m."
)
def mean_of_w_log_w(joint, num_candidates):
    null, w = world(joint, num_candidates)
    return (null * torch.xlogy(w, w).mean(dim=2)).sum(), right(joint, num_candidates)


@bank.misconception(
    "Left side: you took the mean of m before m log m. That mean is 1, and 1 log 1 is 0. m log m is taken list by list."
)
def mean_before_the_logarithm(joint, num_candidates):
    null, w = world(joint, num_candidates)
    mean = (null * w.mean(dim=2)).sum()
    return torch.xlogy(mean, mean), right(joint, num_candidates)


@bank.misconception(
    "Left side: this is half the variance of m, what the gap tends to for large K (section 6). Here the exact mean is asked for."
)
def large_k_approximation(joint, num_candidates):
    null, w = world(joint, num_candidates)
    return (null * (w.mean(dim=2) - 1).square()).sum() / 2, right(joint, num_candidates)


@bank.misconception(
    "Left side: nan where m = 0. There m log m is 0 (it goes to 0 with m), but 0 times minus infinity is nan."
)
def left_zero_times_infinity(joint, num_candidates):
    null, w = world(joint, num_candidates)
    m = w.mean(dim=2)
    return (null * m * m.log()).sum(), right(joint, num_candidates)


@bank.misconception(
    "Right side: nan where the mixture is 0. A list that never occurs contributes nothing to a divergence, but 0 times minus infinity\n"
    "is nan."
)
def right_zero_times_infinity(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    mixture = places(joint, num_candidates).mean(dim=0)
    return left(joint, num_candidates), (mixture * (mixture / null).log()).sum()


@bank.misconception(
    "Your divergence is divided by the number of entries or of contexts, as F.kl_div does unless told otherwise. It is a sum."
)
def mean_over_entries(joint, num_candidates):
    null, _ = world(joint, num_candidates)
    return left(joint, num_candidates), right(joint, num_candidates) / null.numel()


@bank.misconception(
    "The sign of your divergence is wrong: log of mixture over Q, not of Q over mixture. A divergence is never negative."
)
def wrong_sign(joint, num_candidates):
    return left(joint, num_candidates), -right(joint, num_candidates)


@bank.misconception("Both sides are in bits: 1.4427 times what they should be. Use the natural logarithm.")
def in_bits(joint, num_candidates):
    return left(joint, num_candidates) / math.log(2), right(joint, num_candidates) / math.log(2)
