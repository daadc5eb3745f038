"""Transformers of a few hundred weights, for the checks: built in milliseconds, the same on every machine and in every release."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from functools import cache, wraps
from types import SimpleNamespace

import torch
from torch import Generator, Tensor, nn

VOCABULARY = 12
PAD, CLS, SEP, MASK = 0, 1, 2, 3  # the special tokens of the tiny vocabulary


def built_once(build: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Each call gives a copy of its own, since whoever gets it may change it. Building takes longer, and draws random numbers."""

    @cache
    def first(*scale: float) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            return build(*scale)

    return wraps(build)(lambda *scale: deepcopy(first(*scale)))


@built_once
def tiny_bert(scale: float = 0.3) -> nn.Module:
    """A BERT with dropout, left in training mode as somebody may have left it. `scale` 0 makes all words equally likely."""
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=40,
        hidden_dropout_prob=0.4,
        attention_probs_dropout_prob=0.4,
    )
    return with_known_weights(BertForMaskedLM(config), scale).train()


@built_once
def tiny_neox(scale: float = 0.6) -> nn.Module:
    """A GPT-NeoX, the architecture of Pythia, with dropout and in training mode."""
    from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

    config = GPTNeoXConfig(
        vocab_size=VOCABULARY,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=12,
        max_position_embeddings=64,
        hidden_dropout=0.4,
        attention_dropout=0.4,
        bos_token_id=None,
        eos_token_id=None,
    )
    return with_known_weights(GPTNeoXForCausalLM(config), scale).train()


def with_known_weights(model: nn.Module, scale: float) -> nn.Module:
    """Weights that depend only on the shape of a matrix and on how many of that shape came before it."""
    seen: Counter[torch.Size] = Counter()
    with torch.no_grad():
        for parameter in model.parameters():
            seen[parameter.shape] += 1
            seed = 1000 * seen[parameter.shape] + sum(31**i * size for i, size in enumerate(parameter.shape))
            values = torch.randn(parameter.shape, generator=Generator().manual_seed(seed)) * scale
            parameter.copy_(values if parameter.dim() > 1 else parameter + 0.2 * values)
    return model


class Counted(nn.Module):
    """A model that counts how often it is called (`passes`) and with how many rows at most (`rows`).

    Both are tensors changed in place: the call may happen in another process, which sends back tensors and nothing else.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.passes, self.rows = model, torch.tensor(0), torch.tensor(0)

    def forward(self, input_ids: Tensor, **kwargs: Tensor) -> SimpleNamespace:
        self.passes.add_(1)
        self.rows.clamp_(min=len(input_ids))
        return SimpleNamespace(logits=self.model(input_ids, **kwargs).logits)


class Neighbours(nn.Module):
    """Its output at a position depends on the inputs `offsets` away, and on nothing else: (B, T) ids -> logits (B, T, V)."""

    def __init__(self, *offsets: int) -> None:
        super().__init__()
        self.offsets = offsets

    def forward(self, input_ids: Tensor) -> SimpleNamespace:
        table = torch.randn(len(self.offsets), VOCABULARY, VOCABULARY, generator=Generator().manual_seed(5))
        T = input_ids.shape[1]
        logits = torch.zeros(*input_ids.shape, VOCABULARY)
        for weight, offset in zip(table, self.offsets, strict=True):
            first, last = max(0, -offset), min(T, T - offset)
            if first < last:
                logits[:, first:last] += weight[input_ids[:, first + offset : last + offset]]
        return SimpleNamespace(logits=logits)


def words(g: Generator, n: int) -> Tensor:
    """(n,) ids of ordinary words."""
    return torch.randint(MASK + 1, VOCABULARY, (n,), generator=g)


def sentence(g: Generator, n: int) -> tuple[Tensor, Tensor]:
    """(n + 2,) ids of a sentence of n words between [CLS] and [SEP], and (n + 2,) True where a token is special."""
    ids = torch.cat([torch.tensor([CLS]), words(g, n), torch.tensor([SEP])])
    return ids, (ids == CLS) | (ids == SEP)


def padded(g: Generator, *lengths: int) -> tuple[Tensor, Tensor, Tensor]:
    """Sentences of these numbers of words, padded on the right: ids, attention (1 or 0) and special (True or False), all (B, T).

    As a tokenizer returns them: padding counts as special, too.
    """
    rows = [sentence(g, n)[0] for n in lengths]
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)
    return ids, (ids != PAD).long(), ids <= SEP
