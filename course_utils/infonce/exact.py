"""Joint distributions p(c, x) small enough to enumerate every list of candidates."""

import torch
from torch import Generator, Tensor

MOST_LISTS = 200_000


def worked_joint() -> Tensor:
    """The notebook's example: 2 contexts (rows), 3 outcomes (columns); I = 0.156419 nats. Returns (2, 3), float64."""
    return torch.tensor([[0.30, 0.10, 0.10], [0.05, 0.15, 0.30]], dtype=torch.float64)


def random_joint(g: Generator, contexts: int, outcomes: int, zeros: int = 0) -> Tensor:
    """A random joint table (contexts, outcomes), float64, that sums to 1.

    zeros: that many of the first rows get one impossible outcome, row r the outcome r; no context and no outcome becomes impossible.
    """
    table = -torch.rand(contexts, outcomes, generator=g, dtype=torch.float64).clamp(min=1e-3).log()
    for row in range(zeros):
        table[row, row % outcomes] = 0.0
    return table / table.sum()


def candidate_lists(outcomes: int, num_candidates: int) -> Tensor:
    """Every list of candidates: all (outcomes ** K, K) sequences of positions 0 .. outcomes - 1.

    Raises ValueError if there are more than 200,000 of them.
    """
    if outcomes < 1 or num_candidates < 1:
        raise ValueError(f"need at least one outcome and one candidate, got {outcomes} and {num_candidates}")
    if outcomes**num_candidates > MOST_LISTS:
        raise ValueError(
            f"{outcomes} outcomes make {outcomes}^{num_candidates} lists of candidates, more than {MOST_LISTS:,}"
        )
    position = torch.arange(outcomes)
    return torch.cartesian_prod(*[position] * num_candidates).view(-1, num_candidates)
