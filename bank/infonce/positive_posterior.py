"""The posterior of the positive's place: which table, which axis, which factors cancel."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import EXACT, sides, with_zeros
from course_utils.infonce.exact import random_joint, worked_joint


def game(g, contexts, outcomes, num_candidates, context):
    return random_joint(g, contexts, outcomes), context, torch.randint(outcomes, (num_candidates,), generator=g)


bank = Bank(
    hidden=[
        Probe(
            "3 contexts, 6 outcomes, 4 candidates",
            lambda g: game(g, 3, 6, 4, 1),
            look=sides,
            atol=EXACT,
            seed=11,
            essential=True,
        ),
        Probe("one candidate: it must be the one", lambda g: game(g, 2, 4, 1, 0), look=sides, atol=EXACT, seed=12),
        Probe("30 candidates among 5 outcomes", lambda g: game(g, 4, 5, 30, 3), look=sides, atol=EXACT, seed=13),
        Probe(
            "the same candidate four times",
            lambda g: (worked_joint(), 0, torch.tensor([1, 1, 1, 1])),
            look=sides,
            atol=EXACT,
            note="= 1/4 each",
        ),
        Probe(
            "the context tells nothing",
            lambda g: (torch.full((2, 4), 1 / 8, dtype=torch.float64), 1, torch.tensor([3, 0, 0])),
            look=sides,
            atol=EXACT,
            note="= 1/3 each",
        ),
        Probe(
            "an impossible candidate, twice, in the other context",
            lambda g: (with_zeros(), 1, torch.tensor([1, 2, 1, 0])),
            look=sides,
            atol=EXACT,
            essential=True,
        ),
        Probe(
            "only one candidate is possible",
            lambda g: (with_zeros(), 0, torch.tensor([0, 0, 2])),
            look=sides,
            atol=EXACT,
            essential=True,
        ),
        Probe(
            "float64, an impossible outcome in two contexts",
            lambda g: (random_joint(g, 3, 4, zeros=2), 1, torch.tensor([0, 1, 2, 3, 3])),
            look=sides,
            atol=EXACT,
            dtype=True,
            seed=14,
        ),
        Probe(
            "leaves its inputs alone",
            lambda g: game(g, 2, 3, 5, 1),
            look=sides,
            atol=EXACT,
            unchanged=True,
            seed=15,
        ),
    ]
)


def tables(joint, context):
    """p(x), and p(x | c) of one context."""
    return joint.sum(dim=0), joint[context] / joint[context].sum()


def others(candidates, i):
    return torch.cat([candidates[:i], candidates[i + 1 :]])


def by_bayes(own, rest, candidates):
    """Likelihood of each place from a factor for the positive and one for each other candidate, normalised."""
    likelihood = torch.stack([own[x] * rest[others(candidates, i)].prod() for i, x in enumerate(candidates)])
    return likelihood / likelihood.sum()


def by_ratio(ratio, candidates):
    return ratio.log()[candidates].softmax(dim=0)


@bank.alternative
def one_product_divided(joint, context, candidates):
    outcome, given = tables(joint, context)
    likelihood = given[candidates] * outcome[candidates].prod() / outcome[candidates]
    scores = given[candidates].log() - outcome[candidates].log()
    return likelihood / likelihood.sum(), (scores - scores.logsumexp(dim=0)).exp()


@bank.alternative
def sums_of_logarithms(joint, context, candidates):
    outcome, given = tables(joint, context)
    log_likelihood = outcome[candidates].log().sum() - outcome[candidates].log() + given[candidates].log()
    weights = (given / outcome)[candidates]
    return log_likelihood.softmax(dim=0), weights / weights.sum()


@bank.alternative
def joint_in_place_of_the_conditional(joint, context, candidates):
    """p(c) is a common factor of all places and cancels."""
    outcome = joint.sum(dim=0)
    return by_bayes(joint[context], outcome, candidates), by_ratio(joint[context] / outcome, candidates)


@bank.misconception(
    "The prior is not divided out: both of your answers are p(x_i | c), normalised over the list. A candidate that is frequent *anywhere* is\n"
    "no evidence; Bayes' rule keeps the factors p(x_j) of all the others, and they differ from place to place. (A uniform p(x) has the same effect.)"
)
def prior_not_divided_out(joint, context, candidates):
    _, given = tables(joint, context)
    share = given[candidates] / given[candidates].sum()
    return share, share.clone()


@bank.misconception(
    "In Bayes' rule your product runs over *all* candidates, the positive included. It is the same for every place then, and cancels: what is\n"
    "left is p(x_i | c). The candidate at place i has its factor already; the product is over j ≠ i."
)
def product_over_all(joint, context, candidates):
    outcome, given = tables(joint, context)
    likelihood = given[candidates] * outcome[candidates].prod()
    return likelihood / likelihood.sum(), by_ratio(given / outcome, candidates)


@bank.misconception(
    "The softmax gets log p(x_i | c) alone. The score is a log *ratio*: divide by p(x_i), or a frequent candidate always looks right."
)
def softmax_of_the_conditional(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(given, outcome, candidates), by_ratio(given, candidates)


@bank.misconception(
    "The other candidates get p(x_j | c) in your likelihood too. They were drawn without looking at the context, from p(x). With your\n"
    "factors every place is equally likely."
)
def others_from_the_conditional(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(given, given, candidates), by_ratio(given / outcome, candidates)


@bank.misconception(
    "The roles are exchanged in your likelihood: the positive gets p(x_i) and the others p(x_j | c). One candidate knows the context, the one\n"
    "at place i."
)
def roles_exchanged(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(outcome, given, candidates), by_ratio(given / outcome, candidates)


@bank.misconception(
    "Your first answer does not sum to 1: it is the likelihood of the list for each place. Bayes' rule divides by the sum over the places."
)
def likelihood_not_normalised(joint, context, candidates):
    outcome, given = tables(joint, context)
    likelihood = torch.stack([given[x] * outcome[others(candidates, i)].prod() for i, x in enumerate(candidates)])
    return likelihood, by_ratio(given / outcome, candidates)


@bank.misconception(
    "Your first answer does not sum to 1: each place counts 1/K beforehand, but the sum over the places is not divided out."
)
def only_the_prior_of_places(joint, context, candidates):
    first, second = likelihood_not_normalised(joint, context, candidates)
    return first / len(candidates), second


@bank.misconception(
    "The table is normalised along the wrong axis: your columns sum to 1, which is p(c | x). For p(x | c) it is the row that sums to 1."
)
def wrong_axis(joint, context, candidates):
    outcome, given = joint.sum(dim=0), (joint / joint.sum(dim=0))[context]
    return by_bayes(given, outcome, candidates), by_ratio(given / outcome, candidates)


@bank.misconception(
    "Your p(x) is the mean of the conditionals p(x | c), every context counting the same. Contexts have probabilities of their own: sum the\n"
    "joint over them."
)
def contexts_weighted_equally(joint, context, candidates):
    given = joint / joint.sum(dim=1, keepdim=True)
    outcome = given.mean(dim=0)
    return by_bayes(given[context], outcome, candidates), by_ratio(given[context] / outcome, candidates)


@bank.misconception(
    "The softmax gets the ratio itself. It takes exponentials, so it must be given the *logarithm* of the ratio."
)
def logarithm_forgotten(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(given, outcome, candidates), (given / outcome)[candidates].softmax(dim=0)


@bank.misconception(
    "Your ratio is upside down in the softmax: it is p(x | c) over p(x), so that what fits the context wins."
)
def ratio_upside_down(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(given, outcome, candidates), (outcome / given).log()[candidates].softmax(dim=0)


@bank.misconception(
    "Your softmax runs over all outcomes of the world and not over the candidates: its entries do not sum to 1. First pick the candidates'\n"
    "scores, then take the softmax."
)
def softmax_over_all_outcomes(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(given, outcome, candidates), (given / outcome).log().softmax(dim=0)[candidates]


@bank.misconception("Your second answer holds log-probabilities. Asked for are the probabilities themselves.")
def log_softmax(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(given, outcome, candidates), (given / outcome).log()[candidates].log_softmax(dim=0)


@bank.misconception(
    "With an outcome that is in the list twice, your product leaves out both copies: you skip candidates that *equal* x_i. Skip the place, not\n"
    "the outcome; the copy elsewhere was drawn from p(x) like any other."
)
def skips_equal_candidates(joint, context, candidates):
    outcome, given = tables(joint, context)
    likelihood = torch.stack([given[x] * outcome[candidates[candidates != x]].prod() for x in candidates])
    return likelihood / likelihood.sum(), by_ratio(given / outcome, candidates)


@bank.misconception(
    "A small number was added before the logarithm. An impossible candidate has probability 0 exactly, and the two sides must agree to 1e-12;\n"
    "minus infinity is a fine score, a softmax takes it well."
)
def small_number_added(joint, context, candidates):
    outcome, given = tables(joint, context)
    return by_bayes(given, outcome, candidates), by_ratio((given + 1e-8) / outcome, candidates)


@bank.misconception(
    "You put a score of 0 where the logarithm is minus infinity. A score of 0 is that of an *ordinary* candidate, with ratio 1; an impossible\n"
    "one has no chance at all."
)
def infinity_replaced_by_zero(joint, context, candidates):
    outcome, given = tables(joint, context)
    log_ratio = torch.where(given > 0, (given / outcome).log(), 0.0)
    return by_bayes(given, outcome, candidates), log_ratio[candidates].softmax(dim=0)


@bank.misconception(
    "The context is not used: you read the first row whatever the caller says. Row `context` is the one that was seen."
)
def context_ignored(joint, context, candidates):
    outcome, given = tables(joint, 0)
    return by_bayes(given, outcome, candidates), by_ratio(given / outcome, candidates)


@bank.misconception(
    "float64 went in and float32 came out, and 1e-12 is out of reach: there is a .float() or a dtype=torch.float32 on the way, or a new\n"
    "tensor was made from python numbers. Keep the precision of the input."
)
def casts_to_float32(joint, context, candidates):
    outcome, given = tables(joint.float(), context)
    return by_bayes(given, outcome, candidates), by_ratio(given / outcome, candidates)
