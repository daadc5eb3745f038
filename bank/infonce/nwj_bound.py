"""The NWJ bound: other ways to be right, and the bounds that are another one or none."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe(
            "12 pairs, 31 independent ones", lambda g: (normal(g, 12), normal(g, 31)), weight=2, seed=11, essential=True
        ),
        Probe(
            "scores in cubes of different shapes",
            lambda g: (normal(g, 2, 3, 4), normal(g, 5, 2, 2)),
            seed=12,
            essential=True,
        ),
        Probe("one score each", lambda g: (normal(g, 1), normal(g, 1)), seed=13),
        Probe("a single number each", lambda g: (torch.tensor(0.5), torch.tensor(-1.5)), note="= 0.5 - e^-2.5"),
        Probe(
            "float32, a score whose exponential does not fit; the result does",
            lambda g: (normal(g, 6), torch.cat([torch.tensor([89.5]), normal(g, 19)])),
            weight=2,
            seed=14,
            essential=True,
        ),
        Probe(
            "float64, scores around 709",
            lambda g: (normal(g, 6).double(), 709 + normal(g, 4, 4, scale=0.8, dtype=torch.float64)),
            seed=15,
            essential=True,
        ),
        Probe("impossible pairs", lambda g: (torch.ones(3), torch.tensor([1.0, -torch.inf, 0.5, -torch.inf]))),
        Probe(
            "gradients, float64, scores in a matrix",
            lambda g: (normal(g, 5, dtype=torch.float64), normal(g, 3, 6, dtype=torch.float64)),
            gradients=(0, 1),
            dtype=True,
            rtol=1e-7,
            seed=16,
        ),
        Probe("leaves the scores alone", lambda g: (normal(g, 7), normal(g, 9)), unchanged=True, seed=17),
    ]
)


def log_mean_exp(scores):
    return scores.flatten().logsumexp(dim=0) - math.log(scores.numel())


def nwj(joint_scores, product_scores):
    return joint_scores.mean() - (log_mean_exp(product_scores) - 1).exp()


@bank.alternative
def each_term_made_small_first(joint_scores, product_scores):
    return joint_scores.mean() - (product_scores - 1 - math.log(product_scores.numel())).exp().sum()


@bank.alternative
def logsumexp_by_hand(joint_scores, product_scores):
    top = product_scores.max().detach()
    share = (product_scores - top).exp().mean()
    return joint_scores.sum() / joint_scores.numel() - (top - 1 + share.log()).exp()


@bank.alternative
def running_logaddexp(joint_scores, product_scores):
    total = torch.tensor(-torch.inf, dtype=product_scores.dtype)
    for score in product_scores.reshape(-1):
        total = torch.logaddexp(total, score)
    return torch.mean(joint_scores) - torch.exp(total - math.log(product_scores.numel()) - 1)


@bank.misconception(
    "The factor 1/e is missing: with f = 1 everywhere you get a negative number instead of 0. (Without it, the best critic would be the\n"
    "log ratio itself and the bound one nat lower.)"
)
def without_the_factor(joint_scores, product_scores):
    return joint_scores.mean() - log_mean_exp(product_scores).exp()


@bank.misconception(
    "This is the bound of Donsker and Varadhan: it takes the *logarithm* of the mean exponential. NWJ takes the mean itself, over e."
)
def donsker_varadhan(joint_scores, product_scores):
    return joint_scores.mean() - log_mean_exp(product_scores)


@bank.misconception(
    "Your second term adds the exponentials up. It is their mean over the independent pairs; with f = 1 everywhere the bound is 0."
)
def sum_for_mean(joint_scores, product_scores):
    return joint_scores.mean() - (product_scores.flatten().logsumexp(dim=0) - 1).exp()


@bank.misconception("Your first term adds the scores of the matching pairs up. Both terms are means.")
def sum_over_the_joint(joint_scores, product_scores):
    return joint_scores.sum() - (log_mean_exp(product_scores) - 1).exp()


@bank.misconception(
    "You add 1 to the scores inside. The scores come as they are; whoever calls the function adds the 1 that belongs to the best critic."
)
def adds_one_inside(joint_scores, product_scores):
    return nwj(joint_scores + 1, product_scores + 1)


@bank.misconception(
    "You take the exponential of the mean score. It is the mean of the exponentials: a few large scores carry most of it."
)
def exponential_of_the_mean(joint_scores, product_scores):
    return joint_scores.mean() - (product_scores.mean() - 1).exp()


@bank.misconception(
    "The second term has the wrong sign: it is subtracted. Otherwise large scores everywhere would pay."
)
def second_term_added(joint_scores, product_scores):
    return joint_scores.mean() + (log_mean_exp(product_scores) - 1).exp()


@bank.misconception("The whole has the wrong sign: this would be a loss to minimise. The bound itself is asked for.")
def negative_bound(joint_scores, product_scores):
    return -nwj(joint_scores, product_scores)


@bank.misconception("You multiply by e where the formula divides: the factor is e to the *minus* one.")
def multiplied_by_e(joint_scores, product_scores):
    return joint_scores.mean() - (log_mean_exp(product_scores) + 1).exp()


@bank.misconception(
    "The two kinds of pairs are exchanged: the plain mean is over matching pairs, the exponentials over independent ones."
)
def arguments_exchanged(joint_scores, product_scores):
    return nwj(product_scores, joint_scores)


@bank.misconception(
    "The first term takes exponentials of the matching pairs' scores too. There the mean is of f itself."
)
def exponentials_in_both(joint_scores, product_scores):
    return log_mean_exp(joint_scores).exp() - (log_mean_exp(product_scores) - 1).exp()


@bank.misconception(
    "The exponential of the largest score is infinite, though its mean over e still fits. Stay with logarithms until the mean is taken\n"
    "and the 1 subtracted."
)
def overflow_on_the_way(joint_scores, product_scores):
    return joint_scores.mean() - product_scores.exp().mean() / math.e


@bank.misconception(
    "You clip the scores before the exponential. That keeps numbers small, but it is another estimator: large scores are what the\n"
    "second term is about."
)
def clipped(joint_scores, product_scores):
    return nwj(joint_scores, product_scores.clamp(max=20))


@bank.misconception("With a matrix of scores you count its rows only: the mean is over *all* entries.")
def counts_rows_only(joint_scores, product_scores):
    rows = product_scores.shape[0] if product_scores.ndim else 1
    return joint_scores.mean() - (product_scores.flatten().logsumexp(dim=0) - math.log(rows) - 1).exp()


@bank.misconception(
    "With a matrix of scores you return one value for each column or row. The mean is over all entries: one number."
)
def one_value_per_column(joint_scores, product_scores):
    scores = product_scores.reshape(len(product_scores), -1) if product_scores.ndim > 1 else product_scores.flatten()
    return joint_scores.mean() - (scores.logsumexp(dim=0) - math.log(len(scores)) - 1).exp()


@bank.misconception(
    "The value is right, but no gradient reaches the scores of the independent pairs: the second term left the graph (.item(), .detach()).\n"
    "It is the term that keeps scores from growing."
)
def second_term_detached(joint_scores, product_scores):
    return nwj(joint_scores, product_scores.detach())


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(joint_scores, product_scores):
    return nwj(joint_scores.float(), product_scores.float())
