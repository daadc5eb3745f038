"""The small networks behind an encoder, and the MAE's encoder of patches."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize


def mlp(dim_in: int, hidden: int, dim_out: int) -> nn.Sequential:
    """Linear, batch norm, ReLU, linear: the projector and the predictor of all families."""
    return nn.Sequential(
        nn.Linear(dim_in, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, dim_out)
    )


class Prototypes(nn.Module):
    """Cosine of each vector (n, dim) with each of `count` learned directions: (n, count).

    SwAV's prototypes (Caron et al. 2020); DINO's last layer, with the norms of its weights fixed to 1, is the same thing
    (Caron et al. 2021).
    """

    def __init__(self, dim: int, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(normalize(torch.randn(count, dim), dim=1))

    def forward(self, x: Tensor) -> Tensor:
        return normalize(x, dim=1) @ normalize(self.weight, dim=1).T


class Transformer(nn.Module):
    """`depth` pre-norm Transformer blocks and a last layer norm: (n, tokens, dim) -> (n, tokens, dim)."""

    def __init__(self, dim: int, depth: int, heads: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(dim, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)), with a hidden layer of 4 dim (Dosovitskiy et al. 2021)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, dim = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        # two plain products: torch's counter of FLOPs does not see the fused attention of a CPU
        attended = (q @ k.mT / math.sqrt(dim / self.heads)).softmax(dim=-1) @ v
        x = x + self.out(attended.transpose(1, 2).reshape(n, tokens, dim))
        return x + self.mlp(self.norm2(x))


class PatchEncoder(nn.Module):
    """The MAE's encoder: patches (n, length, pixels) -> tokens with positions; the features are the mean of the tokens.

    `patchify(images, patch)` cuts images up. Called on images it sees all patches: (n, 3, h, w) -> (n, dim).
    """

    def __init__(self, patchify, image_size: int = 32, patch: int = 4, dim: int = 96, depth: int = 4, heads: int = 4):  # type: ignore[no-untyped-def]
        super().__init__()
        self.patchify, self.patch, self.dim = patchify, patch, dim
        self.length = (image_size // patch) ** 2
        self.embed = nn.Linear(3 * patch**2, dim)
        self.register_buffer("position", position_codes(image_size // patch, dim))
        self.transformer = Transformer(dim, depth, heads)

    def tokens(self, images: Tensor) -> Tensor:
        """Embedded patches with their positions, before the first block: (n, length, dim)."""
        return self.embed((self.patchify(images, self.patch) - 0.5) * 4) + self.position

    def forward(self, images: Tensor) -> Tensor:
        return self.transformer(self.tokens(images)).mean(dim=1)


def position_codes(side: int, dim: int) -> Tensor:
    """Fixed sine and cosine codes of a side x side grid, row by row: (side * side, dim). He et al. 2022 use the same."""
    if dim % 4:
        raise ValueError(f"dim must be a multiple of 4, got {dim}")
    frequency = 10000 ** -(torch.arange(dim // 4) / (dim // 4))
    angle = torch.arange(side)[:, None] * frequency
    line = torch.cat([angle.sin(), angle.cos()], dim=1)  # (side, dim / 2)
    rows, columns = line[:, None].expand(side, side, -1), line[None].expand(side, side, -1)
    return torch.cat([rows, columns], dim=2).reshape(side * side, dim)
