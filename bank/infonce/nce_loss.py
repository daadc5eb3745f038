"""Noise-contrastive estimation: the prior log k, the factor k, and logarithms that do not overflow."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.infonce.checks import nce_scores

bank = Bank(
    hidden=[
        Probe("9 data points, 5 noise samples each", lambda g: nce_scores(g, 9, 5), seed=11, essential=True),
        Probe("one data point, one noise sample", lambda g: nce_scores(g, 1, 1), seed=12),
        Probe("k = 64", lambda g: nce_scores(g, 20, 64), seed=13),
        Probe(
            "all scores log k, k = 10: every sample is a coin toss",
            lambda g: (torch.full((2,), 10.0).log(), torch.full((2, 10), 10.0).log(), 10),
            note="= 11 log 2",
        ),
        Probe(
            "scores of several hundred, with gradients",
            lambda g: (normal(g, 8, scale=300), normal(g, 8, 3, scale=300), 3),
            gradients=(0, 1),
            seed=14,
            essential=True,
        ),
        Probe(
            "a classifier that is certain, and right",
            lambda g: (torch.full((4,), 150.0), torch.full((4, 2), -150.0), 2),
            gradients=(0, 1),
            note="= 0",
            essential=True,
        ),
        Probe(
            "a classifier that is certain, and wrong",
            lambda g: (torch.full((3,), -90.0), torch.full((3, 4), 90.0), 4),
            gradients=(0, 1),
            essential=True,
        ),
        Probe(
            "float64, to seven digits, with gradients",
            lambda g: nce_scores(g, 7, 12, torch.float64),
            gradients=(0, 1),
            dtype=True,
            rtol=1e-7,
            seed=15,
        ),
        Probe("leaves its inputs alone", lambda g: nce_scores(g, 5, 2), unchanged=True, seed=16),
    ]
)


def loss_of(data_logits, noise_logits, weight):
    """Mean cost of the data plus `weight` times the mean cost of the noise."""
    return -F.logsigmoid(data_logits).mean() - weight * F.logsigmoid(-noise_logits).mean()


def right(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k), noise_scores - math.log(k), k)


@bank.alternative
def binary_cross_entropy(data_scores, noise_scores, k):
    logits = torch.cat([data_scores, noise_scores.flatten()]) - math.log(k)
    labels = torch.cat([torch.ones_like(data_scores), torch.zeros_like(noise_scores).flatten()])
    return F.binary_cross_entropy_with_logits(logits, labels, reduction="sum") / len(data_scores)


@bank.alternative
def softplus_per_data_point(data_scores, noise_scores, k):
    log_k = torch.tensor(float(k), dtype=torch.float64).log().item()
    return (F.softplus(log_k - data_scores) + F.softplus(noise_scores - log_k).sum(dim=1)).mean()


@bank.alternative
def as_it_is_derived(data_scores, noise_scores, k):
    """log p/(p + k q) and log k q/(p + k q), with p/q = e^s."""
    log_k = data_scores.new_full((), k).log()
    data = data_scores - torch.logaddexp(data_scores, log_k)
    noise = log_k - torch.logaddexp(noise_scores, log_k)
    return -(data.mean() + k * noise.mean())


@bank.alternative
def one_data_point_at_a_time(data_scores, noise_scores, k):
    total = 0
    for s, noise in zip(data_scores, noise_scores, strict=True):
        total = total - F.logsigmoid(s - math.log(k)) - sum(F.logsigmoid(math.log(k) - t) for t in noise)
    return total / len(data_scores)


@bank.misconception(
    "The log k is missing: your classifier believes that data and noise are equally frequent. For k = 1 that is true; in general noise is\n"
    "k times as frequent, and log k is subtracted from every score. (Many blog posts leave it out; the next exercise shows the price.)"
)
def no_log_k(data_scores, noise_scores, k):
    return loss_of(data_scores, noise_scores, k)


@bank.misconception(
    "The log k has the wrong sign: you add it to the scores, as if *data* were k times as frequent. Noise is, so data gets less likely."
)
def log_k_added(data_scores, noise_scores, k):
    return loss_of(data_scores + math.log(k), noise_scores + math.log(k), k)


@bank.misconception(
    "The factor k is missing before the noise: you take the mean over all noise samples once. Every data point comes with k of them, and each\n"
    "of them costs."
)
def factor_k_forgotten(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k), noise_scores - math.log(k), 1)


@bank.misconception(
    "You average over all N(1 + k) samples, data and noise together. The loss is per *data point*: its own cost plus that of its k noise\n"
    "samples, k + 1 times as much."
)
def averaged_over_all_samples(data_scores, noise_scores, k):
    return right(data_scores, noise_scores, k) / (1 + k)


@bank.misconception(
    "You take half of the data's mean plus half of the noise's mean, as for balanced classes. The classes are not balanced here: the formula\n"
    "adds, and noise weighs k."
)
def balanced_classes(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k), noise_scores - math.log(k), 1) / 2


@bank.misconception(
    "At scores of 200 your loss or its gradient is infinite or nan: σ rounds to exactly 0 or 1 there, and the logarithm of 0 is lost. Take\n"
    "the logarithm of the sigmoid in one step that never forms the sigmoid."
)
def log_of_a_sigmoid(data_scores, noise_scores, k):
    log_k = math.log(k)
    return -(data_scores - log_k).sigmoid().log().mean() - k * (1 - (noise_scores - log_k).sigmoid()).log().mean()


@bank.misconception(
    "A small number inside the logarithm keeps the loss finite, and wrong: a score of -200 costs about 200 nats, yours about 18, and the\n"
    "gradient is gone just where it matters most. A safe logarithm of the sigmoid needs no such help."
)
def small_number_in_the_logarithm(data_scores, noise_scores, k):
    log_k, tiny = math.log(k), 1e-8
    data, noise = (data_scores - log_k).sigmoid(), (noise_scores - log_k).sigmoid()
    return -(data + tiny).log().mean() - k * (1 - noise + tiny).log().mean()


@bank.misconception(
    "Ordinary scores are right, extreme ones are not: you cut them off (a clamp, or an epsilon inside the logarithm). Where the classifier is\n"
    "surely wrong the loss must keep growing with the score, and its gradient must not vanish. Take the logarithm of the sigmoid in one step."
)
def scores_clamped(data_scores, noise_scores, k):
    log_k = math.log(k)
    data = (data_scores - log_k).clamp(-50, 50)
    noise = (noise_scores - log_k).clamp(-50, 50)
    return -F.logsigmoid(data).mean() - k * F.logsigmoid(-noise).mean()


@bank.misconception(
    "Your loss is in bits (logarithm to base 2): 1.4427 times the expected value. Use the natural logarithm."
)
def in_bits(data_scores, noise_scores, k):
    return right(data_scores, noise_scores, k) / math.log(2)


@bank.misconception(
    "The sign is wrong: your value is the log-likelihood of the labels. The loss is minus that, and never negative."
)
def wrong_sign(data_scores, noise_scores, k):
    return -right(data_scores, noise_scores, k)


@bank.misconception("You sum over the data points. The loss is per data point: their mean.")
def summed_over_data(data_scores, noise_scores, k):
    return right(data_scores, noise_scores, k) * len(data_scores)


@bank.misconception(
    "The prior is log(k + 1) in your loss. The odds of noise to data are k to 1, so it is log k; k + 1 would be the number of all samples."
)
def log_k_plus_one(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k + 1), noise_scores - math.log(k + 1), k)


@bank.misconception(
    "You subtract k from the scores. Scores are *log* ratios, so a factor of k in the frequencies is a log k in them."
)
def subtracts_k(data_scores, noise_scores, k):
    return loss_of(data_scores - k, noise_scores - k, k)


@bank.misconception(
    "Only the data's scores get their log k. It is the same classifier for both kinds, and it does not know which one it is looking at:\n"
    "the noise's scores get it too."
)
def log_k_for_data_only(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k), noise_scores, k)


@bank.misconception(
    "Only the noise's scores get their log k. It is the same classifier for both kinds, and it does not know which one it is looking at:\n"
    "the data's scores get it too."
)
def log_k_for_noise_only(data_scores, noise_scores, k):
    return loss_of(data_scores, noise_scores - math.log(k), k)


@bank.misconception(
    "In the noise term the log k kept its minus while the score changed its sign. 1 - σ(t) = σ(-t) turns around *all* of t = s - log k."
)
def log_k_not_turned_around(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k), noise_scores + math.log(k), k)


@bank.misconception(
    "Your noise term rewards noise for looking like data: it has log σ where the formula has log(1 - σ)."
)
def noise_taken_for_data(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k), math.log(k) - noise_scores, k)


@bank.misconception("The labels have changed places: your loss is least when data is called noise, and noise data.")
def labels_swapped(data_scores, noise_scores, k):
    return loss_of(math.log(k) - data_scores, math.log(k) - noise_scores, k)


@bank.misconception(
    "You let each data point compete with its k noise samples in one softmax. That is InfoNCE, two sections ahead; here each sample is\n"
    "judged on its own: data or noise?"
)
def one_softmax(data_scores, noise_scores, k):
    logits = torch.cat([data_scores[:, None], noise_scores], dim=1)
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))


@bank.misconception(
    "The factor k is there twice: you sum over the k noise samples of each data point, which is k times their mean already, and multiply by k again."
)
def factor_k_twice(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log(k), noise_scores - math.log(k), k**2)


@bank.misconception(
    "You average the probabilities of the noise samples before you take the logarithm. The formula has the mean of the logarithms."
)
def log_of_the_mean(data_scores, noise_scores, k):
    log_k = math.log(k)
    noise = F.logsigmoid(log_k - noise_scores).flatten()
    return -F.logsigmoid(data_scores - log_k).mean() - k * (noise.logsumexp(dim=0) - math.log(noise.numel()))


@bank.misconception("The log k is a logarithm to base 2 in your loss. Scores are in nats: the natural logarithm of k.")
def prior_in_bits(data_scores, noise_scores, k):
    return loss_of(data_scores - math.log2(k), noise_scores - math.log2(k), k)


@bank.misconception(
    "The log k is taken off the finished loss. It belongs to each score, inside the sigmoid, where the prior odds are."
)
def log_k_outside(data_scores, noise_scores, k):
    return loss_of(data_scores, noise_scores, k) - math.log(k)


@bank.misconception(
    "You sum the noise's *scores* of each data point before the sigmoid. Each noise sample is a case of its own, with its own sigmoid."
)
def noise_scores_pooled(data_scores, noise_scores, k):
    return -F.logsigmoid(data_scores - math.log(k)).mean() - F.logsigmoid(math.log(k) - noise_scores.sum(dim=1)).mean()


@bank.misconception(
    "The noise term is missing: your loss is least when *everything* is called data. Half of the classifier's work is to recognise noise."
)
def data_only(data_scores, noise_scores, k):
    return -F.logsigmoid(data_scores - math.log(k)).mean()


@bank.misconception(
    "No gradient reaches the noise scores: they are detached. The noise *samples* are fixed, but the model's scores of them are not; without\n"
    "them the model would grow everywhere."
)
def noise_detached(data_scores, noise_scores, k):
    return right(data_scores, noise_scores.detach(), k)


@bank.misconception(
    "Right value, but the caller's scores are different afterwards: an operation that ends in an underscore, or `scores -= ...`, works on the\n"
    "very tensors you were given. Make new ones."
)
def subtracts_in_place(data_scores, noise_scores, k):
    loss = right(data_scores, noise_scores, k)
    with torch.no_grad():
        data_scores.sub_(math.log(k))
        noise_scores.sub_(math.log(k))
    return loss


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(data_scores, noise_scores, k):
    return right(data_scores.float(), noise_scores.float(), k)
