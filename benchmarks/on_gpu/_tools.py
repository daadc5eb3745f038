"""Agreement and memory, which every part measures."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Found = dict[str, Any]
BOUNDS = {
    "features": 0.02,
    "loss": 0.1,
    "log-probability": 0.05,
}  # how far bfloat16 may be from float32: a share, nats, nats


def relative(a: Tensor, b: Tensor) -> float:
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def gap(a: Tensor, b: Tensor) -> float:
    return (a - b).abs().max().item()


def agreement(half: list[Tensor], full: list[Tensor]) -> Found:
    """Of log-probabilities of tokens: how far apart they are, and the perplexities."""
    a, b = torch.cat(half), torch.cat(full)
    sign = -1 if b.mean() < 0 else 1
    return {
        "mean difference": (a - b).mean().item(),
        "mean size": (a - b).abs().mean().item(),
        "largest": gap(a, b),
        "perplexity": [(sign * x.double().mean()).exp().item() for x in (a, b)],
    }


def peak(work: Callable[[], object], device: str) -> float | None:
    """MiB that a call needs beyond what is there; None on a CPU."""
    if device != "cuda":
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    work()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 2**20


def within(value: float, what: str) -> str:
    """The value beside its bound."""
    bound = BOUNDS[what]
    return f"{value:.3g} ({'within' if abs(value) <= bound else 'OUTSIDE'} {bound:g})"
