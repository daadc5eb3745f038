"""Two derivatives: other ways to the mean and the variance, and the statistics of something else."""

import torch
from torch.distributions import Categorical

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe("7 candidates, beta = 0.7", lambda g: (normal(g, 7), 5, 0.7), weight=2, seed=11, essential=True),
        Probe("12 candidates, beta = 10", lambda g: (normal(g, 12), 0, 10.0), atol=1e-5, seed=12),
        Probe("one candidate: nothing to learn", lambda g: (normal(g, 1), 0, 3.0), note="= 0", seed=13),
        Probe("two candidates, 1 apart, beta = 1", lambda g: (torch.tensor([0.0, 1.0]), 1, 1.0)),
        Probe(
            "the positive wins by far",
            lambda g: (torch.tensor([-40.0, 90.0, -60.0]), 1, 2.0),
            atol=1e-5,
            essential=True,
        ),
        Probe("a negative beta", lambda g: (normal(g, 4), 2, -1.5), seed=14),
        Probe(
            "scores of several thousand, beta = 0.5",
            lambda g: (normal(g, 6, scale=3000).double(), 2, 0.5),
            seed=15,
            essential=True,
        ),
        Probe(
            "float64, beta = 3, scores left alone",
            lambda g: (normal(g, 10, dtype=torch.float64), 9, 3.0),
            dtype=True,
            unchanged=True,
            rtol=1e-7,
            seed=16,
        ),
    ]
)


def statistics(scores, beta):
    p = (beta * scores).softmax(dim=0)
    mean = torch.dot(p, scores)
    return mean, torch.dot(p, (scores - mean).square())


def right(scores, positive, beta):
    mean, variance = statistics(scores, beta)
    return mean - scores[positive], variance


@bank.alternative
def mean_square_minus_square_mean(scores, positive, beta):
    p = torch.softmax(beta * scores, dim=0)
    mean = p @ scores
    return mean - scores[positive], p @ scores**2 - mean**2


@bank.alternative
def pair_by_pair(scores, positive, beta):
    """The variance as half the mean squared difference of two independent draws."""
    p = Categorical(logits=beta * scores).probs
    margins = scores - scores[positive]
    differences = scores[:, None] - scores
    return torch.einsum("i,i->", p, margins), torch.einsum("i,j,ij->", p, p, differences.square()) / 2


@bank.alternative
def softmax_by_hand(scores, positive, beta):
    logits = beta * scores
    weight = (logits - logits.max()).exp()
    mean = (weight * scores).sum() / weight.sum()
    return mean - scores[positive], (weight * (scores - mean) ** 2).sum() / weight.sum()


@bank.misconception(
    "You differentiate with respect to the temperature τ. The question is about β = 1/τ, and τ brings a factor from the chain rule."
)
def by_the_temperature(scores, positive, beta):
    first, second = right(scores, positive, beta)
    return -(beta**2) * first, beta**4 * second + 2 * beta**3 * first


@bank.misconception("Your variance weighs all candidates equally. It is the variance under p, as the mean is.")
def unweighted_variance(scores, positive, beta):
    return right(scores, positive, beta)[0], scores.var(unbiased=False)


@bank.misconception(
    "Your second derivative is the sample variance, with K - 1 in the denominator and all candidates equal. It is a variance under p:\n"
    "weights, no correction."
)
def sample_variance(scores, positive, beta):
    return right(scores, positive, beta)[0], scores.var()


@bank.misconception(
    "Your variance is corrected by K/(K - 1). Nothing is estimated here: p is known, and the variance under p needs no correction."
)
def corrected_variance(scores, positive, beta):
    mean, variance = statistics(scores, beta)
    k = len(scores)
    return mean - scores[positive], variance * k / (k - 1) if k > 1 else variance


@bank.misconception(
    "Both derivatives take all candidates as equally likely. Their weights are p, the softmax of the scores times β."
)
def uniform_weights(scores, positive, beta):
    return scores.mean() - scores[positive], scores.var(unbiased=False)


@bank.misconception(
    "The second derivative has the wrong sign: a variance is never negative, and the loss is convex in β."
)
def negative_curvature(scores, positive, beta):
    first, second = right(scores, positive, beta)
    return first, -second


@bank.misconception("Your softmax does not contain β: right at β = 1 only. p is the softmax of β times the scores.")
def softmax_without_beta(scores, positive, beta):
    return right(scores, positive, 1.0)


@bank.misconception("You divide the scores by β in the softmax. β is the *inverse* temperature: it multiplies.")
def divides_by_beta(scores, positive, beta):
    return right(scores, positive, 1 / beta if beta else torch.inf)


@bank.misconception(
    "The first derivative has the wrong sign: the log-sum contributes the mean score, and the positive's score is subtracted."
)
def slope_reversed(scores, positive, beta):
    first, second = right(scores, positive, beta)
    return -first, second


@bank.misconception(
    "The first derivative is that of the log-sum alone. The loss also contains minus β times the positive's score."
)
def positive_forgotten(scores, positive, beta):
    return statistics(scores, beta)


@bank.misconception(
    "Your second derivative is the mean of the squares under p. A variance also subtracts the square of the mean."
)
def mean_square(scores, positive, beta):
    p = (beta * scores).softmax(dim=0)
    return right(scores, positive, beta)[0], (p * scores.square()).sum()


@bank.misconception(
    "Your second derivative is the mean square distance from the *positive's* score. A variance is taken around the mean; the positive's\n"
    "term is linear in β and leaves no trace in the second derivative."
)
def spread_around_the_positive(scores, positive, beta):
    p = (beta * scores).softmax(dim=0)
    return right(scores, positive, beta)[0], (p * (scores - scores[positive]).square()).sum()


@bank.misconception("Your second derivative is the standard deviation. It is its square, the variance.")
def standard_deviation(scores, positive, beta):
    first, second = right(scores, positive, beta)
    return first, second.sqrt()


@bank.misconception(
    "Both contain a factor β or β² too many: you took statistics of β s. The derivative with respect to β brings down the scores themselves."
)
def statistics_of_the_logits(scores, positive, beta):
    first, second = right(scores, positive, beta)
    return beta * first, beta**2 * second


@bank.misconception("The positive is missing from your softmax: p is over all K candidates.")
def softmax_over_negatives(scores, positive, beta):
    if len(scores) == 1:
        return right(scores, positive, beta)
    negatives = torch.cat([scores[:positive], scores[positive + 1 :]])
    mean, variance = statistics(negatives, beta)
    return mean - scores[positive], variance


@bank.misconception("Both are right, in the wrong order: first derivative first.")
def exchanged(scores, positive, beta):
    return right(scores, positive, beta)[::-1]


@bank.misconception(
    "Scores of 300: their exponential does not fit, and infinity divided by infinity is nan. Let a softmax take the exponentials."
)
def naive_exponentials(scores, positive, beta):
    weight = (beta * scores).exp()
    p = weight / weight.sum()
    mean = (p * scores).sum()
    return mean - scores[positive], (p * (scores - mean).square()).sum()


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(scores, positive, beta):
    return tuple(value.float() for value in right(scores, positive, beta))
