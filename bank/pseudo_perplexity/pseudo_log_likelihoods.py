"""Pseudo-likelihood by enumeration: other ways to condition on the rest, and the ways to condition on something else."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import random_joint
from course_utils.pseudo_perplexity.exact import flip_chain

bank = Bank(
    hidden=[
        Probe("six bits of the chain", lambda g: (flip_chain(0.1, 6),), essential=True),
        Probe("positions of size 4, 1, 3", lambda g: (random_joint(g, 4, 1, 3),), seed=11),
        Probe("two positions of size 5", lambda g: (random_joint(g, 5, 5),), seed=12),
        Probe("probabilities of 1e-9", lambda g: (flip_chain(1e-4, 3),), rtol=1e-6),
        Probe("float64, to ten digits", lambda g: (random_joint(g, 3, 2, 2),), dtype=True, rtol=1e-7, seed=13),
        Probe("leaves the table alone", lambda g: (random_joint(g, 3, 3, 2, 2),), unchanged=True, weight=2, seed=14),
    ]
)


def conditional(joint, t):
    return (joint / joint.sum(dim=t, keepdim=True)).log()


def summed(joint):
    return sum(conditional(joint, t) for t in range(joint.dim()))


@bank.alternative
def one_entry_at_a_time(joint):
    result = torch.empty_like(joint)
    for x in torch.cartesian_prod(*map(torch.arange, joint.shape)).view(-1, joint.dim()).tolist():
        total = 0.0
        for t in range(joint.dim()):
            others = joint[tuple(slice(None) if s == t else x[s] for s in range(joint.dim()))]
            total += (joint[tuple(x)] / others.sum()).log()
        result[tuple(x)] = total
    return result


@bank.alternative
def by_log_softmax(joint):
    return torch.stack([joint.log().log_softmax(dim=t) for t in range(joint.dim())]).sum(dim=0)


@bank.alternative
def log_of_the_product(joint):
    product = torch.ones_like(joint)
    for t in range(joint.dim()):
        product = product * (joint / joint.sum(dim=t, keepdim=True))
    return product.log()


@bank.misconception(
    "That is log p(x) itself, the chain rule: each token knows only those before it. In pseudo-likelihood it knows all others."
)
def the_chain_rule(joint):
    return joint.log() + 0


@bank.misconception(
    "Each of your factors is p(x_t) alone, as if the positions were independent. Condition on all other tokens."
)
def product_of_marginals(joint):
    axes = range(joint.dim())
    return sum(
        (joint if joint.dim() == 1 else joint.sum(dim=[s for s in axes if s != t], keepdim=True)).log() for t in axes
    ) + torch.zeros_like(joint)


@bank.misconception(
    "You divide by the wrong sum: p(x) / p(x_t) is the probability of the *others* given x_t. Sum the table over axis t, not over the others."
)
def the_others_given_the_token(joint):
    axes = range(joint.dim())
    return sum(
        (joint / (joint if joint.dim() == 1 else joint.sum(dim=[s for s in axes if s != t], keepdim=True))).log()
        for t in axes
    )


@bank.misconception("You return the pseudo-likelihood. Asked for is its logarithm, in nats.")
def without_the_logarithm(joint):
    return summed(joint).exp()


@bank.misconception(
    "You average over the positions. The pseudo-log-likelihood of a sequence is the sum; it becomes a mean in the perplexity."
)
def averaged(joint):
    return summed(joint) / joint.dim()


@bank.misconception(
    "You made it add up to 1 over all sequences. It does not, and must not be forced to: that changes every value, and what is left is no\n"
    "pseudo-likelihood."
)
def normalised(joint):
    log = summed(joint)
    return log - log.flatten().logsumexp(0)


@bank.misconception(
    "One position is missing: your loop starts at 1, or ends one too early. Every token is predicted once."
)
def first_position_missing(joint):
    return sum((conditional(joint, t) for t in range(1, joint.dim())), torch.zeros_like(joint))


@bank.misconception("Only one position is scored. Every token takes its turn at being predicted; add up all of them.")
def last_position_only(joint):
    return conditional(joint, joint.dim() - 1)


@bank.misconception("The sign is wrong: a log-probability is at most 0.")
def wrong_sign(joint):
    return -summed(joint)


@bank.misconception("Your logarithm is to base 2. Use the natural one.")
def in_bits(joint):
    return summed(joint) / math.log(2)


@bank.misconception(
    "Right values, but the caller's table is different afterwards: an operation that ends in an underscore, or `/=`, works on the very\n"
    "tensor you were given. Make a new one."
)
def in_place(joint):
    result = summed(joint)
    with torch.no_grad():
        joint.log_()
    return result


@bank.misconception(
    "float64 went in and float32 came out: there is a .float(), or a tensor made without a dtype, on the way. Keep the precision."
)
def casts_to_float32(joint):
    return summed(joint.float())
