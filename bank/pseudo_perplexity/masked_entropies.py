"""The best masked-LM loss for each number of masks: other ways to enumerate, and the masks and contexts that are easily confused."""

import math
from itertools import combinations

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import random_joint
from course_utils.pseudo_perplexity.exact import entropy, flip_chain, marginal

bank = Bank(
    hidden=[
        Probe("six bits of the chain", lambda g: (flip_chain(0.1, 6),), rtol=1e-6, weight=2, essential=True),
        Probe("positions of size 3, 2, 2, 4", lambda g: (random_joint(g, 3, 2, 2, 4),), seed=11),
        Probe("two positions", lambda g: (random_joint(g, 3, 4),), seed=12),
        Probe("a joint with impossible sequences", lambda g: (torch.diag(torch.tensor([0.5, 0.3, 0.2])).double(),)),
        Probe("float64, to ten digits", lambda g: (random_joint(g, 2, 3, 2),), dtype=True, unchanged=True, rtol=1e-7, seed=13),
    ]
)  # fmt: skip


def H(joint, positions):
    return entropy(marginal(joint, positions))


def rest(joint, mask):
    return [t for t in range(joint.dim()) if t not in mask]


def masks_of(joint, k):
    return list(combinations(range(joint.dim()), k))


def average(joint, loss, masks=masks_of):
    """l_k from `loss(mask)`, averaged over the masks of size k."""
    return torch.stack(
        [torch.stack([loss(mask) for mask in masks(joint, k)]).mean() for k in range(1, joint.dim() + 1)]
    )


def per_token(joint):
    def loss(mask):
        context = rest(joint, mask)
        return torch.stack([H(joint, [*context, i]) - H(joint, context) for i in mask]).mean()

    return loss


@bank.alternative
def position_by_position(joint):
    T = joint.dim()
    total, count = torch.zeros(T, dtype=joint.dtype), torch.zeros(T, dtype=joint.dtype)
    for code in range(2**T):
        context = [t for t in range(T) if code >> t & 1]
        for i in set(range(T)) - set(context):
            k = T - len(context)
            total[k - 1] += H(joint, [*context, i]) - H(joint, context)
            count[k - 1] += 1
    return total / count


@bank.alternative
def from_mean_block_entropies(joint):
    T = joint.dim()
    h = torch.stack([torch.stack([H(joint, block) for block in masks_of(joint, k)]).mean() for k in range(T + 1)])
    return h.diff().flip(0)


@bank.alternative
def by_expected_log_probability(joint):
    def loss(mask):
        context = rest(joint, mask)
        seen = 0.0
        for i in mask:
            pair = marginal(joint, [*context, i])
            axis = sorted([*context, i]).index(i)
            ratio = pair / pair.sum(dim=axis, keepdim=True).clamp(min=1e-300)
            seen = seen - torch.xlogy(pair, ratio).sum()
        return seen / len(mask)

    return average(joint, loss)


@bank.misconception(
    "You use H(x_M | the rest), the entropy of all hidden tokens *together*, divided by k. A masked model predicts every hidden token by\n"
    "itself: the entropies of the single tokens, which add up to more."
)
def jointly(joint):
    return average(joint, lambda mask: (H(joint, range(joint.dim())) - H(joint, rest(joint, mask))) / len(mask))


@bank.misconception("You add up the losses of the k hidden tokens. l_k is per hidden token: divide by k.")
def not_per_token(joint):
    return average(joint, lambda mask: per_token(joint)(mask) * len(mask))


@bank.misconception(
    "All your numbers are l_1: the other *hidden* tokens still serve as context. They are hidden together; only what is not in the mask is\n"
    "known."
)
def always_all_the_others(joint):
    return average(
        joint,
        lambda mask: torch.stack(
            [H(joint, range(joint.dim())) - H(joint, [t for t in range(joint.dim()) if t != i]) for i in mask]
        ).mean(),
    )


@bank.misconception(
    "You only hide tokens that stand next to each other. The average is over *all* sets of k positions."
)
def contiguous_masks(joint):
    return average(
        joint,
        per_token(joint),
        lambda joint, k: [tuple(range(start, start + k)) for start in range(joint.dim() - k + 1)],
    )


@bank.misconception(
    "You always hide the last k positions. The average is over *all* sets of k positions: `combinations` lists them."
)
def suffixes(joint):
    return average(joint, per_token(joint), lambda joint, k: [tuple(range(joint.dim() - k, joint.dim()))])


@bank.misconception(
    "You always hide the first k positions. The average is over *all* sets of k positions: `combinations` lists them."
)
def prefixes(joint):
    return average(joint, per_token(joint), lambda joint, k: [tuple(range(k))])


@bank.misconception(
    "The numbers are right and in the wrong order: l_1, with one hidden token, comes first, and it is the smallest."
)
def reversed_losses(joint):
    return average(joint, per_token(joint)).flip(0)


@bank.misconception(
    "Mask and context are swapped: you predict the tokens that should be known from those that should be hidden (or k counts the known ones)."
)
def mask_as_context(joint):
    def loss(mask):
        hidden = rest(joint, mask)
        if not hidden:
            return torch.zeros((), dtype=joint.dtype)
        return torch.stack([H(joint, [*mask, i]) - H(joint, mask) for i in hidden]).mean()

    return average(joint, loss)


@bank.misconception(
    "The context is not used: you average H(x_i), the entropy of single tokens by themselves. That is l_T only."
)
def without_context(joint):
    return average(joint, lambda mask: torch.stack([H(joint, [i]) for i in mask]).mean())


@bank.misconception("You add up the losses of all masks of a size. l_k is their average.")
def summed_over_masks(joint):
    return average(joint, per_token(joint)) * torch.tensor(
        [float(len(masks_of(joint, k))) for k in range(1, joint.dim() + 1)]
    )


@bank.misconception("Your entropies are in bits. Use the natural logarithm; `entropy` does.")
def in_bits(joint):
    return average(joint, per_token(joint)) / math.log(2)


@bank.misconception("You return T+1 numbers: k = 0, where nothing is hidden, has no loss. Start at k = 1.")
def with_k_zero(joint):
    losses = average(joint, per_token(joint))
    return torch.cat([torch.zeros(1, dtype=losses.dtype), losses])
