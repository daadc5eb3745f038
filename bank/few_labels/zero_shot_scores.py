"""A class out of sentences: other right ways, and the ways to let one long description decide."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.text import described

bank = Bank(
    hidden=[
        Probe(
            "8 pictures, 4 classes, 5 descriptions",
            lambda g: described(g, 8, 4, 5, 7),
            weight=2,
            seed=11,
            essential=True,
        ),
        Probe("one class", lambda g: described(g, 5, 1, 3, 4), seed=12),
        Probe("one picture", lambda g: described(g, 1, 6, 2, 3), seed=13),
        Probe("as many classes as descriptions", lambda g: described(g, 4, 3, 3, 5), seed=14),
        Probe(
            "float64, to eight digits",
            lambda g: described(g, 4, 3, 2, 6, torch.float64),
            dtype=True,
            rtol=1e-8,
            seed=15,
        ),
        Probe("leaves its inputs alone, at another size", lambda g: described(g, 2, 4, 3, 2), unchanged=True, seed=16),
    ]
)


def unit(z):
    return F.normalize(z, dim=-1)


@bank.alternative
def with_cosine_similarity(image_z, text_z):
    mean = unit(text_z).mean(dim=1)
    return F.cosine_similarity(image_z[:, None], mean[None], dim=2)


@bank.alternative
def summed_then_normalised(image_z, text_z):
    total = (text_z / text_z.norm(dim=2, keepdim=True)).sum(dim=1)
    return unit(image_z) @ unit(total).T


@bank.alternative
def class_by_class(image_z, text_z):
    columns = []
    for sentences in text_z:
        center = torch.stack([s / s.norm() for s in sentences]).mean(0)
        columns.append(image_z @ center / (image_z.norm(dim=1) * center.norm()))
    return torch.stack(columns, dim=1)


@bank.misconception(
    "The descriptions are averaged with their lengths: the longest vector decides. Each becomes a unit vector first."
)
def lengths_kept(image_z, text_z):
    return unit(image_z) @ unit(text_z.mean(dim=1)).T


@bank.misconception(
    "The mean is not normalised again: classes whose descriptions disagree have a short mean and could never win."
)
def mean_not_normalised(image_z, text_z):
    return unit(image_z) @ unit(text_z).mean(dim=1).T


@bank.misconception("The pictures are not normalised: scores are cosines, between -1 and 1.")
def pictures_not_normalised(image_z, text_z):
    return image_z @ unit(unit(text_z).mean(dim=1)).T


@bank.misconception("The best description decides. Here their mean does.")
def best_description(image_z, text_z):
    return torch.einsum("nd,ctd->nct", unit(image_z), unit(text_z)).amax(dim=2)


@bank.misconception("Only the first description is read.")
def first_description(image_z, text_z):
    return unit(image_z) @ unit(text_z[:, 0]).T


@bank.misconception("The mean runs over the classes instead of the descriptions.")
def mean_over_classes(image_z, text_z):
    return unit(image_z) @ unit(unit(text_z).mean(dim=0)).T


@bank.misconception("The result is transposed: one row for each picture, one column for each class.")
def transposed(image_z, text_z):
    return (unit(image_z) @ unit(unit(text_z).mean(dim=1)).T).T


@bank.misconception("A softmax over the classes is applied. Cosines are asked for; the largest wins either way.")
def probabilities(image_z, text_z):
    return (unit(image_z) @ unit(unit(text_z).mean(dim=1)).T).softmax(dim=1)


@bank.misconception("Nothing is normalised: scores are plain products.")
def nothing_normalised(image_z, text_z):
    return image_z @ text_z.mean(dim=1).T


@bank.misconception(
    "`F.normalize` works along dimension 1 unless it is told otherwise: of (C, T, D) these are the descriptions. A vector is the last dimension."
)
def normalised_over_descriptions(image_z, text_z):
    return F.normalize(image_z) @ F.normalize(F.normalize(text_z).mean(dim=1)).T
