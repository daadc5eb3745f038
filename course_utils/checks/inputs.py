"""Seeded inputs that the probes of every task are built from."""

import torch
from torch import Generator, Tensor


def normal(g: Generator, *shape: int, scale: float = 1.0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Gaussian numbers, the same for float32 and float64."""
    return (torch.randn(*shape, generator=g) * scale).to(dtype)


def uniform(g: Generator, *shape: int) -> Tensor:
    """Numbers from [0, 1)."""
    return torch.rand(*shape, generator=g)
