"""One training loop for all families, on a budget of floating-point operations."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor

from course_utils.errors import CourseError
from course_utils.optimization import build_optimizer, shuffled_batches, warmup_cosine
from course_utils.progress import Progress
from course_utils.ssl_families.evaluate import count_flops
from course_utils.ssl_families.families import Family


@dataclass(frozen=True)
class Recipe:
    """How to train; `dataclasses.replace(recipe, batch_size=64)` for a variant.

    Attributes:
        flops: budget of the whole training in floating-point operations, counted on one step of the family.
        epochs: passes over the images, where there is no budget of FLOPs.
        steps: optimizer steps, where there is neither.
        batch_size: images a step, whatever number of views the family makes of them.
        optimizer: "adamw", or "sgd" with momentum 0.9.
        learning_rate: at its peak, which is reached after the first `warmup` (a share) of the steps; then a cosine to 0.
        weight_decay: AdamW's decoupled decay, or SGD's L2 penalty; none for biases and norms.
    """

    flops: float | None = None
    epochs: int | None = None
    steps: int = 100
    batch_size: int = 64
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup: float = 0.1

    def length(self, images: int, step_flops: int) -> int:
        """How many steps that is for so many images, at so many FLOPs a step. Raises CourseError for a budget below one step."""
        if self.flops is not None:
            if self.flops < step_flops:
                raise CourseError(f"a step costs {step_flops:.3g} FLOPs, the budget is {self.flops:.3g}: raise it")
            return int(self.flops // step_flops)
        return self.steps if self.epochs is None else self.epochs * (images // self.batch_size)


@dataclass
class History:
    """What was recorded: a loss a step, the family's health by step, the FLOPs of one step, and the seconds of all."""

    losses: list[float] = field(default_factory=list)
    health: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    step_flops: int = 0
    seconds: float = 0.0

    @property
    def flops(self) -> float:
        return float(self.step_flops) * len(self.losses)

    def last(self, name: str) -> float:
        """The last value of one number of health."""
        return self.health[name][-1][1]


def pretrain(
    family: Family,
    images: Tensor,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    monitor: Callable[..., dict[str, float]] | None = None,
    every: int = 10,
    description: str = "",
) -> History:
    """Train `family` in place on images (n, 3, height, width) uint8 without labels; the same seed gives the same run on a device.

    Args:
        monitor: called after every step; what it says is recorded beside `family.health()`, at the first, every `every`-th and the
            last step.

    Returns:
        The record. If the training is interrupted (Kernel > Interrupt) it returns what was done up to then.

    Raises:
        CourseError: fewer images than a batch, a budget below one step, or a loss that is not finite, and at which step.
    """
    if len(images) < recipe.batch_size:
        raise CourseError(f"{len(images)} images are less than a batch of {recipe.batch_size}")
    device = torch.device(device)
    family.to(device).train()
    images = images.to(device)
    generator = family.generator = Generator(device).manual_seed(seed)
    history = History(step_flops=step_flops(family, images[: recipe.batch_size]))
    steps = recipe.length(len(images), history.step_flops)
    optimizer = build_optimizer(recipe.optimizer, family.parameters(), recipe.learning_rate, recipe.weight_decay)
    name = description or type(family).__name__
    start = time.monotonic()
    try:
        with Progress(name, steps) as progress:
            for k, index in zip(
                range(steps), shuffled_batches(len(images), recipe.batch_size, generator), strict=False
            ):
                for group in optimizer.param_groups:
                    group["lr"] = warmup_cosine(k, steps, recipe.learning_rate, recipe.warmup)
                views = [family.augmentation(images[index], generator) for _ in range(family.views)]
                loss = family.loss(*views)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                family.after_step((k + 1) / steps)
                history.losses.append(loss.item())
                if not math.isfinite(history.losses[-1]):
                    raise CourseError(f"the loss is {history.losses[-1]} at step {k + 1}; {name} stopped")
                watched = monitor(family) if monitor else {}
                if (k + 1) % every == 0 or k + 1 in (1, steps):
                    for key, value in {**family.health(), **watched}.items():
                        history.health.setdefault(key, []).append((k + 1, value))
                history.seconds = time.monotonic() - start
                progress.update(f"loss {history.losses[-1]:.3f}")
    except KeyboardInterrupt:
        pass
    return history


def step_flops(family: Family, images: Tensor) -> int:
    """FLOPs of one training step on images (n, 3, h, w): forward, teacher and backward, counted on a copy of the family."""
    twin = copy.copy(family)
    twin.__dict__ = {k: v for k, v in family.__dict__.items() if k != "generator"}
    twin = copy.deepcopy(twin)
    twin.generator = Generator(images.device).manual_seed(0)
    views = [twin.augmentation(images, twin.generator) for _ in range(twin.views)]
    with torch.random.fork_rng(devices=[]):
        return count_flops(lambda: twin.loss(*views).backward())
