"""The expected loss at a mask rate: other ways to weigh, and the weights that are easily forgotten."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import growing_losses

bank = Bank(
    hidden=[
        Probe("twelve positions, q = 0.15", lambda g: (growing_losses(g, 12), 0.15), seed=11, essential=True),
        Probe("one position", lambda g: (growing_losses(g, 1), 0.4), note="= l_1, both", seed=12),
        Probe("q = 1", lambda g: (growing_losses(g, 9), 1.0), note="= l_T, both", seed=13),
        Probe("q = 1e-7", lambda g: (growing_losses(g, 5), 1e-7), weight=2, seed=14),
        Probe("forty positions, q = 0.5", lambda g: (growing_losses(g, 40), 0.5), seed=15),
        Probe("float64, to ten digits", lambda g: (growing_losses(g, 6), 0.35), dtype=True, unchanged=True, rtol=1e-7, seed=16),
    ]
)  # fmt: skip


def binomial(losses, q):
    T = len(losses)
    chances = [math.comb(T, k) * q**k * (1 - q) ** (T - k) for k in range(1, T + 1)]
    return torch.tensor(chances, dtype=losses.dtype)


def sizes(losses):
    return torch.arange(1, len(losses) + 1, dtype=losses.dtype)


def both(losses, q):
    w = binomial(losses, q)
    return (w * losses).sum() / w.sum(), (w * sizes(losses) * losses).sum() / (q * len(losses))


@bank.alternative
def with_lgamma(losses, q):
    T = torch.tensor(float(len(losses)), dtype=losses.dtype)
    k = sizes(losses)
    log = torch.lgamma(T + 1) - torch.lgamma(k + 1) - torch.lgamma(T - k + 1) + k * math.log(q)
    w = log.exp() * (1 - q) ** (T - k)
    return (w @ losses) / w.sum(), (w * k) @ losses / (q * T)


@bank.alternative
def the_sum_form_as_a_mean(losses, q):
    T = len(losses)
    others = torch.tensor([math.comb(T - 1, k - 1) * q ** (k - 1) * (1 - q) ** (T - k) for k in range(1, T + 1)])
    return both(losses, q)[0], (others.to(losses.dtype) * losses).sum()


@bank.misconception(
    "Your mean form counts sequences without a mask as if they cost 0. They are skipped: divide by the probability of at least one mask."
)
def empty_masks_cost_nothing(losses, q):
    return (binomial(losses, q) * losses).sum(), both(losses, q)[1]


@bank.misconception("Your sum form is not divided by the expected number of masks, q T.")
def sum_not_divided(losses, q):
    return both(losses, q)[0], both(losses, q)[1] * q * len(losses)


@bank.misconception(
    "You divide the sum form by T instead of q T. Only q T of the T tokens carry a loss: so far your number is q times too small."
)
def divided_by_T(losses, q):
    return both(losses, q)[0], both(losses, q)[1] * q


@bank.misconception(
    "You divide the sum form by q instead of q T: it is T times too large, per sequence and not per token."
)
def divided_by_q(losses, q):
    return both(losses, q)[0], both(losses, q)[1] * len(losses)


@bank.misconception(
    "The sum form divides by the expected number of masks of the sequences that have one. It is an average over all sequences: E|M| = q T."
)
def sum_over_masked_sequences(losses, q):
    w = binomial(losses, q)
    return both(losses, q)[0], both(losses, q)[1] / w.sum()


@bank.misconception(
    "The binomial coefficient is missing: there are C(T, k) ways to hide k of T tokens, and sizes in the middle are the most likely."
)
def without_the_coefficient(losses, q):
    k, T = sizes(losses), len(losses)
    w = q**k * (1 - q) ** (T - k)
    return (w * losses).sum() / w.sum(), (w * k * losses).sum() / (q * T)


@bank.misconception("q and 1-q are swapped: hidden tokens have probability q.")
def rates_swapped(losses, q):
    k, T = sizes(losses), len(losses)
    ways = torch.tensor([math.comb(T, i) for i in range(1, T + 1)], dtype=losses.dtype)
    w = ways * (1 - q) ** k * q ** (T - k)
    return (w * losses).sum() / w.sum(), (w * k * losses).sum() / (q * T)


@bank.misconception(
    'You take l_1 for every mask rate, as in "the masked-LM loss is pseudo-likelihood". With several tokens hidden at a time each costs more.'
)
def always_l_1(losses, q):
    return losses[0], losses[0]


@bank.misconception(
    "You take the l_k at the expected number of masks. The number of masks varies: average over its distribution."
)
def at_the_expected_size(losses, q):
    k = max(1, round(q * len(losses)))
    return losses[k - 1], losses[k - 1]


@bank.misconception(
    "The loss for k masks is entry k-1 of `losses`; you pair size k with the next or the previous entry."
)
def off_by_one(losses, q):
    return both(losses.roll(-1), q)


@bank.misconception("The two numbers are swapped: the mean form comes first.")
def swapped(losses, q):
    return both(losses, q)[::-1]


@bank.misconception(
    "The factor k is missing in the sum form: a sequence with k hidden tokens has a summed loss of k times l_k."
)
def sum_without_k(losses, q):
    return both(losses, q)[0], (binomial(losses, q) * losses).sum() / (q * len(losses))


@bank.misconception(
    "Your mean form weighs sequences by their number of masks: that is the sum form again. Each sequence divides by its own |M|, so all\n"
    "sequences count alike."
)
def mean_weighted_by_k(losses, q):
    w = binomial(losses, q) * sizes(losses)
    return (w * losses).sum() / w.sum(), both(losses, q)[1]


@bank.misconception(
    "You average over k = 1 ... T with equal weights. That is the loss of a random *number* of masks (H / T), not of a mask rate."
)
def uniform_sizes(losses, q):
    return losses.mean(), losses.mean()
