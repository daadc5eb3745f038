"""Attention: other right ways, and the ways to lose the mask, the scale or the gradient."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import qkv, some_mask, triangle, with_an_empty_row
from course_utils.checks import Probe


def with_huge_hidden_logits(g):
    q, k, v = qkv(g, 3, 4, 4)
    k[:, 3] *= 100
    mask = torch.ones(3, 4, dtype=torch.bool)
    mask[:, 3] = False
    return [q, k, v, mask]


def two_empty_rows(g):
    mask = with_an_empty_row(g, 5, 3, 4)
    mask[0] = False
    return [*qkv(g, 5, 3, 6, 2), mask]


bank = Bank(
    hidden=[
        Probe("no leading dimension", lambda g: qkv(g, 4, 3, 5, lead=()), gradients=(0, 1, 2), seed=11),
        Probe("a mask for each text, heads in front", lambda g: [*qkv(g, 4, 6, 8, 3, lead=(2, 3)), some_mask(g, 2, 1, 4, 6)], gradients=(0,), weight=2, seed=12, essential=True),
        Probe("what is hidden has huge logits", with_huge_hidden_logits, gradients=(0, 1), weight=2, seed=13),
        Probe("two rows that see nothing", two_empty_rows, gradients=(0, 1, 2), weight=2, seed=14, essential=True),
        Probe("float16, a row that sees nothing", lambda g: [*qkv(g, 3, 3, 4, dtype=torch.float16), triangle(3).roll(1, 0)[:, [2, 0, 1]] & triangle(3)], dtype=True, rtol=5e-3, atol=3e-3, seed=15),
        Probe("bfloat16, large logits", lambda g: [*qkv(g, 3, 4, 16, dtype=torch.bfloat16), some_mask(g, 3, 4)], dtype=True, rtol=2e-2, atol=2e-2, seed=16),
        Probe("width 64", lambda g: [*qkv(g, 6, 6, 64), triangle(6)], unchanged=True, seed=17),
        Probe("no head and a vector of queries", lambda g: qkv(g, 1, 7, 3, 1, dtype=torch.float64), dtype=True, rtol=1e-7, seed=18),
    ]
)  # fmt: skip


def scores(q, k):
    return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])


def weighted(logits, v, mask):
    """Right from the logits on."""
    if mask is None:
        return logits.softmax(-1) @ v
    empty = ~mask.any(-1, keepdim=True)
    return logits.masked_fill(~mask, -math.inf).masked_fill(empty, 0.0).softmax(-1).masked_fill(empty, 0.0) @ v


@bank.alternative
def with_torch(q, k, v, mask=None):
    if mask is None:
        return F.scaled_dot_product_attention(q, k, v)
    empty = ~mask.any(-1, keepdim=True)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask | empty).masked_fill(empty, 0.0)


@bank.alternative
def lowest_finite_number(q, k, v, mask=None):
    logits = torch.einsum("...td,...sd->...ts", q, k) * q.shape[-1] ** -0.5
    if mask is None:
        return torch.einsum("...ts,...se->...te", logits.softmax(-1), v)
    weights = torch.where(mask, logits, torch.finfo(logits.dtype).min).softmax(-1)
    return torch.einsum("...ts,...se->...te", weights * mask, v)


@bank.alternative
def exponentials_by_hand(q, k, v, mask=None):
    logits = scores(q, k)
    seen = torch.ones_like(logits, dtype=torch.bool) if mask is None else mask.expand(logits.shape)
    top = torch.where(seen, logits, torch.finfo(logits.dtype).min).amax(-1, keepdim=True).detach()
    weights = torch.where(seen, (torch.where(seen, logits, top) - top).exp(), torch.zeros_like(logits))
    return weights @ v / weights.sum(-1, keepdim=True).clamp(min=torch.finfo(logits.dtype).tiny)


@bank.alternative
def nan_replaced(q, k, v, mask=None):
    logits = scores(q, k)
    return (logits if mask is None else logits.masked_fill(~mask, -math.inf)).softmax(-1).nan_to_num(0.0) @ v


@bank.misconception(
    "The mask comes after the softmax: hidden keys still take their share, and the weights that are left do not add up to 1.\nHide them before."
)
def mask_after_softmax(q, k, v, mask=None):
    weights = scores(q, k).softmax(-1)
    return (weights if mask is None else weights * mask) @ v


@bank.misconception("You divide by the width d. The spread of a dot product is the *square root* of d.")
def scaled_by_d(q, k, v, mask=None):
    return weighted(q @ k.transpose(-2, -1) / q.shape[-1], v, mask)


@bank.misconception("The dot products are not scaled at all: at a large width each query looks at one key only.")
def not_scaled(q, k, v, mask=None):
    return weighted(q @ k.transpose(-2, -1), v, mask)


@bank.misconception("You divide by the square root of the *number* of keys. The scale comes from their width.")
def scaled_by_the_number_of_keys(q, k, v, mask=None):
    return weighted(q @ k.transpose(-2, -1) / math.sqrt(k.shape[-2]), v, mask)


@bank.misconception(
    "You divide by the root of the width of the *values*. The dot product runs over the width of queries and keys."
)
def scaled_by_the_width_of_v(q, k, v, mask=None):
    return weighted(q @ k.transpose(-2, -1) / math.sqrt(v.shape[-1]), v, mask)


@bank.misconception("You multiply by the square root of d where you should divide: logits spread even more.")
def multiplied_by_the_root(q, k, v, mask=None):
    return weighted(q @ k.transpose(-2, -1) * math.sqrt(q.shape[-1]), v, mask)


@bank.misconception(
    "The softmax runs over the queries: for each key the weights of all queries add up to 1. Each *query* distributes its weight."
)
def softmax_over_queries(q, k, v, mask=None):
    logits = scores(q, k)
    if mask is not None:
        logits = logits.masked_fill(~mask, torch.finfo(logits.dtype).min)
    return logits.softmax(-2) @ v


@bank.misconception("The mask is read the wrong way round: True means *may be seen*, and you hide those.")
def mask_inverted(q, k, v, mask=None):
    return weighted(scores(q, k), v, None if mask is None else ~mask)


@bank.misconception(
    "A large negative number stands where minus infinity should. In float16 there is no -1e9; and a row that sees nothing gets the\n"
    "mean of everything it may not see."
)
def minus_a_billion(q, k, v, mask=None):
    logits = scores(q, k)
    return (logits if mask is None else logits.masked_fill(~mask, -1e9)).softmax(-1) @ v


@bank.misconception(
    "A row that sees nothing comes out as nan: the softmax of nothing but minus infinities. Such rows need logits that do no harm."
)
def nan_in_empty_rows(q, k, v, mask=None):
    logits = scores(q, k)
    return (logits if mask is None else logits.masked_fill(~mask, -math.inf)).softmax(-1) @ v


@bank.misconception(
    "The values are right and the gradient of a row that sees nothing is nan: minus infinity was *added*, the nan is replaced after the\n"
    "softmax, and backwards it comes through the sum. Let the softmax never meet such a row."
)
def nan_repaired_too_late(q, k, v, mask=None):
    logits = scores(q, k)
    if mask is not None:
        logits = logits + torch.zeros(mask.shape, dtype=logits.dtype).masked_fill(~mask, -math.inf)
    return logits.softmax(-1).nan_to_num(0.0) @ v


@bank.misconception("You multiply the *logits* by the mask. A logit of 0 is not hidden: it is a candidate like others.")
def logits_times_mask(q, k, v, mask=None):
    logits = scores(q, k)
    return (logits if mask is None else logits * mask).softmax(-1) @ v


@bank.misconception("The mask is ignored: everybody sees everybody.")
def mask_ignored(q, k, v, mask=None):
    return weighted(scores(q, k), v, None)


@bank.misconception("The weights are scaled after the softmax, so they add up to less than 1. Scale the logits.")
def scaled_after_the_softmax(q, k, v, mask=None):
    return weighted(q @ k.transpose(-2, -1), v, mask) / math.sqrt(q.shape[-1])


@bank.misconception("The result is float32 whatever came in. Return the precision of the input.")
def always_float32(q, k, v, mask=None):
    return weighted(scores(q.float(), k.float()), v.float(), mask)


@bank.misconception(
    "Rows that see nothing return the mean of all values: harmless logits are right, but their weights have to become 0 in the end."
)
def empty_rows_see_all(q, k, v, mask=None):
    if mask is None:
        return weighted(scores(q, k), v, None)
    return weighted(scores(q, k), v, mask | ~mask.any(-1, keepdim=True)) * 1.0


@bank.misconception(
    "Keys are normalised to length 1: that is cosine similarity. Attention takes the plain dot product."
)
def cosine_attention(q, k, v, mask=None):
    return weighted(F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1), v, mask)


@bank.misconception("The result is right, but your hidden keys are zeroed in the caller's own tensor. Work on a copy.")
def changes_v(q, k, v, mask=None):
    found = weighted(scores(q, k), v, mask)
    if not (q.requires_grad or v.requires_grad):
        k.mul_(2)
    return found
