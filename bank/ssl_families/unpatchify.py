"""And back: other ways to be right, and the ways to put the pieces elsewhere."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.ssl_families.checks import numbered_patches

bank = Bank(
    hidden=[
        Probe("16 patches of 3 x 3, 2 channels", lambda g: (numbered_patches(2, 16, 18), 3), weight=2, essential=True),
        Probe("4 patches of 2 x 2, one channel", lambda g: (numbered_patches(3, 4, 4), 2), weight=2),
        Probe("9 patches of 4 x 4, 5 channels", lambda g: (numbered_patches(1, 9, 80), 4), weight=2),
        Probe(
            "gradients and float64, at another size",
            lambda g: (normal(g, 2, 9, 12, dtype=torch.float64), 2),
            gradients=(0,),
            dtype=True,
            seed=11,
        ),
        Probe("leaves its input alone", lambda g: (normal(g, 1, 4, 12), 2), unchanged=True, seed=12),
    ]
)


def axes(patches, size, order):
    """(B, rows, columns, y, x, C) with the axes after the batch in another order."""
    rows = math.isqrt(patches.shape[1])
    x = patches.reshape(len(patches), rows, rows, size, size, -1)
    return x.permute(0, *order).reshape(len(patches), x.shape[-1], rows * size, rows * size)


@bank.alternative
def with_fold(patches, size):
    b, length, pixels = patches.shape
    side = math.isqrt(length) * size
    columns = patches.view(b, length, size * size, -1).permute(0, 3, 2, 1).reshape(b, pixels, length)
    return F.fold(columns, (side, side), size, stride=size)


@bank.alternative
def with_einsum(patches, size):
    rows = int(patches.shape[1] ** 0.5)
    x = patches.reshape(patches.shape[0], rows, rows, size, size, -1)
    return torch.einsum("brspqc->bcrpsq", x).reshape(patches.shape[0], -1, rows * size, rows * size)


@bank.alternative
def strip_by_strip(patches, size):
    rows = math.isqrt(patches.shape[1])
    blocks = patches.reshape(len(patches), rows, rows, size, size, -1)
    strips = [torch.cat([blocks[:, r, c] for c in range(rows)], dim=2) for r in range(rows)]
    return torch.cat(strips, dim=1).movedim(3, 1)


@bank.misconception("You read the channels of a patch one after the other. They stand side by side, pixel by pixel.")
def channels_first(patches, size):
    rows = math.isqrt(patches.shape[1])
    x = patches.reshape(len(patches), rows, rows, -1, size, size)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(len(patches), -1, rows * size, rows * size)


@bank.misconception("Your patches are laid down the columns; they were cut along the rows.")
def column_by_column(patches, size):
    return axes(patches, size, (5, 2, 3, 1, 4))


@bank.misconception("Each patch is transposed.")
def patches_transposed(patches, size):
    return axes(patches, size, (5, 1, 4, 2, 3))


@bank.misconception("The whole image is transposed.")
def everything_transposed(patches, size):
    return axes(patches, size, (5, 2, 4, 1, 3))


@bank.misconception(
    "A reshape alone lays the numbers down in the order in which they stand: each patch is smeared over a strip. The axes have to be reordered in between."
)
def only_reshaped(patches, size):
    side = math.isqrt(patches.shape[1]) * size
    return patches.reshape(len(patches), -1, side, side)


@bank.misconception("The channels are the last axis of your images; they belong right after the batch.")
def channels_last(patches, size):
    return axes(patches, size, (5, 1, 3, 2, 4)).movedim(1, 3)


@bank.misconception("Rows of patches and rows of pixels are exchanged: neighbouring pixels are a patch apart.")
def combs(patches, size):
    return axes(patches, size, (5, 3, 1, 4, 2))


@bank.misconception("Three channels are taken for granted; the number of channels follows from the length of a patch.")
def always_three_channels(patches, size):
    rows = math.isqrt(patches.shape[1])
    x = patches.reshape(len(patches), rows, rows, size, size, 3)
    return x.permute(0, 5, 1, 3, 2, 4).reshape(len(patches), 3, rows * size, rows * size)


@bank.misconception(
    "All patches are put side by side, in one long strip. A square image has as many rows of patches as columns."
)
def one_strip(patches, size):
    b, length, _ = patches.shape
    x = patches.reshape(b, length, size, size, -1)
    return x.permute(0, 4, 2, 1, 3).reshape(b, -1, size, length * size)


@bank.misconception("The image is upside down: the first row of patches is the top one.")
def upside_down(patches, size):
    return axes(patches, size, (5, 1, 3, 2, 4)).flip(2)
