"""Who may see whom: other ways to write the triangle, and the triangles that are one off."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("causal, many positions", lambda g: ("causal", size(g)), dtype=True, weight=2, essential=True),
        Probe("a prefix of 1", lambda g: ("prefix", 5, 1), dtype=True),
        Probe("a prefix of 6", lambda g: ("prefix", size(g), 6), dtype=True, weight=2, essential=True),
        Probe("everything is prefix", lambda g: ("prefix", 4, 4), dtype=True, weight=2),
        Probe("full, the prefix does not matter", lambda g: ("full", 3, 2), dtype=True),
        Probe("no prefix at all", lambda g: ("prefix", size(g), 0), dtype=True),
    ]
)


def size(g):
    """More positions than any public probe has."""
    return int(torch.randint(7, 12, (), generator=g))


@bank.unseen("full, 4 positions")
def another_full(g):
    return "full", size(g)


@bank.unseen("causal, 5 positions", "causal: the prefix does not matter")
def another_causal(g):
    return "causal", size(g), 2


@bank.unseen("a prefix of 3, 6 positions")
def another_prefix(g):
    return "prefix", size(g), int(torch.randint(2, 6, (), generator=g))


def tri(n):
    return torch.ones(n, n, dtype=torch.bool).tril()


def right(kind, length, prefix=0):
    mask = torch.ones(length, length, dtype=torch.bool) if kind == "full" else tri(length)
    if kind == "prefix":
        mask[:, :prefix] = True
    return mask


@bank.alternative
def square_and_triangle(kind, length, prefix=0):
    mask = tri(length)
    n = {"full": length, "causal": 0, "prefix": prefix}[kind]
    mask[:n, :n] = True
    return mask


@bank.alternative
def by_loops(kind, length, prefix=0):
    def sees(i, j):
        return kind == "full" or j <= i or (kind == "prefix" and j < prefix)

    return torch.tensor([[sees(i, j) for j in range(length)] for i in range(length)])


@bank.misconception(
    "Rows and columns are exchanged: in your causal mask the first position sees everything and the last one only itself."
)
def transposed(kind, length, prefix=0):
    return right(kind, length, prefix).T.contiguous()


@bank.misconception("A position does not see itself in your causal mask: the diagonal belongs to it.")
def without_itself(kind, length, prefix=0):
    if kind == "full":
        return right(kind, length)
    mask = tri(length).tril(-1)
    if kind == "prefix":
        mask[:, :prefix] = True
    return mask


@bank.misconception(
    "Your triangle reaches one place too far: each position sees its successor, which is the very token it has to predict."
)
def sees_its_successor(kind, length, prefix=0):
    mask = torch.ones(length, length, dtype=torch.bool).tril(1) if kind != "full" else right(kind, length)
    if kind == "prefix":
        mask[:, :prefix] = True
    return mask


@bank.misconception("True and False are exchanged. True means that it may be seen.")
def inverted(kind, length, prefix=0):
    return ~right(kind, length, prefix)


@bank.misconception("The prefix is one position too long.")
def prefix_too_long(kind, length, prefix=0):
    return right(kind, length, prefix + 1)


@bank.misconception("The prefix is one position too short: the first `prefix` positions are 0 to prefix - 1.")
def prefix_too_short(kind, length, prefix=0):
    return right(kind, length, max(0, prefix - 1))


@bank.misconception(
    "The positions of the prefix see *everything*, what comes after the prefix as well. They see each other only."
)
def prefix_sees_all(kind, length, prefix=0):
    mask = right(kind, length, prefix)
    if kind == "prefix":
        mask[:prefix] = True
    return mask


@bank.misconception("The prefix is ignored: its positions must see each other in both directions.")
def prefix_ignored(kind, length, prefix=0):
    return right("full" if kind == "full" else "causal", length)


@bank.misconception(
    "Behind the prefix your mask is not causal any more: later positions see each other in both directions."
)
def full_behind_the_prefix(kind, length, prefix=0):
    mask = right(kind, length, prefix)
    if kind == "prefix":
        mask[prefix:] = True
    return mask


@bank.misconception(
    "What comes after the prefix cannot see the prefix in your mask: you made two blocks that know nothing of each other."
)
def two_blocks(kind, length, prefix=0):
    mask = right(kind, length, prefix)
    if kind == "prefix":
        mask[prefix:, :prefix] = False
    return mask


@bank.misconception('A plain causal mask has no prefix, whatever number is given: only the kind "prefix" looks at it.')
def prefix_everywhere(kind, length, prefix=0):
    return right("full" if kind == "full" else "prefix", length, prefix)


@bank.misconception("These are numbers, 0 and minus infinity, to be added to logits. Asked for is True and False.")
def additive(kind, length, prefix=0):
    return torch.zeros(length, length).masked_fill(~right(kind, length, prefix), -torch.inf)


@bank.misconception(
    "Your mask holds the numbers 0 and 1. Asked for are booleans: with numbers `~` means something else."
)
def numbers(kind, length, prefix=0):
    return right(kind, length, prefix).float()
