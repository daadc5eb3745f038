"""Half precision, where it pays."""

import torch
from torch import Tensor, nn


class MixedPrecision(nn.Module):
    """Run a module in bfloat16 where that is safe (autocast), and hand on float32: what follows it, the loss too, stays exact."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.module(x).float()
