"""Two shapes of one size, trained side by side; and the gradients of an embedded model along its training."""

import torch
from torch import Generator, Tensor, nn
from transformers import PreTrainedModel

from course_utils.data import TextCorpus
from course_utils.models.architectures import Architecture, parameter_counts
from course_utils.models.batches import Batch, Windows, byte_stream
from course_utils.models.evaluate import held_out_windows, nats
from course_utils.models.train import FLOOR, update
from course_utils.optimization import parameter_groups, warmup_cosine
from course_utils.progress import Progress

CONTEXT, WINDOWS = 128, 4


def train_shape(
    layers: int, width: int, corpus: TextCorpus, read: int, tested: int, seed: int
) -> tuple[int, int, float]:
    """Train one GPT-NeoX of bytes, two heads, on `read` bytes: its non-embedding and total parameters and its held-out loss.

    Recipe of the recorded ladder: four windows of 128 a step, AdamW, 5% warm-up, cosine to a tenth.
    """
    model = Architecture("causal", layers, width, heads=2, vocabulary=256, context=CONTEXT).build(seed)
    steps = max(2, read // (WINDOWS * CONTEXT))
    batches = Windows(byte_stream(corpus.train), CONTEXT, WINDOWS, steps, seed)
    peak = 8e-3 * (32 / width) ** 0.5
    optimizer = torch.optim.AdamW(parameter_groups(model.parameters(), 0.1), lr=peak, betas=(0.9, 0.95))
    model.train()
    with Progress(f"{layers} x {width}", total=steps) as bar:
        for step in range(steps):
            value = update(model, optimizer, batches[step], warmup_cosine(step, steps, peak, 0.05, FLOOR))
            bar.update(f"loss {value:.3f}")
    model.eval()
    return *parameter_counts(model), held_out_loss(model, corpus, tested)


@torch.no_grad()
def held_out_loss(model: PreTrainedModel, corpus: TextCorpus, windows: int) -> float:
    """Nats per byte over so many of the validation windows of data/language_models."""
    total = count = 0.0
    for batch in held_out_windows(byte_stream(corpus.val), CONTEXT):
        if count >= windows * CONTEXT:
            break
        summed, labels = nats(model, batch)
        total, count = total + summed.item(), count + labels
    return total / count


def window_gradients(model: PreTrainedModel, corpus: TextCorpus, count: int, generator: Generator) -> Tensor:
    """(count, parameters) gradients of the mean loss of single windows of 128 bytes, drawn from the training split."""
    tokens = byte_stream(corpus.train)
    rows = []
    for begin in torch.randint(len(tokens) - CONTEXT - 1, (count,), generator=generator).tolist():
        piece = tokens[begin : begin + CONTEXT + 1].long()[None]
        summed, labels = nats(model, Batch(piece[:, :-1], piece[:, 1:].contiguous(), None, CONTEXT), exact=True)
        parts = torch.autograd.grad(summed / labels, list(model.parameters()))
        rows.append(nn.utils.parameters_to_vector(parts))
    return torch.stack(rows)
