"""What a representation is worth: linear probe, label-efficiency curve, and a 2-D map."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from course_utils.errors import CourseError


@dataclass(frozen=True)
class Probe:
    """A fitted linear classifier: logits = h @ weight^T + bias, and its test accuracy."""

    weight: Tensor
    bias: Tensor
    accuracy: float = float("nan")

    def logits(self, h: Tensor) -> Tensor:
        """(n, dim) -> (n, classes)."""
        return torch.addmm(self.bias, h, self.weight.T)


def linear_probe(
    train_h: Tensor,
    train_y: Tensor,
    test_h: Tensor,
    test_y: Tensor,
    weight_decay: float | None = None,
    max_iter: int = 100,
) -> Probe:
    """Multinomial logistic regression on frozen features, which should have mean 0 and variance 1 on the training images.

    Minimises mean cross-entropy + weight_decay / 2 * |W|^2 with L-BFGS from zero, so there is nothing random in it.

    Args:
        train_h, test_h: (n, dim) features; train_y, test_y: (n,) labels 0, ..., classes - 1.
        weight_decay: default dim / (6 n). That is a Gaussian prior on the weights under which a logit has variance 6 whatever the
            dimension, so it suits 3,072 raw pixels, 64 features and a handful of labels alike.

    Raises:
        CourseError: a feature is not finite.
    """
    if not train_h.isfinite().all():
        raise CourseError("linear probe: some training features are not finite; did the training diverge?")
    x, classes = train_h.float(), int(train_y.max()) + 1
    weight_decay = x.shape[1] / (6 * len(x)) if weight_decay is None else weight_decay
    weight = torch.zeros(classes, x.shape[1], device=x.device, requires_grad=True)
    bias = torch.zeros(classes, device=x.device, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=max_iter, tolerance_change=1e-7, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(torch.addmm(bias, x, weight.T), train_y) + 0.5 * weight_decay * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(objective)
    fitted = Probe(weight.detach(), bias.detach())
    correct = fitted.logits(test_h.float()).argmax(1) == test_y
    return replace(fitted, accuracy=correct.float().mean().item())


def few_labels(labels: Tensor, per_class: int, generator: Generator) -> Tensor:
    """Positions of `per_class` random members of every class: (classes * per_class,)."""
    order = torch.randperm(len(labels), generator=generator)
    return torch.cat([order[labels[order] == c][:per_class] for c in range(int(labels.max()) + 1)])


def label_efficiency(
    train_h: Tensor,
    train_y: Tensor,
    test_h: Tensor,
    test_y: Tensor,
    labels_per_class: Sequence[int] = (1, 5, 10, 20, 50, 100),
    draws: int = 5,
    seed: int = 0,
    weight_decay: float | None = None,
) -> dict[int, list[float]]:
    """Test accuracy of a linear probe on few labels: {labels per class: [accuracy of each of `draws` random choices]}.

    Shapes as in `linear_probe`.

    Raises:
        CourseError: a class has fewer training images than asked for.
    """
    fewest = int(torch.bincount(train_y).min())
    if max(labels_per_class) > fewest:
        raise CourseError(
            f"{max(labels_per_class)} labels per class asked for, but a class has only {fewest} training images"
        )
    generator = Generator().manual_seed(seed)
    curve: dict[int, list[float]] = {n: [] for n in labels_per_class}
    for n in labels_per_class:
        for _ in range(draws):
            chosen = few_labels(train_y, n, generator)
            curve[n].append(linear_probe(train_h[chosen], train_y[chosen], test_h, test_y, weight_decay).accuracy)
    return curve


def pca_2d(h: Tensor) -> Tensor:
    """Coordinates of the features along their two directions of largest variance: (n, dim) -> (n, 2).

    The sign of each axis is set so that its largest weight is positive: the same features give the same map.
    """
    centred = (h - h.mean(0)).double()
    _, directions = torch.linalg.eigh(centred.T @ centred)
    axes = directions[:, -2:].flip(1)
    largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
    return (centred @ (axes * largest.sign())).float()
