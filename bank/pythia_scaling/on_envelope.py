"""Who is beaten by nobody: order, ties, and looking the wrong way."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers

bank = Bank(
    hidden=[
        Probe(
            "thirty random runs",
            lambda g: (torch.rand(30, generator=g).double(), torch.rand(30, generator=g).double()),
            seed=11,
            essential=True,
        ),
        Probe(
            "forty runs that mostly fall",
            lambda g: (c := torch.rand(40, generator=g).double(), 1 - c + 0.2 * torch.rand(40, generator=g)),
            seed=12,
            essential=True,
        ),
        Probe("one run", lambda g: (numbers(3), numbers(2))),
        Probe("equal FLOPs, the lower loss first", lambda g: (numbers(1, 1, 2, 2), numbers(2, 5, 1, 3))),
        Probe("equal losses in a row", lambda g: (numbers(4, 3, 2, 1), numbers(2, 2, 2, 3))),
    ]
)


@bank.unseen("five runs in order", "the same in another order")
def other_runs(g):
    flops = torch.rand(9, generator=g).double()
    return flops, 1 - flops + 0.3 * torch.rand(9, generator=g)


@bank.alternative
def every_pair(flops, loss):
    cheaper = flops[None, :] <= flops[:, None]
    better = loss[None, :] <= loss[:, None]
    other = ~torch.eye(len(flops), dtype=torch.bool)
    return ~(cheaper & better & other).any(dim=1)


@bank.alternative
def one_run_at_a_time(flops, loss):
    found, best = torch.zeros(len(flops), dtype=torch.bool), float("inf")
    for _, value, i in sorted((c, v, i) for i, (c, v) in enumerate(zip(flops.tolist(), loss.tolist(), strict=True))):
        if value < best:
            found[i], best = True, value
    return found


@bank.misconception(
    "You assume that the runs come in the order of their FLOPs. They come in any order: sort first, and undo it at the end."
)
def unsorted(flops, loss):
    before = torch.cat([loss.new_full((1,), torch.inf), loss.cummin(0).values[:-1]])
    return loss < before


@bank.misconception("The answer is in sorted order. Put it back into the order in which the runs were given.")
def not_undone(flops, loss):
    order = (flops + 1e-9 * loss).argsort()
    before = torch.cat([loss.new_full((1,), torch.inf), loss[order].cummin(0).values[:-1]])
    return loss[order] < before


@bank.misconception(
    "Runs that only *equal* the best loss so far are on your envelope. They cost more for the same: beaten."
)
def ties_kept(flops, loss):
    order = (flops + 1e-9 * loss).argsort()
    found = torch.zeros(len(loss), dtype=torch.bool)
    found[order] = loss[order] <= loss[order].cummin(0).values
    return found


@bank.misconception(
    "Of runs with equal FLOPs more than one is on your envelope: a worse one does not count as beaten by a better one of the same cost."
)
def equal_cost_kept(flops, loss):
    dearer = flops[None, :] < flops[:, None]
    better = loss[None, :] <= loss[:, None]
    return ~(dearer & better).any(dim=1)


@bank.misconception("You look at the losses of *dearer* runs. A run is beaten by one that costs at most as much.")
def the_other_way(flops, loss):
    order = (flops - 1e-9 * loss).argsort(descending=True)
    found = torch.zeros(len(loss), dtype=torch.bool)
    before = torch.cat([loss.new_full((1,), torch.inf), loss[order].cummin(0).values[:-1]])
    found[order] = loss[order] < before
    return found


@bank.misconception("Only the single best run is on your envelope. At smaller budgets others are unbeaten.")
def only_the_best(flops, loss):
    return loss == loss.min()


@bank.misconception(
    "You keep runs that are better than the one just before. The envelope asks for better than *all* before."
)
def better_than_the_last(flops, loss):
    order = (flops + 1e-9 * loss).argsort()
    found = torch.zeros(len(loss), dtype=torch.bool)
    before = torch.cat([loss.new_full((1,), torch.inf), loss[order][:-1]])
    found[order] = loss[order] < before
    return found


@bank.misconception("That is the upper edge: the worst run so far at each budget. The envelope is the lower one.")
def upper_edge(flops, loss):
    order = (flops - 1e-9 * loss).argsort()
    found = torch.zeros(len(loss), dtype=torch.bool)
    before = torch.cat([loss.new_full((1,), -torch.inf), loss[order].cummax(0).values[:-1]])
    found[order] = loss[order] > before
    return found
