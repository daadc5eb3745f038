"""Half precision, where it pays."""

import torch
from torch import Tensor, nn


def bf16_is_fast(device: torch.device) -> bool:
    """Whether bfloat16 pays: on a GPU, and on CPUs with matrix units for it. On other CPUs it is many times slower."""
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


class MixedPrecision(nn.Module):
    """Run a module in bfloat16 where that is safe (autocast), and hand on float32: what follows it, the loss too, stays exact."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, torch.bfloat16):
            return self.module(x).float()
