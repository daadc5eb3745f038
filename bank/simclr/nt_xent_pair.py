"""NT-Xent of one anchor: other ways to be right, and the ways to miscount its candidates."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe(
            "a pair of 12 vectors, 3 dimensions, temperature 0.3",
            lambda g: (normal(g, 12, 3), 4, 10, 0.3),
            seed=11,
            essential=True,
        ),
        Probe("the last anchor, temperature 0.07", lambda g: (normal(g, 64, 16), 63, 31, 0.07), seed=12),
        Probe("two vectors: no negatives", lambda g: (normal(g, 2, 6), 0, 1, 0.5), seed=13, atol=1e-5),
        Probe("all vectors equal, 2N = 50", lambda g: (torch.full((50, 3), -2.0), 49, 24, 0.1), note="= log(2N-1)"),
        Probe("j is what the caller says", lambda g: (normal(g, 8, 4), 1, 2, 0.5), weight=3, seed=14, essential=True),
        Probe("vectors of length 1000", lambda g: (normal(g, 6, 8, scale=1000.0), 5, 2, 0.2), seed=15),
        Probe(
            "the anchor's twin at another position", lambda g: (normal(g, 4, 5)[[0, 1, 0, 2, 3, 1]], 0, 3, 0.5), seed=16
        ),
        # where the anchor's own exp(1/t) is subtracted from the sum over all, float32 leaves an error of exp(1/t) / 10^7 over what remains:
        # 2e-3 at temperature 0.1, more than any tolerance that sees a wrong gradient; 1e-5 at 0.2
        Probe(
            "the gradient, temperature 0.2",
            lambda g: (normal(g, 8, 5), 3, 7, 0.2),
            gradients=(0,),
            rtol=1e-3,
            weight=6,
            seed=17,
            essential=True,
        ),
        Probe(
            "float64, to nine digits",
            lambda g: (normal(g, 10, 5, dtype=torch.float64), 2, 7, 0.2),
            dtype=True,
            rtol=1e-9,
            atol=1e-10,
            seed=18,
        ),
        Probe(
            "leaves z alone, at another size", lambda g: (normal(g, 8, 3), 6, 2, 1.0), unchanged=True, weight=2, seed=19
        ),
    ]
)


def row(z, i, temperature):
    unit = F.normalize(z, dim=1)
    return unit @ unit[i] / temperature


def others(z, i):
    return torch.arange(len(z)) != i


def right(z, i, j, temperature):
    logits = row(z, i, temperature)
    return logits[others(z, i)].logsumexp(0) - logits[j]


@bank.alternative
def word_for_word(z, i, j, temperature):
    def weight(k):
        return torch.exp(torch.dot(z[i], z[k]) / (z[i].norm() * z[k].norm()) / temperature)

    return -torch.log(weight(j) / sum(weight(k) for k in range(len(z)) if k != i))


@bank.alternative
def with_cross_entropy(z, i, j, temperature):
    logits = row(z, i, temperature).masked_fill(~others(z, i), -torch.inf)
    return F.cross_entropy(logits[None], torch.tensor([j]))


@bank.alternative
def minus_log_softmax(z, i, j, temperature):
    cosines = F.cosine_similarity(z[i][None], z, dim=1)
    rest = torch.cat([cosines[:i], cosines[i + 1 :]]) / temperature
    return -rest.log_softmax(dim=0)[j - (j > i)]


@bank.alternative
def total_minus_its_own(z, i, j, temperature):
    weights = row(z, i, temperature).exp()
    return (weights.sum() - weights[i]).log() - weights[j].log()


@bank.misconception(
    "Eight equal vectors give 2.0794 = log 8 instead of log 7: the anchor counts itself among its candidates.\n"
    "The sum in Eq. 1 runs over k ≠ i."
)
def keeps_itself(z, i, j, temperature):
    return F.cross_entropy(row(z, i, temperature)[None], torch.tensor([j]))


@bank.misconception(
    "The anchor's own logit was set to 0, and exp(0) = 1 still counts as a candidate. Leave it out of the sum, or make it minus infinity."
)
def its_own_logit_zero(z, i, j, temperature):
    logits = row(z, i, temperature).masked_fill(~others(z, i), 0.0)
    return logits.logsumexp(0) - logits[j]


@bank.misconception(
    "The partner is missing from your denominator: it sums over the negatives only, and eight equal vectors give log 6. In Eq. 1 the\n"
    "sum runs over all k except i, the partner included."
)
def partner_not_in_denominator(z, i, j, temperature):
    logits = row(z, i, temperature)
    return logits[others(z, i) & others(z, j)].logsumexp(0) - logits[j]


@bank.misconception(
    "You leave out the partner j and keep the anchor i: it is the other way round. Eight equal vectors do not show it; all others do."
)
def leaves_out_j(z, i, j, temperature):
    logits = row(z, i, temperature)
    return logits[others(z, j)].logsumexp(0) - logits[j]


@bank.misconception(
    "You take the row of j: that is the loss of anchor j with partner i. Their numerators agree, their denominators do not."
)
def anchor_and_partner_swapped(z, i, j, temperature):
    return right(z, j, i, temperature)


@bank.misconception(
    "You average over both directions, i to j and j to i. This function is one anchor's loss; the mean over anchors comes later."
)
def both_directions(z, i, j, temperature):
    return (right(z, i, j, temperature) + right(z, j, i, temperature)) / 2


@bank.misconception(
    "Your candidates are the N vectors of the other view: eight equal vectors give log 4. The vectors of the anchor's own view are\n"
    "candidates too, 2N-1 in all."
)
def only_the_other_view(z, i, j, temperature):
    half = len(z) // 2
    logits = row(z, i, temperature)
    return (logits[half:] if i < half else logits[:half]).logsumexp(0) - logits[j]


@bank.misconception(
    "You compare with a partner of your own, at distance N, and not with z[j]. The caller says who the partner is; use j."
)
def ignores_j(z, i, j, temperature):
    return right(z, i, (i + len(z) // 2) % len(z), temperature)


@bank.misconception(
    "The sign is wrong: your value is the log-probability of the partner. The loss is minus that, and never negative."
)
def wrong_sign(z, i, j, temperature):
    return -right(z, i, j, temperature)


@bank.misconception("You return the partner's probability. The loss is minus its logarithm.")
def probability(z, i, j, temperature):
    return (-right(z, i, j, temperature)).exp()


@bank.misconception(
    "You multiply by the temperature. Logits are similarities *divided* by it: a small temperature sharpens."
)
def multiplies_by_temperature(z, i, j, temperature):
    return right(z, i, j, 1 / temperature)


@bank.misconception("The temperature is not used: your value is that of temperature 1. Divide the similarities by it.")
def ignores_temperature(z, i, j, temperature):
    return right(z, i, j, 1.0)


@bank.misconception("The temperature is used twice: your logits are sim / temperature². Once is enough.")
def temperature_twice(z, i, j, temperature):
    return right(z, i, j, temperature**2)


@bank.misconception(
    "The temperature divides only one side of the fraction: numerator and denominator need the same logits."
)
def temperature_in_numerator_only(z, i, j, temperature):
    return row(z, i, 1.0)[others(z, i)].logsumexp(0) - row(z, i, temperature)[j]


@bank.misconception(
    "Your similarities depend on the lengths of the vectors: s is the cosine, of vectors normalised to length 1."
)
def not_normalised(z, i, j, temperature):
    logits = z @ z[i] / temperature
    return logits[others(z, i)].logsumexp(0) - logits[j]


@bank.misconception(
    "You normalised along the batch (dim=0). Each embedding is a row, and each row must get length 1: dim=1."
)
def normalised_along_the_batch(z, i, j, temperature):
    unit = F.normalize(z, dim=0)
    logits = unit @ unit[i] / temperature
    return logits[others(z, i)].logsumexp(0) - logits[j]


@bank.misconception(
    "Eight equal vectors give 0: your denominator is the *mean* over the candidates. Eq. 1 has their sum, so that the fraction is a\n"
    "probability."
)
def mean_in_the_denominator(z, i, j, temperature):
    return right(z, i, j, temperature) - math.log(len(z) - 1)


@bank.misconception("Your value is in bits (log to base 2): 1.4427 times the expected one. Use the natural logarithm.")
def in_bits(z, i, j, temperature):
    return right(z, i, j, temperature) / math.log(2)


@bank.misconception(
    "F.cross_entropy takes logits and applies the softmax itself; you gave it probabilities, so the softmax is taken twice."
)
def softmax_twice(z, i, j, temperature):
    logits = row(z, i, temperature).masked_fill(~others(z, i), -torch.inf)
    rest = torch.cat([logits[:i], logits[i + 1 :]]).softmax(dim=0)
    return rest.logsumexp(0) - rest[j - (j > i)]


@bank.misconception(
    "When the anchor's picture occurs twice, you drop its twin as well: you skip vectors that *equal* z[i]. Skip the anchor by its\n"
    "position; an equal vector at another position is an ordinary negative."
)
def skips_equal_vectors(z, i, j, temperature):
    logits = row(z, i, temperature)
    candidates = (z != z[i]).any(dim=1)
    candidates[j] = True
    return logits[candidates].logsumexp(0) - logits[j]


@bank.misconception(
    "The value is right, but no gradient reaches z: somewhere the number leaves the graph (.item(), .detach(), math.log, float(...),\n"
    "torch.tensor(...) or no_grad)."
)
def leaves_the_graph(z, i, j, temperature):
    return right(z, i, j, temperature).item()


@bank.misconception(
    "The gradient is incomplete: the anchor, or the candidates, were detached. Every vector in the formula is pulled or pushed."
)
def candidates_detached(z, i, j, temperature):
    logits = F.normalize(z.detach(), dim=1) @ F.normalize(z[i], dim=0) / temperature
    return logits[others(z, i)].logsumexp(0) - logits[j]


@bank.misconception(
    "z is different after the call: `z /= ...` and operations that end in an underscore work on the very tensor you were given\n"
    "(and torch refuses them where a gradient is wanted). Make a new one."
)
def normalises_in_place(z, i, j, temperature):
    z /= z.norm(dim=1, keepdim=True)
    return right(z, i, j, temperature)


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(z, i, j, temperature):
    return right(z.float(), i, j, temperature)


@bank.misconception(
    "In float64 only seven digits are right: a constant on the way is float32 (torch.tensor(temperature) makes one). Plain Python numbers\n"
    "take the precision of what they meet."
)
def temperature_in_float32(z, i, j, temperature=0.5):
    logits = F.normalize(z, dim=1) @ F.normalize(z[i], dim=0) / torch.tensor(temperature, dtype=torch.float32)
    others = torch.arange(len(z)) != i
    return logits[others].logsumexp(dim=0) - logits[j]
