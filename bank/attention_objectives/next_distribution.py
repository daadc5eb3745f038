"""Temperature, top-k, nucleus: other right ways, and the ways to cut in another order or at another place."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import spread_logits
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("a batch of three, temperature 1.7", lambda g: (spread_logits(g, 3, 8), 1.7), seed=11, essential=True),
        Probe("nucleus 0.5 of 20", lambda g: (spread_logits(g, 20, scale=1.0), 1.0, 0, 0.5), weight=2, seed=12, essential=True),
        Probe("temperature 0.5, nucleus 0.9", lambda g: (spread_logits(g, 12, scale=1.0), 0.5, 0, 0.9), weight=2, seed=13, essential=True),
        Probe("top-k 5, nucleus 0.7", lambda g: (spread_logits(g, 2, 14, scale=0.7), 1.0, 5, 0.7), weight=2, seed=14, essential=True),
        Probe("top-k 1", lambda g: (spread_logits(g, 6), 1.0, 1), seed=15),
        Probe("top-k larger than the vocabulary", lambda g: (spread_logits(g, 4), 1.0, 9), seed=16),
        Probe("greedy, a batch, with top-k and nucleus", lambda g: (spread_logits(g, 3, 5), 0.0, 2, 0.5), dtype=True, seed=17),
        Probe("float64, the logits left alone", lambda g: (spread_logits(g, 7, dtype=torch.float64), 0.8, 4, 0.95), dtype=True, unchanged=True, rtol=1e-7, seed=18),
        Probe("greedy, logits close together", lambda g: (spread_logits(g, 2, 5, scale=0.01), 0.0), seed=20, essential=True),
        Probe("large logits", lambda g: (spread_logits(g, 6, scale=200.0), 2.0), seed=19),
    ]
)  # fmt: skip


def greedy(logits):
    return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)


def back(p, order):
    return torch.zeros_like(p).scatter(-1, order, p)


def unit(p):
    return p / p.sum(-1, keepdim=True)


def likeliest(p, k):
    """p sorted in descending order: the first k, renormalised."""
    return unit(torch.where(torch.arange(p.shape[-1]) < k, p, 0.0)) if k else p


def nucleus(p, share):
    return unit(torch.where(p.cumsum(-1) - p < share, p, 0.0)) if share < 1 else p


def right(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    p, order = (logits / temperature).softmax(-1).sort(-1, descending=True)
    return back(nucleus(likeliest(p, top_k), top_p), order)


@bank.alternative
def with_thresholds(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    z = logits / temperature
    if top_k:
        z = torch.where(z >= z.topk(min(top_k, z.shape[-1])).values[..., -1:], z, -torch.inf)
    p = z.softmax(-1)
    before = torch.where(p[..., None, :] > p[..., :, None], p[..., None, :], 0.0).sum(-1)
    return unit(torch.where((before < top_p) | (top_p >= 1), p, 0.0))


@bank.alternative
def row_by_row(logits, temperature=1.0, top_k=0, top_p=1.0):
    rows = logits.reshape(-1, logits.shape[-1])
    found = torch.zeros_like(rows)
    for row, out in zip(rows, found, strict=True):
        if temperature == 0:
            out[row.argmax()] = 1
            continue
        p = (row / temperature).softmax(0)
        order = p.argsort(descending=True)[: top_k or None]
        p = p / p[order].sum()
        total = 0.0
        for token in order.tolist():
            if top_p < 1 and total >= top_p:
                break
            out[token] = p[token]
            total += p[token].item()
        out /= out.sum()
    return found.view(logits.shape)


@bank.misconception(
    "The token that crosses p is dropped, so the nucleus holds less than p, and nothing at all if one token has more than p. A token stays if the\ntotal of those *before* it is below p."
)
def drops_the_crossing_token(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    p, order = (logits / temperature).softmax(-1).sort(-1, descending=True)
    p = likeliest(p, top_k)
    if top_p < 1:
        p = torch.where(p.cumsum(-1) <= top_p, p, 0.0)
        p = p / p.sum(-1, keepdim=True).clamp(min=1e-9)
    return back(p, order)


@bank.misconception(
    "The nucleus holds one token too many: it stops with the token that crosses p, not after the next one."
)
def one_token_too_many(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    p, order = (logits / temperature).softmax(-1).sort(-1, descending=True)
    p = likeliest(p, top_k)
    if top_p < 1:
        late = (p.cumsum(-1) - p).roll(1, -1)
        late[..., 0] = 0
        p = unit(torch.where(late < top_p, p, 0.0))
    return back(p, order)


@bank.misconception(
    "The temperature comes last in your order: who stays is decided at temperature 1. It comes first, and changes the nucleus."
)
def temperature_last(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    p, order = logits.softmax(-1).sort(-1, descending=True)
    stays = nucleus(likeliest(p, top_k), top_p) > 0
    p = torch.where(stays, p.log() / temperature, -torch.inf).softmax(-1)
    return back(p, order)


@bank.misconception("The logits are multiplied by the temperature. A high temperature flattens: divide.")
def multiplied(logits, temperature=1.0, top_k=0, top_p=1.0):
    return right(logits, 1 / temperature if temperature else 0.0, top_k, top_p)


@bank.misconception("The temperature divides probabilities, where it cancels in the normalisation. It divides logits.")
def temperature_on_probabilities(logits, temperature=1.0, top_k=0, top_p=1.0):
    return right(logits, 1.0 if temperature else 0.0, top_k, top_p)


@bank.misconception("What is left does not add up to 1: divide by its sum.")
def not_renormalised(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    full = (logits / temperature).softmax(-1)
    return torch.where(right(logits, temperature, top_k, top_p) > 0, full, 0.0)


@bank.misconception(
    "The nucleus is cut before top-k, and so the other way round. Top-k first; the nucleus of what it leaves, renormalised."
)
def nucleus_before_top_k(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    p, order = (logits / temperature).softmax(-1).sort(-1, descending=True)
    return back(likeliest(nucleus(p, top_p), top_k), order)


@bank.misconception(
    "Removed logits are set to 0. A logit of 0 is a candidate like others, often a good one: minus infinity removes."
)
def removed_logits_are_zero(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    stays = right(logits, temperature, top_k, top_p) > 0
    return torch.where(stays, logits / temperature, 0.0).softmax(-1)


@bank.misconception("The probabilities come out sorted: they are not where their tokens are. Scatter them back.")
def left_sorted(logits, temperature=1.0, top_k=0, top_p=1.0):
    return right(logits, temperature, top_k, top_p).sort(-1, descending=True).values


@bank.misconception(
    "Temperature 0 gives nan: a division by 0. It is greedy decoding, all probability on the largest logit."
)
def zero_temperature_is_nan(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return torch.full_like(logits, torch.nan)
    return right(logits, temperature, top_k, top_p)


@bank.misconception('Temperature 0 is taken for "no temperature", that is 1. It is greedy decoding.')
def zero_temperature_is_one(logits, temperature=1.0, top_k=0, top_p=1.0):
    return right(logits, temperature or 1.0, top_k, top_p)


@bank.misconception("Top-k keeps one token too few.")
def one_too_few(logits, temperature=1.0, top_k=0, top_p=1.0):
    return right(logits, temperature, max(1, top_k - 1) if top_k > 1 else top_k, top_p)


@bank.misconception("Top-k keeps one token too many.")
def one_too_many(logits, temperature=1.0, top_k=0, top_p=1.0):
    return right(logits, temperature, top_k + 1 if top_k else 0, top_p)


@bank.misconception("The *least* probable tokens are kept: sort in descending order.")
def keeps_the_rare_ones(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    p, order = (logits / temperature).softmax(-1).sort(-1)
    return back(nucleus(likeliest(p, top_k), top_p), order)


@bank.misconception(
    "You keep every token whose own probability is above 1 - p. The nucleus is about the *total* of the most probable ones."
)
def threshold_on_single_tokens(logits, temperature=1.0, top_k=0, top_p=1.0):
    if temperature == 0:
        return greedy(logits)
    p, order = (logits / temperature).softmax(-1).sort(-1, descending=True)
    p = likeliest(p, top_k)
    if top_p < 1:
        stays = p >= 1 - top_p
        stays[..., 0] = True
        p = unit(torch.where(stays, p, 0.0))
    return back(p, order)


@bank.misconception(
    "The result is right, but the caller's logits are different afterwards: you remove tokens in the very tensor you were given."
)
def changes_the_logits(logits, temperature=1.0, top_k=0, top_p=1.0):
    found = right(logits, temperature, top_k, top_p)
    logits[..., 0] = -torch.inf
    return found
