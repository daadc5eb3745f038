"""SimSiam: other ways to be right, and the ways to stop the wrong gradient or pair the wrong vectors."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def four(g, n, dim, dtype=torch.float32):
    return tuple(normal(g, n, dim, dtype=dtype) for _ in range(4))


bank = Bank(
    hidden=[
        Probe("9 images, 3 dimensions", lambda g: four(g, 9, 3), weight=2, seed=11, essential=True),
        Probe("one image", lambda g: four(g, 1, 5), seed=12),
        Probe(
            "opposite predictions",
            lambda g: ((p := normal(g, 3, 4)), (q := normal(g, 3, 4)), -q, -p),
            note="= 1, the most it can be",
            seed=13,
        ),
        Probe(
            "vectors of very different lengths",
            lambda g: (
                normal(g, 4, 5, scale=100.0),
                normal(g, 4, 5),
                normal(g, 4, 5, scale=0.01),
                normal(g, 4, 5, scale=10.0),
            ),
            seed=14,
        ),
        Probe(
            "which arguments get a gradient, at another size",
            lambda g: four(g, 7, 8),
            gradients=(0, 1, 2, 3),
            weight=4,
            seed=15,
            essential=True,
        ),
        Probe("float64", lambda g: four(g, 5, 4, torch.float64), rtol=1e-5, seed=16),
        Probe("leaves its inputs alone, at another size", lambda g: four(g, 6, 3), unchanged=True, weight=2, seed=17),
    ]
)


def cos(p, z):
    return F.cosine_similarity(p, z, dim=1).mean()


def right(p_i, p_j, z_i, z_j):
    return -(cos(p_i, z_j.detach()) + cos(p_j, z_i.detach())) / 2


@bank.alternative
def normalised_products(p_i, p_j, z_i, z_j):
    def half(p, z):
        return -(F.normalize(p, dim=1) * F.normalize(z.detach(), dim=1)).sum(dim=1).mean()

    return 0.5 * half(p_i, z_j) + 0.5 * half(p_j, z_i)


@bank.alternative
def stacked(p_i, p_j, z_i, z_j):
    with torch.no_grad():
        target = F.normalize(torch.cat([z_j, z_i]), dim=1)
    return -torch.einsum("nd,nd->n", F.normalize(torch.cat([p_i, p_j]), dim=1), target).mean()


@bank.alternative
def from_squared_distances(p_i, p_j, z_i, z_j):
    def half(p, z):
        return (F.normalize(p, dim=1) - F.normalize(z, dim=1).detach()).pow(2).sum(dim=1).mean() / 2 - 1

    return (half(p_i, z_j) + half(p_j, z_i)) / 2


@bank.misconception(
    "The value is right, but gradients reach z: nothing is stopped. Then all pictures may get the same vector, and the loss is at its\n"
    "least. The targets count as constants."
)
def no_stop(p_i, p_j, z_i, z_j):
    return -(cos(p_i, z_j) + cos(p_j, z_i)) / 2


@bank.misconception("The gradient is stopped on the predictions p. It is the targets z that count as constants.")
def stops_the_predictions(p_i, p_j, z_i, z_j):
    return -(cos(p_i.detach(), z_j) + cos(p_j.detach(), z_i)) / 2


@bank.misconception(
    "Everything is stopped: no gradient reaches any argument, and nothing can be trained. Only the targets z are constants."
)
def everything_stopped(p_i, p_j, z_i, z_j):
    return right(p_i, p_j, z_i, z_j).detach()


@bank.misconception("Only one of the two targets is stopped. Both are, each in its own term.")
def one_target_stopped(p_i, p_j, z_i, z_j):
    return -(cos(p_i, z_j.detach()) + cos(p_j, z_i)) / 2


@bank.misconception(
    "Each prediction is compared with the target of its own view. p_i predicts the *other* view's target, z_j, and p_j predicts z_i."
)
def own_view(p_i, p_j, z_i, z_j):
    return right(p_i, p_j, z_j, z_i)


@bank.misconception(
    "You compare the two predictions, and the two targets. Each term has a prediction on one side and a target on the other."
)
def like_with_like(p_i, p_j, z_i, z_j):
    return -(cos(p_i, p_j) + cos(z_i.detach(), z_j.detach())) / 2


@bank.misconception("The sign is wrong: perfect predictions give +1, the largest loss. It is the *negative* cosine.")
def wrong_sign(p_i, p_j, z_i, z_j):
    return -right(p_i, p_j, z_i, z_j)


@bank.misconception(
    "Twice the expected value: the factor 1/2 of each term is missing. Perfect predictions give -1, not -2."
)
def no_half(p_i, p_j, z_i, z_j):
    return 2 * right(p_i, p_j, z_i, z_j)


@bank.misconception("Only the first of the two terms is there. The loss is symmetric: p_j predicts z_i as well.")
def one_side_only(p_i, p_j, z_i, z_j):
    return -cos(p_i, z_j.detach())


@bank.misconception(
    "One of the two terms, with its factor 1/2: perfect predictions give -0.5 instead of -1. The other term is missing."
)
def half_of_one_side(p_i, p_j, z_i, z_j):
    return -cos(p_i, z_j.detach()) / 2


@bank.misconception("Your value grows with the number of images: average over the batch instead of summing.")
def summed_over_the_batch(p_i, p_j, z_i, z_j):
    return right(p_i, p_j, z_i, z_j) * len(p_i)


@bank.misconception("You return one number per image. The mean over the batch is missing.")
def one_number_per_image(p_i, p_j, z_i, z_j):
    first = F.cosine_similarity(p_i, z_j.detach(), dim=1)
    return -(first + F.cosine_similarity(p_j, z_i.detach(), dim=1)) / 2


@bank.misconception(
    "This is the dot product: it grows with the lengths of the vectors. The cosine divides by both lengths."
)
def not_normalised(p_i, p_j, z_i, z_j):
    return -((p_i * z_j.detach()).sum(dim=1).mean() + (p_j * z_i.detach()).sum(dim=1).mean()) / 2


@bank.misconception("Your cosine runs over the batch (dim=0), coordinate by coordinate. Vectors are rows: dim=1.")
def along_the_batch(p_i, p_j, z_i, z_j):
    first = F.cosine_similarity(p_i, z_j.detach(), dim=0).mean()
    return -(first + F.cosine_similarity(p_j, z_i.detach(), dim=0).mean()) / 2


@bank.misconception(
    "Perfect predictions give 0 instead of -1: you return the squared distance, 2 - 2 cos, as BYOL does, or 1 - cos."
)
def squared_distance(p_i, p_j, z_i, z_j):
    return 2 + 2 * right(p_i, p_j, z_i, z_j)


@bank.misconception(
    "You average over all pairs of images. Row k is compared with row k only: SimSiam has no negatives."
)
def all_pairs(p_i, p_j, z_i, z_j):
    def every(p, z):
        return (F.normalize(p, dim=1) @ F.normalize(z.detach(), dim=1).T).mean()

    return -(every(p_i, z_j) + every(p_j, z_i)) / 2


@bank.misconception(
    "The value is right, but the caller's vectors are different afterwards: an operation that ends in an underscore, or `z /= ...`,\n"
    "works on the very tensors you were given (detach() shares memory). Make new ones."
)
def normalises_in_place(p_i, p_j, z_i, z_j):
    z_i, z_j = z_i.detach(), z_j.detach()
    z_i /= z_i.norm(dim=1, keepdim=True)
    z_j /= z_j.norm(dim=1, keepdim=True)
    return right(p_i, p_j, z_i, z_j)
