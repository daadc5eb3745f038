"""Pictures as sequences: other right ways, and the ways to walk or to measure differently."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import bytes_case, uniform
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("five pictures of 3 x 5", lambda g: (uniform(g, 5, 3, 3, 5), uniform(g, 12, 3)), weight=2, seed=11, essential=True),
        Probe("bytes, 16 colours", lambda g: bytes_case(g, 3, 4, 4, 16), weight=2, seed=12),
        Probe("one colour", lambda g: (uniform(g, 2, 3, 2, 2), uniform(g, 1, 3)), seed=13),
        Probe("a single pixel", lambda g: (uniform(g, 1, 3, 1, 1), uniform(g, 7, 3)), dtype=True, unchanged=True, seed=14),
        Probe("float pictures, byte range", lambda g: (uniform(g, 1, 3, 4, 3) * 255, uniform(g, 9, 3) * 255), seed=15),
    ]
)  # fmt: skip


def rows(images):
    return images.permute(0, 2, 3, 1).flatten(1, 2)


def nearest(pixels, colors):
    return (pixels[:, :, None].double() - colors.double()).square().sum(-1).argmin(-1)


@bank.alternative
def by_differences(images, colors):
    return nearest(rows(images), colors)


@bank.alternative
def by_expansion(images, colors):
    pixels, c = images.double().movedim(1, -1).reshape(len(images), -1, 3), colors.double()
    return (c.square().sum(1) - 2 * pixels @ c.T).argmin(-1)


@bank.misconception("You walk column by column. Asked for is row by row.")
def column_by_column(images, colors):
    return nearest(images.permute(0, 3, 2, 1).flatten(1, 2), colors)


@bank.misconception(
    "The channels are cut out of the wrong numbers: a plain reshape takes three *neighbouring pixels of one channel* for a pixel. Move the channels to the end first."
)
def reshaped_without_permuting(images, colors):
    return nearest(images.reshape(len(images), -1, 3), colors)


@bank.misconception("Distances are sums of absolute differences. Nearest is meant in the Euclidean sense.")
def manhattan(images, colors):
    return (rows(images)[:, :, None].double() - colors.double()).abs().sum(-1).argmin(-1)


@bank.misconception("Bytes wrap around: 3 - 5 is 254 in uint8. Make floats of them before you subtract.")
def wraps_around(images, colors):
    d = rows(images)[:, :, None] - colors
    return (d * d).double().sum(-1).argmin(-1) if images.dtype == torch.uint8 else nearest(rows(images), colors)


@bank.misconception("These are the *farthest* colours.")
def farthest(images, colors):
    return (rows(images)[:, :, None].double() - colors.double()).square().sum(-1).argmax(-1)


@bank.misconception("Nearness is measured by the dot product: bright colours then win everywhere.")
def by_dot_product(images, colors):
    return (rows(images).double() @ colors.double().T).argmax(-1)


@bank.misconception("The bottom row comes first: you walk from below.")
def from_below(images, colors):
    return nearest(rows(images.flip(2)), colors)


@bank.misconception("Each row is walked from the right.")
def from_the_right(images, colors):
    return nearest(rows(images.flip(3)), colors)


@bank.misconception("The channels are in reverse order: blue is taken for red.")
def channels_reversed(images, colors):
    return nearest(rows(images.flip(1)), colors)


@bank.misconception("You return the colours. Asked for is their index.")
def colours(images, colors):
    return colors[nearest(rows(images), colors)]


@bank.misconception("The result still has the shape of a picture. A sequence has one dimension for each picture.")
def not_flattened(images, colors):
    return nearest(rows(images), colors).view(len(images), *images.shape[2:])


@bank.misconception("Only the brightness is compared. Colours of the same brightness are different tokens.")
def by_brightness(images, colors):
    return (rows(images).double().mean(-1)[..., None] - colors.double().mean(-1)).abs().argmin(-1)


@bank.misconception("Your index counts from 1. The first colour is 0.")
def from_one(images, colors):
    return nearest(rows(images), colors) + 1
