"""The embedded GPT-NeoX and BERT taken apart, so that a student's attention and block can compute with their weights."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertForMaskedLM, GPTNeoXForCausalLM, PreTrainedModel

from course_utils.attention_objectives.transformer import Parts


def rotate(x: Tensor, start: int = 0, base: float = 10000.0) -> Tensor:
    """Rotary positions (Su et al. 2021) over a whole head, in GPT-NeoX's order: entry i is paired with entry i + d/2.

    x: (..., T, d), d even; its rows are at positions start, start + 1, ... Returns the same shape.
    """
    half = x.shape[-1] // 2
    rates = base ** -(torch.arange(half, dtype=x.dtype, device=x.device) / half)
    angles = torch.arange(start, start + x.shape[-2], dtype=x.dtype, device=x.device)[:, None] * rates
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()], dim=-1)


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    layer.weight, layer.bias = nn.Parameter(weight, requires_grad=False), nn.Parameter(bias, requires_grad=False)
    return layer


def neox_layer(layer: Any, heads: int) -> SimpleNamespace:
    """One block of a GPT-NeoX: its fused matrix holds query, key and value of head 0, then of head 1, and so on."""
    fused = layer.attention.query_key_value
    weight = fused.weight.detach().unflatten(0, (heads, 3, -1))  # (heads, 3, d, D)
    bias = fused.bias.detach().unflatten(0, (heads, 3, -1))
    query, key, value = (_linear(weight[:, i].flatten(0, 1), bias[:, i].flatten()) for i in range(3))
    return SimpleNamespace(
        query=query, key=key, value=value, out=layer.attention.dense, feed_forward=layer.mlp,
        norm_1=layer.input_layernorm, norm_2=layer.post_attention_layernorm,
    )  # fmt: skip


def bert_layer(layer: Any) -> SimpleNamespace:
    """One block of a BERT."""
    own = layer.attention.self
    return SimpleNamespace(
        query=own.query, key=own.key, value=own.value, out=layer.attention.output.dense,
        feed_forward=nn.Sequential(layer.intermediate, layer.output.dense),
        norm_1=layer.attention.output.LayerNorm, norm_2=layer.output.LayerNorm,
    )  # fmt: skip


@torch.no_grad()
def logits_through(
    model: PreTrainedModel,
    ids: Tensor,
    multi_head: Callable[..., Tensor],
    block: Callable[..., Tensor],
    mask: Tensor | None,
) -> Tensor:
    """Logits (B, T, V) of an embedded model, where attention and block are the functions given and only the weights are the model's.

    Raises TypeError for a model that is neither a GPT-NeoX nor a BERT.
    """
    heads = model.config.num_attention_heads
    layers: list[Any]
    if isinstance(model, GPTNeoXForCausalLM):
        x, style, turn = model.gpt_neox.embed_in(ids), "parallel", rotate
        layers = [neox_layer(layer, heads) for layer in model.gpt_neox.layers]
        read_out: Any = nn.Sequential(model.gpt_neox.final_layer_norm, model.get_output_embeddings())
    elif isinstance(model, BertForMaskedLM):
        x, style, turn = model.bert.embeddings(ids), "post", None
        layers = [bert_layer(layer) for layer in model.bert.encoder.layer]
        read_out = model.cls
    else:
        raise TypeError(f"{type(model).__name__}: only GPT-NeoX and BERT are taken apart here")
    for layer in layers:

        def attend(z: Tensor, layer: SimpleNamespace = layer) -> Tensor:
            return multi_head(z, z, layer, heads, mask, turn)

        x = block(x, Parts(attend, layer.feed_forward, layer.norm_1, layer.norm_2), style)
    return read_out(x)


class CachedModel:
    """A GPT-NeoX that is read piece by piece through a student's `cached_attention`, with a cache for each layer."""

    def __init__(self, model: Any, cached_attention: Callable[..., Any], block: Callable[..., Tensor]) -> None:
        self.model, self.cached_attention, self.block = model, cached_attention, block
        self.heads = model.config.num_attention_heads
        self.layers = [neox_layer(layer, self.heads) for layer in model.gpt_neox.layers]
        self.caches: list[Any] = [None] * len(self.layers)

    @torch.no_grad()
    def read(self, ids: Tensor) -> Tensor:
        """Logits (B, n, V) of the next n tokens (B, n)."""
        x = self.model.gpt_neox.embed_in(ids)
        for i, layer in enumerate(self.layers):

            def attend(z: Tensor, i: int = i, layer: SimpleNamespace = layer) -> Tensor:
                q, k, v = (
                    project(z).unflatten(-1, (self.heads, -1)).transpose(1, 2)
                    for project in (layer.query, layer.key, layer.value)
                )
                seen, self.caches[i] = self.cached_attention(q, k, v, self.caches[i], rotate)
                return layer.out(seen.transpose(1, 2).flatten(2))

            x = self.block(x, Parts(attend, layer.feed_forward, layer.norm_1, layer.norm_2), "parallel")
        return self.model.get_output_embeddings()(self.model.gpt_neox.final_layer_norm(x))
