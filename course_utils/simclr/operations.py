"""What augmentation does to pixels, with given parameters, one set an image. Each equals torchvision's operation (which is tested)."""

import torch
from torch import Tensor
from torch.nn.functional import pad

BRIGHTNESS, CONTRAST, SATURATION = 0, 1, 2


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


def gaussian_blur(images: Tensor, sigma: Tensor) -> Tensor:
    """Blur each image by its own standard deviation (n,), in pixels, reflected at the edges: (n, c, h, w) -> same shape.

    The kernel has a tenth of the side's pixels (made odd, at least 3). It is a product, so columns are blurred, then rows.
    """
    for dim, ends in ((2, (0, 0, 1, 1)), (3, (1, 1, 0, 0))):
        size = images.shape[dim]
        reach = max(1, size // 20)
        offset = torch.arange(-reach, reach + 1, device=sigma.device)
        weights = torch.softmax(-0.5 * (offset / sigma[:, None]) ** 2, dim=1).view(len(sigma), -1, 1, 1, 1).unbind(1)
        padded = pad(images, [reach * end for end in ends], mode="reflect")
        images = padded.narrow(dim, 0, size) * weights[0]
        for k, weight in enumerate(weights[1:], start=1):
            images.addcmul_(padded.narrow(dim, k, size), weight)
    return images


def luma(images: Tensor) -> Tensor:
    """Brightness as the eye sees it (ITU-R 601): (n, 3, h, w) -> (n, 1, h, w)."""
    red, green, blue = images.split(1, dim=1)
    return (0.2989 * red).add_(green, alpha=0.587).add_(blue, alpha=0.114)


def blend(images: Tensor, kind: Tensor, factor: Tensor) -> Tensor:
    """Change brightness, contrast or saturation, in place: factor * image + (1 - factor) * reference, clamped to [0, 1].

    images (n, 3, h, w); kind (n,) says which of BRIGHTNESS, CONTRAST, SATURATION each image gets; factor (n,), 1 changes nothing.
    """
    gray = luma(images)
    mean = gray.mean((2, 3), keepdim=True)
    kind, factor = kind.view(-1, 1, 1, 1), factor.view(-1, 1, 1, 1)
    reference = gray.mul_(kind == SATURATION).add_(mean.mul_(kind == CONTRAST))
    return torch.lerp(reference, images, factor, out=images).clamp_(0, 1)


def adjust_hue(images: Tensor, shift: Tensor, out: Tensor | None = None) -> Tensor:
    """Turn the hue of each image by `shift` (n,) turns, at the same HSV value and saturation: (n, 3, h, w) -> same shape.

    With m the smallest channel and C the largest minus m, the distance of a hue from red is 1 + (G + B - R - m) / C sixths of a
    turn, on the side of G or of B; and each channel is m + C clamp(2 - its distance from that channel's hue, 0, 1).
    """
    red, green, blue = images.unbind(1)
    low = torch.minimum(torch.minimum(red, green), blue)
    chroma = torch.maximum(torch.maximum(red, green), blue).sub_(low)
    distance = (green + blue).sub_(red).sub_(low).div_(chroma + 1e-12).add_(1)
    turn = torch.copysign(distance, green - blue).div_(6).add_(1 + shift[:, None, None]).frac_().mul_(6)
    out = torch.empty_like(images) if out is None else out
    torch.sub(turn, 3, out=out[:, 0]).abs_().sub_(1)
    torch.sub(turn, 2, out=out[:, 1]).abs_().neg_().add_(2)
    torch.sub(turn, 4, out=out[:, 2]).abs_().neg_().add_(2)
    return out.clamp_(0, 1).mul_(chroma[:, None]).add_(low[:, None])
