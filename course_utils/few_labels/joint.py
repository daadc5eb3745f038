"""Joint training on points: a few labels and many points without. Several worlds are trained at once, each with its own network."""

import copy
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from course_utils.few_labels.worlds import World

UnlabelledLoss = Callable[[Tensor, Tensor, Tensor], Tensor]
Update = Callable[[nn.Module, nn.Module, int, float], object]


class Networks(nn.Module):
    """R networks of two hidden layers side by side: (R, n, 2) -> (R, n, 2). Each starts and learns as if it were alone."""

    def __init__(self, count: int, hidden: int = 64) -> None:
        super().__init__()
        sizes = (2, hidden, hidden, 2)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in itertools.pairwise(sizes):
            bound = 1 / math.sqrt(fan_in)
            self.weights.append((2 * torch.rand(count, fan_in, fan_out) - 1) * bound)
            self.biases.append((2 * torch.rand(count, 1, fan_out) - 1) * bound)

    def forward(self, x: Tensor) -> Tensor:
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, x.relu() if layer else x, weight)
        return x


@dataclass(frozen=True)
class Points:
    """Draws of one world: x (R, n, 2), labels (R, n), which points are labelled (R, labelled), and test points."""

    x: Tensor
    labels: Tensor
    labelled: Tensor
    test_x: Tensor
    test_labels: Tensor


def draw_points(world: World, draws: int, per_class: int = 4, n: int = 400, seed: int = 0) -> Points:
    """`draws` independent draws of a world, in each of which `per_class` points of both classes are labelled."""
    generator = Generator().manual_seed(seed)
    train, test = zip(*((world(n, generator), world(1000, generator)) for _ in range(draws)), strict=True)
    labelled = [torch.cat([(y == c).nonzero()[:per_class, 0] for c in (0, 1)]) for _, y in train]
    (x, y), (test_x, test_y) = ((torch.stack(part) for part in zip(*side, strict=True)) for side in (train, test))
    return Points(x, y, torch.stack(labelled), test_x, test_y)


def train_jointly(
    points: Points,
    unlabelled_loss: UnlabelledLoss | None = None,
    weight: float = 0.0,
    *,
    update: Update | None = None,
    decay: float = 0.97,
    steps: int = 300,
    batch: int = 128,
    seed: int = 0,
) -> tuple[Networks, list[float]]:
    """Minimise cross-entropy on the labelled points + weight * unlabelled loss; returns the networks and the test accuracy of each.

    Args:
        unlabelled_loss: (weak, strong, teacher) -> scalar: logits (R * batch, 2) of the same points moved by 0.03, by 0.2, and, by the
            teacher, by 0.03. Without `update` the teacher is the network itself.
        update: update(teacher, student, step, decay) after each step; the teacher is then what is tested.
    """
    torch.manual_seed(seed)
    generator = Generator().manual_seed(seed)
    draws, n, _ = points.x.shape
    student = Networks(draws)
    teacher = copy.deepcopy(student) if update else student
    optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
    rows = torch.arange(draws)[:, None]
    x, y = points.x[rows, points.labelled], points.labels[rows, points.labelled].flatten()

    def moved(x: Tensor, noise: float) -> Tensor:
        return x + noise * torch.randn(x.shape, generator=generator)

    for step in range(steps):
        loss = cross_entropy(student(moved(x, 0.03)).flatten(0, 1), y)
        if unlabelled_loss is not None and weight:
            some = points.x[rows, torch.randint(n, (draws, batch), generator=generator)]
            weak, strong = student(moved(some, 0.03)), student(moved(some, 0.2))
            told = teacher(moved(some, 0.03)) if update else weak
            loss = loss + weight * unlabelled_loss(weak.flatten(0, 1), strong.flatten(0, 1), told.flatten(0, 1))
        optimizer.zero_grad()
        (draws * loss).backward()  # a mean over all networks: each then has the gradient of its own mean
        optimizer.step()
        if update:
            update(teacher, student, step, decay)
    with torch.no_grad():
        right = teacher(points.test_x).argmax(dim=2) == points.test_labels
    return teacher, right.float().mean(dim=1).tolist()
