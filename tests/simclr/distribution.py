"""Whether two ways of drawing random views have the same distribution: statistics of a view, and a two-sample test on each.

The views compared are all of one image, so that what varies is the random parameters alone.
"""

import math

import torch
from torch import Tensor
from torchvision.transforms import v2

LIMIT = 2.3  # of the scaled Kolmogorov-Smirnov distance: exceeded by equal distributions once in 20,000 statistics


def torchvision_pipeline(color: float = 0.5, gray: float = 0.2, blur: float = 0.0, side: int = 32) -> v2.Compose:
    """The reference: SimCLR's augmentation in torchvision's transforms, for one image at a time."""
    jitter = v2.ColorJitter(0.8 * color, 0.8 * color, 0.8 * color, 0.2 * color)
    steps = [v2.RandomResizedCrop(side, scale=(0.2, 1.0), antialias=True), v2.RandomHorizontalFlip(0.5)]
    steps += [v2.RandomApply([jitter], 0.8), v2.RandomGrayscale(gray)]
    if blur:
        kernel = 2 * max(1, side // 20) + 1
        steps.append(v2.RandomApply([v2.GaussianBlur(kernel, (0.1, 2.0))], blur))
    return v2.Compose(steps)


def statistics(views: Tensor) -> dict[str, Tensor]:
    """Numbers that each augmentation moves: {name: (n,)} of views (n, 3, h, w) in [0, 1]."""
    red, green, blue = views.mean((2, 3)).T
    high, low = views.amax(1), views.amin(1)
    luma = views.mean(1)
    hue = torch.atan2(math.sqrt(3) * (green - blue), 2 * red - green - blue)
    step_x, step_y = luma.diff(dim=2), luma.diff(dim=1)
    return {
        "red": red,
        "green": green,
        "blue": blue,
        "hue": torch.where(hue.abs() < 1e-3, 0, hue),
        "chroma": (high - low).mean((1, 2)),
        "contrast": luma.std((1, 2)),
        "brightest": high.amax((1, 2)),
        "darkest": low.amin((1, 2)),
        "share at white": (high > 0.999).float().mean((1, 2)),
        "left minus right": (luma[:, :, :8] - luma[:, :, -8:]).mean((1, 2)),
        "top minus bottom": (luma[:, :8] - luma[:, -8:]).mean((1, 2)),
        "sharpness": step_x.abs().mean((1, 2)) + step_y.abs().mean((1, 2)),
    }


def ks_distance(a: Tensor, b: Tensor) -> float:
    """Two-sample Kolmogorov-Smirnov distance, scaled by sqrt(n m / (n + m)): about 0.9 for equal distributions."""
    a, b = (torch.sort(x.double().mul(1e5).round()).values for x in (a, b))
    both = torch.cat([a, b])
    shares = [torch.searchsorted(x, both, right=True) / len(x) for x in (a, b)]
    return (shares[0] - shares[1]).abs().max().item() * math.sqrt(len(a) * len(b) / (len(a) + len(b)))


def different(a: Tensor, b: Tensor) -> dict[str, float]:
    """Statistics in which two sets of views differ by more than chance: {name: scaled distance}, empty if none does."""
    of_a, of_b = statistics(a), statistics(b)
    distances = {name: ks_distance(of_a[name], of_b[name]) for name in of_a}
    return {name: distance for name, distance in distances.items() if distance > LIMIT}
