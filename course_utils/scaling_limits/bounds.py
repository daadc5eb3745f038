"""What learning theory is tried on: pictures with true and with random labels, points in the plane, more features than examples."""

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.data import ImageDataset

VEHICLES = torch.tensor([0, 1, 8, 9])  # of the classes of CIFAR-10


def pixels(images: ImageDataset, side: int = 8) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Train and test pictures, shrunk to `side` x `side` and standardised by the training set, with their labels: x, y, test x, test y."""
    rows = [
        F.adaptive_avg_pool2d(found.float() / 255, side).flatten(1)
        for found in (images.train_images, images.test_images)
    ]
    mean, spread = rows[0].mean(0), rows[0].std(0)
    x, test_x = ((row - mean) / spread for row in rows)
    return x, images.train_labels, test_x, images.test_labels


def separable_labellings(points: Tensor) -> int:
    """How many labellings of points in the plane (n, 2) a line realises, by turning a line through all directions.

    Between two directions that are perpendicular to a pair of points the order of the projections does not change: one direction of
    each interval is enough, and a line across it can cut the order anywhere.
    """
    pairs = [points[i] - points[j] for i, j in itertools.combinations(range(len(points)), 2)]
    turns = sorted(float(torch.atan2(p[0], -p[1])) % torch.pi for p in pairs)
    middles = [(a + b) / 2 for a, b in itertools.pairwise([*turns, turns[0] + torch.pi])] if turns else [0.0]
    found = set()
    for angle in torch.tensor([m + half for m in middles for half in (0.0, torch.pi)], dtype=points.dtype):
        order = (points @ torch.stack([angle.cos(), angle.sin()])).argsort()
        for cut in range(len(points) + 1):
            label = torch.zeros(len(points), dtype=torch.bool)
            label[order[:cut]] = True
            found.add(tuple(label.tolist()))
    return len(found)


def memorise(
    x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor, steps: int, seed: int, width: int = 512
) -> tuple[list[float], float]:
    """Train a network of one hidden layer on all of (x, y) at each step: its training accuracy at every step, and its test accuracy."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(x.shape[1], width), nn.ReLU(), nn.Linear(width, int(y.max()) + 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    accuracy = []
    for _ in range(steps):
        logits = network(x)
        accuracy.append((logits.argmax(1) == y).float().mean().item())
        optimizer.zero_grad()
        F.cross_entropy(logits, y).backward()
        optimizer.step()
    with torch.no_grad():
        return accuracy, (network(test_x).argmax(1) == test_y).float().mean().item()


def double_descent(
    x: Tensor, y: Tensor, test_x: Tensor, test_y: Tensor, counts: Sequence[int], seed: int
) -> tuple[Tensor, Tensor]:
    """Training and test error (shares wrong) of the least-squares fit of smallest norm on random ReLU features, for each number of them."""
    generator = torch.Generator().manual_seed(seed)
    targets = F.one_hot(y).double()
    errors = []
    for count in counts:
        weight = torch.randn(x.shape[1], count, generator=generator) / x.shape[1] ** 0.5
        features, test = ((rows @ weight).relu().double() / count**0.5 for rows in (x, test_x))
        solution = torch.linalg.lstsq(features, targets, driver="gelsd").solution
        errors.append(
            [((f @ solution).argmax(1) != labels).double().mean() for f, labels in ((features, y), (test, test_y))]
        )
    found = torch.tensor(errors, dtype=torch.float64)
    return found[:, 0], found[:, 1]


def regression_curves(
    x: Tensor,
    y: Tensor,
    test_x: Tensor,
    test_y: Tensor,
    components: int,
    counts: Sequence[int],
    repeats: int,
    seed: int,
) -> tuple[Tensor, Tensor]:
    """Mean squared training and test error of linear regression on the first principal components, against the number of examples.

    The target is 1 for what people build, `VEHICLES`, and -1 for animals. Means over `repeats` draws of the examples.
    """
    generator = torch.Generator().manual_seed(seed)
    directions = torch.linalg.svd(x.double(), full_matrices=False).Vh[:components].T
    rows, test = (F.pad(a.double() @ directions, (0, 1), value=1.0) for a in (x, test_x))
    target, test_target = (torch.where(torch.isin(a, VEHICLES), 1.0, -1.0).double() for a in (y, test_y))
    errors = torch.zeros(len(counts), 2, dtype=torch.float64)
    for _ in range(repeats):
        order = torch.randperm(len(x), generator=generator)
        for i, n in enumerate(counts):
            chosen = order[:n]
            solution = torch.linalg.lstsq(rows[chosen], target[chosen][:, None]).solution[:, 0]
            errors[i, 0] += (rows[chosen] @ solution - target[chosen]).square().mean() / repeats
            errors[i, 1] += (test @ solution - test_target).square().mean() / repeats
    return errors[:, 0], errors[:, 1]
