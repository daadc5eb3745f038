"""Scores of a causal model: other ways to shift, and the ways to compare with the wrong token."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import keeps_a_graph
from course_utils.pseudo_perplexity.tiny import tiny_neox, words

bank = Bank(
    hidden=[
        Probe("40 tokens", lambda g: (tiny_neox(), words(g, 40)), weight=2, seed=11, essential=True),
        Probe("a model that is surer of itself", lambda g: (tiny_neox(1.0), words(g, 9)), seed=12),
        Probe("a model in evaluation mode", lambda g: (tiny_neox().eval(), words(g, 9)), seed=13),
        Probe("one word over and over", lambda g: (tiny_neox(), words(g, 1).repeat(6)), unchanged=True, seed=14),
        Probe("float64, to nine digits", lambda g: (tiny_neox().double(), words(g, 7)), dtype=True, rtol=1e-7, seed=15),
        Probe("no gradient is kept", lambda g: (tiny_neox(), words(g, 3)), look=keeps_a_graph, seed=16),
    ]
)


def logits_of(model, ids):
    model.eval()
    with torch.no_grad():
        return model(ids[None]).logits[0]


def looked_up(log_p, ids):
    return log_p.gather(1, ids[:, None]).squeeze(1)


def right(model, ids):
    return looked_up(logits_of(model, ids)[:-1].log_softmax(dim=1), ids[1:])


@bank.alternative
def with_cross_entropy(model, ids):
    return -F.cross_entropy(logits_of(model, ids)[:-1], ids[1:], reduction="none")


@bank.alternative
def prefix_by_prefix(model, ids):
    return torch.stack([logits_of(model, ids[:t])[-1].log_softmax(0)[ids[t]] for t in range(1, len(ids))])


@bank.alternative
def probabilities_first(model, ids):
    model.train(False)
    with torch.inference_mode():
        p = model(input_ids=ids[None, :-1]).logits.squeeze(0).softmax(-1)
    return p[torch.arange(len(ids) - 1), ids[1:]].log()


@bank.misconception(
    "Nothing is shifted: you compare the prediction at a token with that very token, which the model has read. The logits at t-1 are about\n"
    "token t."
)
def not_shifted(model, ids):
    return looked_up(logits_of(model, ids).log_softmax(dim=1), ids)[1:]


@bank.misconception(
    "There is a score for the first token, and nothing was before it. T tokens give T-1 scores, shifted by one."
)
def as_many_as_tokens(model, ids):
    return looked_up(logits_of(model, ids).log_softmax(dim=1), ids)


@bank.misconception("You shift the wrong way: you look up the token *before* the position of the prediction.")
def shifted_backwards(model, ids):
    return looked_up(logits_of(model, ids)[1:].log_softmax(dim=1), ids[:-1])


@bank.misconception(
    "You shift twice. If you pass labels to a transformers model it shifts them itself; by hand, shift once."
)
def shifted_twice(model, ids):
    found = looked_up(logits_of(model, ids)[:-1].log_softmax(dim=1), ids[1:].roll(-1))
    return found


@bank.misconception("Your scores are raw logits: log_softmax over the vocabulary first.")
def raw_logits(model, ids):
    return looked_up(logits_of(model, ids)[:-1], ids[1:])


@bank.misconception("The softmax runs over the positions. It belongs to the vocabulary, the last dimension.")
def softmax_over_positions(model, ids):
    return looked_up(logits_of(model, ids)[:-1].log_softmax(dim=0), ids[1:])


@bank.misconception("Dropout is on: the model arrived in training mode. model.eval() first.")
def dropout_left_on(model, ids):
    with torch.no_grad():
        return looked_up(model(ids[None]).logits[0, :-1].log_softmax(dim=1), ids[1:])


@bank.misconception("That is the mean, one number. Asked for is one score for each token.")
def the_mean(model, ids):
    return right(model, ids).mean()


@bank.misconception("The sign is wrong: log-probabilities are at most 0.")
def negative(model, ids):
    return -right(model, ids)


@bank.misconception("These are probabilities. Return their natural logarithms.")
def probabilities(model, ids):
    return right(model, ids).exp()


@bank.misconception("Your logarithm is to base 2. Use the natural one.")
def in_bits(model, ids):
    return right(model, ids) / math.log(2)


@bank.misconception("The last token has no score. T tokens give T-1 scores: only the first one has nothing before it.")
def last_token_dropped(model, ids):
    return right(model, ids)[:-1]


@bank.misconception(
    "The scores are right, but they carry the computation that made them (requires_grad), and memory runs out on a long text. Use\n"
    "torch.no_grad()."
)
def keeps_the_graph(model, ids):
    model.eval()
    return looked_up(model(ids[None]).logits[0, :-1].log_softmax(dim=1), ids[1:])


@bank.misconception(
    "The scores are right, but the text is different afterwards: you work in the very tensor you were given."
)
def changes_the_text(model, ids):
    found = right(model, ids)
    ids[:-1] = ids[1:].clone()
    return found
