"""The N-pair loss and its other face, a cross-entropy: who is counted, how often, and along which axis."""

import math

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.infonce.checks import EXACT, sides


def slopes(value, arguments):
    """The gradient of each side with respect to the anchors and the positives. Raises ValueError if none arrives."""
    found = {}
    for i, side in enumerate(value, start=1):
        if not isinstance(side, torch.Tensor) or not side.requires_grad:
            raise ValueError(f"no gradient can pass through side {i}")
        anchors, positives = torch.autograd.grad(side, arguments, retain_graph=True)
        found |= {f"side {i}, gradient of the anchors": anchors, f"side {i}, gradient of the positives": positives}
    return found


def tracked(*tensors):
    return tuple(z.requires_grad_() for z in tensors)


bank = Bank(
    hidden=[
        Probe(
            "11 pairs, 3 dimensions",
            lambda g: (normal(g, 11, 3), normal(g, 11, 3)),
            look=sides,
            seed=11,
            atol=1e-5,
            essential=True,
        ),
        Probe("2 pairs in one dimension", lambda g: (normal(g, 2, 1), normal(g, 2, 1)), look=sides, seed=12, atol=1e-5),
        Probe(
            "all scores equal, N = 40",
            lambda g: (torch.zeros(40, 2), normal(g, 40, 2)),
            look=sides,
            note="= log N",
            atol=1e-5,
        ),
        Probe(
            "20 pairs, 16 dimensions",
            lambda g: (normal(g, 20, 16), normal(g, 20, 16)),
            look=sides,
            seed=13,
            atol=1e-5,
        ),
        Probe(
            "scores of thousands",
            lambda g: (normal(g, 6, 9, scale=40), normal(g, 6, 9, scale=40)),
            look=sides,
            seed=14,
            atol=1e-2,
            essential=True,
        ),
        Probe(
            "gradients of both sides, float64",
            lambda g: tracked(normal(g, 7, 4, dtype=torch.float64), normal(g, 7, 4, dtype=torch.float64)),
            look=slopes,
            dtype=True,
            seed=15,
        ),
        Probe(
            "gradients at scores of several hundred",
            lambda g: tracked(normal(g, 5, 8, scale=12), normal(g, 5, 8, scale=12)),
            look=slopes,
            rtol=1e-3,
            atol=1e-3,
            seed=16,
            essential=True,
        ),
        Probe(
            "float64: the sides agree to 1e-12, at another size",
            lambda g: (normal(g, 16, 6, dtype=torch.float64), normal(g, 16, 6, dtype=torch.float64)),
            look=sides,
            rtol=1e-7,
            atol=EXACT,
            dtype=True,
            seed=17,
        ),
        Probe(
            "leaves its inputs alone",
            lambda g: (normal(g, 5, 3), normal(g, 5, 3)),
            look=sides,
            unchanged=True,
            seed=18,
            atol=1e-5,
        ),
    ]
)


def itself(scores):
    return torch.eye(len(scores), dtype=torch.bool)


def written(scores):
    return (scores - scores.diagonal()[:, None]).logsumexp(dim=1).mean()


def classified(scores):
    return F.cross_entropy(scores, torch.arange(len(scores)))


def both(scores):
    return written(scores), classified(scores)


@bank.alternative
def softplus_and_log_softmax(anchors, positives):
    scores = anchors @ positives.T
    gaps = (scores - scores.diag()[:, None]).masked_fill(itself(scores), -torch.inf)
    return F.softplus(gaps.logsumexp(dim=1)).mean(), -scores.log_softmax(dim=1).diagonal().mean()


@bank.alternative
def one_anchor_at_a_time(anchors, positives):
    first, second = [], []
    for i, a in enumerate(anchors):
        scores = positives @ a
        others = torch.cat([scores[:i], scores[i + 1 :]]) - scores[i]
        first.append(torch.cat([others.new_zeros(1), others]).logsumexp(dim=0))
        second.append(F.cross_entropy(scores[None], torch.tensor([i])))
    return torch.stack(first).mean(), torch.stack(second).mean()


@bank.alternative
def logsumexp_by_hand(anchors, positives):
    scores = torch.einsum("id,jd->ij", anchors, positives)
    positive = (anchors * positives).sum(dim=1)
    gaps = scores - positive[:, None]
    top = gaps.detach().amax(dim=1).clamp(min=0)
    total = torch.where(itself(scores), 0.0, (gaps - top[:, None]).exp()).sum(dim=1)
    return ((total + (-top).exp()).log() + top).mean(), (scores.logsumexp(dim=1) - positive).mean()


@bank.misconception(
    "The positive counts twice in your first value: the 1 of the formula *is* the positive's own term, exp(0), so the sum must leave out\n"
    "j = i. With a single pair the loss is 0, not log 2."
)
def positive_counted_twice(anchors, positives):
    scores = anchors @ positives.T
    return F.softplus((scores - scores.diagonal()[:, None]).logsumexp(dim=1)).mean(), classified(scores)


@bank.misconception(
    "The 1 is missing from your first value: you take the logarithm of the negatives' sum alone. It may be negative, and is minus\n"
    "infinity for a single pair. Set a 0 in the place of the positive's term, then exp(0) is the 1."
)
def one_forgotten(anchors, positives):
    scores = anchors @ positives.T
    gaps = (scores - scores.diagonal()[:, None]).masked_fill(itself(scores), -torch.inf)
    return gaps.logsumexp(dim=1).mean(), classified(scores)


@bank.misconception(
    "The positive is missing from both denominators: you treat the classification as one among the N - 1 negatives. It is N-way; the right\n"
    "class is one of the classes."
)
def positive_missing_on_both_sides(anchors, positives):
    scores = anchors @ positives.T
    loss = (scores.masked_fill(itself(scores), -torch.inf).logsumexp(dim=1) - scores.diagonal()).mean()
    return loss, loss


@bank.misconception("You sum over the anchors. Both values are averages over the N anchors.")
def summed(anchors, positives):
    loss, other = both(anchors @ positives.T)
    return loss * len(anchors), other * len(anchors)


@bank.misconception(
    "Your first value sums over the anchors, your second is their mean. Both are averages over the N anchors."
)
def only_one_side_averaged(anchors, positives):
    loss, other = both(anchors @ positives.T)
    return loss * len(anchors), other


@bank.misconception(
    "Rows and columns have changed places: each *positive* chooses among the anchors in your loss. Here anchor a_i chooses among the\n"
    "positives p_j, so the sum over j runs along row i of the scores."
)
def positives_choose(anchors, positives):
    return both(positives @ anchors.T)


@bank.misconception(
    "The two sides disagree because the second one takes its softmax along the other axis: there each positive chooses among the anchors."
)
def cross_entropy_of_the_columns(anchors, positives):
    scores = anchors @ positives.T
    return written(scores), classified(scores.T)


@bank.misconception(
    "The first value subtracts the wrong positive: from the score of a_i and p_j you take the score of pair j, not of pair i. Along a row the\n"
    "same number is subtracted everywhere; mind how a vector is broadcast over a matrix."
)
def positive_broadcast_over_rows(anchors, positives):
    scores = anchors @ positives.T
    return (scores - scores.diagonal()).logsumexp(dim=1).mean(), classified(scores)


@bank.misconception(
    "You average both directions, anchors choosing positives and positives choosing anchors. That is the symmetric loss of CLIP; here only\n"
    "the anchors choose."
)
def both_directions(anchors, positives):
    scores = anchors @ positives.T
    return (written(scores) + written(scores.T)) / 2, (classified(scores) + classified(scores.T)) / 2


@bank.misconception(
    "Your negatives are the other *anchors*. In N-pairs an anchor is compared with the positives of the others, p_j."
)
def other_anchors_as_negatives(anchors, positives):
    return both(torch.where(itself(anchors), anchors @ positives.T, anchors @ anchors.T))


@bank.misconception(
    "You normalise the vectors first, so the scores are cosines. The N-pair loss takes plain dot products, whose size matters."
)
def normalised(anchors, positives):
    return both(F.normalize(anchors, dim=1) @ F.normalize(positives, dim=1).T)


@bank.misconception(
    "The exponentials overflow: scores of several hundred do not fit, exp(100) is infinite in float32. Let logsumexp or softplus take the\n"
    "exponentials; they subtract the largest one first."
)
def naive_exponentials(anchors, positives):
    scores = anchors @ positives.T
    gaps = (scores - scores.diagonal()[:, None]).exp()
    return (1 + gaps.masked_fill(itself(scores), 0).sum(dim=1)).log().mean(), classified(scores)


@bank.misconception(
    "The difference in the first value has the wrong sign: a negative that scores *higher* than the positive must cost more, so the\n"
    "exponent is a_i·p_j - a_i·p_i."
)
def difference_reversed(anchors, positives):
    scores = anchors @ positives.T
    return written(-scores), classified(scores)


@bank.misconception(
    "The sign is wrong: your values are log-probabilities of the positives. The loss is minus that, and never negative."
)
def wrong_sign(anchors, positives):
    loss, other = both(anchors @ positives.T)
    return -loss, -other


@bank.misconception(
    "You take the logarithm of the mean over the anchors. The loss is the mean of the logarithms: average last."
)
def log_of_the_mean(anchors, positives):
    scores = anchors @ positives.T
    gaps = scores - scores.diagonal()[:, None]
    return gaps.flatten().logsumexp(dim=0) - math.log(len(gaps)), classified(scores)


@bank.misconception(
    "You average over the negatives inside the logarithm. The formula has their *sum*; that is how more negatives make the game harder."
)
def mean_over_negatives(anchors, positives):
    scores = anchors @ positives.T
    gaps = (scores - scores.diagonal()[:, None]).masked_fill(itself(scores), -torch.inf)
    return F.softplus(gaps.logsumexp(dim=1) - math.log(max(len(gaps) - 1, 1))).mean(), classified(scores)


@bank.misconception(
    "The cross-entropy takes scores and applies the softmax itself; you gave it probabilities, so the softmax is taken twice."
)
def softmax_twice(anchors, positives):
    scores = anchors @ positives.T
    return written(scores), classified(scores.softmax(dim=1))


@bank.misconception(
    "In your classification the right class is always the first one. Row i of both inputs belong together, so for anchor i it is class i."
)
def first_class_always(anchors, positives):
    scores = anchors @ positives.T
    return written(scores), F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


@bank.misconception(
    "Your values are in bits (logarithm to base 2): 1.4427 times the expected ones. Use the natural logarithm."
)
def in_bits(anchors, positives):
    loss, other = both(anchors @ positives.T)
    return loss / math.log(2), other / math.log(2)


@bank.misconception(
    "Each negative gets a logarithm of its own in your first value, and these are added: that is a sum of two-way games. The N-pair loss\n"
    "takes one logarithm of the whole sum."
)
def one_game_per_negative(anchors, positives):
    scores = anchors @ positives.T
    gaps = (scores - scores.diagonal()[:, None]).masked_fill(itself(scores), -torch.inf)
    return F.softplus(gaps).sum(dim=1).mean(), classified(scores)


@bank.misconception(
    "The values are right, but no gradient can pass: somewhere the numbers leave the graph (.item(), .detach(), .numpy(),\n"
    "torch.tensor(...) or no_grad). Such a loss cannot train anything."
)
def detached(anchors, positives):
    loss, other = both(anchors @ positives.T)
    return loss.detach(), other.detach()


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(anchors, positives):
    return both(anchors.float() @ positives.float().T)
