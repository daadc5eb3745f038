"""Section 5: prototypes, a space for pictures and words, and what must not be seen."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal

NAMES = ["bird", "cat", "horse", "ship", "truck"]


def support(
    g: Generator, n: int, dim: int, classes: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, int]:
    """Features, and labels in a random order, of different frequency; each class occurs."""
    labels = torch.cat([torch.arange(classes), torch.randint(classes, (n - classes,), generator=g)])
    return normal(g, n, dim, dtype=dtype), labels[torch.randperm(n, generator=g)], classes


def matched(
    g: Generator, n: int, dim: int, log_scale: float, stretch: float = 1.0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors of pictures near those of their captions, of all lengths."""
    text = normal(g, n, dim)
    image = text + normal(g, n, dim, scale=0.8)
    lengths = 0.5 + torch.rand(n, 1, generator=g) * stretch
    return (image * lengths).to(dtype), text.to(dtype), torch.tensor(log_scale, dtype=dtype)


def described(
    g: Generator, n: int, classes: int, texts: int, dim: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Vectors of pictures, and of several descriptions of each class, of very different lengths."""
    lengths = torch.rand(classes, texts, 1, generator=g) * 5 + 0.1
    return normal(g, n, dim, scale=2.0, dtype=dtype), (normal(g, classes, texts, dim) * lengths).to(dtype)


def told(captions: Sequence[str], labels: Sequence[int], unseen: Sequence[int]) -> tuple[Any, ...]:
    return list(captions), torch.tensor(labels), list(unseen), list(NAMES)


def shuffled(g: Generator, captions: Sequence[str], labels: Sequence[int], unseen: Sequence[int]) -> tuple[Any, ...]:
    """The same rows in a random order."""
    order = torch.randperm(len(captions), generator=g).tolist()
    return told([captions[i] for i in order], [labels[i] for i in order], unseen)


ORDINARY = (
    "a cat indoors",
    "something with hooves",
    "a ship at sea",
    "a bird, not a horse",
    "a truck on a road",
    "wings and sky",
)
ORDINARY_LABELS = (1, 2, 3, 0, 4, 0)
CASES = ("Horse? No, a cat.", "a HORSE and a bird", "a bird on a road", "horse", "trucks and ships")
CASES_LABELS = (1, 0, 0, 1, 3)
PARTS = ("a horseshoe on a door", "a warship", "the shipyard", "a seahorse", "a cat by the ship")
PARTS_LABELS = (1, 0, 4, 0, 1)

PROBES: dict[str, list[Probe]] = {
    "prototypes": [
        Probe("9 features, 3 classes", lambda g: support(g, 9, 4, 3), weight=2, essential=True),
        Probe("one of each", lambda g: support(g, 4, 3, 4), seed=1),
        Probe("20 features, 5 classes", lambda g: support(g, 20, 2, 5), seed=2),
        Probe("leaves its inputs alone", lambda g: support(g, 7, 3, 2), unchanged=True, seed=3),
        Probe("float64 in, float64 out", lambda g: support(g, 8, 3, 3, torch.float64), dtype=True, rtol=1e-9, seed=4),
    ],
    "clip_loss": [
        Probe("4 pairs, scale e", lambda g: matched(g, 4, 6, 1.0), weight=2, essential=True),
        Probe("7 pairs, scale 10", lambda g: matched(g, 7, 5, 2.302585), weight=2, seed=1),
        Probe("lengths do not matter", lambda g: matched(g, 5, 4, 1.5, 30.0), seed=2),
        Probe(
            "all vectors equal, 8 pairs",
            lambda g: (torch.ones(8, 3), torch.ones(8, 3), torch.tensor(2.0)),
            note="= log 8",
        ),
        Probe("gradients", lambda g: matched(g, 4, 5, 1.2), gradients=(0, 1, 2), weight=4, seed=3, atol=1e-5),
        Probe("scale 1000 stays finite", lambda g: matched(g, 5, 3, 6.9), seed=4, rtol=1e-3),
        Probe("leaves its inputs alone", lambda g: matched(g, 4, 3, 1.0), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out",
            lambda g: matched(g, 4, 3, 1.0, dtype=torch.float64),
            dtype=True,
            rtol=1e-8,
            seed=6,
        ),
    ],
    "zero_shot_scores": [
        Probe("5 pictures, 3 classes, 4 descriptions", lambda g: described(g, 5, 3, 4, 6), weight=2, essential=True),
        Probe("one description", lambda g: described(g, 4, 2, 1, 3), seed=1),
        Probe("7 descriptions in the plane", lambda g: described(g, 3, 4, 7, 2), seed=2),
        Probe("leaves its inputs alone", lambda g: described(g, 3, 2, 2, 3), unchanged=True, seed=3),
        Probe(
            "float64 in, float64 out",
            lambda g: described(g, 3, 2, 3, 4, torch.float64),
            dtype=True,
            rtol=1e-8,
            seed=4,
        ),
    ],
    "without_leaks": [
        Probe("horse is secret", lambda g: shuffled(g, ORDINARY, ORDINARY_LABELS, (2,)), weight=2, essential=True),
        Probe("horse and truck are secret", lambda g: shuffled(g, ORDINARY, ORDINARY_LABELS, (2, 4)), weight=2, seed=1),
        Probe("capital letters", lambda g: shuffled(g, CASES, CASES_LABELS, (2,)), weight=2, seed=2),
        Probe("parts of words", lambda g: shuffled(g, PARTS, PARTS_LABELS, (2, 3)), weight=2, seed=3),
        Probe("whole numbers, of 64 bits", lambda g: told(ORDINARY, ORDINARY_LABELS, (0,)), dtype=True),
    ],
}
