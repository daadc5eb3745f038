"""GPT-NeoX on windows of a text, without the work that no score depends on; its states are those of the model itself (which is tested).

What a layer does to a token by itself (layer norms, queries, keys and values, and the MLP, which is parallel to attention) depends in
the first layer on the token alone: it is done once for each distinct token, or entry of a small vocabulary. In the last layer only the
scored positions are worked out; of the others it takes keys and values.
"""

from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, scaled_dot_product_attention
from transformers import GPTNeoXForCausalLM
from transformers.models.gpt_neox.modeling_gpt_neox import GPTNeoXAttention, GPTNeoXLayer, GPTNeoXModel


def has_parallel_layers(model: nn.Module) -> TypeGuard[GPTNeoXForCausalLM]:
    """Whether the model is a GPT-NeoX whose attention and MLP read the same states, as in all of Pythia."""
    return isinstance(model, GPTNeoXForCausalLM) and model.config.use_parallel_residual


def scored_states(model: GPTNeoXModel, inputs: Tensor, scored: range) -> Tensor:
    """What the output layer reads at the `scored` positions of inputs (windows, context): (windows, len(scored), width)."""
    if (
        model.embed_in.num_embeddings < inputs.numel()
    ):  # to do all of a small vocabulary is cheaper than to find out what occurs
        x, where = model.embed_in.weight, inputs
    else:
        tokens, where = inputs.unique(return_inverse=True)
        x = model.embed_in(tokens)
    everywhere = range(inputs.shape[1])
    turns = [
        turn[0].T[:, None].contiguous()
        for turn in model.rotary_emb(x, torch.arange(len(everywhere), device=x.device)[None])
    ]
    for layer in model.layers:
        wanted = scored if layer is model.layers[-1] else everywhere
        if layer is model.layers[0]:
            qkv = embedding(where, _queries_keys_values(layer, x))
            alone = embedding(where[:, wanted.start : wanted.stop], _by_itself(layer, x))
        else:
            qkv, alone = _queries_keys_values(layer, x), _by_itself(layer, x[:, wanted.start : wanted.stop])
        x = alone + _attend(layer.attention, qkv, turns, wanted)
    return model.final_layer_norm(x)


def _queries_keys_values(layer: GPTNeoXLayer, x: Tensor) -> Tensor:
    return layer.attention.query_key_value(layer.input_layernorm(x))


def _by_itself(layer: GPTNeoXLayer, x: Tensor) -> Tensor:
    return x + layer.mlp(layer.post_attention_layernorm(x))


def _attend(attention: GPTNeoXAttention, qkv: Tensor, turns: list[Tensor], wanted: range) -> Tensor:
    """What attention adds at the wanted positions: qkv (windows, n, 3 * width), turned in place -> (windows, len(wanted), width).

    turns: cos and sin of rotary positions, (rotary_ndims, 1, n).
    """
    n = qkv.shape[1]
    heads = qkv.unflatten(-1, (-1, 3, attention.head_size))
    turned = heads[..., :2, : attention.rotary_ndims].permute(2, 3, 4, 0, 1)  # queries and keys
    old, (cos, sin) = (
        turned.contiguous(),
        turns,
    )  # of a head few numbers turn: laid out along the text, they are done many at a time
    first, second = old.chunk(2, dim=2)
    turned.copy_(old * cos + torch.cat((-second, first), dim=2) * sin)
    q, k, v = heads.transpose(1, 2).unbind(3)
    causal = len(wanted) == n
    mask = None if causal else torch.ones(len(wanted), n, dtype=torch.bool, device=qkv.device).tril(wanted.start)
    q = q[:, :, wanted.start : wanted.stop]
    found = scaled_dot_product_attention(q, k, v, mask, is_causal=causal, scale=attention.scaling)
    return attention.dense(found.transpose(1, 2).flatten(2))
