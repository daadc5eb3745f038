"""One training loop for every objective of the notebook."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.progress import Progress


def optimise(
    model: nn.Module, loss: Callable[[], Tensor], steps: int, rate: float = 0.006, description: str = "training"
) -> list[float]:
    """Train with AdamW (0.9, 0.95; decay 0.1), 5% warm-up and a cosine to a tenth, gradients clipped at 1.

    loss: makes a batch of its own and returns the scalar loss of `model` on it. Returns the loss of every step; the model is left in
    evaluation mode.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
    model.train()
    losses = []
    with Progress(description, total=steps) as bar:
        for step in range(steps):
            for group in optimizer.param_groups:
                group["lr"] = rate * schedule(step, steps)
            value = loss()
            optimizer.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(value.item())
            bar.update(f"loss {losses[-1]:.3f}")
    model.eval()
    return losses


def schedule(step: int, steps: int) -> float:
    """Share of the peak learning rate at a step: up over the first 5%, then a cosine down to a tenth."""
    warm = min(1.0, (step + 1) / max(1.0, 0.05 * steps))
    return warm * (0.1 + 0.45 * (1 + math.cos(math.pi * step / steps)))
