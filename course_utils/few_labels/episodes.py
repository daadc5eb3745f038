"""Few-shot episodes: a handful of classes, a few labelled members of each, and queries to be named."""

from collections.abc import Callable
from statistics import mean, stdev

import torch
from torch import Generator, Tensor

Prototypes = Callable[[Tensor, Tensor, int], Tensor]


def episodes(
    h: Tensor,
    labels: Tensor,
    prototypes: Prototypes,
    *,
    ways: int,
    shots: int,
    count: int,
    queries: int = 15,
    seed: int = 0,
) -> tuple[float, float]:
    """Mean accuracy of the nearest prototype over `count` random episodes, and its standard error.

    Each episode draws `ways` classes, `shots` labelled members of each for the prototypes, and `queries` others of each to be named.
    h (n, dim), labels (n,).
    """
    generator = Generator().manual_seed(seed)
    members = [(labels == c).nonzero()[:, 0] for c in range(int(labels.max()) + 1)]
    named = torch.arange(ways)
    found = []
    for _ in range(count):
        chosen = torch.randperm(len(members), generator=generator)[:ways].tolist()
        drawn = [members[c][torch.randperm(len(members[c]), generator=generator)[: shots + queries]] for c in chosen]
        support, query = torch.cat([d[:shots] for d in drawn]), torch.cat([d[shots:] for d in drawn])
        centers = prototypes(h[support], named.repeat_interleave(shots), ways)
        truth = named.repeat_interleave(len(query) // ways)
        found.append((torch.cdist(h[query], centers).argmin(dim=1) == truth).float().mean().item())
    return mean(found), stdev(found) / count**0.5
