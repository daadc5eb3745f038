"""How large the notebook's experiments are: "smoke" checks that they run, "quick" fits a laptop CPU, "gpu" is ResNet-18 on CIFAR-10."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from course_utils.encoders import Encoder, resnet18_cifar, small_resnet
from course_utils.ssl_families.train import Recipe

Settings = dict[str, Any]


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile.

    Attributes:
        dataset: name for `load_images`.
        train_images, test_images: how many images to use, from the start of each set; None for all.
        puzzles: jigsaws that the solver without learning gets.
        encoder: makes the encoder of all families but MAE.
        recipe: the budget of a healthy training; mae_recipe: the same budget, with what a Transformer needs.
        broken: the shorter budget of the trainings that are meant to fail.
        moco, byol, dino, swav, mae, vit: settings of the families and of MAE's encoder.
        neighbours: k of the nearest-neighbour classifier.
        timed_images: images in the batch on which MAE's encoder is timed.
    """

    dataset: str
    train_images: int | None
    test_images: int | None
    puzzles: int
    encoder: Callable[[], Encoder]
    recipe: Recipe
    mae_recipe: Recipe
    broken: Recipe
    moco: Settings = field(default_factory=dict)
    byol: Settings = field(default_factory=dict)
    dino: Settings = field(default_factory=dict)
    swav: Settings = field(default_factory=dict)
    mae: Settings = field(default_factory=dict)
    vit: Settings = field(default_factory=dict)
    neighbours: int = 20
    timed_images: int = 64


SMALL_HEAD = {"hidden": 32, "dim": 16}
LARGE_HEAD = {"hidden": 2048, "dim": 256}

PROFILES = {
    "smoke": Profile(
        dataset="embedded",
        train_images=300,
        test_images=200,
        puzzles=100,
        encoder=partial(small_resnet, width=8),
        recipe=Recipe(steps=3, batch_size=32),
        mae_recipe=Recipe(steps=3, batch_size=32),
        broken=Recipe(steps=3, batch_size=32),
        moco={"queue": 64, **SMALL_HEAD},
        byol=SMALL_HEAD,
        dino={"classes": 32, **SMALL_HEAD},
        swav={"clusters": 16, **SMALL_HEAD},
        mae={"decoder_dim": 16},
        vit={"dim": 32, "depth": 1, "heads": 2},
    ),
    "quick": Profile(
        dataset="embedded",
        train_images=None,
        test_images=None,
        puzzles=1000,
        encoder=partial(small_resnet, width=16),
        recipe=Recipe(flops=1.2e12),
        mae_recipe=Recipe(flops=1.2e12, batch_size=128),
        broken=Recipe(flops=0.5e12),
        byol={"m": 0.96},
        dino={"m": 0.96},
    ),
    # ResNet-18, batch 512, 200 epochs, kNN with k = 200: the setting of lightly's CIFAR-10 table (`published.CIFAR10`)
    "gpu": Profile(
        dataset="cifar10",
        train_images=None,
        test_images=None,
        puzzles=10_000,
        encoder=resnet18_cifar,
        recipe=Recipe(epochs=200, batch_size=512, optimizer="sgd", learning_rate=0.24, weight_decay=5e-4),
        mae_recipe=Recipe(epochs=200, batch_size=512, learning_rate=6e-4, weight_decay=0.05),
        broken=Recipe(epochs=20, batch_size=512, optimizer="sgd", learning_rate=0.24, weight_decay=5e-4),
        moco={"queue": 8192, **LARGE_HEAD},
        byol={"m": 0.996, **LARGE_HEAD},
        dino={"classes": 2048, "m": 0.996, **LARGE_HEAD},
        swav={"clusters": 512, **LARGE_HEAD},
        mae={"decoder_dim": 96, "decoder_depth": 4},
        vit={"dim": 192, "depth": 12, "heads": 3},
        neighbours=200,
    ),
}
