"""Public probes of the exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import one_hot

from course_utils.checks import Probe
from course_utils.checks.inputs import normal, uniform

EXACT = 1e-9


def network(g: Generator, width: int = 3) -> nn.Sequential:
    """A linear layer and a batch norm with weights, running means and a counter of batches that are all different."""
    linear, norm = nn.Linear(2, width), nn.BatchNorm1d(width)
    with torch.no_grad():
        for tensor in [*linear.parameters(), *norm.parameters(), norm.running_mean, norm.running_var]:
            assert tensor is not None
            tensor.copy_(normal(g, *tensor.shape))
        assert norm.num_batches_tracked is not None
        norm.num_batches_tracked.copy_(torch.randint(100, (), generator=g))
    return nn.Sequential(linear, norm)


def two_networks(g: Generator, m: float, width: int = 3) -> tuple[nn.Module, nn.Module, float]:
    """Teacher, student, momentum; the teacher's weights need no gradient, the student's do."""
    return network(g, width).requires_grad_(False), network(g, width), m


def both_networks(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """Every number of the two networks after the update."""
    names = ("teacher", "student")
    seen = {
        f"{name}, {key}": tensor
        for name, module in zip(names, arguments[:2], strict=True)
        for key, tensor in module.state_dict().items()
    }
    return seen | {"a gradient was left": float(any(p.grad is not None for p in arguments[1].parameters()))}


def ring(g: Generator, size: int, position: int, keys: int, dim: int = 3, learned: bool = False) -> tuple[Any, ...]:
    """A queue, the row of its oldest entry, and new keys, which carry a gradient if `learned`."""
    new = normal(g, keys, dim)
    return normal(g, size, dim), position, new.requires_grad_() if learned else new


def after_enqueue(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """The queue after the call, whether a graph hangs on it, and the next position."""
    queue = arguments[0]
    return {
        "next position": value,
        "queue": queue.detach(),
        "the queue carries a gradient": float(queue.requires_grad),
    }


def queries(
    g: Generator,
    n: int,
    size: int,
    dim: int,
    temperature: float,
    dtype: torch.dtype = torch.float32,
    stretch: float = 1.0,
) -> tuple[Tensor, Tensor, Tensor, float]:
    """Queries near their keys, and a queue."""
    k = normal(g, n, dim, dtype=dtype)
    return (k + normal(g, n, dim, scale=0.7, dtype=dtype)) * stretch, k, normal(g, size, dim, dtype=dtype), temperature


def four(g: Generator, n: int, dim: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
    return tuple(normal(g, n, dim, dtype=dtype) for _ in range(4))


def plain(value: Any, arguments: Sequence[Any]) -> dict[str, float]:
    """A number, and whether it is a plain one."""
    return {"value": float(value), "a plain number": float(isinstance(value, float | int))}


def scores_of_views(
    g: Generator,
    views: int,
    teachers: int,
    n: int,
    classes: int,
    temperatures: tuple[float, float] = (0.1, 0.04),
    dtype: torch.dtype = torch.float32,
    scale: float = 0.3,
) -> tuple[Any, ...]:
    """Scores of student and teacher, a centre, and the two temperatures."""
    student = normal(g, views, n, classes, scale=scale, dtype=dtype)
    teacher = normal(g, teachers, n, classes, scale=scale, dtype=dtype)
    return student, teacher, normal(g, classes, scale=scale / 2, dtype=dtype), *temperatures


def rows(g: Generator, n: int, classes: int, sharpness: float = 1.0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Distributions (n, classes)."""
    return (normal(g, n, classes, dtype=dtype) * sharpness).softmax(dim=1)


def clouds(g: Generator, n: int, centers: int, dim: int = 2) -> tuple[Tensor, Tensor]:
    """Points around as many centroids."""
    centroids = normal(g, centers, dim, scale=3.0)
    return centroids[torch.arange(n) % centers] + normal(g, n, dim, scale=0.5), centroids


def far_centroids(g: Generator, n: int, empty: tuple[int, ...], centers: int) -> tuple[Tensor, Tensor]:
    """Points, and centroids of which those named are so far away that no point is theirs."""
    x, centroids = clouds(g, n, centers)
    for i, cluster in enumerate(empty):
        centroids[cluster] = 100.0 * (i + 1)
    return x, centroids


def lonely() -> tuple[Tensor, Tensor]:
    """The farthest point is alone in its cluster, so it must stay; cluster 2 is empty."""
    return torch.tensor([[0.0, 0.0], [0.4, 0.0], [1.0, 0.0], [30.0, 0.0]]), torch.tensor(
        [[0.1, 0.0], [20.0, 0.0], [500.0, 0.0]]
    )


def cosines(g: Generator, n: int, clusters: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Scores between -1 and 1, (n, clusters)."""
    return (uniform(g, n, clusters) * 2 - 1).to(dtype)


def sums(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """Codes, their sums by image and by prototype, and whether a gradient hangs on them."""
    return {
        "codes": value.detach(),
        "sums of the images": value.detach().sum(1),
        "sums of the prototypes": value.detach().sum(0),
        "carries a gradient": float(value.requires_grad),
    }


def swapped(
    g: Generator, n: int, clusters: int, temperature: float, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, Tensor, float]:
    """Scores and codes of two views, and a temperature."""
    scores = [cosines(g, n, clusters, dtype) for _ in range(2)]
    codes = [rows(g, n, clusters, 2.0, dtype) for _ in range(2)]
    return scores[0], scores[1], codes[0], codes[1], temperature


def numbered(b: int, c: int, h: int, w: int) -> Tensor:
    """Images in which every number is different: 0, 1, 2, ..."""
    return torch.arange(b * c * h * w, dtype=torch.float32).view(b, c, h, w)


def numbered_patches(b: int, length: int, pixels: int) -> Tensor:
    return torch.arange(b * length * pixels, dtype=torch.float32).view(b, length, pixels)


def places(g: Generator, b: int, length: int) -> Tensor:
    """A random permutation for each row: (b, length)."""
    return uniform(g, b, length).argsort(1)


def painted(
    g: Generator, b: int, length: int, pixels: int, normalize: bool = True, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, bool]:
    """Predictions, targets of different brightness and contrast, a mask that hides different numbers of patches, and the switch."""
    target = normal(g, b, length, pixels, dtype=dtype) * (0.2 + uniform(g, b, length, 1)) + uniform(g, b, length, 1)
    mask = (uniform(g, b, length) < 0.6).to(dtype)
    mask[:, 0], mask[0, 1] = 1.0, 0.0
    return normal(g, b, length, pixels, dtype=dtype), target.to(dtype), mask, normalize


def flat_patch(g: Generator) -> tuple[Tensor, Tensor, Tensor, bool]:
    """One hidden patch of a single colour."""
    predicted, target, mask, normalize = painted(g, 2, 4, 6)
    target[0, 0] = 0.25
    return predicted, target, mask, normalize


def uncertain(p: float, n: int = 4, classes: int = 5) -> Tensor:
    """p = 1: always the same class for sure. p = 0: all classes alike."""
    return p * one_hot(torch.full((n,), 2), classes).float() + (1 - p) / classes


PROBES: dict[str, list[Probe]] = {
    "rotate_batch": [
        Probe("2 images, 4 x 4", lambda g: (numbered(2, 3, 4, 4),), weight=2, essential=True),
        Probe("one image of one channel, 3 x 3", lambda g: (numbered(1, 1, 3, 3),)),
        Probe("uint8 stays uint8", lambda g: (numbered(2, 3, 2, 2).to(torch.uint8),), dtype=True),
        Probe("leaves its input alone", lambda g: (uniform(g, 2, 3, 3, 3),), unchanged=True),
    ],
    "permutation_set": [
        Probe("3 pieces, 4 orders", lambda g: (3, 4), weight=2, essential=True),
        Probe("4 pieces, 6 orders", lambda g: (4, 6), weight=2, essential=True),
        Probe("5 pieces, 3 orders", lambda g: (5, 3)),
        Probe("all 6 orders of 3 pieces", lambda g: (3, 6), dtype=True),
        Probe("one order", lambda g: (5, 1)),
    ],
    "momentum_update": [
        Probe("m = 0.9", lambda g: two_networks(g, 0.9), look=both_networks, weight=3, essential=True),
        Probe("m = 1: the weights stay", lambda g: two_networks(g, 1.0), look=both_networks, seed=1),
        Probe("m = 0: a copy", lambda g: two_networks(g, 0.0), look=both_networks, seed=2),
    ],
    "enqueue": [
        Probe("3 keys into 8 rows", lambda g: ring(g, 8, 2, 3), look=after_enqueue, weight=2, essential=True),
        Probe("over the end of the ring", lambda g: ring(g, 8, 6, 4), look=after_enqueue, weight=2, seed=1),
        Probe("up to the last row", lambda g: ring(g, 6, 4, 2), look=after_enqueue, seed=2),
        Probe(
            "keys that carry a gradient",
            lambda g: ring(g, 5, 1, 2, learned=True),
            look=after_enqueue,
            weight=2,
            seed=3,
            essential=True,
        ),
    ],
    "moco_loss": [
        Probe("4 queries, 6 negatives, temperature 0.5", lambda g: queries(g, 4, 6, 8, 0.5)),
        Probe("7 queries, 20 negatives, temperature 0.1", lambda g: queries(g, 7, 20, 16, 0.1), seed=1),
        Probe("lengths do not matter", lambda g: queries(g, 3, 5, 4, 0.2, stretch=50.0), seed=2),
        Probe(
            "all vectors equal, K = 255",
            lambda g: (torch.ones(3, 4), torch.ones(3, 4), torch.ones(255, 4), 0.1),
            note="= log(K + 1)",
        ),
        Probe(
            "gradients: into the queries only",
            lambda g: queries(g, 4, 6, 8, 0.3),
            gradients=(0, 1, 2),
            weight=4,
            seed=3,
            atol=1e-5,
            essential=True,
        ),
        Probe(
            "temperature 0.005 stays finite",
            lambda g: queries(g, 5, 9, 6, 0.005),
            seed=4,
            rtol=1e-3,
            weight=2,
            essential=True,
        ),
        Probe("leaves its inputs alone", lambda g: queries(g, 4, 6, 8, 0.5), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out", lambda g: queries(g, 4, 6, 8, 0.2, torch.float64), dtype=True, rtol=1e-7, seed=6
        ),
    ],
    "byol_loss": [
        Probe("4 images", lambda g: four(g, 4, 6), weight=2),
        Probe(
            "opposite predictions",
            lambda g: ((p := normal(g, 3, 5)), (q := normal(g, 3, 5)), -q, -p),
            note="= 8, the most",
        ),
        Probe("lengths do not matter", lambda g: tuple(z * 40 for z in four(g, 3, 4)), seed=1),
        Probe(
            "gradients: into the predictions only",
            lambda g: four(g, 5, 4),
            gradients=(0, 1, 2, 3),
            weight=4,
            seed=2,
            essential=True,
        ),
        Probe("leaves its inputs alone", lambda g: four(g, 4, 3), unchanged=True, seed=3),
        Probe("float64 in, float64 out", lambda g: four(g, 4, 3, torch.float64), dtype=True, rtol=1e-7, seed=4),
    ],
    "momentum_schedule": [
        Probe("the first step", lambda g: (0, 100, 0.9), look=plain),
        Probe("the last step", lambda g: (100, 100, 0.9), look=plain),
        Probe(
            "a quarter of the way, base 0.99",
            lambda g: (25, 100, 0.99),
            look=plain,
            rtol=1e-7,
            weight=2,
            essential=True,
        ),
        Probe("half of 7 steps, base 0.5", lambda g: (3, 7, 0.5), look=plain, rtol=1e-7),
    ],
    "dino_loss": [
        Probe("two views, 3 images, 5 classes", lambda g: scores_of_views(g, 2, 2, 3, 5), weight=2),
        Probe("5 student views, 2 of the teacher", lambda g: scores_of_views(g, 5, 2, 3, 4), weight=2, seed=1),
        Probe("other temperatures", lambda g: scores_of_views(g, 2, 2, 4, 6, (0.5, 0.2)), seed=2),
        Probe(
            "no score differs: uniform",
            lambda g: (torch.ones(2, 3, 8), torch.ones(2, 3, 8), torch.zeros(8), 0.1, 0.04),
            note="= log K",
        ),
        Probe(
            "gradients: into the student only",
            lambda g: scores_of_views(g, 2, 2, 3, 5),
            gradients=(0, 1, 2),
            weight=4,
            seed=3,
            atol=1e-5,
            essential=True,
        ),
        Probe(
            "scores of a hundred stay finite",
            lambda g: scores_of_views(g, 2, 2, 3, 4, scale=100.0),
            seed=4,
            weight=2,
            essential=True,
        ),
        Probe("leaves its inputs alone", lambda g: scores_of_views(g, 2, 2, 2, 3), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out",
            lambda g: scores_of_views(g, 3, 2, 2, 3, dtype=torch.float64),
            dtype=True,
            rtol=1e-7,
            seed=6,
        ),
    ],
    "update_center": [
        Probe("two views, momentum 0.9", lambda g: (normal(g, 5), normal(g, 2, 4, 5), 0.9), weight=2, essential=True),
        Probe("three views, momentum 0.5", lambda g: (normal(g, 3), normal(g, 3, 2, 3), 0.5), seed=1),
        Probe(
            "no gradient anywhere",
            lambda g: (normal(g, 4), normal(g, 2, 3, 4), 0.7),
            gradients=(0, 1),
            weight=2,
            seed=2,
            essential=True,
        ),
        Probe("leaves the old centre alone", lambda g: (normal(g, 4), normal(g, 2, 3, 4), 0.8), unchanged=True, seed=3),
        Probe(
            "float64 in, float64 out",
            lambda g: (normal(g, 4, dtype=torch.float64), normal(g, 2, 3, 4, dtype=torch.float64), 0.9),
            dtype=True,
            rtol=1e-9,
            seed=4,
        ),
    ],
    "two_entropies": [
        Probe("6 images, 4 classes", lambda g: (rows(g, 6, 4),), weight=2, essential=True),
        Probe(
            "always the same class, for sure", lambda g: (uncertain(1.0),), note="the one-hot collapse", essential=True
        ),
        Probe("all classes alike", lambda g: (uncertain(0.0),), note="the uniform collapse: log K twice"),
        Probe(
            "each image its own class, for sure", lambda g: (torch.eye(6),), note="0 and log K: healthy", essential=True
        ),
        Probe("leaves its input alone", lambda g: (rows(g, 5, 3, 3.0),), unchanged=True, seed=1),
        Probe("float64 in, float64 out", lambda g: (rows(g, 5, 3, 2.0, torch.float64),), dtype=True, rtol=1e-7, seed=2),
    ],
    "assign": [
        Probe("30 points, 4 clusters", lambda g: clouds(g, 30, 4), weight=2, essential=True),
        Probe("one cluster is empty", lambda g: far_centroids(g, 12, (1,), 4), weight=2, seed=1),
        Probe("two clusters are empty", lambda g: far_centroids(g, 15, (0, 3), 4), weight=2, seed=2),
        Probe("the farthest point is alone in its cluster", lambda g: lonely(), weight=2),
        Probe("as many points as clusters", lambda g: far_centroids(g, 3, (0, 1), 3), seed=3, dtype=True),
        Probe("leaves its inputs alone", lambda g: far_centroids(g, 9, (2,), 3), unchanged=True, seed=4),
    ],
    "sinkhorn": [
        Probe("8 images, 4 prototypes", lambda g: (cosines(g, 8, 4), 0.05, 3), look=sums, weight=2),
        Probe("one iteration, epsilon 0.5", lambda g: (cosines(g, 5, 3), 0.5, 1), look=sums, seed=1),
        Probe("100 iterations: equal use, to 1e-6", lambda g: (cosines(g, 12, 4), 0.3, 100), look=sums, seed=2),
        Probe(
            "epsilon 0.001 stays finite",
            lambda g: (cosines(g, 6, 3), 0.001, 3),
            look=sums,
            weight=3,
            seed=3,
            atol=1e-4,
            essential=True,
        ),
        Probe("no gradient", lambda g: (cosines(g, 6, 4), 0.1, 3), gradients=(0,), weight=2, seed=4, essential=True),
        Probe("leaves the scores alone", lambda g: (cosines(g, 5, 4), 0.1, 2), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out",
            lambda g: (cosines(g, 7, 3, torch.float64), 0.2, 5),
            dtype=True,
            rtol=1e-8,
            seed=6,
        ),
    ],
    "swapped_prediction_loss": [
        Probe("5 images, 4 prototypes", lambda g: swapped(g, 5, 4, 0.1), weight=2),
        Probe("temperature 0.5", lambda g: swapped(g, 6, 3, 0.5), seed=1),
        Probe(
            "equal scores",
            lambda g: (torch.zeros(4, 7), torch.zeros(4, 7), rows(g, 4, 7), rows(g, 4, 7), 0.1),
            note="= log K",
        ),
        Probe(
            "gradients: into the scores only",
            lambda g: swapped(g, 4, 5, 0.2),
            gradients=(0, 1, 2, 3),
            weight=4,
            seed=2,
            essential=True,
        ),
        Probe("temperature 0.002 stays finite", lambda g: swapped(g, 4, 5, 0.002), seed=3, weight=2, essential=True),
        Probe("leaves its inputs alone", lambda g: swapped(g, 4, 3, 0.1), unchanged=True, seed=4),
        Probe("float64 in, float64 out", lambda g: swapped(g, 4, 3, 0.1, torch.float64), dtype=True, rtol=1e-7, seed=5),
    ],
    "patchify": [
        Probe("one image 4 x 4, patches of 2", lambda g: (numbered(1, 3, 4, 4), 2), weight=2, essential=True),
        Probe("two images, patches of 3", lambda g: (numbered(2, 2, 6, 6), 3)),
        Probe("an image that is not square", lambda g: (numbered(1, 3, 4, 6), 2), weight=2),
        Probe("the whole image as one patch", lambda g: (numbered(2, 3, 3, 3), 3)),
        Probe(
            "gradients and float64 come through",
            lambda g: (normal(g, 1, 3, 4, 4, dtype=torch.float64), 2),
            gradients=(0,),
            dtype=True,
        ),
    ],
    "unpatchify": [
        Probe("4 patches of 2 x 2, 3 channels", lambda g: (numbered_patches(1, 4, 12), 2), weight=2, essential=True),
        Probe("9 patches, one channel", lambda g: (numbered_patches(2, 9, 4), 2), weight=2),
        Probe("patches of one pixel", lambda g: (numbered_patches(2, 4, 3), 1)),
        Probe("one patch of 3 x 3", lambda g: (numbered_patches(2, 1, 27), 3)),
        Probe(
            "gradients and float64 come through",
            lambda g: (normal(g, 1, 4, 12, dtype=torch.float64), 2),
            gradients=(0,),
            dtype=True,
        ),
    ],
    "random_masking": [
        Probe(
            "2 images, 6 patches, keep 2", lambda g: (normal(g, 2, 6, 3), uniform(g, 2, 6), 2), weight=3, essential=True
        ),
        Probe("keep 5 of 7", lambda g: (normal(g, 3, 7, 2), uniform(g, 3, 7), 5), weight=2, seed=1),
        Probe("keep all", lambda g: (normal(g, 1, 5, 2), uniform(g, 1, 5), 5), seed=2),
        Probe("leaves its inputs alone", lambda g: (normal(g, 2, 4, 2), uniform(g, 2, 4), 1), unchanged=True, seed=3),
        Probe(
            "float64 in, float64 out",
            lambda g: (normal(g, 2, 4, 2, dtype=torch.float64), uniform(g, 2, 4), 2),
            dtype=True,
            seed=4,
        ),
    ],
    "restore_order": [
        Probe(
            "2 of 5 tokens are visible",
            lambda g: (normal(g, 2, 2, 3), normal(g, 3), places(g, 2, 5)),
            weight=3,
            essential=True,
        ),
        Probe("4 of 6, three images", lambda g: (normal(g, 3, 4, 2), normal(g, 2), places(g, 3, 6)), weight=2, seed=1),
        Probe("all are visible", lambda g: (normal(g, 1, 5, 2), normal(g, 2), places(g, 1, 5)), seed=2),
        Probe(
            "gradients reach the tokens and the mask token",
            lambda g: (normal(g, 2, 2, 3), normal(g, 3), places(g, 2, 4)),
            gradients=(0, 1),
            weight=2,
            seed=3,
            essential=True,
        ),
        Probe(
            "leaves its inputs alone",
            lambda g: (normal(g, 2, 2, 2), normal(g, 2), places(g, 2, 4)),
            unchanged=True,
            seed=4,
        ),
    ],
    "mae_loss": [
        Probe("2 images, 6 patches", lambda g: painted(g, 2, 6, 12), weight=2),
        Probe("plain pixels", lambda g: painted(g, 3, 5, 8, normalize=False), weight=2, seed=1, essential=True),
        Probe("a hidden patch of one colour", flat_patch, weight=2, seed=2, essential=True),
        Probe("nothing hidden but one patch", lambda g: (*painted(g, 1, 4, 6)[:2], torch.eye(4)[:1], True), seed=3),
        Probe(
            "gradients: into the prediction only",
            lambda g: painted(g, 2, 4, 6),
            gradients=(0, 1),
            weight=4,
            seed=4,
            atol=1e-5,
            essential=True,
        ),
        Probe("leaves its inputs alone", lambda g: painted(g, 2, 4, 6), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out", lambda g: painted(g, 2, 4, 6, True, torch.float64), dtype=True, rtol=1e-7, seed=6
        ),
    ],
    "effective_rank": [
        Probe("20 random vectors, 5 dimensions", lambda g: (normal(g, 20, 5),), weight=2, essential=True),
        Probe("all vectors equal", lambda g: (torch.ones(6, 4),), note="= 1", atol=1e-3, weight=2),
        Probe("three equally strong directions", lambda g: (torch.eye(3).repeat(2, 1) * 7,), note="= 3"),
        Probe("a dimension that is never used", lambda g: (torch.diag(torch.tensor([2.0, 1.0, 0.0])),)),
        Probe("more dimensions than vectors", lambda g: (normal(g, 3, 8),), seed=1),
        Probe("vectors with a common part", lambda g: (normal(g, 9, 4) + 5,), seed=2),
        Probe("leaves its input alone", lambda g: (normal(g, 5, 3),), unchanged=True, seed=3),
        Probe(
            "float64 and gradients come through",
            lambda g: (normal(g, 6, 3, dtype=torch.float64),),
            gradients=(0,),
            dtype=True,
            weight=2,
            seed=4,
        ),
    ],
}
