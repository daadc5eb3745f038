"""Images as sequences: other ways to be right, and the ways to put axes in another order."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.ssl_families.checks import numbered

bank = Bank(
    hidden=[
        Probe("3 images, 6 x 9, patches of 3", lambda g: (numbered(3, 2, 6, 9), 3), weight=2, essential=True),
        Probe("8 x 4, patches of 2, one channel", lambda g: (numbered(1, 1, 8, 4), 2), weight=2),
        Probe("patches of one pixel", lambda g: (numbered(2, 3, 2, 3), 1)),
        Probe(
            "gradients and float64, at another size",
            lambda g: (normal(g, 2, 1, 6, 3, dtype=torch.float64), 3),
            gradients=(0,),
            dtype=True,
            seed=11,
        ),
        Probe("leaves its input alone", lambda g: (normal(g, 1, 3, 4, 4), 2), unchanged=True, seed=12),
    ]
)


def axes(images, size, order):
    b, c, h, w = images.shape
    x = images.reshape(b, c, h // size, size, w // size, size)
    return x.permute(0, *order).reshape(b, (h // size) * (w // size), size * size * c)


@bank.alternative
def with_unfold(images, size):
    b, c = images.shape[:2]
    columns = F.unfold(images, size, stride=size)  # (B, C * size * size, L), channel first
    return columns.view(b, c, size * size, -1).permute(0, 3, 2, 1).flatten(2)


@bank.alternative
def with_einsum(images, size):
    b, c, h, w = images.shape
    x = images.reshape(b, c, h // size, size, w // size, size)
    return torch.einsum("bcrpsq->brspqc", x).reshape(b, -1, size * size * c)


@bank.alternative
def patch_by_patch(images, size):
    h, w = images.shape[2:]
    patches = [
        images[:, :, r : r + size, c : c + size].permute(0, 2, 3, 1).flatten(1)
        for r in range(0, h, size)
        for c in range(0, w, size)
    ]
    return torch.stack(patches, dim=1)


@bank.misconception(
    "Within a patch your channels come one after the other, all red values first. Asked for: pixel by pixel, the channels of a pixel side by side."
)
def channels_first(images, size):
    return axes(images, size, (2, 4, 1, 3, 5))


@bank.misconception("Your patches run down the columns first. They run along the rows, as one reads.")
def column_by_column(images, size):
    return axes(images, size, (4, 2, 3, 5, 1))


@bank.misconception("Each patch is transposed: its pixels run down the columns. They run along the rows.")
def patches_transposed(images, size):
    return axes(images, size, (2, 4, 5, 3, 1))


@bank.misconception("The whole image is transposed: both the patches and the pixels in them run down the columns.")
def everything_transposed(images, size):
    return axes(images, size, (4, 2, 5, 3, 1))


@bank.misconception(
    "A reshape alone does not cut patches out: it cuts the pixels' list into pieces, which are strips of rows. The axes have to be reordered in between."
)
def only_reshaped(images, size):
    b, c, h, w = images.shape
    return images.reshape(b, (h // size) * (w // size), size * size * c)


@bank.misconception(
    "The axes were moved but the rows inside the patches and the rows of patches are mixed up: your patches are combs of every n-th pixel."
)
def combs(images, size):
    b, c, h, w = images.shape
    x = images.reshape(b, c, size, h // size, size, w // size)
    return x.permute(0, 3, 5, 2, 4, 1).reshape(b, -1, size * size * c)


@bank.misconception("Height and width are exchanged: images that are not square come out in pieces.")
def height_and_width_exchanged(images, size):
    b, c, h, w = images.shape
    x = images.reshape(b, c, w // size, size, h // size, size)
    return x.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, size * size * c)


@bank.misconception("The patches keep their shape: asked for are flat ones, one vector for each patch.")
def not_flat(images, size):
    b, c, h, w = images.shape
    x = images.reshape(b, c, h // size, size, w // size, size)
    return x.permute(0, 2, 4, 3, 5, 1).flatten(1, 2)


@bank.misconception("Rows and columns of patches are two axes in your result. A Transformer wants one sequence.")
def a_grid(images, size):
    b, c, h, w = images.shape
    return patch_by_patch(images, size).view(b, h // size, w // size, -1)


@bank.misconception("Your patches overlap: the window moves by one pixel instead of by the size of a patch.")
def overlapping(images, size):
    b, c = images.shape[:2]
    columns = F.unfold(images, size, stride=1)
    return columns.view(b, c, size * size, -1).permute(0, 3, 2, 1).flatten(2)


@bank.misconception("The patches of all images are in one long list: the batch axis is gone.")
def batch_lost(images, size):
    return patch_by_patch(images, size).flatten(0, 1)
