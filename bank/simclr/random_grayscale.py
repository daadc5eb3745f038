"""Random grayscale: other ways to be right, and the ways to toss the wrong coins or mix the wrong gray."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import uniform
from course_utils.simclr.checks import coins, orange

bank = Bank(
    hidden=[
        Probe(
            "p = 0.8, larger images", lambda g: (orange(60, 2, 3), 0.8), law=coins, weight=2, seed=11, essential=True
        ),
        Probe("p = 0.05", lambda g: (orange(100, 1, 2), 0.05), law=coins, seed=12, essential=True),
        Probe("p = 1 on 12 images of 5 x 4", lambda g: (uniform(g, 12, 3, 5, 4), 1.0), seed=13),
        Probe("p = 0 on one image", lambda g: (uniform(g, 1, 3, 7, 7), 0.0), seed=14),
        Probe(
            "black and white stay what they are",
            lambda g: (uniform(g, 6, 1, 3, 3).round().expand(6, 3, 3, 3).clone(), 1.0),
            seed=15,
        ),
        Probe("leaves its input alone", lambda g: (uniform(g, 9, 3, 4, 2), 1.0), unchanged=True, weight=2, seed=16),
    ]
)

LUMA = (0.299, 0.587, 0.114)


def grayed(images, weights=LUMA):
    mixed = (images * torch.tensor(weights, dtype=images.dtype).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    return mixed.expand_as(images)


def tossed(images, p, *shape):
    return torch.where(torch.rand(shape) < p, grayed(images), images)


@bank.alternative
def one_image_at_a_time(images, p):
    gray = grayed(images)
    return torch.stack([gray[k] if torch.rand(()) < p else images[k] for k in range(len(images))])


@bank.alternative
def indexed_on_a_copy(images, p):
    result = images.clone()
    chosen = torch.bernoulli(torch.full((len(images),), p)).bool()
    red, green, blue = images[chosen].unbind(dim=1)
    result[chosen] = (0.299 * red + 0.587 * green + 0.114 * blue)[:, None].expand(-1, 3, -1, -1)
    return result


@bank.alternative
def mixed_by_multiplication(images, p):
    gray = torch.einsum("bchw,c->bhw", images, torch.tensor(LUMA)).unsqueeze(1)
    coin = (torch.rand(len(images)) < p).float().view(-1, 1, 1, 1)
    return coin * gray + (1 - coin) * images


@bank.misconception(
    "All images of the batch are gray together, or none is: you toss one coin for the whole batch.\n"
    "Draw one number per image: as many coins as the batch has rows."
)
def one_coin_for_the_batch(images, p):
    return tossed(images, p)


@bank.misconception(
    'Part of an image is gray and part is not, so some are "something else": every pixel tosses a coin of its own.\n'
    "The coins need one number per image, with size 1 in all other dimensions."
)
def one_coin_per_pixel(images, p):
    return tossed(images, p, len(images), 1, *images.shape[2:])


@bank.misconception(
    "Single channels are made gray and their neighbours left alone: every channel tosses a coin of its own.\n"
    "An image turns gray in all three channels or in none."
)
def one_coin_per_channel(images, p):
    return tossed(images, p, len(images), 3, 1, 1)


@bank.misconception(
    "Every single number tosses a coin of its own: torch.rand_like(images) draws B·3·H·W coins. One image, one coin."
)
def one_coin_per_number(images, p):
    return tossed(images, p, *images.shape)


@bank.misconception(
    "The coin is reversed: p = 1 leaves every image alone and p = 0 makes all gray. p is the probability of gray."
)
def reversed_coin(images, p):
    return torch.where(torch.rand(len(images), 1, 1, 1) > p, grayed(images), images)


@bank.misconception(
    "Your gray is the plain mean of the three channels. The eye sees green brighter than blue: use the weights of the statement."
)
def plain_mean(images, p):
    return torch.where(torch.rand(len(images), 1, 1, 1) < p, images.mean(dim=1, keepdim=True).expand_as(images), images)


@bank.misconception(
    "Your gray images have lost the axis of channels: shape (B, H, W) beside (B, 3, H, W) is read as one image of B channels, and for B = 3 torch\n"
    "does not even complain. Keep the axis (a sum with keepdim=True, or `[:, None]`); the coins need shape (B, 1, 1, 1)."
)
def gray_without_its_axis(images, p):
    return torch.where(torch.rand(len(images)) < p, grayed(images)[:, 0], images)


@bank.misconception(
    "Your gray is three times too dark: the weights add up to 1, so the weighted channels are summed, not averaged again."
)
def mean_of_the_weighted(images, p):
    return torch.where(torch.rand(len(images), 1, 1, 1) < p, grayed(images) / 3, images)


@bank.misconception(
    "Red and blue have each other's weight: 0.114 belongs to blue, the last channel. (OpenCV stores images the other way round.)"
)
def blue_first(images, p):
    return torch.where(torch.rand(len(images), 1, 1, 1) < p, grayed(images, LUMA[::-1]), images)


@bank.misconception(
    "Every image is mixed with its gray version in the proportion p. Here p is a probability: an image is entirely gray or untouched."
)
def faded_instead_of_tossed(images, p):
    return p * grayed(images) + (1 - p) * images


@bank.misconception("All images turn gray, whatever p is: a coin has to decide for each of them.")
def always_gray(images, p):
    return grayed(images).clone()


@bank.misconception(
    "Right result, but the caller's images are gray too: `images[...] = ...` writes into the very batch you were given.\n"
    "Return a new tensor; the other view is made from the same pictures."
)
def writes_into_the_batch(images, p):
    chosen = torch.rand(len(images)) < p
    images[chosen] = grayed(images)[chosen]
    return images


@bank.misconception(
    "Images that were not chosen come out black: the coin is multiplied into the gray images and the others are lost.\n"
    "Choose between two images, gray and original."
)
def the_others_black(images, p):
    return grayed(images) * (torch.rand(len(images), 1, 1, 1) < p)


@bank.misconception(
    "Every batch has the same number of gray images: exactly round(p·B) of them are picked. Coins do not count each other: with p = 0.3\n"
    "some batches of 64 have 13 gray images and some 25."
)
def exactly_the_share(images, p):
    chosen = torch.zeros(len(images), dtype=torch.bool)
    chosen[torch.randperm(len(images))[: round(p * len(images))]] = True
    return torch.where(chosen.view(-1, 1, 1, 1), grayed(images), images)


class Counter:
    """Wraps around often enough that the share is right."""

    position = 0


@bank.misconception(
    "Nothing is drawn: a counter that lives on between calls says whose turn it is. The seed then decides nothing, and gray images come at\n"
    "regular distances. Draw from torch's generator, in every call anew."
)
def counter_instead_of_coins(images, p):
    places = Counter.position + torch.arange(1, len(images) + 1)
    Counter.position += len(images)
    chosen = (places * p).floor() > ((places - 1) * p).floor()
    return torch.where(chosen.view(-1, 1, 1, 1), grayed(images), images)


@bank.misconception(
    "Every call makes the same images gray: the generator is seeded inside the function, so each batch gets the luck of the first.\n"
    "Seed once, outside; the function only draws."
)
def seeded_inside(images, p):
    coin = torch.rand(len(images), 1, 1, 1, generator=torch.Generator().manual_seed(0))
    return torch.where(coin < p, grayed(images), images)


@bank.misconception(
    "Neighbours in the batch are gray together: one coin is drawn for every two images and repeated. Each image draws one of its own."
)
def one_coin_for_two(images, p):
    coin = torch.rand((len(images) + 1) // 2).repeat_interleave(2)[: len(images)]
    return torch.where(coin.view(-1, 1, 1, 1) < p, grayed(images), images)
