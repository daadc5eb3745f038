"""Alignment: other ways to be right, and the distances that are not this one."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.simclr.checks import close_views

bank = Bank(
    hidden=[
        Probe("20 images, 3 dimensions", lambda g: close_views(g, 20, 3), weight=2, seed=11, essential=True),
        Probe("one image", lambda g: close_views(g, 1, 7), seed=12),
        Probe(
            "the same vectors twice",
            lambda g: ((z := normal(g, 6, 5)), z.clone()),
            note="= 0, the least it can be",
            atol=1e-5,
            seed=13,
        ),
        Probe("right angles", lambda g: (torch.eye(4), torch.eye(4).roll(1, 0)), note="= 2"),
        Probe(
            "a long view and a short one",
            lambda g: (normal(g, 5, 6, scale=100.0), normal(g, 5, 6, scale=0.01)),
            seed=14,
        ),
        Probe("float64", lambda g: tuple(z.double() for z in close_views(g, 8, 4)), rtol=1e-5, seed=15),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: close_views(g, 6, 9),
            unchanged=True,
            weight=2,
            seed=16,
        ),
    ]
)


def unit(z):
    return F.normalize(z, dim=1)


def squared(z_i, z_j):
    return (unit(z_i) - unit(z_j)).pow(2).sum(dim=1)


@bank.alternative
def by_the_cosine(z_i, z_j):
    return (2 - 2 * F.cosine_similarity(z_i, z_j, dim=1)).mean()


@bank.alternative
def by_the_norm(z_i, z_j):
    return torch.linalg.vector_norm(unit(z_i) - unit(z_j), dim=1).square().mean()


@bank.alternative
def mse_times_dimension(z_i, z_j):
    return F.mse_loss(unit(z_i), unit(z_j)) * z_i.shape[1]


@bank.misconception(
    "The vectors are not normalised: your value grows with their lengths, and a network could lower it by shrinking everything."
)
def not_normalised(z_i, z_j):
    return (z_i - z_j).pow(2).sum(dim=1).mean()


@bank.misconception(
    "You normalised along the batch (dim=0). Each embedding is a row, and each row must get length 1: dim=1."
)
def normalised_along_the_batch(z_i, z_j):
    return (F.normalize(z_i, dim=0) - F.normalize(z_j, dim=0)).pow(2).sum(dim=1).mean()


@bank.misconception("Only the first view is normalised. Both have to lie on the unit sphere.")
def only_one_normalised(z_i, z_j):
    return (unit(z_i) - z_j).pow(2).sum(dim=1).mean()


@bank.misconception(
    "This is the mean distance. Alignment is the mean *squared* distance: opposite views give 4, yours gives 2."
)
def not_squared(z_i, z_j):
    return squared(z_i, z_j).sqrt().mean()


@bank.misconception("This is the root of the mean squared distance: opposite views give 2 instead of 4. No root.")
def root_of_the_mean(z_i, z_j):
    return squared(z_i, z_j).mean().sqrt()


@bank.misconception(
    "Your value is D times too small: .mean() over the whole matrix (or F.mse_loss) also averages over the D coordinates.\n"
    "A squared distance sums over coordinates; the mean is over images."
)
def averaged_over_coordinates(z_i, z_j):
    return F.mse_loss(unit(z_i), unit(z_j))


@bank.misconception("Your value is N times too large: sum over the coordinates, but take the mean over the images.")
def summed_over_images(z_i, z_j):
    return squared(z_i, z_j).sum()


@bank.misconception("You return one number per image. The mean over them is missing.")
def one_number_per_image(z_i, z_j):
    return squared(z_i, z_j)


@bank.misconception(
    "This is the mean cosine: 1 for equal views, -1 for opposite ones. Alignment is a squared distance: 0 and 4, less is better."
)
def mean_cosine(z_i, z_j):
    return F.cosine_similarity(z_i, z_j, dim=1).mean()


@bank.misconception(
    "Your value is half of the expected one: 1 - cos. The squared distance of unit vectors is twice that; expand the square to see it."
)
def half_of_it(z_i, z_j):
    return squared(z_i, z_j).mean() / 2


@bank.misconception("The sign is wrong: a squared distance is never negative, and less is better.")
def negative(z_i, z_j):
    return -squared(z_i, z_j).mean()


@bank.misconception(
    "You average over all pairs, vectors of different images included. Alignment is about partners: row k with row k."
)
def all_pairs(z_i, z_j):
    return (unit(z_i)[:, None] - unit(z_j)[None]).pow(2).sum(dim=2).mean()


@bank.misconception("You sum the absolute differences of the coordinates. The distance is the Euclidean one: squares.")
def sum_of_absolute_differences(z_i, z_j):
    return (unit(z_i) - unit(z_j)).abs().sum(dim=1).mean()


@bank.misconception(
    "The value is right, but the caller's embeddings are different afterwards: an operation that ends in an underscore, or `z /= ...`,\n"
    "works on the very tensors you were given. Make new ones."
)
def normalises_in_place(z_i, z_j):
    z_i /= z_i.norm(dim=1, keepdim=True)
    z_j /= z_j.norm(dim=1, keepdim=True)
    return (z_i - z_j).pow(2).sum(dim=1).mean()


@bank.misconception(
    "The value is right, but no gradient comes through: somewhere it leaves the graph (.item(), .detach(), no_grad). As a measure it\n"
    "still reads well; nobody could train with it."
)
def leaves_the_graph(z_i, z_j):
    return bank.alternatives[next(iter(bank.alternatives))](z_i, z_j).detach()


@bank.misconception("float64 went in and float32 came out: keep the precision of the input.")
def rounded_to_float32(z_i, z_j):
    return bank.alternatives[next(iter(bank.alternatives))](z_i, z_j).float()
