"""Mutual information of a table: entropies mistaken for it, weights mistaken in it, and zeros."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.infonce.checks import with_zeros
from course_utils.infonce.exact import random_joint

bank = Bank(
    hidden=[
        Probe("3 contexts, 5 outcomes", lambda g: (random_joint(g, 3, 5),), seed=11, rtol=1e-7, essential=True),
        Probe("as many contexts as outcomes", lambda g: (random_joint(g, 4, 4),), seed=12, rtol=1e-7),
        Probe("one context: nothing to learn", lambda g: (random_joint(g, 1, 6),), seed=13, atol=1e-9, note="= 0"),
        Probe("zeros on a diagonal", lambda g: (random_joint(g, 5, 4, zeros=4),), seed=14, rtol=1e-7),
        Probe("zeros, transposed: the same information", lambda g: (with_zeros().T.contiguous(),), rtol=1e-7),
        Probe(
            "one names the other, 50 values",
            lambda g: (torch.eye(50, dtype=torch.float64) / 50,),
            rtol=1e-7,
            note="= log 50",
        ),
        Probe(
            "one outcome names its context, the others do not",
            lambda g: (torch.tensor([[0.5, 0.0, 0.1], [0.0, 0.3, 0.1]], dtype=torch.float64),),
            rtol=1e-7,
        ),
        Probe("20 contexts, 30 outcomes", lambda g: (random_joint(g, 20, 30),), seed=15, rtol=1e-7),
        Probe(
            "float64, with gradient",
            lambda g: (random_joint(g, 3, 4),),
            gradients=(0,),
            dtype=True,
            rtol=1e-7,
            atol=1e-9,
            seed=16,
        ),
        Probe("leaves the joint alone", lambda g: (random_joint(g, 2, 5, zeros=1),), unchanged=True, seed=17),
    ]
)


def margins(joint):
    return joint.sum(dim=1, keepdim=True), joint.sum(dim=0, keepdim=True)


def ratio(joint):
    context, outcome = margins(joint)
    return joint / (context * outcome)


def entropy(p):
    return torch.special.entr(p).sum()


def right(joint):
    return torch.xlogy(joint, ratio(joint)).sum()


@bank.alternative
def possible_events_only(joint):
    happens = joint > 0
    return (joint[happens] * ratio(joint)[happens].log()).sum()


@bank.alternative
def information_per_context(joint):
    """Mean over the contexts of KL(p(x | c) || p(x))."""
    total = 0
    for row in joint:
        given = row / row.sum()
        total = total + row.sum() * torch.xlogy(given, given / joint.sum(dim=0)).sum()
    return total


@bank.alternative
def three_entropies(joint):
    return entropy(joint.sum(dim=0)) + entropy(joint.sum(dim=1)) - entropy(joint)


@bank.alternative
def one_where(joint):
    log_ratio = torch.where(joint > 0, ratio(joint), 1.0).log()
    return torch.einsum("cx,cx->", joint, log_ratio)


@bank.misconception(
    "A zero in the table makes your sum nan: 0 times minus infinity is no number. An event that never happens contributes nothing; leave it out\n"
    "before the product is taken."
)
def nan_at_zeros(joint):
    return (joint * ratio(joint).log()).sum()


@bank.misconception(
    "A small number was added inside the logarithm. It gets rid of the nan and spoils the digits, and this notebook's identities hold to 1e-12.\n"
    "A term with p = 0 is 0; no help is needed if it is left out."
)
def small_number_added(joint):
    context, outcome = margins(joint)
    return (joint * ((joint + 1e-6) / (context * outcome + 1e-6)).log()).sum()


@bank.misconception(
    "Your value is in bits (logarithm to base 2): 1.4427 times the expected one. Use the natural logarithm."
)
def in_bits(joint):
    return right(joint) / math.log(2)


@bank.misconception(
    "You return the entropy of x. That is how much there is to know; the information is how much of it a look at c tells, so what is\n"
    "still unknown afterwards must be taken off."
)
def entropy_of_the_outcome(joint):
    return entropy(joint.sum(dim=0))


@bank.misconception(
    "You return the entropy of c. The information is symmetric in the two, and for a noisy relation smaller than either entropy."
)
def entropy_of_the_context(joint):
    return entropy(joint.sum(dim=1))


@bank.misconception(
    "You return the entropy of the joint, minus the mean of log p(c, x). Inside the logarithm the joint is compared with p(c) p(x)."
)
def entropy_of_the_joint(joint):
    return entropy(joint)


@bank.misconception(
    "You take the mean of log p(c, x): the logarithm of the joint only. Inside the logarithm it is divided by p(c) p(x)."
)
def logarithm_of_the_joint(joint):
    return -entropy(joint)


@bank.misconception(
    "You return the conditional entropy: what is still unknown about x once c is known. The information is what is *not* unknown any more."
)
def conditional_entropy(joint):
    return entropy(joint) - entropy(joint.sum(dim=1))


@bank.misconception(
    "You average log p(x | c) and stop there: divided by p(x) is missing. As it is, the value is minus what is still unknown about x."
)
def prior_not_divided_out(joint):
    return entropy(joint.sum(dim=1)) - entropy(joint)


@bank.misconception(
    "You add the entropies of x and c. The entropy of the pair must be taken off: what they share was counted twice."
)
def sum_of_entropies(joint):
    return entropy(joint.sum(dim=0)) + entropy(joint.sum(dim=1))


@bank.misconception(
    "The sign is wrong: information is never negative. The joint stands above, the product p(c) p(x) below."
)
def wrong_sign(joint):
    return -right(joint)


@bank.misconception(
    "You average over the cells of the table. The terms carry their probabilities as weights; they are just added."
)
def mean_over_cells(joint):
    return right(joint) / joint.numel()


@bank.misconception(
    "The log ratios are added without weights. Their mean *over the joint* is asked for: each counts as often as it happens."
)
def unweighted(joint):
    return torch.where(joint > 0, ratio(joint).log(), 0.0).sum()


@bank.misconception(
    "You weight with p(c) p(x), as if x and c were independent. The mean is over pairs as they occur: the weights are the joint's."
)
def weighted_with_the_product(joint):
    context, outcome = margins(joint)
    return (context * outcome * ratio(joint).log()).sum()


@bank.misconception(
    "You weight with p(x | c), so that each context counts fully, and the contexts' own probabilities are lost. Weight with the joint."
)
def contexts_not_weighted(joint):
    context, _ = margins(joint)
    return torch.xlogy(joint / context, ratio(joint)).sum()


@bank.misconception(
    "Every context counts the same in your mean. Contexts have probabilities of their own, the row sums: weight with the joint."
)
def contexts_weighted_equally(joint):
    context, _ = margins(joint)
    return torch.xlogy(joint / context, ratio(joint)).sum() / len(joint)


@bank.misconception(
    "You take the logarithm of the mean ratio. The information is the mean of the logarithms, which is smaller."
)
def log_of_the_mean(joint):
    return (joint * ratio(joint)).sum().log()


@bank.misconception(
    "Negative terms were made positive, or dropped. A pair that is rarer than by chance has a negative log ratio, and it belongs in the mean."
)
def absolute_terms(joint):
    return torch.xlogy(joint, ratio(joint)).abs().sum()


@bank.misconception(
    "You compare the joint with a uniform table. Compare it with p(c) p(x): rows and columns may be unequal without any dependence."
)
def compared_with_uniform(joint):
    return math.log(joint.numel()) - entropy(joint)


@bank.misconception(
    "You divide by an entropy, which gives a share between 0 and 1. The information itself is asked for, in nats."
)
def normalised(joint):
    return right(joint) / entropy(joint.sum(dim=0))


@bank.misconception(
    "You sum over one axis only: a number per context (or per outcome) is left. Sum over the whole table."
)
def one_axis_left(joint):
    return torch.xlogy(joint, ratio(joint)).sum(dim=1)


@bank.misconception(
    "The value is right, but no gradient reaches the joint: somewhere the numbers leave the graph (.item(), .detach(), .numpy(),\n"
    "torch.tensor(...) or no_grad)."
)
def detached(joint):
    return right(joint).detach()


@bank.misconception(
    "Right value, but the caller's joint is different afterwards: an operation that ends in an underscore, or `joint /= ...`, works on the very\n"
    "table you were given. Make a new one."
)
def divides_in_place(joint):
    value = right(joint)
    with torch.no_grad():
        joint.div_(joint.sum(dim=1, keepdim=True))
    return value


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. The identities to come need the precision."
)
def casts_to_float32(joint):
    return right(joint.float())
