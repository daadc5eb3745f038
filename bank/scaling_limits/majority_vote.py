"""Majority vote: other ways to count, and other winners."""

from collections import Counter

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("six problems, 15 samples", lambda g: (torch.randint(5, (6, 15), generator=g),), weight=2, essential=True, seed=11),
        Probe("many ties", lambda g: (torch.randint(9, (8, 6), generator=g),), weight=2, seed=12),
        Probe("all different", lambda g: (torch.stack([torch.randperm(7, generator=g) for _ in range(3)]),), seed=13),
        Probe("large ids, inputs left alone", lambda g: (10**6 + torch.randint(3, (4, 8), generator=g),), unchanged=True, dtype=True, seed=14),
    ]
)  # fmt: skip


@bank.unseen(
    "one sample",
    "ties: the first given",
    "a minority is largest",
    "the first answer, or the last, is not the most frequent",
)
def others(g):
    return (torch.randint(4, (5, 4), generator=g),)


@bank.alternative
def with_counter(answers):
    return torch.tensor([Counter(row).most_common(1)[0][0] for row in answers.tolist()])


@bank.alternative
def by_loops(answers):
    rows = answers.tolist()
    return torch.tensor([max(row, key=row.count) for row in rows])


def winner(answers, choose):
    return torch.tensor([choose(row) for row in answers.tolist()])


@bank.misconception("Of equally frequent answers yours returns the smallest id. The one given first is asked for.")
def smallest_of_equals(answers):
    return winner(answers, lambda row: min(row, key=lambda a: (-row.count(a), a)))


@bank.misconception("Of equally frequent answers yours returns the last. The one given first is asked for.")
def last_of_equals(answers):
    return winner(answers, lambda row: max(reversed(row), key=row.count))


@bank.misconception("That is the median of the ids. They are names, not numbers.")
def median(answers):
    return answers.median(dim=1).values


@bank.misconception("That is the first sample: no vote at all.")
def first_sample(answers):
    return answers[:, 0].clone()


@bank.misconception("That is the largest id, not the most frequent one.")
def largest_id(answers):
    return answers.amax(dim=1)


@bank.misconception("You return how many votes the winner has. Asked for is the answer.")
def number_of_votes(answers):
    return winner(answers, lambda row: max(map(row.count, row)))


@bank.misconception("You return the position of the winner in its row. Asked for is the answer.")
def position(answers):
    return winner(answers, lambda row: row.index(max(row, key=row.count)))


@bank.misconception("All problems vote together. Each row has an election of its own.")
def one_election(answers):
    flat = answers.flatten().tolist()
    return torch.full((len(answers),), max(flat, key=flat.count))


@bank.misconception("Yours returns the rarest answer.")
def rarest(answers):
    return winner(answers, lambda row: min(row, key=row.count))


@bank.misconception("The last sample wins in yours.")
def last_sample(answers):
    return answers[:, -1].clone()
