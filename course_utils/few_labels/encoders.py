"""The network that is adapted: a small ResNet, new or with the weights that were pretrained without labels."""

import torch
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn.functional import relu

from course_utils.few_labels.files import read

WIDTH = 16  # of the recorded weights


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


def untrained(width: int = WIDTH) -> Encoder:
    """A new network: stride-2 stem, three blocks with width, 2 width and 4 width channels; 77 thousand parameters, dim = 4 width."""
    stem = [nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    blocks = [BasicBlock(width, width, 1), BasicBlock(width, 2 * width, 2), BasicBlock(2 * width, 4 * width, 2)]
    return Encoder(nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten()), 4 * width)


def pretrained() -> Encoder:
    """The same network after SimCLR on the 5,000 embedded training images, without a label (`data/few_labels/`).

    Raises CourseError if the recorded weights are missing or corrupt.
    """
    encoder = untrained()
    encoder.load_state_dict(load(read("encoder.safetensors")))
    return encoder


@torch.no_grad()
def features(encoder: nn.Module, images: Tensor, device: str | torch.device = "cpu", batch_size: int = 500) -> Tensor:
    """Features in evaluation mode; the mode of the encoder is as before afterwards.

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
