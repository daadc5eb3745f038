"""Two shortcuts through tasks made up by hand: the seams of a jigsaw, and a stamp in the corner."""

import torch
from torch import Generator, Tensor


def cut(images: Tensor, gap: int, generator: Generator | None = None) -> Tensor:
    """2 x 2 pieces of square images, each a random window of its quarter that is `gap` pixels smaller.

    images (n, c, s, s) float, s even -> (n, 4, c, s/2 - gap, s/2 - gap), quarters row by row. Pieces that were neighbours are then `gap`
    pixels apart on average (between 0 and 2 gap).
    """
    n, half = len(images), images.shape[-1] // 2
    if not 0 <= gap < half:
        raise ValueError(f"gap must be in 0, ..., {half - 1}, got {gap}")
    side = half - gap
    top = torch.randint(gap + 1, (n, 4), generator=generator) + torch.tensor([0, 0, half, half])
    left = torch.randint(gap + 1, (n, 4), generator=generator) + torch.tensor([0, half, 0, half])
    rows = (top[:, :, None] + torch.arange(side))[:, :, None, :, None]  # (n, 4, 1, side, 1)
    columns = (left[:, :, None] + torch.arange(side))[:, :, None, None, :]
    image = torch.arange(n)[:, None, None, None, None]
    channel = torch.arange(images.shape[1])[None, None, :, None, None]
    return images[image, channel, rows, columns]


def seam_costs(pieces: Tensor, order: Tensor) -> Tensor:
    """Mean absolute difference across the four seams when place p of the 2 x 2 grid holds piece order[p].

    pieces (n, 4, c, s, s), order (4,) -> (n,).
    """
    top_left, top_right, low_left, low_right = (pieces[:, int(i)] for i in order)
    seams = (
        top_left[..., :, -1] - top_right[..., :, 0],
        low_left[..., :, -1] - low_right[..., :, 0],
        top_left[..., -1, :] - low_left[..., 0, :],
        top_right[..., -1, :] - low_right[..., 0, :],
    )
    return torch.stack([seam.abs().mean((1, 2)) for seam in seams]).mean(0)


def solve_by_seams(images: Tensor, orders: Tensor, gap: int, generator: Generator | None = None) -> float:
    """Share of jigsaws that are solved by nothing but smooth seams.

    Each image (n, c, s, s), uint8 or float, is cut into 2 x 2 pieces and shuffled by one of `orders` (k, 4); the solver tries all of them
    and takes the smoothest picture.
    """
    x = images.float() / 255 if images.dtype == torch.uint8 else images.float()
    pieces = cut(x, gap, generator)
    truth = torch.randint(len(orders), (len(x),), generator=generator)
    shuffled = pieces.gather(1, orders[truth][:, :, None, None, None].expand_as(pieces))
    # place p of the shuffled puzzle holds piece orders[truth][p]; undoing an order is applying its inverse
    costs = torch.stack([seam_costs(shuffled, order.argsort()) for order in orders], dim=1)
    return (costs.argmin(1) == truth).float().mean().item()


def shuffled(images: Tensor, orders: Tensor, gap: int = 0) -> Tensor:
    """Images (n, 3, s, s) as puzzles, for a picture: pieces in the given orders (n, 4), a white cross between them where there is a gap."""
    x = images.float() / 255 if images.dtype == torch.uint8 else images.float()
    half, side = x.shape[-1] // 2, x.shape[-1] // 2 - gap
    start = gap // 2
    quarters = [x[..., r : r + half, c : c + half] for r in (0, half) for c in (0, half)]
    pieces = torch.stack([q[..., start : start + side, start : start + side] for q in quarters], dim=1)
    pieces = pieces.gather(1, orders[:, :, None, None, None].expand_as(pieces))
    canvas = torch.ones_like(x)
    for place, (r, c) in enumerate((r, c) for r in (0, half) for c in (0, half)):
        canvas[..., r + start : r + start + side, c + start : c + start + side] = pieces[:, place]
    return canvas


def stamp(images: Tensor) -> Tensor:
    """The same images (n, 3, h, w) uint8 with a camera's date in orange: 2 x 6 pixels in the lower right corner."""
    stamped = images.clone()
    stamped[:, :, -4:-2, -8:-2] = torch.tensor([255, 140, 0], dtype=images.dtype, device=images.device)[:, None, None]
    return stamped
