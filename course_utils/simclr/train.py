"""Training loops: the contrastive one, around the student's `train_step`, and the supervised one it is compared with."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from course_utils.encoders import Encoder
from course_utils.errors import CourseError
from course_utils.machine import bf16_helps
from course_utils.optimization import build_optimizer, shuffled_batches, warmup_cosine
from course_utils.precision import MixedPrecision
from course_utils.progress import Progress
from course_utils.simclr.augment import Augmentation

TrainStep = Callable[[nn.Module, nn.Module, Optimizer, Tensor, Tensor, float], Tensor | float]
Monitor = Callable[[Tensor, Tensor], Tensor | float]


@dataclass(frozen=True)
class Recipe:
    """How to train; `dataclasses.replace(recipe, temperature=0.5)` for a variant.

    Attributes:
        steps: optimizer steps.
        batch_size: images a step; the contrastive loss sees two views of each.
        optimizer: "adamw", or "sgd" with momentum 0.9.
        learning_rate: at its peak; `warmup` is the share of the steps it takes to get there (`warmup_cosine`).
        weight_decay: AdamW's decoupled decay, or SGD's L2 penalty; biases and batch-norm parameters have none.
        temperature: of the contrastive loss.
        augmentation: of the contrastive views.
    """

    steps: int
    batch_size: int = 256
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup: float = 0.1
    temperature: float = 0.2
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass
class History:
    """What was recorded in training: one loss and learning rate a step, and for each monitor its (step, value) pairs."""

    batch_size: int
    losses: list[float] = field(default_factory=list)
    learning_rates: list[float] = field(default_factory=list)
    monitors: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def images_per_second(self) -> float:
        """Images (not views) trained on a second."""
        return len(self.losses) * self.batch_size / self.seconds if self.seconds else 0.0


def train_simclr(
    encoder: nn.Module,
    head: nn.Module,
    images: Tensor,
    train_step: TrainStep,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    monitors: Mapping[str, Monitor] | None = None,
    monitor_every: int = 25,
    description: str = "SimCLR",
) -> History:
    """Train `encoder` and `head` in place; the same seed gives the same run.

    Args:
        images: (n, 3, height, width) uint8, n >= recipe.batch_size.
        train_step: train_step(encoder, head, optimizer, view_1, view_2, temperature) takes one optimizer step on two views
            (batch, 3, height, width) of one batch and returns the loss.
        monitors: name -> function of the embeddings z_i, z_j (batch, dim) of two views of the same images, without gradient and
            in evaluation mode; measured on the first batch of images every `monitor_every` steps and at the end.

    Returns:
        The record. If the training is interrupted (Kernel > Interrupt) it returns what was done up to then.

    Raises:
        CourseError: fewer images than a batch; or the loss is not finite, and at which step.
    """
    _require(len(images) >= recipe.batch_size, f"{len(images)} images are less than a batch of {recipe.batch_size}")
    device = torch.device(device)
    encoder.to(device), head.to(device)
    images = images.to(device)
    generator = Generator(device).manual_seed(seed)
    fast = MixedPrecision(encoder) if bf16_helps(device.type) else encoder
    fixed = recipe.augmentation.two_views(images[: recipe.batch_size], Generator(device).manual_seed(seed))
    history = History(recipe.batch_size, monitors={name: [] for name in monitors or {}})

    def step(optimizer: Optimizer, index: Tensor) -> float:
        view_1, view_2 = recipe.augmentation.two_views(images[index], generator)
        loss = float(train_step(fast, head, optimizer, view_1, view_2, recipe.temperature))
        done = len(history.losses) + 1
        if monitors and (done % monitor_every == 0 or done in (1, recipe.steps)):
            z_i, z_j = _embed(fast, head, fixed)
            for name, monitor in monitors.items():
                history.monitors[name].append((done, float(monitor(z_i, z_j))))
        return loss

    return _loop(nn.ModuleList([encoder, head]), len(images), step, recipe, generator, history, description)


def train_supervised(
    encoder: Encoder,
    images: Tensor,
    labels: Tensor,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    description: str = "supervised",
) -> tuple[nn.Module, History]:
    """Train `encoder` and a new linear layer on labels by cross-entropy, with light crops and flips: the baseline.

    images (n, 3, height, width) uint8, labels (n,). Returns the classifier (images -> logits) and the record.

    Raises:
        CourseError: as `train_simclr`.
    """
    _require(len(images) >= recipe.batch_size, f"{len(images)} images are less than a batch of {recipe.batch_size}")
    device = torch.device(device)
    images, labels = images.to(device), labels.to(device)
    generator = Generator(device).manual_seed(seed)
    augment = Augmentation(scale=(0.6, 1.0), color=0, gray=0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer = nn.Linear(encoder.dim, int(labels.max()) + 1)
    model = nn.Sequential(MixedPrecision(encoder) if bf16_helps(device.type) else encoder, layer).to(device)

    def step(optimizer: Optimizer, index: Tensor) -> float:
        loss = cross_entropy(model(augment(images[index], generator)), labels[index])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    history = History(recipe.batch_size)
    return model, _loop(model, len(images), step, recipe, generator, history, description)


def _loop(
    model: nn.Module,
    n: int,
    step: Callable[[Optimizer, Tensor], float],
    recipe: Recipe,
    generator: Generator,
    history: History,
    description: str,
) -> History:
    optimizer = build_optimizer(recipe.optimizer, model.parameters(), recipe.learning_rate, recipe.weight_decay)
    model.train()
    start = time.monotonic()
    try:
        with Progress(description, recipe.steps) as progress:
            for k, index in zip(range(recipe.steps), shuffled_batches(n, recipe.batch_size, generator), strict=False):
                rate = warmup_cosine(k, recipe.steps, recipe.learning_rate, recipe.warmup)
                for group in optimizer.param_groups:
                    group["lr"] = rate
                loss = step(optimizer, index)
                _require(
                    math.isfinite(loss),
                    f"the loss is {loss} at step {k + 1}; {description} stopped. Lower the learning rate",
                )
                history.losses.append(loss)
                history.learning_rates.append(rate)
                history.seconds = time.monotonic() - start
                progress.update(f"loss {loss:.3f}")
    except KeyboardInterrupt:
        pass
    return history


@torch.no_grad()
def _embed(encoder: nn.Module, head: nn.Module, views: tuple[Tensor, Tensor]) -> list[Tensor]:
    encoder.eval(), head.eval()
    z = [head(encoder(view)) for view in views]
    encoder.train(), head.train()
    return z


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise CourseError(message)
