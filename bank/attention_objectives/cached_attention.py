"""Attention with a cache: other right ways, and the ways to be at the wrong place."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import cached_case
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("two tokens after seven, two texts", lambda g: cached_case(g, 2, 3, 7, 2, 6), weight=2, seed=11, essential=True),
        Probe("one token after one", lambda g: cached_case(g, 1, 1, 1, 1), weight=2, seed=12),
        Probe("five tokens, no cache", lambda g: cached_case(g, 1, 2, 0, 5, 8), seed=13),
        Probe("four tokens after two", lambda g: cached_case(g, 2, 2, 2, 4), weight=2, seed=14),
        Probe("leaves the new rows alone", lambda g: cached_case(g, 1, 2, 3, 1), unchanged=True, seed=15),
    ]
)  # fmt: skip


def length(cache):
    return 0 if cache is None else cache[0].shape[2]


def longer(cache, k, v):
    return (k, v) if cache is None else (torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2))


def seen(past, n):
    return torch.ones(n, past + n, dtype=torch.bool).tril(past)


def attend(q, keys, values, mask):
    return F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)


def right(q, k, v, cache, rotate):
    past = length(cache)
    keys, values = longer(cache, rotate(k, past), v)
    return attend(rotate(q, past), keys, values, seen(past, q.shape[2])), (keys, values)


@bank.alternative
def row_by_row(q, k, v, cache, rotate):
    past, rows = length(cache), []
    keys, values = longer(cache, rotate(k, past), v)
    for i in range(q.shape[2]):
        one = rotate(q[:, :, i : i + 1], past + i)
        rows.append(attend(one, keys[:, :, : past + i + 1], values[:, :, : past + i + 1], None))
    return torch.cat(rows, dim=2), (keys, values)


@bank.alternative
def token_by_token(q, k, v, cache, rotate):
    rows = []
    for i in range(q.shape[2]):
        one = slice(i, i + 1)
        cache = longer(cache, rotate(k[:, :, one], length(cache)), v[:, :, one])
        rows.append(attend(rotate(q[:, :, one], length(cache) - 1), *cache, None))
    return torch.cat(rows, dim=2), cache


@bank.misconception("The positions begin at 0 in every call. The first new token stands behind the cache.")
def positions_from_zero(q, k, v, cache, rotate):
    keys, values = longer(cache, rotate(k, 0), v)
    return attend(rotate(q, 0), keys, values, seen(length(cache), q.shape[2])), (keys, values)


@bank.misconception("The positions are one too low: behind a cache of n tokens comes position n.")
def positions_one_too_low(q, k, v, cache, rotate):
    past = max(0, length(cache) - 1)
    keys, values = longer(cache, rotate(k, past), v)
    return attend(rotate(q, past), keys, values, seen(length(cache), q.shape[2])), (keys, values)


@bank.misconception("The positions are one too high: the first token of all stands at position 0.")
def positions_one_too_high(q, k, v, cache, rotate):
    past = length(cache) + 1
    keys, values = longer(cache, rotate(k, past), v)
    return attend(rotate(q, past), keys, values, seen(length(cache), q.shape[2])), (keys, values)


@bank.misconception(
    "The keys of the cache are turned once more in every call. They were rotated when they were stored."
)
def cached_keys_turned_again(q, k, v, cache, rotate):
    past = length(cache)
    keys, values = longer(cache, k, v)
    keys = rotate(keys, 0)
    return attend(rotate(q, past), keys, values, seen(past, q.shape[2])), (keys, values)


@bank.misconception("The new keys are stored before they are rotated: later calls find keys without a position.")
def stores_plain_keys(q, k, v, cache, rotate):
    past = length(cache)
    keys, values = longer(cache, rotate(k, past), v)
    return attend(rotate(q, past), keys, values, seen(past, q.shape[2])), longer(cache, k, v)


@bank.misconception(
    "Your triangle is aligned with the beginning of the text: new row 0 sees one column only. It sees the whole past and itself."
)
def triangle_at_the_beginning(q, k, v, cache, rotate):
    past = length(cache)
    keys, values = longer(cache, rotate(k, past), v)
    return attend(rotate(q, past), keys, values, seen(0, q.shape[2]).new_ones(q.shape[2], past + q.shape[2]).tril()), (
        keys,
        values,
    )


@bank.misconception("Nothing hides later new tokens from earlier ones: with several at once each sees those behind it.")
def no_mask(q, k, v, cache, rotate):
    past = length(cache)
    keys, values = longer(cache, rotate(k, past), v)
    return attend(rotate(q, past), keys, values, None), (keys, values)


@bank.misconception("A new token does not see itself: your mask ends one column too early.")
def does_not_see_itself(q, k, v, cache, rotate):
    past, n = length(cache), q.shape[2]
    keys, values = longer(cache, rotate(k, past), v)
    mask = torch.ones(n, past + n, dtype=torch.bool).tril(past - 1)
    empty = ~mask.any(-1, keepdim=True)
    return attend(rotate(q, past), keys, values, mask | empty).masked_fill(empty, 0.0), (keys, values)


@bank.misconception("The queries are not rotated. Query and key must both know their positions.")
def queries_not_turned(q, k, v, cache, rotate):
    past = length(cache)
    keys, values = longer(cache, rotate(k, past), v)
    return attend(q, keys, values, seen(past, q.shape[2])), (keys, values)


@bank.misconception("The values are rotated, too. They are passed on as they are.")
def values_turned(q, k, v, cache, rotate):
    return right(q, k, rotate(v, length(cache)), cache, rotate)


@bank.misconception("The new keys and values stand in front of the cached ones. They are later, so they come behind.")
def new_ones_in_front(q, k, v, cache, rotate):
    past, n = length(cache), q.shape[2]
    if cache is None:
        return right(q, k, v, cache, rotate)
    keys, values = torch.cat([rotate(k, past), cache[0]], 2), torch.cat([v, cache[1]], 2)
    return attend(rotate(q, past), keys, values, seen(past, n)), (keys, values)


@bank.misconception("The past is ignored: the cache is never read.")
def cache_ignored(q, k, v, cache, rotate):
    past, n = length(cache), q.shape[2]
    k = rotate(k, past)
    return attend(rotate(q, past), k, v, seen(0, n)), longer(cache, k, v)


@bank.misconception("The cache that you return holds the new tokens only; those before are lost for the next call.")
def returns_new_ones_only(q, k, v, cache, rotate):
    return right(q, k, v, cache, rotate)[0], (rotate(k, length(cache)), v)


@bank.misconception("The cache does not grow: you return the old one.")
def returns_the_old_cache(q, k, v, cache, rotate):
    out, new = right(q, k, v, cache, rotate)
    return out, cache if cache is not None else (new[0][:, :, :0], new[1][:, :, :0])


@bank.misconception(
    "The cache holds plain keys, which you rotate whenever they are used. Rotate a key once and store it so: that is what the cache saves."
)
def rotated_when_used(q, k, v, cache, rotate):
    past = length(cache)
    keys, values = longer(cache, k, v)
    return attend(rotate(q, past), rotate(keys, 0), values, seen(past, q.shape[2])), (keys, values)
