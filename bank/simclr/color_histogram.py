"""Colour histogram: other ways to be right, and the ways to miss a bin or a share."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import uniform
from course_utils.simclr.checks import black_and_white

bank = Bank(
    hidden=[
        Probe("9 images of 6 x 4, 8 bins", lambda g: (uniform(g, 9, 3, 6, 4), 8), weight=2, seed=11, essential=True),
        Probe("one image, 3 bins", lambda g: (uniform(g, 1, 3, 4, 9), 3), seed=12),
        Probe("black and white, 16 bins", lambda g: (black_and_white(3, 4), 16), weight=2),
        Probe("one bin holds everything", lambda g: (uniform(g, 2, 3, 3, 3), 1), seed=13),
        Probe("dark images", lambda g: (uniform(g, 3, 3, 5, 5) * 0.3, 10), seed=14),
        Probe("leaves its input alone", lambda g: (uniform(g, 3, 3, 4, 6), 6), unchanged=True, seed=15),
    ]
)


def bin_of(images, bins):
    return (images * bins).long().clamp(max=bins - 1)


def shares(index, bins):
    return F.one_hot(index, bins).float().mean(dim=(2, 3)).flatten(1)


@bank.alternative
def with_histc(images, bins=8):
    return torch.stack(
        [torch.cat([torch.histc(channel, bins, 0.0, 1.0) / channel.numel() for channel in image]) for image in images]
    )


@bank.alternative
def counted_bin_by_bin(images, bins=8):
    index = bin_of(images, bins)
    return torch.stack([(index == b).float().mean(dim=(2, 3)) for b in range(bins)], dim=2).flatten(1)


@bank.alternative
def with_scatter_add(images, bins=8):
    index = torch.floor(images * bins).clamp(0, bins - 1).long().flatten(2)
    counts = torch.zeros(len(images), 3, bins).scatter_add_(2, index, torch.ones(index.shape))
    return (counts / index.shape[2]).reshape(len(images), -1)


@bank.alternative
def with_bincount(images, bins=8):
    offset = torch.arange(3 * len(images)).view(len(images), 3, 1, 1) * bins
    flat = (bin_of(images, bins) + offset).flatten()
    counts = torch.bincount(flat, minlength=3 * len(images) * bins)
    return counts.view(len(images), 3 * bins) / images[0, 0].numel()


@bank.misconception(
    "The value 1.0 asks for a bin that does not exist: 1.0 · bins is the number of bins, and the last index is one less.\n"
    "Where should it go instead?"
)
def one_bin_too_far(images, bins=8):
    return shares((images * bins).long(), bins)


@bank.misconception(
    "White pixels are in no bin, so the shares of a white image add up to 0: your last interval excludes its right end.\n"
    "A pixel of exactly 1.0 belongs to the last bin."
)
def last_bin_open(images, bins=8):
    edges = torch.linspace(0, 1, bins + 1)
    inside = [((images >= low) & (images < high)).float().mean(dim=(2, 3)) for low, high in zip(edges, edges[1:])]
    return torch.stack(inside, dim=2).flatten(1)


@bank.misconception(
    "You scale by bins - 1, so the last bin holds only pixels of exactly 1.0 and the others are too wide. All bins are equally wide: 1/bins."
)
def scaled_by_bins_minus_one(images, bins=8):
    return shares((images * (bins - 1)).long(), bins)


@bank.misconception(
    "You round to the nearest whole number; then the first bin is half as wide as the others. The bin is the whole part of v · bins."
)
def rounded(images, bins=8):
    return shares((images * bins).round().long().clamp(max=bins - 1), bins)


@bank.misconception(
    "The first bin holds only pixels of exactly 0, and all others sit one bin too far: you round up. The bin is the whole part of v · bins."
)
def rounded_up(images, bins=8):
    return shares((images * bins).ceil().long().clamp(max=bins - 1), bins)


@bank.misconception("You return counts of pixels. Shares do not depend on the size of the image: divide by H·W.")
def counts_not_shares(images, bins=8):
    return shares(bin_of(images, bins), bins) * images[0, 0].numel()


@bank.misconception(
    "The bins of a channel add up to 1/3: you divide by all numbers of the image. Divide by the pixels of one channel, H·W."
)
def divided_by_three_channels(images, bins=8):
    return shares(bin_of(images, bins), bins) / 3


@bank.misconception(
    "Right shares in another order: bin by bin, each with red, green and blue. First come all bins of red, then green, then blue.\n"
    "Look at the order of the dimensions before you flatten."
)
def channels_interleaved(images, bins=8):
    return F.one_hot(bin_of(images, bins), bins).float().mean(dim=(2, 3)).transpose(1, 2).flatten(1)


@bank.misconception(
    "You return `bins` numbers per image: the three channels are counted together. Each channel has a histogram of its own, 3 · bins in all."
)
def channels_pooled(images, bins=8):
    return F.one_hot(bin_of(images, bins), bins).float().mean(dim=(1, 2, 3))


@bank.misconception(
    "Everything falls into the first bin, as if values went up to 255. The images are floats in [0, 1]."
)
def as_bytes(images, bins=8):
    return shares((images * bins / 256).long(), bins)


@bank.misconception(
    "Your bins stretch from the darkest to the brightest value found: that is what torch.histc does when min and max are left out.\n"
    "The interval is [0, 1] for every image, or two histograms cannot be compared."
)
def range_of_the_data(images, bins=8):
    return torch.stack(
        [torch.cat([torch.histc(channel, bins) / channel.numel() for channel in image]) for image in images]
    )


@bank.misconception("You always use 8 bins, the default. The number is the second argument.")
def always_eight_bins(images, bins=8):
    return shares(bin_of(images, 8), 8)


@bank.misconception(
    "Each channel's shares are scaled to length 1, not to sum 1. Shares add up to 1; comparing directions comes later."
)
def scaled_to_length_one(images, bins=8):
    return F.normalize(F.one_hot(bin_of(images, bins), bins).float().mean(dim=(2, 3)), dim=2).flatten(1)


@bank.misconception(
    "Right result, but the caller's images are no longer in [0, 1]: `*=` and operations that end in an underscore work on the very\n"
    "tensor you were given. Make a new one."
)
def scales_in_place(images, bins=8):
    images *= bins
    return shares(images.long().clamp(max=bins - 1), bins)
