"""Perplexity of a corpus: other ways to average over tokens, and the ways to average over something else."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import log_probs, uniform_model

bank = Bank(
    hidden=[
        Probe("twenty sentences of 1 to 20 tokens", lambda g: (log_probs(g, *range(1, 21)),), seed=11, essential=True),
        Probe("no idea: 1,000 words, ten sentences", lambda g: (uniform_model(1000, *range(2, 12)),), weight=2),
        Probe("always right", lambda g: ([torch.zeros(4), torch.zeros(9)],), note="= 1"),
        Probe("empty sentences first and last", lambda g: (log_probs(g, 0, 3, 8, 0),), weight=2, seed=12),
        Probe(
            "probabilities of 1e-30, float64, to ten digits",
            lambda g: ([30 * p for p in log_probs(g, 5, 2, dtype=torch.float64)],),
            dtype=True,
            rtol=1e-7,
            seed=13,
        ),
    ]
)


def tokens(log_probs):
    return torch.cat(log_probs)


@bank.alternative
def two_sums(log_probs):
    return torch.exp(-sum(s.sum() for s in log_probs) / sum(len(s) for s in log_probs))


@bank.alternative
def inverse_geometric_mean(log_probs):
    p = tokens(log_probs)
    return 1 / torch.exp(p.sum() / p.numel())


@bank.alternative
def power_of_two(log_probs):
    return 2 ** (-(tokens(log_probs) / math.log(2)).mean())


@bank.misconception(
    "You average sentence by sentence and then over sentences, so a token of a short sentence counts more than one of a long sentence.\n"
    "The corpus has one mean, over all its tokens (and an empty sentence has no mean at all)."
)
def mean_over_sentences(log_probs):
    return torch.exp(-torch.stack([s.mean() for s in log_probs]).mean())


@bank.misconception(
    "You take a perplexity for each sentence and average those. The exponential comes last, once, after the mean over all tokens:\n"
    "an average of perplexities is ruled by the worst sentence."
)
def mean_of_perplexities(log_probs):
    return torch.stack([torch.exp(-s.mean()) for s in log_probs]).mean()


@bank.misconception(
    "You average the perplexities of single tokens, 1/p. The mean is taken over -log p, and the exponential after it."
)
def mean_of_inverse_probabilities(log_probs):
    return torch.exp(-tokens(log_probs)).mean()


@bank.misconception(
    "You raise 2 to a number of nats. The logarithms are natural, so the base is e; 2 goes with bits. With 50 equally likely words\n"
    "your value is 15, not 50."
)
def two_to_the_nats(log_probs):
    return 2 ** (-tokens(log_probs).mean())


@bank.misconception("You raise 10 to a number of nats. The logarithms are natural: the base is e.")
def ten_to_the_nats(log_probs):
    return 10 ** (-tokens(log_probs).mean())


@bank.misconception(
    "The log-probabilities are natural already, and you divide them by log 2 before you take exp: bits under a natural exponential."
)
def exponential_of_bits(log_probs):
    return torch.exp(-tokens(log_probs).mean() / math.log(2))


@bank.misconception(
    "Your value is below 1: the minus sign is missing. It is the (geometric) mean probability of a token, and perplexity is its inverse."
)
def without_the_minus(log_probs):
    return torch.exp(tokens(log_probs).mean())


@bank.misconception("That is the cross-entropy in nats. Perplexity is its exponential.")
def without_the_exponential(log_probs):
    return -tokens(log_probs).mean()


@bank.misconception(
    "You sum over the tokens and do not divide: that is one over the probability of the whole corpus. Perplexity is per token."
)
def without_dividing(log_probs):
    return torch.exp(-tokens(log_probs).sum())


@bank.misconception(
    "You divide by the number of sentences. Perplexity is per token: divide by the number of tokens of the whole corpus."
)
def per_sentence(log_probs):
    return torch.exp(-tokens(log_probs).sum() / len(log_probs))


@bank.misconception(
    "You divide by more tokens than have a log-probability: one more for each sentence (an end-of-sentence, or a [CLS]?). Count what you score."
)
def one_more_token_per_sentence(log_probs):
    p = tokens(log_probs)
    return torch.exp(-p.sum() / (len(p) + len(log_probs)))


@bank.misconception(
    "You divide by two more tokens for each sentence, as if [CLS] and [SEP] were scored too. Then a model without any idea gets V^(n/(n+2))\n"
    "instead of V."
)
def two_more_tokens_per_sentence(log_probs):
    p = tokens(log_probs)
    return torch.exp(-p.sum() / (len(p) + 2 * len(log_probs)))


@bank.misconception(
    "The first token of every sentence is missing from your mean. Whoever made these log-probabilities scored it; count it."
)
def first_tokens_dropped(log_probs):
    return torch.exp(-torch.cat([s[1:] for s in log_probs]).mean())


@bank.misconception(
    "You average the probabilities. The mean is taken over their logarithms: one impossible token must hurt more than an average shows."
)
def mean_of_probabilities(log_probs):
    return 1 / tokens(log_probs).exp().mean()


@bank.misconception("You take the median token. Perplexity is the exponential of a mean: every token counts.")
def median_token(log_probs):
    return torch.exp(-tokens(log_probs).median())


@bank.misconception(
    "Right value, wrong precision: float64 went in and float32 came out. There is a .float() or a dtype=torch.float32 on the way."
)
def casts_to_float32(log_probs):
    return torch.exp(-tokens(log_probs).float().mean())
