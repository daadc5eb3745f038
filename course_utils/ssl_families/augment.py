"""Random views of images, a whole batch at once on its device, each image with its own luck.

The recipe is SimCLR's (Chen et al. 2020, appendix A and B.9): a random crop of 20 to 100% of the area, resized; a flip; colour jitter with
probability 0.8; gray with probability 0.2; no blur at 32 pixels. Colours are changed by one affine map of (R, G, B) an image: contrast and
brightness scale, saturation blends with the gray value, hue turns the colour plane of YIQ. One clamp at the end stands for the clamps
between the steps, so the views are close to those of torchvision's pipeline and not equal to them.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, grid_sample

LUMA = (0.299, 0.587, 0.114)
TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))


@dataclass(frozen=True)
class Augmentation:
    """Random views; `dataclasses.replace(augmentation, color=0.0)` leaves a step out.

    Attributes:
        scale: range of the crop's area, as a share of the image's area; (1, 1) is no crop.
        flip: probability of a horizontal flip.
        color: strength s of the jitter: brightness, contrast and saturation factors in 1 -+ 0.8 s, hue in -+0.2 s turns.
        color_p: probability of the jitter.
        gray: probability of dropping the colour.
    """

    scale: tuple[float, float] = (0.2, 1.0)
    flip: float = 0.5
    color: float = 0.5
    color_p: float = 0.8
    gray: float = 0.2

    def __call__(self, images: Tensor, generator: Generator | None = None) -> Tensor:
        """One random view of each image: (n, 3, h, w), uint8 or float in [0, 1] -> (n, 3, h, w) float32 in [0, 1]."""
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images must be (n, 3, height, width), got {tuple(images.shape)}")
        x = images.float() / 255 if images.dtype == torch.uint8 else images
        n, device = len(x), x.device

        def draw(low: float, high: float) -> Tensor:
            return torch.rand(n, device=device, generator=generator) * (high - low) + low

        area, ratio = draw(*self.scale), draw(math.log(3 / 4), math.log(4 / 3)).exp()
        height, width = (area / ratio).sqrt().clamp(max=1), (area * ratio).sqrt().clamp(max=1)
        zero, mirrored = torch.zeros(n, device=device), draw(0, 1) < self.flip
        if self.scale == (1.0, 1.0):
            height = width = torch.ones(n, device=device)
        theta = torch.stack(
            [
                width * (1 - 2 * mirrored.float()),
                zero,
                draw(-1, 1) * (1 - width),
                zero,
                height,
                draw(-1, 1) * (1 - height),
            ],
            dim=1,
        ).view(n, 2, 3)
        grid = affine_grid(theta, list(x.shape), align_corners=False)
        x = grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
        if not self.color and not self.gray:
            return x
        return self._colors(x, draw)

    def _colors(self, x: Tensor, draw) -> Tensor:  # type: ignore[no-untyped-def]
        n, device = len(x), x.device
        one, eye = torch.ones(n, device=device), torch.eye(3, device=device)
        luma = torch.tensor(LUMA, device=device).expand(3, 3)
        jittered, spread = draw(0, 1) < self.color_p, 0.8 * self.color
        brightness, contrast, saturation = (
            torch.where(jittered, draw(1 - spread, 1 + spread), one).view(n, 1, 1) for _ in range(3)
        )
        saturation = torch.where((draw(0, 1) < self.gray).view(n, 1, 1), torch.zeros_like(saturation), saturation)
        angle = torch.where(jittered, draw(-0.2 * self.color, 0.2 * self.color), 0 * one) * 2 * math.pi
        matrix = saturation * eye + (1 - saturation) * luma
        matrix = brightness * contrast * matrix @ hue_rotation(angle)
        gray_mean = (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1).mean((1, 2)).view(n, 1, 1)
        offset = brightness * (1 - contrast) * gray_mean  # contrast pulls towards the mean gray
        return (matrix @ x.flatten(2) + offset).clamp(0, 1).view_as(x)


def hue_rotation(angle: Tensor) -> Tensor:
    """Matrices that turn the colours (R, G, B) about the gray axis by `angle` (n,) in radians, at equal luma: (n, 3, 3)."""
    to = torch.tensor(TO_YIQ, device=angle.device)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    turn = torch.stack([zero + 1, zero, zero, zero, cos, -sin, zero, sin, cos], dim=1).view(-1, 3, 3)
    return torch.linalg.inv(to) @ turn @ to


VIEWS = Augmentation()
CROPS = Augmentation(color=0.0, gray=0.0)  # for families whose labels do not come from a comparison of two views
