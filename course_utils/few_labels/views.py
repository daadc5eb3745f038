"""What happens to pictures: light and strong views for training, and corruptions for a test under shift. A whole batch at a time."""

import torch
from torch import Generator, Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

MARGIN = 4  # pixels by which a picture may be moved
LUMA = (0.299, 0.587, 0.114)


def as_float(images: Tensor) -> Tensor:
    """uint8 or float in [0, 1] -> float32 in [0, 1]."""
    return images.float() / 255 if images.dtype == torch.uint8 else images


def light_view(images: Tensor, generator: Generator) -> Tensor:
    """Each image moved by up to four pixels (the border is reflected) and mirrored or not: (n, 3, h, w) float in [0, 1]."""
    x = pad(as_float(images), [MARGIN] * 4, mode="reflect")
    n, _, height, width = images.shape
    top, left = (torch.randint(2 * MARGIN + 1, (n, 1), generator=generator) for _ in range(2))
    mirrored = torch.rand(n, 1, generator=generator) < 0.5
    rows, columns = top + torch.arange(height), left + torch.arange(width)
    columns = torch.where(mirrored, columns.flip(1), columns)
    place = torch.arange(n)[:, None, None, None], torch.arange(3)[None, :, None, None]
    return x[*place, rows[:, None, :, None], columns[:, None, None, :]]


def strong_view(images: Tensor, generator: Generator) -> Tensor:
    """A light view with other contrast, brightness and colour balance, often gray, and a gray square of 12 pixels cut out."""
    x = light_view(images, generator)
    n, _, height, width = x.shape

    def draw(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.rand(n, channels, 1, 1, generator=generator) * (high - low) + low

    center = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - center) * draw(0.5, 1.5) + center + draw(-0.2, 0.2)
    x = x * draw(0.75, 1.25, channels=3)
    x = torch.where(draw(0, 1) < 0.2, gray(x), x)
    rows = torch.randint(height, (n, 1, 1), generator=generator) - torch.arange(height)[:, None]
    columns = torch.randint(width, (n, 1, 1), generator=generator) - torch.arange(width)
    cut = (rows.abs() <= 6) & (columns.abs() <= 6)
    return torch.where(cut[:, None], 0.5, x).clamp(0, 1)


def gray(x: Tensor) -> Tensor:
    """The colours dropped: (n, 3, h, w) -> the same shape."""
    weights = torch.tensor(LUMA, device=x.device)[:, None, None]
    return (x * weights).sum(1, keepdim=True).expand_as(x)


def corruptions(images: Tensor, seed: int = 0) -> dict[str, Tensor]:
    """The images as other cameras might show them: {name: (n, 3, h, w) float in [0, 1]}; the same for each seed."""
    x = as_float(images)
    noise = torch.randn(x.shape, generator=Generator().manual_seed(seed))
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    small = avg_pool2d(x, 2)
    return {
        "noise": (x + 0.1 * noise).clamp(0, 1),
        "blur": avg_pool2d(pad(x, [1] * 4, mode="reflect"), 3, stride=1),
        "half the pixels": interpolate(small, scale_factor=2, mode="nearest"),
        "low contrast": mean + 0.4 * (x - mean),
        "dark": 0.5 * x,
        "gray": gray(x),
        "colours turned": x.roll(1, dims=1),
    }
