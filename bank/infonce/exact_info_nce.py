"""The exact loss: other ways to take the mean over all games, and the means that are another number."""

import itertools
import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import EXACT, critic_of_zeros, finite_critic, with_zeros
from course_utils.infonce.exact import candidate_lists, random_joint, worked_joint


def with_critic(g, joint, scale=1.0):
    return joint, scale * finite_critic(g, joint)


def with_best(joint):
    return joint, (joint / torch.outer(joint.sum(dim=1), joint.sum(dim=0))).log()


bank = Bank(
    hidden=[
        Probe(
            "3 contexts, 4 outcomes, K = 4",
            lambda g: (*with_critic(g, random_joint(g, 3, 4)), 4),
            rtol=1e-7,
            seed=11,
            essential=True,
        ),
        Probe(
            "two impossible outcomes under the best critic, K = 3",
            lambda g: (*with_best(random_joint(g, 3, 3, zeros=2)), 3),
            rtol=1e-7,
            weight=2,
            seed=12,
            essential=True,
        ),
        Probe("two outcomes, K = 8", lambda g: (*with_critic(g, random_joint(g, 5, 2)), 8), rtol=1e-7, seed=13),
        Probe("one candidate", lambda g: (*with_critic(g, random_joint(g, 2, 3)), 1), atol=EXACT, note="= 0", seed=14),
        Probe(
            "scores of several thousand, K = 3",
            lambda g: (*with_critic(g, random_joint(g, 2, 3), 3000), 3),
            seed=15,
            essential=True,
        ),
        Probe(
            "gradient of the critic where there are zeros, K = 3",
            lambda g: (*with_critic(g, with_zeros()), 3),
            gradients=(1,),
            rtol=1e-7,
            seed=16,
            essential=True,
        ),
        Probe(
            "no gradient at the best critic, K = 2",
            lambda g: (*with_best(worked_joint()), 2),
            gradients=(1,),
            dtype=True,
            atol=1e-9,
        ),
        Probe("leaves joint and critic alone, K = 2", lambda g: (with_zeros(), critic_of_zeros(), 2), unchanged=True),
    ]
)


def game_of(joint, k):
    lists = candidate_lists(joint.shape[1], k)
    return joint[:, lists[:, 0]] * joint.sum(dim=0)[lists[:, 1:]].prod(dim=1)


def scores_of(critic, k):
    return critic[:, candidate_lists(critic.shape[1], k)]


def losses(critic, k):
    scores = scores_of(critic, k)
    return scores.logsumexp(dim=2) - scores[:, :, 0]


def mean(weight, loss):
    return (weight * torch.where(weight > 0, loss, 0.0)).sum()


def exact(joint, critic, k):
    return mean(game_of(joint, k), losses(critic, k))


@bank.alternative
def game_by_game(joint, critic, num_candidates):
    outcome = joint.sum(dim=0)
    total = joint.new_zeros(())
    for c, first in itertools.product(range(len(joint)), range(len(outcome))):
        if joint[c, first] > 0:
            for others in itertools.product(range(len(outcome)), repeat=num_candidates - 1):
                scores = critic[c, [first, *others]]
                total = total - joint[c, first] * outcome[list(others)].prod() * scores.log_softmax(dim=0)[0]
    return total


@bank.alternative
def with_cross_entropy(joint, critic, num_candidates):
    game, scores = game_of(joint, num_candidates).flatten(), scores_of(critic, num_candidates).flatten(end_dim=1)
    happens = game > 0
    label = torch.zeros(int(happens.sum()), dtype=torch.long)
    return torch.dot(game[happens], F.cross_entropy(scores[happens], label, reduction="none"))


@bank.alternative
def logsumexp_by_hand(joint, critic, num_candidates):
    scores = scores_of(critic.clamp(min=-1e9), num_candidates)
    top = scores.detach().amax(dim=2, keepdim=True)
    loss = (scores - top).exp().sum(dim=2).log() + top[:, :, 0] - scores[:, :, 0]
    return torch.einsum("cm,cm->", game_of(joint, num_candidates), loss)


@bank.alternative
def mean_score_taken_from_the_joint(joint, critic, num_candidates):
    game, scores = game_of(joint, num_candidates), scores_of(critic, num_candidates)
    possible = torch.where(joint > 0, critic, 0.0)
    return mean(game, scores.logsumexp(dim=2)) - (joint * possible).sum()


@bank.alternative
def each_multiset_of_negatives_once(joint, critic, num_candidates):
    outcome = joint.sum(dim=0)
    total = joint.new_zeros(())
    for others in itertools.combinations_with_replacement(range(len(outcome)), num_candidates - 1):
        repeats = [others.count(x) for x in range(len(outcome))]
        orders = math.factorial(len(others)) // math.prod(map(math.factorial, repeats))
        weight = orders * (outcome ** torch.tensor(repeats)).prod()
        negatives = critic[:, None, list(others)].expand(-1, len(outcome), -1)
        loss = torch.cat([critic[:, :, None], negatives], dim=2).logsumexp(dim=2) - critic
        total = total + weight * mean(joint, loss)
    return total


@bank.misconception(
    "The positive is missing from your denominator: it sums over the K - 1 negatives only. The sum runs over all K candidates, the\n"
    "first included; without it the loss can be negative and is no cross-entropy."
)
def positive_not_in_denominator(joint, critic, num_candidates):
    scores = scores_of(critic, num_candidates)
    return mean(game_of(joint, num_candidates), scores[:, :, 1:].logsumexp(dim=2) - scores[:, :, 0])


@bank.misconception(
    "You average over contexts and lists as if all were equally likely. Some games happen more often: weigh each by its probability."
)
def uniform_over_games(joint, critic, num_candidates):
    game, loss = game_of(joint, num_candidates), losses(critic, num_candidates)
    return torch.where(game > 0, loss, 0.0).mean()


@bank.misconception(
    "You add up the losses of all games without their probabilities. The mean over the game weighs each by its entry in P_1."
)
def losses_only_added(joint, critic, num_candidates):
    game, loss = game_of(joint, num_candidates), losses(critic, num_candidates)
    return torch.where(game > 0, loss, 0.0).sum()


@bank.misconception(
    "Your weights do not sum to 1 but to the number of contexts: p(c) is missing. A blind critic then costs more than log K."
)
def context_forgotten(joint, critic, num_candidates):
    given = joint / joint.sum(dim=1, keepdim=True)
    lists = candidate_lists(joint.shape[1], num_candidates)
    weight = given[:, lists[:, 0]] * joint.sum(dim=0)[lists[:, 1:]].prod(dim=1)
    return mean(weight, losses(critic, num_candidates))


@bank.misconception(
    "Your mean is over the null world, where the first candidate has nothing to do with the context. Take the other table, the game:\n"
    "no critic could beat log K here."
)
def mean_in_the_null_world(joint, critic, num_candidates):
    context, outcome = joint.sum(dim=1), joint.sum(dim=0)
    null = torch.outer(context, outcome[candidate_lists(len(outcome), num_candidates)].prod(dim=1))
    return mean(torch.where(game_of(joint, num_candidates) > 0, null, 0.0), losses(critic, num_candidates))


@bank.misconception(
    "Your weights sum to less than 1, and a blind critic costs less than log K: the first candidate's probability is counted twice,\n"
    "once in the joint and once among the p(x_j)."
)
def first_candidate_counted_twice(joint, critic, num_candidates):
    lists = candidate_lists(joint.shape[1], num_candidates)
    weight = joint[:, lists[:, 0]] * joint.sum(dim=0)[lists].prod(dim=1)
    return mean(weight, losses(critic, num_candidates))


@bank.misconception(
    "All your candidates are drawn given the context. The negatives are draws from p(x); otherwise nothing tells them from the positive."
)
def all_candidates_conditional(joint, critic, num_candidates):
    context = joint.sum(dim=1, keepdim=True)
    lists = candidate_lists(joint.shape[1], num_candidates)
    return mean(context * (joint / context)[:, lists].prod(dim=2), losses(critic, num_candidates))


@bank.misconception(
    "You take the logarithm of the mean probability. The loss is the mean of the logarithms: log last and log first are not the same\n"
    "(Jensen: yours is smaller)."
)
def log_of_the_mean(joint, critic, num_candidates):
    probability = scores_of(critic, num_candidates).softmax(dim=2)[:, :, 0]
    return -mean(game_of(joint, num_candidates), probability).log()


@bank.misconception(
    "The sign is wrong: the loss is *minus* the mean log-probability of the positive, and never negative."
)
def wrong_sign(joint, critic, num_candidates):
    return -exact(joint, critic, num_candidates)


@bank.misconception("Your value is in bits: 1.4427 times the expected one. Use the natural logarithm.")
def in_bits(joint, critic, num_candidates):
    return exact(joint, critic, num_candidates) / math.log(2)


@bank.misconception(
    "Where the joint is 0 you multiply 0 by an infinite loss, and that is nan. Such a game never happens and contributes nothing:\n"
    "leave it out before you multiply."
)
def zero_times_infinity(joint, critic, num_candidates):
    return (game_of(joint, num_candidates) * losses(critic, num_candidates)).sum()


@bank.misconception(
    "You replaced the critic's minus infinities by 0. The nan is gone, but the impossible candidate now competes with a score of 0.\n"
    "Keep the score; leave out the games that never happen."
)
def minus_infinity_becomes_zero(joint, critic, num_candidates):
    return exact(joint, critic.nan_to_num(neginf=0.0), num_candidates)


@bank.misconception(
    "A blind critic has loss 0 with you, not log K: you average the K exponentials instead of adding them."
)
def mean_in_the_denominator(joint, critic, num_candidates):
    return exact(joint, critic, num_candidates) - math.log(num_candidates)


@bank.misconception(
    "That is log K minus the loss, the bound of section 5. Here the loss itself is asked for: log K for a critic that sees nothing."
)
def bound_instead_of_loss(joint, critic, num_candidates):
    return math.log(num_candidates) - exact(joint, critic, num_candidates)


@bank.misconception(
    "Scores of 800: their exponential is infinite, and infinity divided by infinity is nan. Use an operation that subtracts the\n"
    "largest score before it takes exponentials."
)
def naive_exponentials(joint, critic, num_candidates):
    weight = scores_of(critic, num_candidates).exp()
    return mean(game_of(joint, num_candidates), weight.sum(dim=2).log() - weight[:, :, 0].log())


@bank.misconception(
    "The score you subtract belongs to the last candidate, but in P_1 the positive is the first: your loss is about a negative."
)
def last_candidate_as_positive(joint, critic, num_candidates):
    scores = scores_of(critic, num_candidates)
    return mean(game_of(joint, num_candidates), scores.logsumexp(dim=2) - scores[:, :, -1])


@bank.misconception(
    "Your blind critic costs log(K + 1): you play with K negatives. K counts all candidates, one positive and K - 1 negatives."
)
def k_negatives(joint, critic, num_candidates):
    return exact(joint, critic, num_candidates + 1)


@bank.misconception(
    "Your softmax runs over all possible outcomes, each once. In the game it runs over the K candidates of the list, repeats included;\n"
    "your value does not depend on K."
)
def softmax_over_all_outcomes(joint, critic, num_candidates):
    return mean(joint, -critic.log_softmax(dim=1))


@bank.misconception(
    "You take the mean loss of each context and average the contexts equally. A context counts as often as it occurs: p(c)."
)
def contexts_averaged_equally(joint, critic, num_candidates):
    given = joint / joint.sum(dim=1, keepdim=True)
    lists = candidate_lists(joint.shape[1], num_candidates)
    weight = given[:, lists[:, 0]] * joint.sum(dim=0)[lists[:, 1:]].prod(dim=1) / len(joint)
    return mean(weight, losses(critic, num_candidates))


@bank.misconception(
    "The value is right, but no gradient reaches the critic: somewhere its scores leave the graph (.item(), .detach(), .tolist() or\n"
    "torch.tensor(...)). Such a loss cannot train a critic."
)
def detached_critic(joint, critic, num_candidates):
    return exact(joint, critic.detach(), num_candidates)


@bank.misconception(
    "float64 went in and float32 came out: seven digits do not show an identity that holds to twelve. Keep the precision of the input."
)
def ends_in_float32(joint, critic, num_candidates):
    return exact(joint, critic, num_candidates).float()


@bank.misconception(
    "Right value, but the caller's critic is different afterwards: you replaced its infinities in place. Work on a new tensor."
)
def clamps_in_place(joint, critic, num_candidates):
    with torch.no_grad():
        critic.clamp_(min=-1e9)
    return exact(joint, critic, num_candidates)
