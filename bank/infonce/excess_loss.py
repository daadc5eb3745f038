"""The price of a wrong critic: other ways to both sides, and the prices of something else."""

import itertools
import math

import torch
import torch.nn.functional as F
from torch.distributions import Categorical

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import EXACT, finite_critic, sides
from course_utils.infonce.exact import candidate_lists, random_joint, worked_joint


def best_critic(joint):
    return (joint / torch.outer(joint.sum(dim=1), joint.sum(dim=0))).log()


def identity(name, joint, critic, k, **options):
    def inputs(g):
        table = joint(g)
        return table, critic(g, table), k

    return Probe(name, inputs, look=sides, **{"rtol": 1e-7, "atol": EXACT} | options)


bank = Bank(
    hidden=[
        identity(
            "3 contexts, 4 outcomes, K = 3",
            lambda g: random_joint(g, 3, 4),
            finite_critic,
            3,
            weight=2,
            seed=11,
            essential=True,
        ),
        identity("4 contexts, 2 outcomes, K = 6", lambda g: random_joint(g, 4, 2), finite_critic, 6, seed=12),
        identity("one candidate: no game", lambda g: random_joint(g, 2, 3), finite_critic, 1, note="= 0", seed=13),
        identity("the best critic: no price", lambda g: random_joint(g, 3, 3), lambda g, p: best_critic(p), 3, seed=14),
        identity(
            "twice the best critic, K = 4", lambda g: random_joint(g, 2, 3), lambda g, p: 2 * best_critic(p), 4, seed=15
        ),
        identity(
            "scores of several thousand, K = 3",
            lambda g: random_joint(g, 2, 4),
            lambda g, p: 3000 * finite_critic(g, p),
            3,
            atol=1e-9,
            seed=16,
            essential=True,
        ),
        identity(
            "float64, joint and critic left alone",
            lambda g: worked_joint(),
            finite_critic,
            2,
            dtype=True,
            unchanged=True,
            seed=17,
        ),
    ]
)


def game_of(joint, k):
    lists = candidate_lists(joint.shape[1], k)
    return joint[:, lists[:, 0]] * joint.sum(dim=0)[lists[:, 1:]].prod(dim=1)


def log_softmax_of(critic, k):
    return critic[:, candidate_lists(critic.shape[1], k)].log_softmax(dim=2)


def loss(joint, critic, k):
    return -(game_of(joint, k) * log_softmax_of(critic, k)[:, :, 0]).sum()


def left(joint, critic, k):
    return loss(joint, critic, k) - loss(joint, best_critic(joint), k)


def divergences(joint, critic, k):
    """KL(posterior || softmax f) for every context and list."""
    posterior, guess = log_softmax_of(best_critic(joint), k), log_softmax_of(critic, k)
    return (posterior.exp() * (posterior - guess)).sum(dim=2)


def right(joint, critic, k):
    return (game_of(joint, k) * divergences(joint, critic, k)).sum()


@bank.alternative
def list_by_list(joint, critic, num_candidates):
    outcome, best = joint.sum(dim=0), best_critic(joint)
    excess = divergence = joint.new_zeros(())
    for c in range(len(joint)):
        for candidates in map(list, itertools.product(range(len(outcome)), repeat=num_candidates)):
            p = joint[c, candidates[0]] * outcome[candidates[1:]].prod()
            truth, guess = best[c, candidates].log_softmax(dim=0), critic[c, candidates].log_softmax(dim=0)
            excess = excess + p * (truth[0] - guess[0])
            divergence = divergence + p * torch.dot(truth.exp(), truth - guess)
    return excess, divergence


@bank.alternative
def with_kl_div(joint, critic, num_candidates):
    posterior, guess = log_softmax_of(best_critic(joint), num_candidates), log_softmax_of(critic, num_candidates)
    each = F.kl_div(guess, posterior, reduction="none", log_target=True).sum(dim=2)
    return left(joint, critic, num_candidates), torch.einsum("cm,cm->", game_of(joint, num_candidates), each)


@bank.alternative
def positive_at_a_random_place(joint, critic, num_candidates):
    """The lists weighed by the mean of the P_i, with torch.distributions."""
    lists, outcome = candidate_lists(joint.shape[1], num_candidates), joint.sum(dim=0)
    ratio = (joint / torch.outer(joint.sum(dim=1), outcome))[:, lists]
    mixture = ratio.mean(dim=2) * torch.outer(joint.sum(dim=1), outcome[lists].prod(dim=1))
    posterior, guess = Categorical(ratio), Categorical(logits=critic[:, lists])
    each = -posterior.entropy() - (posterior.probs * guess.logits).sum(dim=2)
    return left(joint, critic, num_candidates), (mixture * each).sum()


@bank.misconception(
    "The divergence is the wrong way round: KL(softmax f || posterior). The truth comes first and gives the weights; in F.kl_div the\n"
    "roles of its arguments are easily swapped."
)
def reversed_divergence(joint, critic, num_candidates):
    posterior, guess = log_softmax_of(best_critic(joint), num_candidates), log_softmax_of(critic, num_candidates)
    each = (guess.exp() * (guess - posterior)).sum(dim=2)
    return left(joint, critic, num_candidates), (game_of(joint, num_candidates) * each).sum()


@bank.misconception(
    "Your two distributions are over all possible outcomes, each once. The posterior of the *place* is over the K candidates of the\n"
    "list, repeats included, and so is the softmax."
)
def over_all_outcomes(joint, critic, num_candidates):
    truth, guess = best_critic(joint).log_softmax(dim=1), critic.log_softmax(dim=1)
    each = (truth.exp() * (truth - guess)).sum(dim=1)
    return left(joint, critic, num_candidates), (joint.sum(dim=1) * each).sum()


@bank.misconception(
    "Right side: your mean is over the null world. The lists to be judged are those of the game: the mean is over P_1."
)
def mean_in_the_null_world(joint, critic, num_candidates):
    context, outcome = joint.sum(dim=1), joint.sum(dim=0)
    null = torch.outer(context, outcome[candidate_lists(len(outcome), num_candidates)].prod(dim=1))
    return left(joint, critic, num_candidates), (null * divergences(joint, critic, num_candidates)).sum()


@bank.misconception(
    "Your posterior is certain of the first place. That gives the loss itself: whoever sees only the candidates does not know which one\n"
    "is real, and the posterior says how sure Bayes would be. (Or you have the cross-entropy, which still contains the posterior's entropy.)"
)
def certain_posterior(joint, critic, num_candidates):
    return left(joint, critic, num_candidates), loss(joint, critic, num_candidates)


@bank.misconception(
    "Your posterior is a softmax of log p(x | c). Bayes' rule also divides by p(x): a frequent outcome is no evidence for a positive\n"
    "(exercise 3.1)."
)
def posterior_from_the_conditional(joint, critic, num_candidates):
    conditional = (joint / joint.sum(dim=1, keepdim=True)).log()
    posterior, guess = log_softmax_of(conditional, num_candidates), log_softmax_of(critic, num_candidates)
    each = (posterior.exp() * (posterior - guess)).sum(dim=2)
    return left(joint, critic, num_candidates), (game_of(joint, num_candidates) * each).sum()


@bank.misconception(
    "Both sides use log p(x | c) where the best critic belongs: neither is the shortfall against the best. It also divides by p(x)."
)
def another_best_critic(joint, critic, num_candidates):
    conditional = (joint / joint.sum(dim=1, keepdim=True)).log()
    posterior, guess = log_softmax_of(conditional, num_candidates), log_softmax_of(critic, num_candidates)
    each = (posterior.exp() * (posterior - guess)).sum(dim=2)
    excess = loss(joint, critic, num_candidates) - loss(joint, conditional, num_candidates)
    return excess, (game_of(joint, num_candidates) * each).sum()


@bank.misconception(
    "Left side: the sign is wrong. Any other critic loses more than the best one, so it is the critic's loss minus the best loss."
)
def best_minus_critic(joint, critic, num_candidates):
    return -left(joint, critic, num_candidates), right(joint, critic, num_candidates)


@bank.misconception(
    "Left side: the loss of the best critic is not subtracted. What counts is how much more than that is lost."
)
def best_loss_forgotten(joint, critic, num_candidates):
    return loss(joint, critic, num_candidates), right(joint, critic, num_candidates)


@bank.misconception(
    "Right side: you average the divergences of all contexts and lists equally. Weigh each by its probability in the game."
)
def uniform_over_lists(joint, critic, num_candidates):
    return left(joint, critic, num_candidates), divergences(joint, critic, num_candidates).mean()


@bank.misconception("Right side: p(c) is missing, your weights sum to the number of contexts instead of to 1.")
def context_forgotten(joint, critic, num_candidates):
    weight = game_of(joint, num_candidates) / joint.sum(dim=1, keepdim=True)
    return left(joint, critic, num_candidates), (weight * divergences(joint, critic, num_candidates)).sum()


@bank.misconception(
    "Right side: the scores are compared without their normalisers. Raw scores are no log-probabilities: a divergence compares the\n"
    "softmax of both, otherwise a constant added to the critic would cost something."
)
def scores_not_normalised(joint, critic, num_candidates):
    lists = candidate_lists(joint.shape[1], num_candidates)
    posterior = log_softmax_of(best_critic(joint), num_candidates)
    each = (posterior.exp() * (best_critic(joint)[:, lists] - critic[:, lists])).sum(dim=2)
    return left(joint, critic, num_candidates), (game_of(joint, num_candidates) * each).sum()


@bank.misconception(
    "Right side: the differences of the log-probabilities are averaged over the places equally. A divergence weighs them by the posterior."
)
def places_equally_likely(joint, critic, num_candidates):
    posterior, guess = log_softmax_of(best_critic(joint), num_candidates), log_softmax_of(critic, num_candidates)
    each = (posterior - guess).mean(dim=2)
    return left(joint, critic, num_candidates), (game_of(joint, num_candidates) * each).sum()


@bank.misconception(
    "Right side: a factor K too small. A divergence is a sum over the places, not their mean (F.kl_div averages unless told otherwise)."
)
def mean_over_places(joint, critic, num_candidates):
    return left(joint, critic, num_candidates), right(joint, critic, num_candidates) / num_candidates


@bank.misconception("Both sides are in bits: 1.4427 times what they should be. Use the natural logarithm.")
def in_bits(joint, critic, num_candidates):
    return left(joint, critic, num_candidates) / math.log(2), right(joint, critic, num_candidates) / math.log(2)


@bank.misconception(
    "Scores of several thousand: the exponential is infinite and the softmax nan, or a probability is 0 and its logarithm infinite.\n"
    "Take the logarithm of the softmax in one step."
)
def log_after_softmax(joint, critic, num_candidates):
    lists = candidate_lists(joint.shape[1], num_candidates)
    posterior, guess = best_critic(joint)[:, lists].softmax(dim=2), critic[:, lists].softmax(dim=2)
    each = (posterior * (posterior / guess).log()).sum(dim=2)
    return left(joint, critic, num_candidates), (game_of(joint, num_candidates) * each).sum()
