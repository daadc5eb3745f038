"""SimCLR's random augmentations for a whole batch at once, on the device of the images.

Every image draws its own parameters, so the views have the distribution of torchvision's per-image pipeline (which is tested):
RandomResizedCrop -> RandomHorizontalFlip -> ColorJitter with probability 0.8 -> RandomGrayscale -> GaussianBlur
(Chen et al. 2020, arXiv:2002.05709, appendix A; appendix B.9 for CIFAR-10: strength 0.5, no blur).

Crop, flip and blur are linear in each axis, so they are one matrix on the rows and one on the columns of each image. Brightness,
contrast and saturation are a blend with a reference image (black, the mean gray, the gray image), so all three share one kernel
and each image can run them in its own order.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from course_utils.simclr.operations import adjust_hue, blend, blur_matrix, luma, resize_matrix, separable

CHUNK = 128  # images at a time on a CPU: what fits its cache


@dataclass(frozen=True)
class Augmentation:
    """Random views of images; each switch can be turned off for an ablation.

    Attributes:
        crop: take a random part of the image and resize it to the whole size.
        scale: range of the part's area, as a share of the image's area.
        ratio: range of the part's width / height.
        flip: probability of a horizontal flip.
        color: strength s of the colour jitter: brightness, contrast and saturation factors in [max(0, 1 - 0.8s), 1 + 0.8s], hue
            shift in [-0.2s, 0.2s] turns; 0 turns it off.
        color_p: probability of the colour jitter.
        gray: probability of dropping the colour.
        blur: probability of a Gaussian blur, with a kernel of a tenth of the image's side.
        sigma: range of the blur's standard deviation, in pixels.
    """

    crop: bool = True
    scale: tuple[float, float] = (0.2, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: float = 0.5
    color: float = 0.5
    color_p: float = 0.8
    gray: float = 0.2
    blur: float = 0.0
    sigma: tuple[float, float] = (0.1, 2.0)

    def __call__(self, images: Tensor, generator: Generator | None = None) -> Tensor:
        """One random view of each image.

        Args:
            images: (n, 3, height, width), uint8 in [0, 255] or float in [0, 1].
            generator: source of randomness, on the device of the images.

        Returns:
            (n, 3, height, width) float32 in [0, 1].
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images must be (n, 3, height, width), got {tuple(images.shape)}")
        chunks = images.split(CHUNK) if images.device.type == "cpu" else [images]
        return torch.cat([self._view(chunk, generator) for chunk in chunks])

    def two_views(self, images: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
        """Two independent random views of each image: two tensors (n, 3, height, width)."""
        return self(images, generator), self(images, generator)

    def _view(self, images: Tensor, generator: Generator | None) -> Tensor:
        draw = Draw(len(images), images.device, generator)
        x = images.to(torch.float32, copy=True)
        if images.dtype == torch.uint8:
            x /= 255
        if self.crop or self.flip:
            x = self._crop_and_flip(x, draw)
        if self.color:
            x = self._color_jitter(x, draw)
        if self.gray:
            chosen = draw.chance(self.gray).nonzero().squeeze(1)
            x[chosen] = luma(x[chosen]).expand(-1, 3, -1, -1)
        if self.blur:
            x = self._blur(x, draw)
        return x

    def _crop_and_flip(self, x: Tensor, draw: "Draw") -> Tensor:
        n, _, height, width = x.shape
        if self.crop:
            top, left, h, w = self._boxes(height, width, draw)
        else:
            top = left = x.new_zeros(n)
            h, w = x.new_full((n,), height), x.new_full((n,), width)
        rows = resize_matrix(top, h, height)
        return separable(x, rows, resize_matrix(left, w, width, mirror=draw.chance(self.flip)))

    def _boxes(self, height: int, width: int, draw: "Draw") -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Random boxes (top, left, height, width) in whole pixels, as in torchvision: the first of ten tries that fits.

        Where none does (which the default ranges leave to one image in millions) the first is cut to the image.
        """
        area = height * width * draw.uniform(*self.scale, 10)
        ratio = draw.uniform(math.log(self.ratio[0]), math.log(self.ratio[1]), 10).exp()
        w, h = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
        fits = (w >= 1) & (w <= width) & (h >= 1) & (h <= height)
        first = fits.int().argmax(1, keepdim=True)
        h, w = h.gather(1, first).squeeze(1), w.gather(1, first).squeeze(1)
        h, w = h.clamp(1, height), w.clamp(1, width)
        top = (draw.uniform(0, 1) * (height - h + 1)).floor()
        left = (draw.uniform(0, 1) * (width - w + 1)).floor()
        return top, left, h, w

    def _color_jitter(self, x: Tensor, draw: "Draw") -> Tensor:
        """The four adjustments in a random order for each image, on a random `color_p` of the images.

        The images are sorted by the place of the hue step in their order, so that each such group is a slice; the other three
        steps are blends, and the order of those is in their coefficients.
        """
        strength = 0.8 * self.color
        place = torch.where(draw.chance(self.color_p), draw.integers(4), -1).sort()
        order = draw.uniform(0, 1, 3).argsort(1)
        factor = draw.uniform(max(0.0, 1 - strength), 1 + strength, 3)
        shift = draw.uniform(-0.2 * self.color, 0.2 * self.color)
        start = [0, *torch.bincount(place.values + 1, minlength=5).cumsum(0).tolist()]
        x = x[place.indices]
        jittered = x[start[1] :]
        for step in range(4):
            group = slice(start[step + 1], start[step + 2])
            x[group] = adjust_hue(x[group], shift[group])
            if step < 3:
                mine = slice(start[1], None)
                blend(jittered, order[mine, step], factor[mine, step])
        return torch.empty_like(x).index_copy_(0, place.indices, x)

    def _blur(self, x: Tensor, draw: "Draw") -> Tensor:
        chosen = draw.chance(self.blur).nonzero().squeeze(1)
        sigma = draw.uniform(*self.sigma)[chosen]
        height, width = x.shape[2:]
        rows = blur_matrix(sigma, height)
        x[chosen] = separable(x[chosen], rows, rows if width == height else blur_matrix(sigma, width))
        return x


class Draw:
    """Random parameters, one (or `k`) for each of `n` images."""

    def __init__(self, n: int, device: torch.device, generator: Generator | None) -> None:
        self.n, self.device, self.generator = n, device, generator

    def uniform(self, low: float, high: float, k: int | None = None) -> Tensor:
        shape = (self.n,) if k is None else (self.n, k)
        return torch.rand(shape, device=self.device, generator=self.generator) * (high - low) + low

    def chance(self, p: float) -> Tensor:
        return self.uniform(0, 1) < p

    def integers(self, high: int) -> Tensor:
        return torch.randint(high, (self.n,), device=self.device, generator=self.generator)
