"""Training on few labels: a loop around the student's parameter groups and rates, and the choice of the labels."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from course_utils.encoders import features
from course_utils.errors import CourseError
from course_utils.few_labels.views import light_view
from course_utils.optimization import warmup_cosine
from course_utils.progress import Progress

ScaleRates = Callable[[list[dict], float], Sequence[float]]


def choose(labels: Tensor, per_class: int, generator: Generator) -> Tensor:
    """Positions of `per_class` random members of every class: (classes * per_class,).

    Raises:
        CourseError: a class has fewer members than asked for.
    """
    fewest = int(torch.bincount(labels).min())
    if per_class > fewest:
        raise CourseError(f"{per_class} labels a class asked for, but a class has only {fewest} images")
    order = torch.randperm(len(labels), generator=generator)
    return torch.cat([order[labels[order] == c][:per_class] for c in range(int(labels.max()) + 1)])


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of rows whose largest logit is at the label."""
    return (logits.argmax(dim=1) == labels).float().mean().item()


def adapt(
    encoder: nn.Module,
    head: nn.Module,
    images: Tensor,
    labels: Tensor,
    optimizer: Optimizer,
    scale_rates: ScaleRates,
    *,
    steps: int,
    batch_size: int = 64,
    seed: int = 0,
    device: str | torch.device = "cpu",
    new_statistics: bool = False,
    unlabelled_loss: Callable[[int, Generator], Tensor] | None = None,
    after_step: Callable[[int], object] | None = None,
    description: str = "adapting",
) -> list[float]:
    """Train encoder and head in place on labelled images, in light views, by cross-entropy; returns a loss for each step.

    Args:
        optimizer: with the groups that it should train. scale_rates: called before each step with its groups and a share of
            their rates, a cosine from 1 to 0 after a short warm-up.
        new_statistics: train batch norm on the batches (for an encoder from scratch); otherwise it keeps its means and variances.
        unlabelled_loss: (step, generator) -> a loss that is added. after_step: called with the number of the step that was done.

    Raises:
        CourseError: the loss is not finite, and at which step.
    """
    encoder.to(device).train(new_statistics)
    head.to(device)
    generator = Generator().manual_seed(seed)
    losses: list[float] = []
    with Progress(description, steps) as progress:
        for step in range(steps):
            scale_rates(optimizer.param_groups, warmup_cosine(step, steps, 1.0, 0.1))
            index = torch.randint(len(images), (batch_size,), generator=generator)
            view = light_view(images[index], generator).to(device)
            loss = cross_entropy(head(encoder(view)), labels[index].to(device))
            if unlabelled_loss is not None:
                loss = loss + unlabelled_loss(step, generator)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if after_step is not None:
                after_step(step)
            losses.append(loss.item())
            if not math.isfinite(losses[-1]):
                raise CourseError(f"the loss is {losses[-1]} at step {step + 1}; lower the learning rates")
            progress.update(f"loss {losses[-1]:.3f}")
    encoder.eval()
    return losses


@torch.no_grad()
def classify(encoder: nn.Module, head: nn.Module, images: Tensor, device: str | torch.device = "cpu") -> Tensor:
    """Logits (n, classes) on the CPU, in evaluation mode."""
    return head.cpu()(features(encoder, images, device))


def set_head(head: nn.Linear, logits_of: Callable[[Tensor], Tensor], sharpness: float = 1.0) -> nn.Linear:
    """Copy a linear function of features into `head`: it is known by its values at 0 and at the unit vectors.

    logits_of: (n, dim) -> (n, classes). sharpness: factor of all logits.
    """
    with torch.no_grad():
        at_zero = logits_of(torch.zeros(1, head.in_features))[0]
        head.bias.copy_(sharpness * at_zero)
        head.weight.copy_(sharpness * (logits_of(torch.eye(head.in_features)) - at_zero).T)
    return head
