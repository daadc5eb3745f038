"""What every training loop of the course does the same way: the learning rate, who has weight decay, the optimizer, the order of the batches."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import Parameter
from torch.optim import SGD, AdamW, Optimizer

from course_utils.errors import CourseError


def warmup_cosine(step: int, steps: int, peak: float, warmup: float = 0.0, floor: float = 0.0) -> float:
    """The learning rate at `step` (0, ..., steps - 1): linear warm-up, then a cosine (Loshchilov & Hutter 2017, arXiv:1608.03983).

    Args:
        peak: the highest rate, reached at the end of the warm-up.
        warmup: share of the steps over which the rate rises linearly; at least one step if it is not 0.
        floor: share of the peak that the cosine falls to.
    """
    rise = max(1, round(warmup * steps)) if warmup else 0
    if step < rise:
        return peak * (step + 1) / rise
    return peak * (floor + (1 - floor) * (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2)


def parameter_groups(parameters: Iterable[Parameter], weight_decay: float) -> list[dict[str, Any]]:
    """Of those that are trained, decay on matrices and kernels only: not on biases and norms."""
    trained = [p for p in parameters if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def build_optimizer(name: str, parameters: Iterable[Parameter], learning_rate: float, weight_decay: float) -> Optimizer:
    """AdamW by the name of "adamw", SGD with momentum 0.9 by that of "sgd"; decay as in `parameter_groups`. Raises CourseError for another name."""
    groups = parameter_groups(parameters, weight_decay)
    match name:
        case "adamw":
            return AdamW(groups, lr=learning_rate)
        case "sgd":
            return SGD(groups, lr=learning_rate, momentum=0.9)
    raise CourseError(f"unknown optimizer {name!r} in the recipe; use 'adamw' or 'sgd'")


def shuffled_batches(n: int, batch_size: int, generator: Generator) -> Iterator[Tensor]:
    """Indices of full batches, in a new random order each epoch, for ever."""
    while True:
        order = torch.randperm(n, generator=generator, device=generator.device)
        yield from order[: n - n % batch_size].split(batch_size)
