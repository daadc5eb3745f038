"""The log density ratio of a table: what is divided by what, and what happens at a zero."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import with_zeros
from course_utils.infonce.exact import random_joint

bank = Bank(
    hidden=[
        Probe("3 contexts, 5 outcomes", lambda g: (random_joint(g, 3, 5),), seed=11, rtol=1e-7, essential=True),
        Probe("as many contexts as outcomes", lambda g: (random_joint(g, 4, 4),), seed=12, rtol=1e-7),
        Probe("one context: nothing to see", lambda g: (random_joint(g, 1, 6),), seed=13, atol=1e-9, note="= 0"),
        Probe("zeros on a diagonal", lambda g: (random_joint(g, 5, 4, zeros=4),), seed=14, rtol=1e-7, essential=True),
        Probe(
            "one names the other, 4 values",
            lambda g: (torch.eye(4, dtype=torch.float64) / 4,),
            rtol=1e-7,
            essential=True,
        ),
        Probe(
            "a very rare event",
            lambda g: (torch.tensor([[1e-12, 0.5], [0.3, 0.2 - 1e-12]], dtype=torch.float64),),
            rtol=1e-7,
        ),
        Probe(
            "the zeros of the worked example, transposed",
            lambda g: (with_zeros().T.contiguous(),),
            rtol=1e-7,
            essential=True,
        ),
        Probe(
            "float64, to seven digits, with gradient",
            lambda g: (random_joint(g, 3, 4),),
            gradients=(0,),
            dtype=True,
            rtol=1e-7,
            atol=1e-9,
            seed=15,
        ),
        Probe("leaves the joint alone", lambda g: (random_joint(g, 2, 5, zeros=1),), unchanged=True, seed=16),
    ]
)


def margins(joint):
    return joint.sum(dim=1, keepdim=True), joint.sum(dim=0, keepdim=True)


def right(joint):
    context, outcome = margins(joint)
    return (joint / (context * outcome)).log()


@bank.alternative
def conditional_over_marginal(joint):
    given = joint / joint.sum(dim=1, keepdim=True)
    return given.log() - joint.sum(dim=0).log()


@bank.alternative
def posterior_over_prior(joint):
    """log p(c | x) / p(c): the ratio is symmetric."""
    return (joint / joint.sum(dim=0)).log() - joint.sum(dim=1).log()[:, None]


@bank.alternative
def three_logarithms(joint):
    context, outcome = torch.einsum("cx->c", joint), torch.einsum("cx->x", joint)
    return joint.log() - torch.einsum("c,x->cx", context, outcome).log()


@bank.alternative
def entry_by_entry(joint):
    rows = [
        torch.stack([torch.log(p / (joint[c].sum() * joint[:, x].sum())) for x, p in enumerate(row)])
        for c, row in enumerate(joint)
    ]
    return torch.stack(rows)


@bank.misconception(
    "You return log p(x | c). Divided by p(x) is missing: what is probable anyway says little about this context."
)
def prior_not_divided_out(joint):
    return (joint / margins(joint)[0]).log()


@bank.misconception(
    "You divide the joint by its column sums only, as if the table held p(x | c). It holds p(c) p(x | c): the context's own probability is still\n"
    "in there, and what you have is log p(c | x)."
)
def posterior_of_the_context(joint):
    return (joint / margins(joint)[1]).log()


@bank.misconception(
    "You return the logarithm of the joint. The critic compares it with what independence would give, p(c) p(x)."
)
def logarithm_of_the_joint(joint):
    return joint.log()


@bank.misconception("You divide p(x | c) by p(c). The prior of the *candidate* belongs below: p(x), the column sums.")
def divided_by_the_context_twice(joint):
    context, _ = margins(joint)
    return (joint / context**2).log()


@bank.misconception(
    "Normalised along the wrong axis: your columns sum to 1, so it is p(c | x), and then you divide by p(x) once more. For p(x | c) each *row*\n"
    "sums to 1."
)
def wrong_axis(joint):
    _, outcome = margins(joint)
    return (joint / outcome**2).log()


@bank.misconception("You return the density ratio itself. The critic is its logarithm: independence is 0, not 1.")
def without_logarithm(joint):
    context, outcome = margins(joint)
    return joint / (context * outcome)


@bank.misconception("The ratio is upside down: what fits its context must get a *high* score, p(x | c) is above.")
def upside_down(joint):
    return -right(joint)


@bank.misconception(
    "Your critic is in bits (logarithm to base 2): 1.4427 times the expected one. Use the natural logarithm."
)
def in_bits(joint):
    context, outcome = margins(joint)
    return (joint / (context * outcome)).log2()


@bank.misconception(
    "You take a difference of probabilities, joint minus product. The critic is the logarithm of their *ratio*."
)
def difference(joint):
    context, outcome = margins(joint)
    return joint - context * outcome


@bank.misconception(
    "A small number was added before the logarithm: an impossible pair gets a large negative score and not minus infinity, and every other score\n"
    "is slightly off. Minus infinity is the right answer here."
)
def small_number_added(joint):
    context, outcome = margins(joint)
    return ((joint + 1e-8) / (context * outcome)).log()


@bank.misconception(
    "Where the joint is 0 you return a score of 0, that of an *ordinary* pair. What cannot happen in this context scores minus infinity. (A mean\n"
    "leaves it out, but that is the next function's business.)"
)
def zero_at_zeros(joint):
    return torch.where(joint > 0, right(joint), 0.0)


@bank.misconception(
    "The logarithm's minus infinity was made finite on the way (nan_to_num, or a clamp). What cannot happen scores minus infinity."
)
def infinity_made_finite(joint):
    return torch.nan_to_num(right(joint))


@bank.misconception(
    "Each entry is already weighted with its probability, p log r: these are the terms of the mutual information. The critic is log r alone."
)
def weighted_with_the_joint(joint):
    context, outcome = margins(joint)
    return torch.xlogy(joint, joint / (context * outcome))


@bank.misconception("Your marginals are means of rows and columns. Probabilities of disjoint events are *added*.")
def marginals_by_mean(joint):
    return (joint / (joint.mean(dim=1, keepdim=True) * joint.mean(dim=0))).log()


@bank.misconception(
    "Row sums and column sums have changed places: p(c), one number per row, must stay with its row, and p(x) with its column."
)
def marginals_swapped(joint):
    return (joint / torch.outer(joint.sum(dim=0), joint.sum(dim=1))).log()


@bank.misconception(
    "Your p(x) is uniform. It is the column sum of the joint: some outcomes are more frequent than others."
)
def uniform_outcomes(joint):
    context, _ = margins(joint)
    return (joint / context).log() + torch.tensor(float(joint.shape[1])).log()


@bank.misconception(
    "Your table is transposed: one row per outcome. Asked for is the shape of the joint, one row per context."
)
def transposed(joint):
    return right(joint).T


@bank.misconception(
    "Your rows are log-softmaxes, their exponentials sum to 1. The loss takes the softmax, over the candidates of a game; the critic returns the\n"
    "bare log ratio, where 0 means that the context makes no difference."
)
def log_softmax_of_the_rows(joint):
    return right(joint).log_softmax(dim=1)


@bank.misconception(
    "The scores are right, but no gradient reaches the joint: somewhere the numbers leave the graph (.item(), .detach(), .numpy(),\n"
    "torch.tensor(...) or no_grad)."
)
def detached(joint):
    return right(joint).detach()


@bank.misconception(
    "Right scores, but the caller's joint is different afterwards: an operation that ends in an underscore, or `joint /= ...`, works on the very\n"
    "table you were given. Make a new one."
)
def divides_in_place(joint):
    critic = right(joint)
    with torch.no_grad():
        joint.div_(joint.sum(dim=1, keepdim=True))
    return critic


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. The identities to come need the precision."
)
def casts_to_float32(joint):
    return right(joint.float())
