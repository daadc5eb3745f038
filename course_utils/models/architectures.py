"""The shapes of the embedded models: GPT-NeoX by Pythia's rules, and a small BERT, both as transformers defines them."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM, GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedModel

Kind = Literal["causal", "masked"]


@dataclass(frozen=True)
class Architecture:
    """Layers, width (d) and heads of a transformer with feed-forward width 4 d.

    `vocabulary` is a number of tokens and `context` the longest input in tokens.
    """

    kind: Kind
    layers: int
    width: int
    heads: int
    vocabulary: int
    context: int

    def build(self, seed: int) -> PreTrainedModel:
        """A freshly initialised float32 model; the same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return neox(self) if self.kind == "causal" else bert(self)


def neox(shape: Architecture) -> GPTNeoXForCausalLM:
    """Pythia's architecture and initialisation (Biderman et al. 2023), but for rotary positions over the whole head: a quarter of
    a head of 16 would leave two rotary dimensions.

    Parallel residual, untied embeddings, biases, GELU. Non-embedding parameters: L (12 d^2 + 13 d) + 2 d.
    """
    config = GPTNeoXConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
        max_position_embeddings=shape.context,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0},
        bos_token_id=None,
        eos_token_id=None,
    )
    model = GPTNeoXForCausalLM(config)
    small, deep = math.sqrt(2 / (5 * shape.width)), 2 / (shape.layers * math.sqrt(shape.width))
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:  # into the residual stream: smaller with depth; all others as Nguyen & Salazar (2019)
            into_residual = name.endswith(("attention.dense.weight", "dense_4h_to_h.weight"))
            nn.init.normal_(parameter, std=min(small, deep) if into_residual else small)
    return model


def bert(shape: Architecture) -> BertForMaskedLM:
    """BERT (Devlin et al. 2019) with one segment type and no dropout: at this size nothing is overfitted in a few epochs."""
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
        max_position_embeddings=shape.context,
        type_vocab_size=1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=math.sqrt(2 / (5 * shape.width)),
    )
    model = BertForMaskedLM(config)
    positions = model.bert.embeddings.position_embeddings.weight
    with (
        torch.no_grad()
    ):  # learned from waves (Vaswani et al. 2017): neighbours are then easy to find, and the first plateau is short
        positions.copy_(math.sqrt(2) * config.initializer_range * waves(shape.context, shape.width))
    return model


def waves(positions: int, width: int) -> Tensor:
    """Sinusoids (positions, width) of wavelengths 2 pi to 20000 pi."""
    rates = 10000 ** -(torch.arange(0, width, 2) / width)
    angles = torch.arange(positions)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def parameter_counts(model: PreTrainedModel) -> tuple[int, int]:
    """(non-embedding, total) trainable parameters; token, position and segment tables and an untied output matrix are embeddings."""
    total = sum(parameter.numel() for parameter in model.parameters())
    tables = {m.weight for m in model.modules() if isinstance(m, nn.Embedding)} | {model.get_output_embeddings().weight}
    return total - sum(table.numel() for table in tables), total
