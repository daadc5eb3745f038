"""The tiny transformer that is trained in this notebook. What it is made of, attention and block, is handed in: the student's own."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Attend = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Parts:
    """What one block is made of: `attend` and `feed_forward` map (B, T, D) to (B, T, D), as do the two norms."""

    attend: Attend
    feed_forward: Attend
    norm_1: Attend
    norm_2: Attend


def sdpa_multi_head(
    x: Tensor, memory: Tensor, layer: Any, heads: int, mask: Tensor | None = None, rotate: Any = None
) -> Tensor:
    """Multi-head attention by torch's own kernel, in the form of the exercise: (B, T, D) and (B, S, D) to (B, T, D)."""

    def split(z: Tensor) -> Tensor:
        return z.unflatten(-1, (heads, -1)).transpose(1, 2)

    q, k, v = split(layer.query(x)), split(layer.key(memory)), split(layer.value(memory))
    if rotate is not None:
        q, k = rotate(q), rotate(k)
    seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return layer.out(seen.transpose(1, 2).flatten(2))


def pre_norm(x: Tensor, parts: Parts, style: str = "pre") -> Tensor:
    """A block in GPT-2's order (Radford et al. 2019)."""
    x = x + parts.attend(parts.norm_1(x))
    return x + parts.feed_forward(parts.norm_2(x))


class Layer(nn.Module):
    """Weights of one block of width D: `query`, `key`, `value`, `out`, `feed_forward` (4 D inside), `norm_1`, `norm_2`."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=math.sqrt(2 / (5 * width)))
                nn.init.zeros_(module.bias)
        for into_residual in (self.out.weight, self.feed_forward[2].weight):
            assert isinstance(into_residual, Tensor)
            nn.init.normal_(into_residual, std=2 / (depth * math.sqrt(width)) / 2)


class Transformer(nn.Module):
    """A transformer of one stack of blocks; who sees whom is an argument of each call, so every objective can train it.

    forward: ids (B, T), mask broadcastable to (B, heads, T, T) -> logits (B, T, outputs).
    multi_head, block: the functions it computes with, in the form of the exercises. outputs: default, the vocabulary.
    """

    def __init__(
        self,
        vocabulary: int,
        context: int,
        width: int,
        layers: int,
        heads: int,
        multi_head: Callable[..., Tensor] = sdpa_multi_head,
        block: Callable[..., Tensor] = pre_norm,
        outputs: int | None = None,
    ) -> None:
        super().__init__()
        self.heads, self.context = heads, context
        self.token, self.position = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        nn.init.normal_(self.token.weight, std=0.1)
        rates = 10000 ** -(torch.arange(0, width, 2) / width)
        angles = torch.arange(context)[:, None] * rates
        with torch.no_grad():  # learned from waves, so that neighbours are easy to find from the start
            self.position.weight.copy_(0.1 * torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width])
        self.layers = nn.ModuleList(Layer(width, layers) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.read_out = nn.Linear(width, outputs or vocabulary, bias=False)
        nn.init.normal_(self.read_out.weight, std=math.sqrt(2 / (5 * width)))
        self.multi_head, self.block = multi_head, block

    def hidden(self, ids: Tensor, mask: Tensor | None = None) -> list[Tensor]:
        """The stream before the first block and after each one: layers + 1 tensors (B, T, D)."""
        x = self.token(ids) + self.position.weight[: ids.shape[1]]
        states = [x]
        layer: Any
        for layer in self.layers:

            def attend(z: Tensor, layer: Any = layer) -> Tensor:
                return self.multi_head(z, z, layer, self.heads, mask)

            x = self.block(x, Parts(attend, layer.feed_forward, layer.norm_1, layer.norm_2), "pre")
            states.append(x)
        return states

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.read_out(self.norm(self.hidden(ids, mask)[-1]))


def flops_per_token(model: Transformer) -> int:
    """Floating-point operations of one training step per token, 6 for each weight of a matrix that is multiplied (Kaplan et al. 2020)."""
    return 6 * sum(
        p.numel()
        for name, p in model.named_parameters()
        if p.dim() == 2 and "token" not in name and "position" not in name
    )
