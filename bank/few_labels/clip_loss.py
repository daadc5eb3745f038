"""CLIP's loss: other right ways, and the ways to ask in one direction, to scale wrongly or to compare too much."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.text import matched

bank = Bank(
    hidden=[
        Probe("9 pairs, scale 4", lambda g: matched(g, 9, 7, 1.386), weight=2, seed=11, essential=True),
        Probe("scale 0.5", lambda g: matched(g, 5, 4, -0.693), seed=12),
        Probe("one pair", lambda g: matched(g, 1, 4, 1.0), note="= 0", seed=13),
        Probe("very long vectors", lambda g: matched(g, 6, 3, 1.8, 500.0), seed=14),
        Probe("gradients, 6 pairs", lambda g: matched(g, 6, 4, 0.8), gradients=(0, 1, 2), weight=3, seed=15, atol=1e-5),
        Probe("scale 500", lambda g: matched(g, 4, 4, 6.2), seed=16, rtol=1e-3),
        Probe(
            "float64, to eight digits",
            lambda g: matched(g, 5, 4, 1.1, dtype=torch.float64),
            dtype=True,
            rtol=1e-8,
            seed=17,
        ),
        Probe("leaves its inputs alone, at another size", lambda g: matched(g, 3, 6, 2.0), unchanged=True, seed=18),
    ]
)


def cosines(image, text):
    return F.normalize(image, dim=1) @ F.normalize(text, dim=1).T


def both(logits):
    partner = torch.arange(len(logits))
    return (F.cross_entropy(logits, partner) + F.cross_entropy(logits.T, partner)) / 2


def right(image, text, log_scale):
    return both(log_scale.exp() * cosines(image, text))


@bank.alternative
def by_logsumexp(image_z, text_z, log_scale):
    logits = torch.exp(log_scale) * cosines(image_z, text_z)
    own = logits.diagonal()
    return ((logits.logsumexp(0) + logits.logsumexp(1)) / 2 - own).mean()


@bank.alternative
def from_the_texts_side(image_z, text_z, log_scale):
    logits = cosines(text_z, image_z) * log_scale.exp()
    return -0.5 * (logits.log_softmax(1).diagonal() + logits.log_softmax(0).diagonal()).mean()


@bank.alternative
def normalised_by_hand(image_z, text_z, log_scale):
    image = image_z / image_z.norm(dim=1, keepdim=True)
    text = text_z / text_z.norm(dim=1, keepdim=True)
    return both(torch.einsum("id,jd->ij", image, text) * log_scale.exp())


@bank.misconception(
    "Only pictures look for their captions. The other direction, captions for their pictures, is missing."
)
def pictures_only(image_z, text_z, log_scale):
    logits = log_scale.exp() * cosines(image_z, text_z)
    return F.cross_entropy(logits, torch.arange(len(logits)))


@bank.misconception("Only captions look for their pictures. The other direction is missing.")
def captions_only(image_z, text_z, log_scale):
    logits = log_scale.exp() * cosines(text_z, image_z)
    return F.cross_entropy(logits, torch.arange(len(logits)))


@bank.misconception("The two directions are added; the loss is their mean.")
def added(image_z, text_z, log_scale):
    return 2 * right(image_z, text_z, log_scale)


@bank.misconception("The vectors are not normalised: a long vector would be similar to everything.")
def not_normalised(image_z, text_z, log_scale):
    return both(log_scale.exp() * image_z @ text_z.T)


@bank.misconception("Only the pictures are normalised, the captions keep their lengths.")
def text_not_normalised(image_z, text_z, log_scale):
    return both(log_scale.exp() * F.normalize(image_z, dim=1) @ text_z.T)


@bank.misconception("The logarithm of the scale is used as the scale: take its exponential.")
def scale_not_exponentiated(image_z, text_z, log_scale):
    return both(log_scale * cosines(image_z, text_z))


@bank.misconception("You divide by the scale: it is the inverse of a temperature, and multiplies.")
def divided_by_the_scale(image_z, text_z, log_scale):
    return both(cosines(image_z, text_z) / log_scale.exp())


@bank.misconception("The scale is not used.")
def no_scale(image_z, text_z, log_scale):
    return both(cosines(image_z, text_z)) + 0 * log_scale


@bank.misconception(
    "Pictures are compared with pictures and captions with captions too, as in NT-Xent. Here each side chooses among the other side only."
)
def nt_xent(image_z, text_z, log_scale):
    z = F.normalize(torch.cat([image_z, text_z]), dim=1)
    logits = log_scale.exp() * z @ z.T
    logits = logits.masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return F.cross_entropy(logits, torch.arange(len(z)).roll(len(image_z)))


@bank.misconception("One softmax over the whole matrix: each picture and each caption has its own.")
def one_softmax(image_z, text_z, log_scale):
    logits = log_scale.exp() * cosines(image_z, text_z)
    return -logits.flatten().log_softmax(0).view_as(logits).diagonal().mean()


@bank.misconception(
    "The own caption is not among the candidates: the diagonal is missing from the sum in the denominator, and the loss can fall below 0."
)
def own_caption_left_out(image_z, text_z, log_scale):
    logits = log_scale.exp() * cosines(image_z, text_z)
    rest = logits.masked_fill(torch.eye(len(logits), dtype=torch.bool), -torch.inf)
    return ((rest.logsumexp(0) + rest.logsumexp(1)) / 2 - logits.diagonal()).mean()


@bank.misconception("No gradient reaches the captions. Both maps learn.")
def captions_stopped(image_z, text_z, log_scale):
    return right(image_z, text_z.detach(), log_scale)


@bank.misconception("No gradient reaches the pictures. Both maps learn.")
def pictures_stopped(image_z, text_z, log_scale):
    return right(image_z.detach(), text_z, log_scale)


@bank.misconception("The scale gets no gradient: CLIP learns how sharp to be.")
def scale_stopped(image_z, text_z, log_scale):
    return right(image_z, text_z, log_scale.detach())


@bank.misconception("The pairs are added up. The loss is their mean.")
def summed(image_z, text_z, log_scale):
    return right(image_z, text_z, log_scale) * len(image_z)


@bank.misconception("Your value is in bits: use the natural logarithm.")
def in_bits(image_z, text_z, log_scale):
    return right(image_z, text_z, log_scale) / math.log(2)
