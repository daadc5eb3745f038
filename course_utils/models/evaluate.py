"""Loss of a language model on fixed held-out samples, in nats per token, and the same as bits per byte."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from course_utils.machine import bf16_helps
from course_utils.models.batches import Batch, Windows
from course_utils.models.masking import IGNORED


def nats(model: PreTrainedModel, batch: Batch, exact: bool = False) -> tuple[Tensor, int]:
    """Summed negative log-likelihood of a batch's labels (a scalar with gradient), and how many labels there were.

    A masked model's head is run at the labelled positions only. In bfloat16 where that is faster, unless it shall be `exact`.
    """
    chosen = batch.labels != IGNORED
    device = batch.inputs.device.type
    with torch.autocast(device, torch.bfloat16, enabled=not exact and bf16_helps(device)):
        hidden = model.base_model(batch.inputs, attention_mask=batch.attention_mask).last_hidden_state[chosen]
        logits = getattr(model, "cls", model.get_output_embeddings())(hidden)
    return cross_entropy(logits.float(), batch.labels[chosen], reduction="sum"), int(chosen.sum())


@torch.no_grad()
def loss(model: PreTrainedModel, batches: Iterable[Batch]) -> float:
    """Mean negative log-likelihood in nats per labelled token, in float32, so that all machines measure the same.

    The model is left in the mode it was in.
    """
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    total, count = 0.0, 0
    for batch in batches:
        summed, labels = nats(model, batch.to(device), exact=True)
        total, count = total + float(summed), count + labels
    model.train(was_training)
    return total / count


def held_out_windows(tokens: Tensor, context: int, count: int = 128, size: int = 32) -> list[Batch]:
    """`count` windows of `context` + 1 tokens, evenly spaced over `tokens`: the sample every row of curves.csv was measured on."""
    windows = Windows(tokens, context, size, steps=0, seed=0)
    chosen = torch.linspace(0, windows.number - 1, min(count, windows.number)).long()
    return [windows.rows(part) for part in chosen.split(size)]


def bits_per_byte(nats: float, n_bytes: int) -> float:
    """Bits per UTF-8 byte of a text with a summed negative log-likelihood of `nats`: comparable across tokenizers.

    >>> round(bits_per_byte(nats=math.log(256) * 10, n_bytes=10), 6)
    8.0
    """
    return nats / (math.log(2) * n_bytes)
