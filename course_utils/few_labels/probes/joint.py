"""Section 3: losses of unlabelled pictures, and the mean teacher."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn

from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def two_views(
    g: Generator, n: int, classes: int, scale: float = 1.0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Logits of two views that mostly agree."""
    first = normal(g, n, classes, scale=scale, dtype=dtype)
    return first, first * 0.5 + normal(g, n, classes, scale=scale, dtype=dtype)


def weak_and_strong(
    g: Generator, n: int, classes: int, threshold: float, sure: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, float]:
    """Weak and strong logits; the first `sure` rows of the weak ones are beyond every threshold, in all others no class is.

    Unsure rows have large logits too, but several of them alike. The strong view is as sure in other rows and of other classes.
    """
    weak = normal(g, n, classes, scale=0.1) + 3
    top = torch.randint(classes, (n,), generator=g)
    weak[torch.arange(n), top] += torch.where(torch.arange(n) < sure, 6.0, 0.2)
    strong = normal(g, n, classes, scale=0.7)
    strong[torch.arange(n), (top + 1) % classes] += torch.where(torch.arange(n) % 2 == 1, 4.0, 0.0)
    return weak.to(dtype), strong.to(dtype), threshold


def between(g: Generator) -> tuple[Tensor, Tensor, float]:
    """Confidences from 0.5 to 0.99 around a threshold of 0.8."""
    p = torch.tensor([0.55, 0.7, 0.78, 0.82, 0.9, 0.99])
    weak = torch.stack([p.log(), (1 - p).log()], dim=1) + normal(g, 6, 1)
    return weak, normal(g, 6, 2), 0.8


def two_networks(g: Generator, step: int, decay: float) -> tuple[Any, ...]:
    """Teacher and student with different weights and statistics, the number of the step, and the decay."""
    networks = []
    for _ in range(2):
        linear, norm = nn.Linear(2, 3), nn.BatchNorm1d(3)
        with torch.no_grad():
            for tensor in [*linear.parameters(), *norm.parameters(), norm.running_mean, norm.running_var]:
                assert tensor is not None
                tensor.copy_(normal(g, *tensor.shape))
            assert norm.num_batches_tracked is not None
            norm.num_batches_tracked.copy_(torch.randint(1, 100, (), generator=g))
        networks.append(nn.Sequential(linear, norm))
    return networks[0].requires_grad_(False), networks[1], step, decay


def both_networks(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """Every number of the two networks after the update."""
    return {
        f"{name}, {key}": tensor
        for name, module in zip(("teacher", "student"), arguments[:2], strict=True)
        for key, tensor in module.state_dict().items()
    }


PROBES: dict[str, list[Probe]] = {
    "consistency_loss": [
        Probe("5 rows, 4 classes", lambda g: two_views(g, 5, 4), weight=2, essential=True),
        Probe("7 rows, 3 classes", lambda g: two_views(g, 7, 3, 2.0), seed=1),
        Probe("the same distribution, other logits", lambda g: ((z := normal(g, 4, 3)), z + 5), note="= 0", seed=2),
        Probe(
            "both sure, of different classes",
            lambda g: (50 * torch.eye(4), 50 * torch.eye(4).roll(1, 0)),
            note="= 2/C, the most",
        ),
        Probe(
            "gradients: into the student only",
            lambda g: two_views(g, 4, 3),
            gradients=(0, 1),
            weight=4,
            seed=3,
            essential=True,
        ),
        Probe("leaves its inputs alone", lambda g: two_views(g, 4, 3), unchanged=True, seed=4),
        Probe(
            "float64 in, float64 out", lambda g: two_views(g, 4, 3, dtype=torch.float64), dtype=True, rtol=1e-9, seed=5
        ),
    ],
    "fixmatch_loss": [
        Probe("8 rows, 3 of them sure", lambda g: weak_and_strong(g, 8, 5, 0.95, 3), weight=2, essential=True),
        Probe("confidences around 0.8", between, weight=2, seed=1),
        Probe("nobody is sure", lambda g: weak_and_strong(g, 6, 4, 0.95, 0), note="= 0", seed=2),
        Probe("all are sure", lambda g: weak_and_strong(g, 6, 3, 0.9, 6), seed=3),
        Probe("threshold 0: every row counts", lambda g: weak_and_strong(g, 7, 4, 0.0, 2), seed=4),
        Probe(
            "gradients: into the strong view only",
            lambda g: weak_and_strong(g, 6, 4, 0.9, 3),
            gradients=(0, 1),
            weight=4,
            seed=5,
            essential=True,
        ),
        Probe(
            "strong logits in the hundreds stay finite",
            lambda g: ((w := weak_and_strong(g, 5, 3, 0.9, 3))[0], w[1] * 200, 0.9),
            seed=6,
        ),
        Probe("leaves its inputs alone", lambda g: weak_and_strong(g, 5, 3, 0.9, 2), unchanged=True, seed=7),
        Probe(
            "float64 in, float64 out",
            lambda g: weak_and_strong(g, 5, 3, 0.9, 2, torch.float64),
            dtype=True,
            rtol=1e-9,
            seed=8,
        ),
    ],
    "mean_teacher_update": [
        Probe("step 200, decay 0.9", lambda g: two_networks(g, 200, 0.9), look=both_networks, weight=2, essential=True),
        Probe("step 0: a copy", lambda g: two_networks(g, 0, 0.9), look=both_networks, seed=1),
        Probe("step 3, decay 0.99", lambda g: two_networks(g, 3, 0.99), look=both_networks, weight=2, seed=2),
        Probe("step 1, decay 0.2", lambda g: two_networks(g, 1, 0.2), look=both_networks, seed=3),
    ],
}
