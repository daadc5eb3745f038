"""The game and its null world: other ways to list all probabilities, and the factors that get lost or counted twice."""

import itertools
import math

import torch
from torch.distributions import Categorical

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import EXACT, with_zeros
from course_utils.infonce.exact import candidate_lists, random_joint, worked_joint

bank = Bank(
    hidden=[
        Probe(
            "3 contexts, 4 outcomes, K = 3",
            lambda g: (random_joint(g, 3, 4), 3),
            weight=2,
            atol=EXACT,
            seed=11,
            essential=True,
        ),
        Probe("one candidate", lambda g: (random_joint(g, 4, 3), 1), atol=EXACT, note="the joint itself", seed=12),
        Probe("one context: the two worlds are one", lambda g: (random_joint(g, 1, 3), 3), atol=EXACT, seed=13),
        Probe("two impossible outcomes, K = 4", lambda g: (random_joint(g, 3, 3, zeros=2), 4), atol=EXACT, seed=14),
        Probe(
            "K = 7: both tables sum to 1",
            lambda g: (random_joint(g, 2, 2), 7),
            look=lambda tables, arguments: [table.sum() for table in tables],
            rtol=1e-12,
            seed=15,
        ),
        Probe(
            "float64, joint left alone, K = 2",
            lambda g: (random_joint(g, 2, 5), 2),
            dtype=True,
            unchanged=True,
            rtol=1e-7,
            atol=EXACT,
            seed=16,
        ),
        Probe("the worked joint, K = 5", lambda g: (worked_joint(), 5), atol=EXACT),
        Probe("a zero in each context, K = 3", lambda g: (with_zeros(), 3), atol=EXACT),
    ]
)


def marginals(joint):
    return joint.sum(dim=1), joint.sum(dim=0)


def worlds(joint, k):
    lists = candidate_lists(joint.shape[1], k)
    context, outcome = marginals(joint)
    return joint[:, lists[:, 0]] * outcome[lists[:, 1:]].prod(dim=1), torch.outer(context, outcome[lists].prod(dim=1))


@bank.alternative
def list_by_list(joint, num_candidates):
    context, outcome = (margin.tolist() for margin in marginals(joint))
    game, null = [], []
    for row, p_c in zip(joint.tolist(), context, strict=True):
        lists = list(itertools.product(range(len(outcome)), repeat=num_candidates))
        game.append([row[first] * math.prod(outcome[x] for x in others) for first, *others in lists])
        null.append([p_c * math.prod(outcome[x] for x in candidates) for candidates in lists])
    return torch.tensor(game, dtype=joint.dtype), torch.tensor(null, dtype=joint.dtype)


@bank.alternative
def one_outer_product_per_candidate(joint, num_candidates):
    context, outcome = marginals(joint)
    game, null = joint, torch.outer(context, outcome)
    for _ in range(num_candidates - 1):
        game, null = ((table[..., None] * outcome).flatten(start_dim=1) for table in (game, null))
    return game, null


@bank.alternative
def null_world_times_the_ratio(joint, num_candidates):
    context, outcome = marginals(joint)
    lists = candidate_lists(len(outcome), num_candidates)
    null = torch.einsum("c,m->cm", context, outcome[lists].prod(dim=1))
    return null * (joint / torch.outer(context, outcome))[:, lists[:, 0]], null


@bank.alternative
def with_distributions(joint, num_candidates):
    context, outcome = marginals(joint)
    lists = candidate_lists(len(outcome), num_candidates)
    negatives = Categorical(outcome).log_prob(lists[:, 1:]).sum(dim=1)
    first = (joint / context[:, None])[:, lists[:, 0]]
    null = context.log()[:, None] + negatives + Categorical(outcome).log_prob(lists[:, 0])
    return context[:, None] * first * negatives.exp(), null.exp()


@bank.misconception(
    "Your table of the game does not sum to 1: it has K factors p(x_j) besides the joint. The first candidate already has its\n"
    "probability, given the context; only the other K - 1 are drawn from p(x)."
)
def first_candidate_counted_twice(joint, num_candidates):
    outcome = joint.sum(dim=0)
    lists = candidate_lists(len(outcome), num_candidates)
    return joint[:, lists[:, 0]] * outcome[lists].prod(dim=1), worlds(joint, num_candidates)[1]


@bank.misconception(
    "In your game every candidate depends on the context. Only the positive does; the negatives are drawn from p(x), whatever c is."
)
def all_candidates_conditional(joint, num_candidates):
    context = joint.sum(dim=1, keepdim=True)
    lists = candidate_lists(joint.shape[1], num_candidates)
    return context * (joint / context)[:, lists].prod(dim=2), worlds(joint, num_candidates)[1]


@bank.misconception(
    "p(c) is missing from both tables: each context's row sums to 1. These are probabilities of context *and* list, so the whole\n"
    "table sums to 1."
)
def context_forgotten(joint, num_candidates):
    context = joint.sum(dim=1, keepdim=True)
    game, null = worlds(joint, num_candidates)
    return game / context, null / context


@bank.misconception(
    "The game is right, but p(c) is missing from the null world. The context is still drawn there; only the candidates no longer\n"
    "depend on it."
)
def null_world_without_context(joint, num_candidates):
    game, null = worlds(joint, num_candidates)
    return game, null / joint.sum(dim=1, keepdim=True)


@bank.misconception(
    "p(c) occurs twice in your game: the joint is already p(c) p(x_1 | c). Either multiply p(c) by the conditional, or take the joint."
)
def context_counted_twice(joint, num_candidates):
    game, null = worlds(joint, num_candidates)
    return joint.sum(dim=1, keepdim=True) * game, null


@bank.misconception("Both tables are right, in the wrong order: first the game, then the null world.")
def worlds_swapped(joint, num_candidates):
    return worlds(joint, num_candidates)[::-1]


@bank.misconception(
    "Your positive is the last candidate. By the convention of this section it is the first one. (Or your lists are in another order:\n"
    "in `candidate_lists` the *last* candidate changes fastest.)"
)
def positive_last(joint, num_candidates):
    outcome = joint.sum(dim=0)
    lists = candidate_lists(len(outcome), num_candidates)
    return joint[:, lists[:, -1]] * outcome[lists[:, :-1]].prod(dim=1), worlds(joint, num_candidates)[1]


@bank.misconception(
    "Your game averages over the places of the positive. That table comes in exercise 5.4; here the positive is in the first place."
)
def positive_anywhere(joint, num_candidates):
    null = worlds(joint, num_candidates)[1]
    ratio = joint / torch.outer(*marginals(joint))
    return null * ratio[:, candidate_lists(joint.shape[1], num_candidates)].mean(dim=2), null


@bank.misconception(
    "The roles are reversed: you drew the first candidate from p(x) and the others given the context. One positive, K - 1 negatives."
)
def negatives_conditional(joint, num_candidates):
    context, outcome = marginals(joint)
    lists = candidate_lists(len(outcome), num_candidates)
    given = (joint / context[:, None])[:, lists[:, 1:]].prod(dim=2)
    return context[:, None] * outcome[lists[:, 0]] * given, worlds(joint, num_candidates)[1]


@bank.misconception(
    "You treat all outcomes as equally likely for a negative. Negatives follow p(x), the column sums of the joint."
)
def uniform_negatives(joint, num_candidates):
    context, outcome = marginals(joint)
    lists = candidate_lists(len(outcome), num_candidates)
    uniform = torch.full_like(outcome, 1 / len(outcome))
    return joint[:, lists[:, 0]] * uniform[lists[:, 1:]].prod(dim=1), torch.outer(context, uniform[lists].prod(dim=1))


@bank.misconception(
    "You treat all contexts as equally likely. That is so in the worked joint, and by accident: p(c) is the row sum."
)
def uniform_contexts(joint, num_candidates):
    context = joint.sum(dim=1, keepdim=True) * len(joint)
    game, null = worlds(joint, num_candidates)
    return game / context, null / context


@bank.misconception(
    "You exclude negatives that equal the positive. They are independent draws: a negative may be the same outcome as the positive."
)
def negatives_differ_from_the_positive(joint, num_candidates):
    lists = candidate_lists(joint.shape[1], num_candidates)
    differ = (lists[:, 1:] != lists[:, :1]).all(dim=1)
    game, null = worlds(joint, num_candidates)
    return game * differ / (game * differ).sum(), null


@bank.misconception("Your tables lie on their side: contexts are rows, lists of candidates are columns.")
def transposed(joint, num_candidates):
    return tuple(table.T for table in worlds(joint, num_candidates))


@bank.misconception(
    "Your lists are one too long: you count K negatives. K counts all candidates, the positive included (see Conventions)."
)
def k_negatives(joint, num_candidates):
    return worlds(joint, num_candidates + 1)
