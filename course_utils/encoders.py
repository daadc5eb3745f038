"""Encoders f(.) of images: one feature vector h an image, `encoder.dim` its length; and features of many images."""

import torch
from torch import Tensor, nn
from torch.nn.functional import relu
from torchvision.models import resnet18, resnet50
from torchvision.models.resnet import ResNet


class Encoder(nn.Module):
    """Images (n, 3, height, width), float in [0, 1] -> features h (n, dim)."""

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


def small_resnet(width: int = 16, blocks: int = 1) -> Encoder:
    """A ResNet for a laptop CPU: stride-2 stem, three stages of `blocks` blocks with width, 2 width and 4 width channels.

    With width 16 and one block a stage it has 77 thousand parameters; dim = 4 width.

    Raises:
        ValueError: the width is not a multiple of 8. (The CPU kernel for strided 1x1 convolutions in channels-last layout writes
            past its buffers with fewer than 8 channels, seen in torch 2.11: a crash later, or wrong numbers.)
    """
    if width < 8 or width % 8:
        raise ValueError(f"width must be a multiple of 8, got {width}")
    layers: list[nn.Module] = [nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    dim = width
    for stage in range(3):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            layers.append(BasicBlock(dim, width * 2**stage, stride))
            dim = width * 2**stage
    return Encoder(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()), dim)


def resnet18_cifar() -> Encoder:
    """ResNet-18 with the stem for 32x32 images (Chen et al. 2020, B.9): 11.2 million parameters, dim 512."""
    return _cifar(resnet18())


def resnet50_cifar() -> Encoder:
    """ResNet-50 with the stem for 32x32 images (Chen et al. 2020, B.9): 23.5 million parameters, dim 2048."""
    return _cifar(resnet50())


def _cifar(resnet: ResNet) -> Encoder:
    dim = resnet.fc.in_features
    resnet.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    resnet.maxpool = nn.Identity()
    resnet.fc = nn.Identity()
    return Encoder(resnet, dim)


@torch.no_grad()
def features(encoder: nn.Module, images: Tensor, device: str | torch.device = "cpu", batch_size: int = 500) -> Tensor:
    """Features h of images, in evaluation mode and without gradient; the mode of the encoder is as before afterwards.

    images (n, 3, height, width), uint8 or float in [0, 1] -> (n, dim) float32 on the CPU.
    """
    was_training = encoder.training
    encoder.to(device).eval()
    parts = []
    for part in images.split(batch_size):
        x = part.to(device)
        parts.append(encoder(x / 255 if x.dtype == torch.uint8 else x).float().cpu())
    encoder.train(was_training)
    return torch.cat(parts)
