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
        x[chosen] = separable(x[chosen], blur_matrix(sigma, height), blur_matrix(sigma, width))
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


def separable(images: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """rows @ image @ columns^T for every channel of every image.

    images (n, c, h, w), rows (n, h_out, h), columns (n, w_out, w) -> (n, c, h_out, w_out).
    """
    n, c, h, w = images.shape
    across = images.reshape(n, c * h, w) @ columns.mT
    return rows[:, None] @ across.view(n, c, h, -1)


def resize_matrix(start: Tensor, length: Tensor, size: int, mirror: Tensor | None = None) -> Tensor:
    """Bilinear interpolation from `length` pixels at `start` to all `size` pixels, for each of n images: (n, size, size).

    Only pixels inside the crop contribute, as when a crop is cut out first. The crop is never larger than the result, so
    antialiasing would change nothing. start and length (n,) in pixels; images where `mirror` (n,) is true come out reversed.
    """
    pixel = torch.arange(size, device=start.device, dtype=torch.float32)
    source = ((pixel + 0.5) * (length / size)[:, None] - 0.5).clamp(min=0).minimum(length[:, None] - 1) + start[:, None]
    if mirror is not None:
        source = torch.where(mirror[:, None], source.flip(1), source)
    return (1 - (source[:, :, None] - pixel).abs_()).relu_()


def blur_matrix(sigma: Tensor, size: int) -> Tensor:
    """Gaussian blur of a line of `size` pixels, reflected at its ends, for each standard deviation: (n,) -> (n, size, size).

    The kernel has a tenth of the pixels (made odd, at least 3).
    """
    reach = max(1, size // 20)
    offset = torch.arange(-reach, reach + 1, device=sigma.device)
    weight = torch.softmax(-0.5 * (offset / sigma[:, None]) ** 2, dim=1)
    pixel = torch.arange(size, device=sigma.device)
    source = (pixel + offset[:, None]).abs()
    source = (size - 1) - (size - 1 - source).abs()
    taps = torch.nn.functional.one_hot(source, size).float()
    return torch.einsum("nk,kps->nps", weight, taps)


def luma(images: Tensor) -> Tensor:
    """Brightness as the eye sees it (ITU-R 601): (n, 3, h, w) -> (n, 1, h, w)."""
    red, green, blue = images.split(1, dim=1)
    return (0.2989 * red).add_(green, alpha=0.587).add_(blue, alpha=0.114)


BRIGHTNESS, CONTRAST, SATURATION = 0, 1, 2


def blend(images: Tensor, kind: Tensor, factor: Tensor) -> Tensor:
    """Change brightness, contrast or saturation, in place: factor * image + (1 - factor) * reference, clamped to [0, 1].

    images (n, 3, h, w); kind (n,) says which of BRIGHTNESS, CONTRAST, SATURATION each image gets; factor (n,), 1 changes nothing.
    """
    gray = luma(images)
    mean = gray.mean((2, 3), keepdim=True)
    kind, factor = kind[:, None, None, None], factor[:, None, None, None]
    reference = gray.mul_(kind == SATURATION).add_(mean * (kind == CONTRAST))
    return torch.lerp(reference, images, factor, out=images).clamp_(0, 1)


def adjust_hue(images: Tensor, shift: Tensor) -> Tensor:
    """Turn the hue of each image by `shift` (n,) turns, at the same HSV value and saturation: (n, 3, h, w) -> same shape.

    With m the smallest channel and C the largest minus m, the distance of a hue from red is 1 + (G + B - R - m) / C sixths of a
    turn, on the side of G or of B; and each channel is m + C clamp(2 - its distance from that channel's hue, 0, 1).
    """
    red, green, blue = images.unbind(1)
    low = torch.minimum(torch.minimum(red, green), blue)
    chroma = torch.maximum(torch.maximum(red, green), blue).sub_(low)
    distance = (green + blue).sub_(red).sub_(low).div_(chroma + 1e-12).add_(1)
    turn = torch.copysign(distance, green - blue).div_(6).add_(1 + shift[:, None, None]).frac_().mul_(6)
    out = torch.empty_like(images)
    torch.sub(turn, 3, out=out[:, 0]).abs_().sub_(1)
    torch.sub(turn, 2, out=out[:, 1]).abs_().neg_().add_(2)
    torch.sub(turn, 4, out=out[:, 2]).abs_().neg_().add_(2)
    return out.clamp_(0, 1).mul_(chroma[:, None]).add_(low[:, None])
