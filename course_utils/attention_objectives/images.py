"""Fresh sequences for the image models."""

import torch
from torch import Generator, Tensor


def image_views(sequences: Tensor, count: int, side: int, generator: Generator) -> Tensor:
    """(count, side * side) sequences drawn from (n, side * side), half of them mirrored left to right."""
    found = sequences[torch.randint(len(sequences), (count,), generator=generator)]
    mirrored = found.view(count, side, side).flip(2).flatten(1)
    return torch.where(torch.rand(count, 1, generator=generator) < 0.5, mirrored, found)
