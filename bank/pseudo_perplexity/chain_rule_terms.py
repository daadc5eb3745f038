"""The chain rule along an order: other ways to telescope, and the ways to condition on something else."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import random_joint
from course_utils.pseudo_perplexity.exact import flip_chain, marginal

bank = Bank(
    hidden=[
        Probe("5 positions, order 4, 1, 3, 0, 2", lambda g: (random_joint(g, 2, 2, 2, 2, 2), [0, 1, 1, 0, 1], [4, 1, 3, 0, 2]), seed=11, essential=True),
        Probe("positions of size 4, 2, 3, last one first", lambda g: (random_joint(g, 4, 2, 3), [3, 1, 2], [2, 0, 1]), seed=12),
        Probe("a rare sequence of the chain", lambda g: (flip_chain(0.001, 5), [0, 1, 0, 1, 0], [2, 4, 0, 3, 1]), unchanged=True),
        Probe("two positions, second first", lambda g: (random_joint(g, 3, 3), [0, 2], [1, 0]), seed=13),
        Probe("float64, to ten digits", lambda g: (random_joint(g, 3, 3, 3), [1, 1, 2], [1, 2, 0]), dtype=True, rtol=1e-7, seed=14),
    ]
)  # fmt: skip


def log_p(joint, x, positions):
    return marginal(joint, positions)[tuple(x[t] for t in sorted(positions))].log()


def known(joint, x, order):
    return torch.stack([log_p(joint, x, order[:k]) for k in range(len(order) + 1)])


@bank.alternative
def by_ratios(joint, x, order):
    return torch.stack([log_p(joint, x, order[: k + 1]) - log_p(joint, x, order[:k]) for k in range(len(order))])


@bank.alternative
def by_permuted_axes(joint, x, order):
    rest, terms = joint.permute(order), []
    for t in order:
        first = rest.flatten(1).sum(1) if rest.dim() > 1 else rest
        terms.append((first[x[t]] / first.sum()).log())
        rest = rest[x[t]]
    return torch.stack(terms)


@bank.alternative
def by_conditioning(joint, x, order):
    table, terms = joint.clone(), []
    for t in order:
        kept = table.select(t, x[t]).sum()
        terms.append((kept / table.sum()).log())
        only = torch.zeros_like(table)
        only.select(t, x[t]).copy_(table.select(t, x[t]))
        table = only
    return torch.stack(terms)


@bank.misconception(
    "Each of your terms is the probability of one token by itself, log p(x_t). The chain rule gives it the tokens revealed before it."
)
def marginals_only(joint, x, order):
    return torch.stack([log_p(joint, x, [t]) for t in order])


@bank.misconception(
    "You go from left to right whatever the order is. Position order[0] is revealed first, without any context."
)
def ignores_the_order(joint, x, order):
    return known(joint, x, list(range(len(x)))).diff()


@bank.misconception("The terms are right, but sorted by position. Entry k belongs to the token that is revealed k-th.")
def sorted_by_position(joint, x, order):
    terms = known(joint, x, order).diff()
    return terms[torch.tensor(order).argsort()]


@bank.misconception(
    "You read `order` the wrong way round, as if order[t] were the moment at which position t is revealed. order[k] is the position\n"
    "revealed at moment k."
)
def inverse_order(joint, x, order):
    return known(joint, x, torch.tensor(order).argsort().tolist()).diff()


@bank.misconception("You start from the last token of the order: the one in order[0] is known first.")
def reversed_order(joint, x, order):
    return known(joint, x, order[::-1]).diff()


@bank.misconception(
    "Each of your terms knows *all* other tokens, p(x_t | x_without_t). That is pseudo-likelihood, the next section; its terms do not\n"
    "add up to log p(x)."
)
def all_the_others(joint, x, order):
    everyone = range(len(x))
    return torch.stack([log_p(joint, x, everyone) - log_p(joint, x, [s for s in everyone if s != t]) for t in order])


@bank.misconception(
    "Your entries are log p of everything known so far: they accumulate. A term is the difference of two neighbouring ones."
)
def cumulative(joint, x, order):
    return known(joint, x, order)[1:]


@bank.misconception(
    "These are the conditional probabilities. Return their logarithms, so that they add up to log p(x)."
)
def probabilities(joint, x, order):
    return known(joint, x, order).diff().exp()


@bank.misconception("Your logarithms are to base 2, in bits. Use natural ones.")
def in_bits(joint, x, order):
    return known(joint, x, order).diff() / math.log(2)


@bank.misconception("The sign is wrong: these are surprisals, -log p. The terms of log p(x) are at most 0.")
def surprisals(joint, x, order):
    return -known(joint, x, order).diff()


@bank.misconception(
    "You look at the previous token of the order only, as if the sequence were a Markov chain in that order. Everything revealed\n"
    "before counts."
)
def only_the_previous(joint, x, order):
    terms = [log_p(joint, x, order[:1])]
    terms += [log_p(joint, x, [a, b]) - log_p(joint, x, [a]) for a, b in zip(order, order[1:])]
    return torch.stack(terms)
