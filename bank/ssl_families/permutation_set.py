"""Orders that are far apart: other ways to be right, and the ways to be greedy for something else."""

import itertools

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("5 pieces, 12 orders", lambda g: (5, 12), weight=3, essential=True),
        Probe("all 24 orders of 4 pieces", lambda g: (4, 24), weight=2, essential=True),
        Probe("2 pieces, 2 orders", lambda g: (2, 2), dtype=True),
        Probe("one piece", lambda g: (1, 1)),
        Probe("6 pieces, 3 orders", lambda g: (6, 3)),
    ]
)


@bank.unseen("3 pieces, 4 orders", "4 pieces, 6 orders", "5 pieces, 3 orders")
def other_counts(g):
    return 4 + int(torch.randint(2, (), generator=g)), int(torch.randint(7, 15, (), generator=g))


def all_orders(pieces):
    return list(itertools.permutations(range(pieces)))


def apart(a, b):
    return sum(x != y for x, y in zip(a, b))


def greedy(pieces, count, score, first=0, last_of_equals=False, again=False):
    orders = all_orders(pieces)
    chosen = [orders[first]]
    while len(chosen) < count:
        rest = orders if again else [o for o in orders if o not in chosen]
        rest = rest[::-1] if last_of_equals else rest
        chosen.append(max(rest, key=lambda o: score([apart(o, c) for c in chosen])))
    return torch.tensor(chosen)


@bank.alternative
def in_plain_python(pieces, count):
    return greedy(pieces, count, sum)


@bank.alternative
def by_the_mean(pieces, count):
    return greedy(pieces, count, lambda d: sum(d) / len(d))


@bank.alternative
def with_a_matrix_of_all_distances(pieces, count):
    orders = torch.tensor(all_orders(pieces))
    distance = (orders[:, None] != orders[None]).sum(dim=2)
    free = torch.ones(len(orders), dtype=torch.bool)
    chosen = [0]
    free[0] = False
    for _ in range(count - 1):
        total = torch.where(free, distance[:, chosen].sum(dim=1), -1)
        chosen.append(int((total == total.max()).nonzero()[0, 0]))
        free[chosen[-1]] = False
    return orders[chosen]


@bank.misconception(
    "Each order is the one farthest from the order *before* it; the earlier ones are forgotten. The sum runs over all that were chosen."
)
def only_the_last(pieces, count):
    return greedy(pieces, count, lambda d: d[-1])


@bank.misconception(
    "You maximise the smallest distance to those chosen. That is another good set, but here the sum of distances decides (as the mean does in the paper)."
)
def by_the_minimum(pieces, count):
    return greedy(pieces, count, min)


@bank.misconception(
    "An order is chosen again although it is in the set. Its distance to itself is 0, which does not stop its sum from being the largest."
)
def chosen_twice(pieces, count):
    return greedy(pieces, count, sum, again=True)


@bank.misconception(
    "Among equals you take the last in lexicographic order. The first one is asked for; argmax and max give that if the orders are sorted."
)
def last_of_equals(pieces, count):
    return greedy(pieces, count, sum, last_of_equals=True)


@bank.misconception(
    "These are the first orders of the list, in lexicographic order, as alike as possible: either distances are not used, or the smallest sum wins."
)
def the_first_ones(pieces, count):
    return torch.tensor(all_orders(pieces)[:count])


@bank.misconception("The set does not begin with 0, 1, 2, ...: the unshuffled order is missing at its place.")
def begins_reversed(pieces, count):
    return greedy(pieces, count, sum, first=-1)


@bank.misconception("One order too many: the first one is not counted.")
def one_too_many(pieces, count):
    found = greedy(pieces, min(count + 1, len(all_orders(pieces))), sum)
    return found if len(found) > count else torch.cat([found, found[-1:]])


@bank.misconception(
    "Your distance adds up how far the numbers differ. Hamming distance counts the places where they differ, however much."
)
def by_the_size_of_the_difference(pieces, count):
    orders = all_orders(pieces)
    chosen = [orders[0]]
    while len(chosen) < count:
        rest = [o for o in orders if o not in chosen]
        chosen.append(max(rest, key=lambda o: sum(abs(x - y) for c in chosen for x, y in zip(o, c))))
    return torch.tensor(chosen)


@bank.misconception("Your result has pieces as rows and orders as columns. One row is one order.")
def transposed(pieces, count):
    return greedy(pieces, count, sum).T
