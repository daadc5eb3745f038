"""BYOL's loss: other ways to be right, and the ways to stop the wrong side, pair the wrong vectors or lose a factor."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.ssl_families.checks import four

bank = Bank(
    hidden=[
        Probe("9 images, 3 dimensions", lambda g: four(g, 9, 3), weight=2, seed=11),
        Probe("one image", lambda g: four(g, 1, 7), seed=12),
        Probe(
            "perfect predictions",
            lambda g: ((p := normal(g, 4, 5)), (q := normal(g, 4, 5)), 3 * q, 0.1 * p),
            note="= 0",
            seed=13,
            atol=1e-5,
        ),
        Probe(
            "gradients, at another size",
            lambda g: four(g, 6, 8),
            gradients=(0, 1, 2, 3),
            weight=4,
            seed=14,
            essential=True,
        ),
        Probe("lengths of every size", lambda g: tuple(z * 10**i for i, z in enumerate(four(g, 5, 4))), seed=15),
        Probe("float64, to ten digits", lambda g: four(g, 5, 6, torch.float64), dtype=True, rtol=1e-9, seed=16),
        Probe("leaves its inputs alone, at another size", lambda g: four(g, 2, 9), unchanged=True, seed=17),
    ]
)


def distance(p, z):
    return (F.normalize(p, dim=1) - F.normalize(z, dim=1)).square().sum(dim=1).mean()


def right(p_1, p_2, z_1, z_2):
    return distance(p_1, z_2.detach()) + distance(p_2, z_1.detach())


@bank.alternative
def from_cosines(p_1, p_2, z_1, z_2):
    with torch.no_grad():
        t_1, t_2 = z_1.clone(), z_2.clone()
    return 4 - 2 * (F.cosine_similarity(p_1, t_2, dim=1) + F.cosine_similarity(p_2, t_1, dim=1)).mean()


@bank.alternative
def stacked(p_1, p_2, z_1, z_2):
    p, z = torch.cat([p_1, p_2]), torch.cat([z_2, z_1]).detach()
    p, z = p / p.norm(dim=1, keepdim=True), z / z.norm(dim=1, keepdim=True)
    return 2 * (p - z).pow(2).sum(dim=1).mean()


@bank.misconception(
    "Gradients reach the targets: nothing is stopped, and the quickest way down is to make all vectors equal. z is a constant."
)
def no_stop(p_1, p_2, z_1, z_2):
    return distance(p_1, z_2) + distance(p_2, z_1)


@bank.misconception(
    "The gradient is stopped on the predictions. The student is trained through p; it is the teacher's z that is constant."
)
def stops_the_predictions(p_1, p_2, z_1, z_2):
    return distance(p_1.detach(), z_2) + distance(p_2.detach(), z_1)


@bank.misconception("Everything is stopped: no gradient reaches anything.")
def everything_stopped(p_1, p_2, z_1, z_2):
    return right(p_1, p_2, z_1, z_2).detach()


@bank.misconception("Only one of the two targets is stopped.")
def one_target_stopped(p_1, p_2, z_1, z_2):
    return distance(p_1, z_2.detach()) + distance(p_2, z_1)


@bank.misconception(
    "Each prediction is compared with the target of its own view. p of view 1 predicts z of view 2, and the other way round."
)
def own_view(p_1, p_2, z_1, z_2):
    return right(p_1, p_2, z_2, z_1)


@bank.misconception("Half of the expected value: the two directions are averaged. They are added.")
def averaged_directions(p_1, p_2, z_1, z_2):
    return right(p_1, p_2, z_1, z_2) / 2


@bank.misconception("Only one direction: view 2 predicts nothing. The loss is symmetric.")
def one_direction(p_1, p_2, z_1, z_2):
    return distance(p_1, z_2.detach())


@bank.misconception(
    "The vectors are not normalised: the loss asks for equal lengths as well, and a network can shrink it by shrinking everything."
)
def not_normalised(p_1, p_2, z_1, z_2):
    def d(p, z):
        return (p - z.detach()).square().sum(dim=1).mean()

    return d(p_1, z_2) + d(p_2, z_1)


@bank.misconception("Only the predictions are normalised; the targets keep their length.")
def targets_not_normalised(p_1, p_2, z_1, z_2):
    def d(p, z):
        return (F.normalize(p, dim=1) - z.detach()).square().sum(dim=1).mean()

    return d(p_1, z_2) + d(p_2, z_1)


@bank.misconception(
    "The squared differences are averaged over the dimensions. A squared distance is their sum; the mean is over images only."
)
def mean_over_dimensions(p_1, p_2, z_1, z_2):
    return right(p_1, p_2, z_1, z_2) / p_1.shape[1]


@bank.misconception("The distances are added up over the batch instead of averaged.")
def summed_over_the_batch(p_1, p_2, z_1, z_2):
    return right(p_1, p_2, z_1, z_2) * len(p_1)


@bank.misconception("The distance is not squared.")
def not_squared(p_1, p_2, z_1, z_2):
    def d(p, z):
        return (F.normalize(p, dim=1) - F.normalize(z.detach(), dim=1)).norm(dim=1).mean()

    return d(p_1, z_2) + d(p_2, z_1)


@bank.misconception(
    "You return minus the cosine, without the 2 - 2 cos: SimSiam's loss, from -1 to 1. Here perfect predictions cost 0."
)
def negative_cosine(p_1, p_2, z_1, z_2):
    return (
        -(F.cosine_similarity(p_1, z_2.detach(), dim=1).mean() + F.cosine_similarity(p_2, z_1.detach(), dim=1).mean())
        / 2
    )


@bank.misconception("You normalise along the batch: it is the row, the vector of one image, that gets length 1.")
def normalised_along_the_batch(p_1, p_2, z_1, z_2):
    def d(p, z):
        return (F.normalize(p, dim=0) - F.normalize(z.detach(), dim=0)).square().sum(dim=1).mean()

    return d(p_1, z_2) + d(p_2, z_1)


@bank.misconception("float64 went in and float32 came out.")
def casts_to_float32(p_1, p_2, z_1, z_2):
    return right(p_1.float(), p_2.float(), z_1.float(), z_2.float())
