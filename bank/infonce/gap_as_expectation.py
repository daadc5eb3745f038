"""What is missing, as a mean of log m: other ways to both sides, and the sides that do not meet."""

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


def ratios(joint):
    return joint / torch.outer(joint.sum(dim=1), joint.sum(dim=0))


def world(joint, k):
    """P_1, Q and the density ratios w of every context and list."""
    lists = candidate_lists(joint.shape[1], k)
    null = torch.outer(joint.sum(dim=1), joint.sum(dim=0)[lists].prod(dim=1))
    w = ratios(joint)[:, lists]
    return w[:, :, 0] * null, null, w


def information(joint):
    return torch.xlogy(joint, ratios(joint)).sum()


def loss(joint, critic, k):
    game, _, _ = world(joint, k)
    scores = critic[:, candidate_lists(joint.shape[1], k)]
    return (game * torch.where(game > 0, scores.logsumexp(dim=2) - scores[:, :, 0], 0.0)).sum()


def best_loss(joint, k):
    return loss(joint, ratios(joint).log(), k)


def left(joint, k):
    return information(joint) - (math.log(k) - best_loss(joint, k))


def right(joint, k):
    game, _, w = world(joint, k)
    return torch.xlogy(game, w.mean(dim=2)).sum()


@bank.alternative
def only_the_games_that_happen(joint, num_candidates):
    outcome, context = joint.sum(dim=0).tolist(), joint.sum(dim=1).tolist()
    table = joint.tolist()
    best = mean_log = 0.0
    for c, candidates in itertools.product(
        range(len(table)), itertools.product(range(len(outcome)), repeat=num_candidates)
    ):
        p = table[c][candidates[0]] * math.prod(outcome[x] for x in candidates[1:])
        if p > 0:
            w = [table[c][x] / context[c] / outcome[x] for x in candidates]
            best -= p * math.log(w[0] / sum(w))
            mean_log += p * math.log(sum(w) / num_candidates)
    return information(joint) + best - math.log(num_candidates), mean_log


@bank.alternative
def entropies_and_logsumexp(joint, num_candidates):
    def entropy(p):
        return torch.special.entr(p).sum()

    i = entropy(joint.sum(dim=0)) + entropy(joint.sum(dim=1)) - entropy(joint)
    game, _, w = world(joint, num_candidates)
    log_m = w.log().logsumexp(dim=2) - math.log(num_candidates)
    return i - math.log(num_candidates) + best_loss(joint, num_candidates), (game * log_m)[game > 0].sum()


@bank.alternative
def posterior_of_the_first_place(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    possible = game > 0
    posterior = w[:, :, 0][possible] / w[possible].sum(dim=1)
    bound = math.log(num_candidates) + torch.dot(game[possible], posterior.log())
    return information(joint) - bound, torch.einsum("i,i->", game[possible], w[possible].mean(dim=1).log())


@bank.misconception(
    "Right side: you average the logarithms of the w_j. m is the mean of the ratios themselves, and the logarithm comes after it."
)
def mean_of_logs(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    return left(joint, num_candidates), (game * torch.where(game > 0, w.log().mean(dim=2), 0.0)).sum()


@bank.misconception("Right side: log K too large. You add the w_j up; m is their mean, with the factor 1/K.")
def sum_of_ratios(joint, num_candidates):
    return left(joint, num_candidates), right(joint, num_candidates) + math.log(num_candidates)


@bank.misconception(
    "Right side: you take the logarithm of the mean of m over the game. It is the mean of log m: the logarithm stands inside."
)
def log_of_the_mean(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    return left(joint, num_candidates), (game * w.mean(dim=2)).sum().log()


@bank.misconception(
    "Right side: your mean is over the null world Q. The loss is a mean over the game, so log m is averaged over P_1.\n"
    "(Under Q the mean of log m is never positive: a gap could not be that.)"
)
def mean_in_the_null_world(joint, num_candidates):
    game, null, w = world(joint, num_candidates)
    return left(joint, num_candidates), torch.xlogy(torch.where(game > 0, null, 0.0), w.mean(dim=2)).sum()


@bank.misconception(
    "Left side: the loss has the wrong sign. The bound is log K *minus* the loss, and subtracting the bound adds the loss back."
)
def loss_subtracted(joint, num_candidates):
    return information(joint) - math.log(num_candidates) - best_loss(joint, num_candidates), right(
        joint, num_candidates
    )


@bank.misconception(
    "Left side: the gap is negative, as if the bound were above I. It is I minus the bound, not the bound minus I."
)
def sign_of_the_gap(joint, num_candidates):
    return -left(joint, num_candidates), right(joint, num_candidates)


@bank.misconception(
    "Your two sides agree, but both have the sign of the bound minus I. What is missing is never negative: I minus the bound."
)
def both_sides_negative(joint, num_candidates):
    return -left(joint, num_candidates), -right(joint, num_candidates)


@bank.misconception(
    "Left side: you used log(K + 1). Here K counts all candidates, the positive included; + 1 is for those who count negatives."
)
def log_of_k_plus_one(joint, num_candidates):
    bound = math.log(num_candidates + 1) - best_loss(joint, num_candidates)
    return information(joint) - bound, right(joint, num_candidates)


@bank.misconception("Left side: log K is missing, you subtract I and the loss. The bound is log K minus the loss.")
def log_k_forgotten(joint, num_candidates):
    return information(joint) - best_loss(joint, num_candidates), right(joint, num_candidates)


@bank.misconception(
    "Left side: that is the bound itself, log K minus the loss. The gap is what it lacks of the mutual information."
)
def bound_instead_of_gap(joint, num_candidates):
    return math.log(num_candidates) - best_loss(joint, num_candidates), right(joint, num_candidates)


@bank.misconception(
    "Left side: your critic is log p(x | c). The best critic also divides by p(x); leaving out a function of the candidate is not\n"
    "harmless (exercise 4.4), and the gap comes out too large."
)
def conditional_as_critic(joint, num_candidates):
    critic = (joint / joint.sum(dim=1, keepdim=True)).log()
    bound = math.log(num_candidates) - loss(joint, critic, num_candidates)
    return information(joint) - bound, right(joint, num_candidates)


@bank.misconception(
    "Right side: this is the mean of log w_1, which is I. In the identity stands m, the mean of the ratios of all K candidates."
)
def only_the_positive(joint, num_candidates):
    return left(joint, num_candidates), information(joint)


@bank.misconception(
    "Right side: your m leaves the positive out. It is the mean over all K candidates, the first included."
)
def only_the_negatives(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    return left(joint, num_candidates), torch.xlogy(game, w[:, :, 1:].sum(dim=2) / max(num_candidates - 1, 1)).sum()


@bank.misconception(
    "Right side: you average log m over all contexts and lists equally. Weigh each by its probability in the game."
)
def uniform_over_games(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    return left(joint, num_candidates), torch.where(game > 0, w.mean(dim=2).log(), 0.0).mean()


@bank.misconception(
    "Right side: your weights sum to the number of contexts, not to 1. p(c) is missing from the probability of the game."
)
def context_forgotten(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    return left(joint, num_candidates), torch.xlogy(game / joint.sum(dim=1, keepdim=True), w.mean(dim=2)).sum()


@bank.misconception(
    "Right side: nan where all candidates of a list are impossible in this context. There m = 0 and log m is minus infinity, but such a\n"
    "game has probability 0 and contributes nothing."
)
def zero_times_infinity(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    return left(joint, num_candidates), (game * w.mean(dim=2).log()).sum()


@bank.misconception("Both sides are in bits: 1.4427 times what they should be. Use the natural logarithm.")
def in_bits(joint, num_candidates):
    return left(joint, num_candidates) / math.log(2), right(joint, num_candidates) / math.log(2)


@bank.misconception(
    "Both sides are right to seven digits and no further: a float32 on the way. An identity must hold to rounding in float64."
)
def float32_on_the_way(joint, num_candidates):
    game, _, w = world(joint, num_candidates)
    return left(joint, num_candidates), torch.xlogy(game.float(), w.float().mean(dim=2)).sum()
