"""Encoders f(.): images in, one feature vector an image out (`encoder.dim` numbers), and the small networks behind them."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu
from torchvision.models import resnet18


class Encoder(nn.Module):
    """Images (n, 3, height, width), float in [0, 1] -> features (n, dim)."""

    def __init__(self, body: nn.Module, dim: int) -> None:
        super().__init__()
        self.body = body
        self.dim = dim
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        centred = (images - 0.5) * 4  # natural images then have about zero mean and unit variance
        return self.body(centred.contiguous(memory_format=torch.channels_last))


class BasicBlock(nn.Module):
    """relu(x + two 3x3 convolutions of x), He et al. 2016; where the shape changes, x goes through a 1x1 convolution."""

    def __init__(self, dim_in: int, dim_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(dim_in, dim_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(dim_out)
        self.conv2 = nn.Conv2d(dim_out, dim_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(dim_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or dim_in != dim_out:
            self.shortcut = nn.Sequential(nn.Conv2d(dim_in, dim_out, 1, stride, bias=False), nn.BatchNorm2d(dim_out))

    def forward(self, x: Tensor) -> Tensor:
        residual = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(residual + self.shortcut(x))


def small_resnet(width: int = 16) -> Encoder:
    """A ResNet for a laptop CPU: stride-2 stem, three blocks with width, 2 width and 4 width channels; dim = 4 width.

    Raises:
        ValueError: the width is not a multiple of 8 (with fewer channels torch 2.11's CPU kernel for strided 1x1 convolutions in
            channels-last layout writes past its buffers).
    """
    if width < 8 or width % 8:
        raise ValueError(f"width must be a multiple of 8, got {width}")
    stem = [nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    blocks = [BasicBlock(width, width, 1), BasicBlock(width, 2 * width, 2), BasicBlock(2 * width, 4 * width, 2)]
    return Encoder(nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 4 * width)


def resnet18_cifar() -> Encoder:
    """ResNet-18 with a 3x3 stem without stride and without pooling, for 32x32 images: 11.2 million parameters, dim 512."""
    resnet = resnet18()
    resnet.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    resnet.maxpool = nn.Identity()
    resnet.fc = nn.Identity()
    return Encoder(resnet, 512)


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
