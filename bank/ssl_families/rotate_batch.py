"""Four quarter turns: other ways to be right, and the ways to turn the wrong way, in the wrong order or with the wrong labels."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import uniform
from course_utils.ssl_families.checks import numbered

bank = Bank(
    hidden=[
        Probe("3 images of two channels, 5 x 5", lambda g: (numbered(3, 2, 5, 5),), weight=2, essential=True),
        Probe("random pixels", lambda g: (uniform(g, 4, 3, 2, 2),), seed=11),
        Probe("one pixel", lambda g: (uniform(g, 3, 1, 1, 1),), seed=12),
        Probe("float64, types and all", lambda g: (uniform(g, 2, 3, 3, 3).double(),), dtype=True, seed=13),
        Probe("leaves its input alone, at another size", lambda g: (uniform(g, 1, 3, 4, 4),), unchanged=True, seed=14),
    ]
)


def labels(n):
    return torch.arange(4).repeat_interleave(n)


def turn(x, k):
    return torch.rot90(x, k, dims=(2, 3))


@bank.alternative
def by_transposing_and_flipping(images):
    once = images.transpose(2, 3).flip(2)
    twice = images.flip(2, 3)
    thrice = images.transpose(2, 3).flip(3)
    return torch.cat([images, once, twice, thrice]), labels(len(images))


@bank.alternative
def stacked(images):
    turned = torch.stack([turn(images, k) for k in range(4)])
    label = torch.arange(4)[:, None].expand(4, len(images)).reshape(-1)
    return turned.flatten(0, 1), label


@bank.alternative
def one_after_the_other(images):
    parts = [images]
    for _ in range(3):
        parts.append(turn(parts[-1], 1))
    return torch.cat(parts), torch.tensor([k for k in range(4) for _ in range(len(images))])


@bank.misconception(
    "You turn clockwise: the images of labels 1 and 3 are exchanged. Counter-clockwise, the right edge becomes the top."
)
def clockwise(images):
    return torch.cat([turn(images, -k) for k in range(4)]), labels(len(images))


@bank.misconception(
    "Your images come image by image (the four turns of the first, then of the second ...) while the labels go turn by turn. All images with label 0\n"
    "come first, then all with label 1."
)
def images_interleaved(images):
    return torch.stack([turn(images, k) for k in range(4)], dim=1).flatten(0, 1), labels(len(images))


@bank.misconception(
    "Your labels run 0, 1, 2, 3, 0, 1, ... but the images come turn by turn: the first B all have label 0."
)
def labels_interleaved(images):
    return torch.cat([turn(images, k) for k in range(4)]), torch.arange(4).repeat(len(images))


@bank.misconception(
    "Images and labels both go image by image. They agree with each other, but the order asked for is turn by turn: the whole batch upright first."
)
def both_interleaved(images):
    return torch.stack([turn(images, k) for k in range(4)], dim=1).flatten(0, 1), torch.arange(4).repeat(len(images))


@bank.misconception(
    "Three quarters only: the upright images with label 0 are missing. Without them nobody learns what upright looks like."
)
def upright_missing(images):
    return torch.cat([turn(images, k) for k in range(1, 4)]), torch.arange(1, 4).repeat_interleave(len(images))


@bank.misconception(
    "You mirror the images instead of turning them. A mirror image is no rotation: read along the edges, the order is reversed."
)
def mirrored(images):
    parts = [images, images.transpose(2, 3), images.flip(2, 3), images.transpose(2, 3).flip(2, 3)]
    return torch.cat(parts), labels(len(images))


@bank.misconception(
    "You turn two wrong dimensions: channels (or the batch) are turned along. Height and width are the last two."
)
def turns_channels(images):
    return torch.cat([torch.rot90(images, k, dims=(1, 2)) for k in range(4)]), labels(len(images))


@bank.misconception("Your labels begin at 1. The images as they are have label 0.")
def labels_from_one(images):
    return torch.cat([turn(images, k) for k in range(4)]), labels(len(images)) + 1


@bank.misconception("Every part is turned by 90 degrees once; only the labels count up. Label k means k quarter turns.")
def always_one_turn(images):
    return torch.cat([images] + [turn(images, 1)] * 3), labels(len(images))


@bank.misconception(
    "Your labels are degrees (0, 90, 180, 270). A class label is the number of quarter turns: 0, 1, 2, 3."
)
def degrees(images):
    return torch.cat([turn(images, k) for k in range(4)]), 90 * labels(len(images))


@bank.misconception(
    "Your labels are one-hot rows. Cross-entropy takes the number of the class: one whole number for each image."
)
def one_hot_labels(images):
    return torch.cat([turn(images, k) for k in range(4)]), torch.eye(4)[labels(len(images))]


@bank.misconception(
    "Pictures or labels change their type on the way: uint8 pixels stay uint8, and labels are 64-bit whole numbers."
)
def floats(images):
    return torch.cat([turn(images, k) for k in range(4)]).float(), labels(len(images)).float()
