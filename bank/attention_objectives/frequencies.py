"""Probabilities as counts: other right ways, and the ways to a sum that does not fit or a token without a share."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import count_quality, probabilities, with_impossible
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("2,000 tokens, total 4 million", lambda g: (probabilities(g, 2000), 1 << 22), look=count_quality, weight=2, seed=11, essential=True),
        Probe("one token is nearly certain", lambda g: (probabilities(g, 30, 12.0), 1 << 15), look=count_quality, weight=2, seed=12),
        Probe("one token only", lambda g: (torch.ones(1).double(), 64), look=count_quality, seed=13),
        Probe("a third is impossible, float32", lambda g: (with_impossible(g, 90).float(), 1 << 16), look=count_quality, unchanged=True, seed=14),
        Probe("11 alike, total 1,000", lambda g: (torch.full((11,), 1 / 11), 1000), look=count_quality, seed=15),
    ]
)  # fmt: skip


def right(p, total):
    counts = 1 + (p.double() * (total - len(p))).floor().long()
    counts[p.argmax()] += total - counts.sum()
    return counts


@bank.alternative
def largest_remainders(p, total):
    share = p.double() * (total - len(p))
    counts = share.floor().long() + 1
    left = int(total - counts.sum())
    if left > 0:
        counts[(share - share.floor()).argsort(descending=True)[:left]] += 1
    counts[p.argmax()] += total - counts.sum()
    return counts


@bank.alternative
def from_rounded_ends(p, total):
    ends = ((p.double().cumsum(0) * (total - len(p))).round() + torch.arange(1, len(p) + 1)).long()
    ends[-1] = total
    return torch.diff(ends, prepend=ends.new_zeros(1))


@bank.misconception(
    "Rare tokens get a count of 0: they have no interval and could never be written. Everybody gets at least 1."
)
def rounded_to_zero(p, total):
    counts = (p.double() * total).floor().long()
    counts[p.argmax()] += total - counts.sum()
    return counts


@bank.misconception(
    "The sum is not the total: rounding down loses some counts, and what rare tokens are given adds some. Share out only what is left after everybody has 1."
)
def clamped_only(p, total):
    return (p.double() * total).floor().long().clamp(min=1)


@bank.misconception(
    "Each count is rounded by itself: together they are not the total, and rare tokens have none. Everybody gets 1; share out the rest, rounded down."
)
def rounded_one_by_one(p, total):
    return (p.double() * total).round().long()


@bank.misconception("Rounding down leaves a few counts over: they must go somewhere, the sum is exact.")
def nothing_done_with_the_rest(p, total):
    return 1 + (p.double() * (total - len(p))).floor().long()


@bank.misconception("You round up, so the sum is too large.")
def rounded_up(p, total):
    return (p.double() * (total - len(p))).ceil().long() + 1


@bank.misconception("All counts are alike: the probabilities play no role, and nothing is compressed.")
def uniform(p, total):
    counts = torch.full((len(p),), total // len(p))
    counts[0] += total - counts.sum()
    return counts


@bank.misconception("These are shares of the total, not whole numbers: two machines could round them differently.")
def not_whole(p, total):
    return 1 + p.double() * (total - len(p))


@bank.misconception("The counts are sorted: they no longer belong to their tokens.")
def sorted_counts(p, total):
    return right(p, total).sort(descending=len(p) > 0 and bool(p[0] < p[-1])).values.flip(0)


@bank.misconception("These are cumulative counts. Asked for is the count of each token.")
def cumulative(p, total):
    return right(p, total).cumsum(0)


@bank.misconception(
    "Everybody gets 1 more, after the total has been shared out already: the sum exceeds it by the number of tokens."
)
def one_more_for_everybody(p, total):
    counts = 1 + (p.double() * total).floor().long()
    counts[p.argmax()] += total - (counts - 1).sum()
    return counts


@bank.misconception(
    "Much of the total is given to everybody alike: half of the total then has no information: the distribution is flattened, and that costs bits. 1 is enough."
)
def too_much_for_everybody(p, total):
    each = max(1, total // (2 * len(p)))
    counts = each + (p.double() * (total - each * len(p))).floor().long()
    counts[p.argmax()] += total - counts.sum()
    return counts


@bank.misconception("What is left over is given to the *least* probable token: it takes a share that it does not have.")
def rest_to_the_rarest(p, total):
    counts = 1 + (p.double() * (total - len(p)) * 0.9).floor().long()
    counts[p.argmin()] += total - counts.sum()
    return counts
