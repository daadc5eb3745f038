"""Distributions of short sequences that can be written down completely: `joint[x1, x2, ..., xT]` is p(x), one axis per position."""

from collections.abc import Iterable

import torch
from torch import Tensor

from course_utils.errors import CourseError


def entropy(p: Tensor) -> Tensor:
    """Entropy in nats of a table of probabilities of any shape; 0 log 0 counts as 0. Returns a scalar."""
    return -torch.xlogy(p, p).sum()


def marginal(joint: Tensor, positions: Iterable[int]) -> Tensor:
    """The table of these positions alone, axes in increasing order of position; of no position at all, the scalar 1.

    joint: T axes. Raises CourseError for a position that is not 0 ... T-1.
    """
    kept = set(positions)
    if not kept <= set(range(joint.dim())):
        raise CourseError(f"positions {sorted(kept)}: this joint has {joint.dim()} positions, 0 to {joint.dim() - 1}")
    summed = [t for t in range(joint.dim()) if t not in kept]
    return joint.sum(dim=summed) if summed else joint  # sum(dim=[]) would sum over everything


def markov_chain(initial: Tensor, transition: Tensor, length: int) -> Tensor:
    """Joint of `length` steps of a Markov chain.

    initial: (S,) probabilities of the first state. transition: (S, S), row i the probabilities of what follows state i.
    Returns S ** length numbers, as a tensor with `length` axes.
    """
    joint = initial
    for _ in range(length - 1):
        joint = joint[..., None] * transition
    return joint


def flip_chain(flip: float, length: int) -> Tensor:
    """A fair first bit; each next bit repeats the one before it, or flips with probability `flip`. float64, `length` axes of 2."""
    stay = 1 - flip
    transition = torch.tensor([[stay, flip], [flip, stay]], dtype=torch.float64)
    return markov_chain(torch.full((2,), 0.5, dtype=torch.float64), transition, length)
