"""NT-Xent: other ways to be right, and the ways to be wrong that students (and published exercises) know."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.simclr.checks import close_views, collapsed, twins

bank = Bank(
    hidden=[
        Probe(
            "5 images, 3 dimensions, temperature 0.3", lambda g: (*close_views(g, 5, 3), 0.3), seed=11, essential=True
        ),
        Probe("64 images, temperature 0.07", lambda g: (*close_views(g, 64, 32), 0.07), seed=12),
        Probe("one image: no negatives", lambda g: (*close_views(g, 1, 6), 0.5), seed=13, atol=1e-5),
        Probe("collapsed embeddings, N = 512", collapsed(512), note="= log(2N-1)", essential=True),
        Probe("vectors of length 1000", lambda g: tuple(1000 * z for z in close_views(g, 6, 8)) + (0.5,), seed=14),
        Probe(
            "temperature 0.002, with gradients",
            lambda g: (*close_views(g, 6, 8), 0.002),
            gradients=(0, 1),
            seed=15,
            rtol=1e-2,
            atol=1e-3,
            essential=True,
        ),
        Probe("all pictures the same, in slightly different views", lambda g: (*twins(g, 6, 4), 0.5), seed=16),
        Probe(
            "float64, to nine digits, with gradients",
            lambda g: (normal(g, 9, 5, dtype=torch.float64), normal(g, 9, 5, dtype=torch.float64), 0.1),
            gradients=(0, 1),
            dtype=True,
            rtol=1e-9,
            atol=1e-10,
            seed=17,
        ),
        Probe(
            "leaves its inputs alone, at another size", lambda g: (*close_views(g, 7, 9), 0.2), unchanged=True, seed=18
        ),
    ]
)


def cosines(z_i, z_j):
    z = F.normalize(torch.cat([z_i, z_j]), dim=1)
    return z @ z.T


def partners(n):
    return torch.arange(2 * n).roll(n)


def masked(z_i, z_j, temperature):
    logits = cosines(z_i, z_j) / temperature
    return logits.masked_fill(torch.eye(len(logits), dtype=torch.bool), -torch.inf)


@bank.alternative
def with_logsumexp(z_i, z_j, temperature=0.5):
    logits = masked(z_i, z_j, temperature)
    return (logits.logsumexp(dim=1) - logits.gather(1, partners(len(z_i))[:, None]).squeeze(1)).mean()


@bank.alternative
def four_blocks(z_i, z_j, temperature=0.5):
    a, b = F.normalize(z_i, dim=1), F.normalize(z_j, dim=1)
    itself = torch.eye(len(a), dtype=torch.bool)
    across = a @ b.T / temperature
    first = torch.cat([across, (a @ a.T / temperature).masked_fill(itself, -torch.inf)], dim=1)
    second = torch.cat([across.T, (b @ b.T / temperature).masked_fill(itself, -torch.inf)], dim=1)
    label = torch.arange(len(a))
    return (F.cross_entropy(first, label) + F.cross_entropy(second, label)) / 2


@bank.alternative
def diagonal_dropped(z_i, z_j, temperature=0.5):
    logits = cosines(z_i, z_j) / temperature
    n = len(logits)
    rest = logits[~torch.eye(n, dtype=torch.bool)].view(n, n - 1)
    label = partners(len(z_i)) - (partners(len(z_i)) > torch.arange(n)).long()
    return F.cross_entropy(rest, label)


@bank.alternative
def shifted_exponentials(z_i, z_j, temperature=0.5):
    logits = masked(z_i, z_j, temperature)
    top = logits.detach().amax(dim=1, keepdim=True)
    total = (logits - top).exp().sum(dim=1).log() + top.squeeze(1)
    return (total - logits.gather(1, partners(len(z_i))[:, None]).squeeze(1)).mean()


@bank.misconception(
    "Your value for collapsed embeddings is log(2N) instead of log(2N-1): each anchor still counts itself among its candidates.\n"
    'Set the diagonal\'s logits to minus infinity. See "The loss", first paragraph.'
)
def keeps_the_diagonal(z_i, z_j, temperature=0.5):
    return F.cross_entropy(cosines(z_i, z_j) / temperature, partners(len(z_i)))


@bank.misconception(
    "The diagonal was set to 0 after the division, and exp(0) = 1 still counts: each anchor remains a weak candidate of its own.\n"
    "A logit that must never win is minus infinity."
)
def diagonal_set_to_zero(z_i, z_j, temperature=0.5):
    logits = cosines(z_i, z_j) / temperature
    return F.cross_entropy(logits.masked_fill(torch.eye(len(logits), dtype=torch.bool), 0.0), partners(len(z_i)))


@bank.misconception(
    "The partner is missing from your denominator: it sums over the 2N-2 negatives only. In Eq. 1 the sum runs over all k except i,\n"
    "the partner included; without it the loss can be negative and is no cross-entropy."
)
def positive_not_in_denominator(z_i, z_j, temperature=0.5):
    logits = masked(z_i, z_j, temperature)
    label = partners(len(z_i))[:, None]
    positive = logits.gather(1, label).squeeze(1)
    return (logits.scatter(1, label, -torch.inf).logsumexp(dim=1) - positive).mean()


@bank.misconception(
    "Your similarities depend on the lengths of the vectors: normalise both views to length 1 first, sim is the cosine."
)
def not_normalised(z_i, z_j, temperature=0.5):
    z = torch.cat([z_i, z_j])
    logits = (z @ z.T / temperature).masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return F.cross_entropy(logits, partners(len(z_i)))


@bank.misconception(
    "You normalised along the batch (dim=0). Each embedding is a row, and each row must get length 1: dim=1."
)
def normalised_along_the_batch(z_i, z_j, temperature=0.5):
    z = F.normalize(torch.cat([z_i, z_j]), dim=0)
    logits = (z @ z.T / temperature).masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return F.cross_entropy(logits, partners(len(z_i)))


@bank.misconception(
    "You multiply by the temperature. Logits are similarities *divided* by it: a small temperature sharpens."
)
def multiplies_by_temperature(z_i, z_j, temperature=0.5):
    return masked_loss(z_i, z_j, 1 / temperature)


@bank.misconception("The temperature is not used: your value is that of temperature 1. Divide the similarities by it.")
def ignores_temperature(z_i, z_j, temperature=0.5):
    return masked_loss(z_i, z_j, 1.0)


@bank.misconception("The temperature is used twice: your logits are sim / temperature². Once is enough.")
def temperature_twice(z_i, z_j, temperature=0.5):
    return masked_loss(z_i, z_j, temperature**2)


def masked_loss(z_i, z_j, temperature):
    return F.cross_entropy(masked(z_i, z_j, temperature), partners(len(z_i)))


@bank.misconception(
    "Each of your anchors has N candidates, the vectors of the other view. That is the symmetric loss of CLIP; in NT-Xent the\n"
    "vectors of the *same* view are negatives too: 2N-1 candidates."
)
def only_the_other_view(z_i, z_j, temperature=0.5):
    across = F.normalize(z_i, dim=1) @ F.normalize(z_j, dim=1).T / temperature
    label = torch.arange(len(z_i))
    return (F.cross_entropy(across, label) + F.cross_entropy(across.T, label)) / 2


@bank.misconception(
    "Only the first views are anchors in your loss. Every one of the 2N vectors takes its turn: average over both directions."
)
def one_direction(z_i, z_j, temperature=0.5):
    logits = masked(z_i, z_j, temperature)[: len(z_i)]
    return F.cross_entropy(logits, partners(len(z_i))[: len(z_i)])


@bank.misconception("You sum over the 2N anchors. The loss is their mean, so that it does not grow with the batch.")
def summed(z_i, z_j, temperature=0.5):
    return F.cross_entropy(masked(z_i, z_j, temperature), partners(len(z_i)), reduction="sum")


@bank.misconception("Twice the expected value: you divide the sum over 2N anchors by N. Divide by 2N.")
def divided_by_n(z_i, z_j, temperature=0.5):
    return 2 * masked_loss(z_i, z_j, temperature)


@bank.misconception(
    "Your labels pair neighbouring rows (0 with 1, 2 with 3, ...). That is the layout of the paper's Algorithm 1; here all first\n"
    "views come before all second views, so the partner of row i is i + N."
)
def interleaved_labels(z_i, z_j, temperature=0.5):
    logits = masked(z_i, z_j, temperature)
    return F.cross_entropy(logits, torch.arange(len(logits)) ^ 1)


@bank.misconception(
    "The sign is wrong: your loss falls when partners move apart. It is minus the log-probability of the partner."
)
def wrong_sign(z_i, z_j, temperature=0.5):
    return -masked_loss(z_i, z_j, temperature)


@bank.misconception("Your value is in bits (log to base 2): 1.4427 times the expected one. Use the natural logarithm.")
def in_bits(z_i, z_j, temperature=0.5):
    return masked_loss(z_i, z_j, temperature) / math.log(2)


@bank.misconception(
    "F.cross_entropy takes logits and applies the softmax itself; you gave it probabilities, so the softmax is taken twice."
)
def softmax_twice(z_i, z_j, temperature=0.5):
    return F.cross_entropy(masked(z_i, z_j, temperature).softmax(dim=1), partners(len(z_i)))


@bank.misconception(
    "At temperature 0.005 the exponential of a similarity does not fit a float32: exp(200) = inf, and inf/inf is nan.\n"
    "Let F.cross_entropy or torch.logsumexp take the exponentials; they subtract the largest logit first."
)
def naive_exponentials(z_i, z_j, temperature=0.5):
    weight = (cosines(z_i, z_j) / temperature).exp()
    weight = weight * (1 - torch.eye(len(weight), dtype=weight.dtype))
    positive = weight.gather(1, partners(len(z_i))[:, None]).squeeze(1)
    return -(positive / weight.sum(dim=1)).log().mean()


@bank.misconception(
    "The value is right, but no gradient reaches either view: somewhere the numbers leave the graph (.item(), .detach(), .numpy(),\n"
    "torch.tensor(...) or no_grad). Such a loss cannot train anything."
)
def detached_loss(z_i, z_j, temperature=0.5):
    return masked_loss(z_i, z_j, temperature).detach()


@bank.misconception(
    "The gradient reaches only the first view: the second is detached. In SimCLR both views pull (a stopped side is BYOL's trick)."
)
def one_view_detached(z_i, z_j, temperature=0.5):
    return masked_loss(z_i, z_j.detach(), temperature)


@bank.misconception(
    "When a picture occurs twice in a batch, you drop its twin as well: you skip candidates that *equal* the anchor. Skip the anchor\n"
    "by its position; an equal vector at another position is an ordinary negative."
)
def skips_equal_vectors(z_i, z_j, temperature=0.5):
    z = torch.cat([z_i, z_j])
    itself = (z[:, None] == z[None]).all(dim=2)
    partner = F.one_hot(partners(len(z_i)), len(z)).bool()
    return F.cross_entropy(
        (cosines(z_i, z_j) / temperature).masked_fill(itself & ~partner, -torch.inf), partners(len(z_i))
    )


@bank.misconception(
    "Right value, but the caller's embeddings are different afterwards: an operation that ends in an underscore, or `z /= ...`,\n"
    "works on the very tensors you were given. Make new ones."
)
def normalises_in_place(z_i, z_j, temperature=0.5):
    with torch.no_grad():
        z_i.div_(z_i.norm(dim=1, keepdim=True))
        z_j.div_(z_j.norm(dim=1, keepdim=True))
    return masked_loss(z_i, z_j, temperature)


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(z_i, z_j, temperature=0.5):
    return masked_loss(z_i.float(), z_j.float(), temperature)


@bank.misconception(
    "A small number is added inside the logarithm. At ordinary temperatures it does not show; at small ones a positive that loses by 400\n"
    "costs 18, and no gradient tells it so. Stay with logarithms: cross_entropy, or logsumexp."
)
def small_number_in_the_logarithm(z_i, z_j, temperature=0.5):
    share = masked(z_i, z_j, temperature).softmax(dim=1).gather(1, partners(len(z_i))[:, None])
    return -(share + 1e-8).log().mean()


@bank.misconception(
    "A small number is added above and below the fraction, so a positive that has nothing costs no more than -log of that number. Nothing\n"
    "needs protecting where the logarithm of the softmax is taken in one step."
)
def small_number_on_both_sides(z_i, z_j, temperature=0.5):
    logits = masked(z_i, z_j, temperature)
    weight = (logits - logits.amax(dim=1, keepdim=True)).exp()
    own = weight.gather(1, partners(len(z_i))[:, None]).squeeze(1)
    return -((own + 1e-6) / (weight.sum(dim=1) + 1e-6)).log().mean()


@bank.misconception(
    "In float64 only seven digits are right: a constant on the way is float32 (torch.tensor(temperature) makes one). Plain Python numbers\n"
    "take the precision of what they meet."
)
def temperature_in_float32(z_i, z_j, temperature=0.5):
    return right_with(z_i, z_j, torch.tensor(temperature, dtype=torch.float32))


def right_with(z_i, z_j, temperature):
    return F.cross_entropy(masked(z_i, z_j, temperature), partners(len(z_i)))
