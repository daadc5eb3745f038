"""SimCLR's random augmentations for a whole batch at once, on the device of the images.

Every image draws its own parameters, so the views have the distribution of torchvision's per-image pipeline (which is tested):
RandomResizedCrop -> RandomHorizontalFlip -> ColorJitter with probability 0.8 -> RandomGrayscale -> GaussianBlur
(Chen et al. 2020, arXiv:2002.05709, appendix A; appendix B.9 for CIFAR-10: strength 0.5, no blur).

What chance decides is drawn for all images first and then applied to a part of them at a time. Crop and flip are linear in each axis, so
they are one matrix on the rows and one on the columns of each image. Brightness, contrast and saturation are a blend with a reference
image (black, the mean gray, the gray image), so all three share one kernel and each image can run them in its own order; the hue is
costlier, so images that turn it at the same step are made neighbours.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from course_utils.simclr.operations import adjust_hue, blend, gaussian_blur, luma, resize_matrix, separable

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
        drawn = self._draw(images, generator)
        place = drawn.get("hue_place")
        order = torch.arange(len(images), device=images.device) if place is None else place.argsort()
        views = torch.empty(images.shape, device=images.device)
        for chosen in order.split(CHUNK if images.device.type == "cpu" else max(1, len(images))):
            mine = {name: values.index_select(0, chosen) for name, values in drawn.items()}
            views.index_copy_(0, chosen, self._view(images.index_select(0, chosen), mine))
        return views

    def two_views(self, images: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
        """Two independent random views of each image: two tensors (n, 3, height, width)."""
        return self(images, generator), self(images, generator)

    def _draw(self, images: Tensor, generator: Generator | None) -> dict[str, Tensor]:
        """The random parameters of a view of each image, (n, ...) each, of the steps that are on."""
        n, _, height, width = images.shape
        draw = Draw(n, images.device, generator)
        drawn = {}
        if self.crop or self.flip:
            whole = [torch.full((n,), float(pixels), device=images.device) for pixels in (0, 0, height, width)]
            drawn["top"], drawn["left"], drawn["height"], drawn["width"] = (
                self._boxes(height, width, draw) if self.crop else whole
            )
            drawn["mirror"] = draw.chance(self.flip)
        if self.color:
            strength = 0.8 * self.color
            place = torch.where(draw.chance(self.color_p), draw.integers(4), -1)
            rank = place.argsort().argsort()  # what follows is drawn in that order, as it was for all recorded results
            drawn["hue_place"] = place
            drawn["order"] = draw.uniform(0, 1, 3).argsort(1)[rank]
            drawn["factor"] = draw.uniform(max(0.0, 1 - strength), 1 + strength, 3)[rank]
            drawn["shift"] = draw.uniform(-0.2 * self.color, 0.2 * self.color)[rank]
        if self.gray:
            drawn["gray"] = draw.chance(self.gray)
        if self.blur:
            drawn["blur"] = draw.chance(self.blur)
            drawn["sigma"] = draw.uniform(*self.sigma)
        return drawn

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

    def _view(self, images: Tensor, drawn: dict[str, Tensor]) -> Tensor:
        x = images.float()
        if images.dtype == torch.uint8:
            x /= 255
        if "mirror" in drawn:
            rows = resize_matrix(drawn["top"], drawn["height"], x.shape[2])
            x = separable(x, rows, resize_matrix(drawn["left"], drawn["width"], x.shape[3], drawn["mirror"]))
        if "hue_place" in drawn:
            color_jitter(x, drawn["hue_place"], drawn["order"], drawn["factor"], drawn["shift"])
        if "gray" in drawn:
            chosen = drawn["gray"].nonzero().squeeze(1)
            x.index_copy_(0, chosen, luma(x.index_select(0, chosen)).expand(-1, 3, -1, -1))
        if "blur" in drawn:
            chosen = drawn["blur"].nonzero().squeeze(1)
            x.index_copy_(0, chosen, gaussian_blur(x.index_select(0, chosen), drawn["sigma"].index_select(0, chosen)))
        return x


def color_jitter(x: Tensor, hue_place: Tensor, order: Tensor, factor: Tensor, shift: Tensor) -> None:
    """Brightness, contrast, saturation and hue, in the order of each image, in place.

    Args:
        x: (n, 3, h, w) in [0, 1], sorted by `hue_place`, so that images which turn their hue at the same step are a slice.
        hue_place: (n,) which of the four steps that is; -1: the image is left alone.
        order: (n, 3) kinds of blend of the other three steps, `factor` (n, 3) theirs.
        shift: (n,) of the hue, in turns.
    """
    start = torch.searchsorted(hue_place, torch.arange(5, device=x.device)).tolist()
    jittered = slice(start[0], None)
    for step in range(4):
        group = slice(start[step], start[step + 1])
        if x[group].numel():
            adjust_hue(x[group], shift[group], out=x[group])
        if step < 3:
            blend(x[jittered], order[jittered, step], factor[jittered, step])


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
