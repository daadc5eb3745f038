"""Small models and looks for the checks: the same on every machine, and nothing in them that an answer would need."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from course_utils.attention_objectives.coding import ideal_bits, recovered
from course_utils.attention_objectives.transformer import Parts
from course_utils.checks.inputs import normal


class FourMatrices(nn.Module):
    """`query`, `key`, `value` and `out` of width D with weights that depend on nothing but D."""

    def __init__(self, width: int) -> None:
        super().__init__()
        g = Generator().manual_seed(width)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=g) * 0.7)


def turn(x: Tensor, start: int = 0) -> Tensor:
    """Rotates pairs of neighbouring entries of (..., T, d) by angles that grow with the position, slower in later pairs."""
    rates = 0.9 ** torch.arange(x.shape[-1] // 2, dtype=x.dtype)
    angles = torch.arange(start, start + x.shape[-2], dtype=x.dtype)[:, None] * rates + 0.3
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1).flatten(-2)


def some_parts(g: Generator, width: int) -> Parts:
    """Four different functions of (B, T, D); attention is a mean over positions."""
    first, second = (normal(g, width, width, scale=0.5) for _ in range(2))
    return Parts(
        attend=lambda x: (x.mean(dim=1, keepdim=True) + x) @ first,
        feed_forward=lambda x: (x @ second).relu(),
        norm_1=lambda x: F.layer_norm(x, x.shape[-1:]) * 1.5,
        norm_2=lambda x: F.layer_norm(x, x.shape[-1:]) + 0.3,
    )


class Mixing(nn.Module):
    """(T, d) -> (T, d): row i is a mixture of the rows that `mask` (T, T) shows it. `centred`: rows add up to 0, as after a
    LayerNorm; `first`: whether the first feature says anything; `sparse`: each feature depends on its own only."""

    def __init__(self, mask: Tensor, d: int, centred: bool = False, first: bool = True, sparse: bool = False) -> None:
        super().__init__()
        self.mask, self.centred, self.first = mask, centred, first
        self.weight = torch.randn(d, d, generator=Generator().manual_seed(d))
        if sparse:
            self.weight = self.weight.diag().diag()

    def forward(self, x: Tensor) -> Tensor:
        near = torch.exp(-0.3 * (torch.arange(len(x))[:, None] - torch.arange(len(x))).abs())
        seen = (near * self.mask).to(x.dtype) @ torch.tanh(x @ self.weight.to(x.dtype))
        if not self.first:
            seen = seen * (torch.arange(seen.shape[1]) > 0)
        return seen - seen.mean(dim=1, keepdim=True) if self.centred else seen


class Successor(nn.Module):
    """A causal model of two words of memory: its logits at t depend on the tokens at t and t - 1. Refuses more than `context` tokens."""

    def __init__(self, vocabulary: int, context: int) -> None:
        super().__init__()
        self.context = context
        self.table = (
            torch.randn(vocabulary, vocabulary, vocabulary, generator=Generator().manual_seed(vocabulary)) * 1.5
        )

    def forward(self, ids: Tensor) -> Tensor:
        if ids.shape[1] > self.context:
            raise ValueError(f"{ids.shape[1]} tokens for a context of {self.context}")
        before = F.pad(ids[:, :-1], (1, 0))
        return self.table[before, ids]


def second_best(logits: Tensor) -> Tensor:
    """(B, V) -> (B,): the second largest logit, so that an answer which always takes the largest shows."""
    return logits.topk(2, dim=-1).indices[:, 1]


def ordered_frequencies(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """How often each pair (first, second) was drawn, and whether the draws of a row differ."""
    draws, vocabulary = value, arguments[0].shape[1]
    pairs = torch.bincount(draws[:, 0] * vocabulary + draws[:, 1], minlength=vocabulary**2) / len(draws)
    return {
        "frequency of each ordered pair": pairs[: vocabulary**2],
        "rows that hold a token twice": (draws.sort(dim=1).values.diff(dim=1) == 0).any(dim=1).double().mean(),
        "tokens in a row": draws.shape[1],
        "different rows": min(len(draws.unique(dim=0)), 10),
    }


def interval_quality(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """What counts about a code: is it bits, how many symbols come back, and how many bits beyond the ideal, if more than 2."""
    intervals, total = arguments
    bits = list(value)
    fine = all(bit in (0, 1) for bit in bits)
    return {
        "nothing but 0 and 1": fine,
        "symbols that the decoder gets back": recovered([int(b) for b in bits], intervals, total) if fine else -1,
        "bits beyond the ideal (2 or less: 2)": max(2.0, round(len(bits) - ideal_bits(intervals, total), 3)),
    }


def count_quality(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """What counts about the counts: the sum, the smallest, and what coding with them costs, if more than 0.01 bits."""
    p, total = arguments
    counts = value.double()
    share = counts.clamp(min=0.01) / total
    p64 = p.double()
    cost = float((p64 * (p64.clamp(min=1e-300) / share).log2()).sum()) if len(counts) == len(p) else -1.0
    return {
        "counts": len(counts),
        "whole numbers": not value.is_floating_point(),
        "sum minus total": float(counts.sum()) - total,
        "smallest count (1 or more: 1)": min(1.0, float(counts.min())),
        "bits lost per token (0.01 or less: 0.01)": max(0.01, round(cost, 3)),
    }


def intervals_of(g: Generator, n: int, symbols: int, total: int, skew: float = 2.0) -> tuple[Tensor, int]:
    """Arguments of encode: n random symbols of a skewed distribution."""
    p = normal(g, symbols, scale=skew).double().softmax(0)
    counts = 1 + (p * (total - symbols)).floor().long()
    counts[0] += total - counts.sum()
    ends = counts.cumsum(0)
    drawn = torch.multinomial(counts.double(), n, replacement=True, generator=g)
    return torch.stack([ends[drawn] - counts[drawn], ends[drawn]], dim=1), total


def around_the_middle(n: int) -> tuple[Tensor, int]:
    """Arguments of encode: always the middle third, so that bits stay pending for a long time."""
    return torch.tensor([[1, 2]] * n), 3


def electra_fill(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """What is certain about filled gaps, and how often each token was drawn."""
    filled, replaced = value
    logits, ids, chosen = arguments
    drawn = filled[chosen].long()
    return {
        "filled, where nothing was chosen": filled[~chosen],
        "replaced is exactly where the text differs": bool((replaced == (filled != ids)).all()),
        "share of each token in the gaps": torch.bincount(drawn, minlength=logits.shape[-1]).double()
        / max(1, len(drawn)),
        "share of replaced tokens": replaced.double().mean(),
        "whole numbers": not filled.is_floating_point(),
        "a gradient": bool(filled.requires_grad),
        "share of gaps like their left neighbour": (filled[:, 1:] == filled[:, :-1])[chosen[:, 1:] & chosen[:, :-1]]
        .double()
        .mean()
        if bool((chosen[:, 1:] & chosen[:, :-1]).any())
        else 0.0,
    }


class Dropping(nn.Module):
    """An encoder that is a weight and a dropout; it notes in `mode` (a tensor) in which mode it was left, and in `rows` what it was given."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((1,), 2.0))
        self.p, self.mode = p, torch.tensor(0.0)
        self.eval()

    def train(self, mode: bool = True) -> "Dropping":
        if hasattr(self, "mode"):
            self.mode.fill_(float(mode))
        return super().train(mode)

    def forward(self, batch: Tensor) -> Tensor:
        return F.dropout(batch * self.weight, self.p, self.training)


def views_quality(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """Shares of dropped entries in two views, alone and together, and the mode in which the encoder was left."""
    first, second = value
    encoder, batch = arguments
    alive = [view != 0 for view in (first, second)]
    kept = (first / (encoder.weight.detach() * batch))[alive[0]]
    return {
        "rows of the first view": len(first),
        "rows of the second view": len(second),
        "dropped in the first view": 1 - alive[0].double().mean(),
        "dropped in the second view": 1 - alive[1].double().mean(),
        "dropped in both": (~alive[0] & ~alive[1]).double().mean(),
        "what is kept grows by": kept.detach().double().mean(),
        "a gradient in the first": bool(first.requires_grad),
        "a gradient in the second": bool(second.requires_grad),
        "left in training mode": float(encoder.mode),
    }


def encoded(p: float, rows: int = 200) -> Callable[[Generator], tuple[Any, ...]]:
    """Arguments of two_views: a dropping encoder and a batch without zeros."""
    return lambda g: (Dropping(p), normal(g, rows, 100).abs() + 0.1)


def electra_case(
    g: Generator, B: int, T: int, V: int, padding: int = 0, scale: float = 1.0, dtype: torch.dtype = torch.float32
) -> tuple[Any, ...]:
    """Arguments of electra_loss; of the gaps some are filled with the original, and of the last row `padding` tokens are not real."""
    generator, discriminator = normal(g, B, T, V, dtype=dtype), normal(g, B, T, scale=scale, dtype=dtype)
    ids = torch.randint(V, (B, T), generator=g)
    real = torch.ones(B, T, dtype=torch.bool)
    if padding:
        real[-1, -padding:] = False
    chosen = (torch.rand(B, T, generator=g) < 0.4) & real
    chosen[0, :3] = True
    drawn = torch.randint(V, (B, T), generator=g)
    filled = torch.where(chosen & (torch.rand(B, T, generator=g) < 0.7), drawn, ids)
    filled[0, 0], filled[0, 1] = ids[0, 0], (ids[0, 1] + 1) % V
    return generator, discriminator, ids, chosen, filled, real


def spread_logits(g: Generator, *shape: int, scale: float = 2.0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Logits no two of which are equal."""
    return normal(g, *shape, scale=scale, dtype=dtype)
