"""SimCSE's loss: other right ways, and the ways to compare something else."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import normal
from course_utils.checks import Probe


def three(g, B, D, temperature, **kw):
    return (*(normal(g, B, D, **kw) for _ in range(3)), temperature)


bank = Bank(
    hidden=[
        Probe("8 sentences, temperature 0.1", lambda g: (normal(g, 8, 12), normal(g, 8, 12), None, 0.1), gradients=(0, 1), weight=2, seed=11, essential=True),
        Probe("hard negatives, temperature 0.2", lambda g: three(g, 6, 10, 0.2), gradients=(0, 1, 2), weight=2, seed=12, essential=True),
        Probe("hard negatives, default temperature", lambda g: three(g, 3, 8, 0.05)[:3], seed=13),
        Probe("two views that agree", lambda g: (torch.eye(5), 3 * torch.eye(5), None, 0.05), seed=14),
        Probe("one sentence", lambda g: (normal(g, 1, 4), normal(g, 1, 4)), note="= 0: nothing to confuse it with", seed=15),
        Probe("float64, inputs left alone", lambda g: three(g, 4, 6, 0.3, dtype=torch.float64), dtype=True, unchanged=True, rtol=1e-7, seed=16),
    ]
)  # fmt: skip


def cosines(a, b):
    return F.normalize(a, dim=1) @ F.normalize(b, dim=1).T


def candidates(other, hard):
    return other if hard is None else torch.cat([other, hard])


def rank(logits):
    return F.cross_entropy(logits, torch.arange(len(logits)))


def right(z, other, hard=None, temperature=0.05):
    return rank(cosines(z, candidates(other, hard)) / temperature)


@bank.alternative
def with_logsumexp(z, other, hard=None, temperature=0.05):
    logits = F.cosine_similarity(z[:, None], candidates(other, hard)[None], dim=2) / temperature
    return (logits.logsumexp(1) - logits.diagonal()).mean()


@bank.alternative
def two_blocks(z, other, hard=None, temperature=0.05):
    logits = cosines(z, other) / temperature
    if hard is not None:
        logits = torch.cat([logits, cosines(z, hard) / temperature], dim=1)
    return -logits.log_softmax(1).diagonal().mean()


@bank.misconception("The vectors are not normalised: long ones win whatever their direction. Use the cosine.")
def dot_products(z, other, hard=None, temperature=0.05):
    return rank(z @ candidates(other, hard).T / temperature)


@bank.misconception("Similarities are multiplied by the temperature. Divide.")
def times_temperature(z, other, hard=None, temperature=0.05):
    return rank(cosines(z, candidates(other, hard)) * temperature)


@bank.misconception("The temperature is ignored.")
def no_temperature(z, other, hard=None, temperature=0.05):
    return right(z, other, hard, 1.0)


@bank.misconception(
    "Both directions are averaged, as in CLIP. SimCSE asks in one: which second view belongs to this first one?"
)
def symmetric(z, other, hard=None, temperature=0.05):
    return (right(z, other, hard, temperature) + right(other, z, hard, temperature)) / 2


@bank.misconception("The roles are exchanged: the second view asks, and the first ones are candidates.")
def other_way_round(z, other, hard=None, temperature=0.05):
    return right(other, z, hard, temperature)


@bank.misconception("The hard negatives are left out.")
def hard_ignored(z, other, hard=None, temperature=0.05):
    return right(z, other, None, temperature)


@bank.misconception("Every sentence competes with its own hard negative only. Those of the others compete as well.")
def own_hard_only(z, other, hard=None, temperature=0.05):
    logits = cosines(z, other) / temperature
    if hard is not None:
        logits = torch.cat([logits, cosines(z, hard).diagonal()[:, None] / temperature], dim=1)
    return rank(logits)


@bank.misconception("The hard negatives are the positives in your loss: they stand where the right answer is expected.")
def hard_as_positive(z, other, hard=None, temperature=0.05):
    return (
        right(z, other, None, temperature) if hard is None else rank(cosines(z, torch.cat([hard, other])) / temperature)
    )


@bank.misconception(
    "The first views of the other sentences are candidates as well: that is NT-Xent, SimCLR's loss. Here candidates are second views and hard negatives."
)
def nt_xent_like(z, other, hard=None, temperature=0.05):
    own = (cosines(z, z) / temperature).masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return rank(torch.cat([cosines(z, candidates(other, hard)) / temperature, own], dim=1))


@bank.misconception("The positive is missing in the denominator: the loss can then fall below 0.")
def positive_not_in_the_sum(z, other, hard=None, temperature=0.05):
    logits = cosines(z, candidates(other, hard)) / temperature
    if logits.shape[1] == 1:
        return logits.sum() * 0 - logits.diagonal().mean()
    rest = logits.masked_fill(torch.eye(*logits.shape, dtype=torch.bool), -torch.inf)
    return (rest.logsumexp(1) - logits.diagonal()).mean()


@bank.misconception("The losses are added up. Take their mean over the sentences.")
def summed(z, other, hard=None, temperature=0.05):
    return right(z, other, hard, temperature) * len(z)


@bank.misconception("Another default: SimCSE's temperature is 0.05.")
def another_default(z, other, hard=None, temperature=0.5):
    return right(z, other, hard, temperature)


@bank.misconception("The second view is detached: no gradient reaches it. Both views are trained.")
def second_detached(z, other, hard=None, temperature=0.05):
    return right(z, other.detach(), hard, temperature)


@bank.misconception("The hard negatives are detached: they are encoded by the same encoder, and it learns from them.")
def hard_detached(z, other, hard=None, temperature=0.05):
    return right(z, other, None if hard is None else hard.detach(), temperature)


@bank.misconception("The hard negatives are not normalised, the other candidates are.")
def hard_not_normalised(z, other, hard=None, temperature=0.05):
    logits = cosines(z, other) / temperature
    if hard is not None:
        logits = torch.cat([logits, F.normalize(z, dim=1) @ hard.T / temperature], dim=1)
    return rank(logits)


@bank.misconception("Euclidean distances take the place of the cosine, with a minus sign.")
def distances(z, other, hard=None, temperature=0.05):
    return rank(-torch.cdist(z, candidates(other, hard)) / temperature)


@bank.misconception(
    "Each entry of the matrix is judged by itself, right or wrong. It is one choice among all candidates: a softmax over the row."
)
def binary(z, other, hard=None, temperature=0.05):
    logits = cosines(z, candidates(other, hard)) / temperature
    return F.binary_cross_entropy_with_logits(logits, torch.eye(*logits.shape, dtype=logits.dtype))
