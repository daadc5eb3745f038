"""Heads: other ways to cut, and the ways to mix them up."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import heads_case
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("3 heads of 4", lambda g: heads_case(g, 2, 4, 0, 12, 3), weight=2, seed=11, essential=True),
        Probe("cross attention to a longer memory, masked", lambda g: heads_case(g, 2, 2, 7, 8, 2, mask=True), weight=2, seed=12, essential=True),
        Probe("rotated and masked", lambda g: heads_case(g, 1, 6, 0, 8, 2, mask=True, rotated=True), weight=2, seed=13, essential=True),
        Probe("a head for every two columns", lambda g: heads_case(g, 1, 3, 4, 8, 4, rotated=True), seed=14),
        Probe("a batch of one position", lambda g: heads_case(g, 3, 1, 0, 6, 3), unchanged=True, gradients=(0,), seed=15),
    ]
)  # fmt: skip


def split(z, heads):
    return z.unflatten(-1, (heads, -1)).transpose(1, 2)


def join(z):
    return z.transpose(1, 2).flatten(2)


def attend(q, k, v, mask=None):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def projected(x, memory, layer, heads, rotate):
    q, k, v = split(layer.query(x), heads), split(layer.key(memory), heads), split(layer.value(memory), heads)
    return (q, k, v) if rotate is None else (rotate(q), rotate(k), v)


@bank.alternative
def one_head_at_a_time(x, memory, layer, heads, mask=None, rotate=None):
    d = x.shape[-1] // heads
    q, k, v = layer.query(x), layer.key(memory), layer.value(memory)
    found = []
    for h in range(heads):
        a, b, c = (z[..., h * d : (h + 1) * d] for z in (q, k, v))
        if rotate is not None:
            a, b = rotate(a), rotate(b)
        found.append(attend(a, b, c, mask))
    return layer.out(torch.cat(found, dim=-1))


@bank.alternative
def with_view_and_permute(x, memory, layer, heads, mask=None, rotate=None):
    B, T, D = x.shape

    def cut(z):
        return z.reshape(B, -1, heads, D // heads).permute(0, 2, 1, 3)

    q, k, v = cut(layer.query(x)), cut(layer.key(memory)), cut(layer.value(memory))
    if rotate:
        q, k = rotate(q), rotate(k)
    return layer.out(attend(q, k, v, mask).permute(0, 2, 1, 3).reshape(B, T, D))


@bank.misconception(
    "The heads are cut by a view straight to (B, H, T, d): the shape is right, and numbers of different positions land in one row.\nCut the last dimension first, then exchange positions and heads."
)
def cut_by_a_view(x, memory, layer, heads, mask=None, rotate=None):
    def cut(z):
        return z.reshape(len(z), heads, -1, z.shape[-1] // heads)

    q, k, v = cut(layer.query(x)), cut(layer.key(memory)), cut(layer.value(memory))
    if rotate is not None:
        q, k = rotate(q), rotate(k)
    return layer.out(join(attend(q, k, v, mask)))


@bank.misconception(
    "On the way back you flatten without exchanging heads and positions again: results of one head and many positions stand side by side."
)
def joined_by_a_view(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = projected(x, memory, layer, heads, rotate)
    return layer.out(attend(q, k, v, mask).reshape(x.shape))


@bank.misconception("Your heads take every H-th column. Head 0 owns the *first* D/H columns, and so on.")
def interleaved_heads(x, memory, layer, heads, mask=None, rotate=None):
    def cut(z):
        return z.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)

    q, k, v = cut(layer.query(x)), cut(layer.key(memory)), cut(layer.value(memory))
    if rotate is not None:
        q, k = rotate(q), rotate(k)
    return layer.out(attend(q, k, v, mask).permute(0, 2, 3, 1).flatten(2))


@bank.misconception(
    "There is one attention over the whole width: the heads have no effect. Each head needs its own softmax."
)
def one_head_only(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = layer.query(x)[:, None], layer.key(memory)[:, None], layer.value(memory)[:, None]
    if rotate is not None:
        q, k = rotate(q), rotate(k)
    return layer.out(attend(q, k, v, mask)[:, 0])


@bank.misconception(
    "Keys and values come from x. In cross attention they come from the memory; only the queries are x's."
)
def memory_ignored(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = projected(x, x, layer, heads, rotate)
    if mask is not None and mask.shape[-1] != x.shape[1]:
        mask = None
    return layer.out(join(attend(q, k, v, mask)))


@bank.misconception(
    "The queries come from the memory. They are asked by x: the result has a row for each position of x."
)
def queries_from_memory(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = projected(memory, memory, layer, heads, rotate)
    if mask is not None and mask.shape[-2] != memory.shape[1]:
        mask = None
    return layer.out(join(attend(q, k, v, mask)))


@bank.misconception("The last matrix is missing: the heads lie side by side, and nothing mixes them.")
def without_out(x, memory, layer, heads, mask=None, rotate=None):
    return join(attend(*projected(x, memory, layer, heads, rotate), mask))


@bank.misconception("Positions are left out: `rotate` is never called.")
def never_rotated(x, memory, layer, heads, mask=None, rotate=None):
    return layer.out(join(attend(*projected(x, memory, layer, heads, None), mask)))


@bank.misconception(
    "The values are rotated as well. Positions belong into the comparison of queries and keys; what is passed on stays as it is."
)
def values_rotated(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = projected(x, memory, layer, heads, rotate)
    return layer.out(join(attend(q, k, v if rotate is None else rotate(v), mask)))


@bank.misconception(
    "Only the queries are rotated. Query and key must turn alike, so that their product knows the *distance*."
)
def keys_not_rotated(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = projected(x, memory, layer, heads, None)
    return layer.out(join(attend(q if rotate is None else rotate(q), k, v, mask)))


@bank.misconception(
    "You rotate before the heads are cut, across the whole width. The rotation happens inside each head."
)
def rotated_before_the_cut(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = layer.query(x), layer.key(memory), layer.value(memory)
    if rotate is not None:
        q, k = rotate(q), rotate(k)
    return layer.out(join(attend(split(q, heads), split(k, heads), split(v, heads), mask)))


@bank.misconception("The mask gets lost on the way: it has to be handed on to the attention of the heads.")
def mask_lost(x, memory, layer, heads, mask=None, rotate=None):
    return layer.out(join(attend(*projected(x, memory, layer, heads, rotate))))


@bank.misconception("The matrices of keys and values are exchanged.")
def keys_and_values_exchanged(x, memory, layer, heads, mask=None, rotate=None):
    q, v, k = (split(z, heads) for z in (layer.query(x), layer.key(memory), layer.value(memory)))
    if rotate is not None:
        q, k = rotate(q), rotate(k)
    return layer.out(join(attend(q, k, v, mask)))


@bank.misconception("The scale is that of the whole width D. Inside a head the dot product has D/H terms.")
def scaled_by_the_whole_width(x, memory, layer, heads, mask=None, rotate=None):
    q, k, v = projected(x, memory, layer, heads, rotate)
    return layer.out(join(attend(q / heads**0.5, k, v, mask)))
