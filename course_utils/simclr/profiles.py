"""How large the notebook's experiments are: "smoke" checks that they run, "quick" fits a laptop CPU, "gpu" is the real thing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from course_utils.encoders import Encoder, resnet18_cifar, small_resnet
from course_utils.simclr.train import Recipe


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile.

    Attributes:
        dataset: name for `load_images`.
        train_images, test_images: how many images to use, from the start of each set; None for all.
        encoder: makes a new encoder f(.) for the main run.
        small_encoder: the same for the shorter runs that are compared with each other.
        head_hidden, head_dim: sizes of the projection head g(.).
        simclr: recipe of the main run.
        ablation: recipe of the shorter runs that are compared with each other.
        supervised: recipe of the baseline trained from scratch on the labels.
    """

    dataset: str
    train_images: int | None
    test_images: int | None
    encoder: Callable[[], Encoder]
    small_encoder: Callable[[], Encoder]
    head_hidden: int
    head_dim: int
    simclr: Recipe
    ablation: Recipe
    supervised: Recipe


PROFILES = {
    "smoke": Profile(
        dataset="embedded",
        train_images=500,
        test_images=300,
        encoder=partial(small_resnet, width=8),
        small_encoder=partial(small_resnet, width=8),
        head_hidden=32,
        head_dim=16,
        simclr=Recipe(steps=8, batch_size=64),
        ablation=Recipe(steps=4, batch_size=64),
        supervised=Recipe(steps=4, batch_size=64),
    ),
    "quick": Profile(
        dataset="embedded",
        train_images=None,
        test_images=None,
        encoder=partial(small_resnet, width=24),
        small_encoder=partial(small_resnet, width=16),
        head_hidden=128,
        head_dim=64,
        simclr=Recipe(steps=400, batch_size=128),
        ablation=Recipe(steps=150, batch_size=64),
        supervised=Recipe(steps=200, batch_size=128),
    ),
    # ResNet-18, batch 1024, 100 epochs, rate 0.06 * batch / 256: published for this size are 84.7 linear and 81.8 10-NN
    "gpu": Profile(
        dataset="cifar10",
        train_images=None,
        test_images=None,
        encoder=resnet18_cifar,
        small_encoder=resnet18_cifar,
        head_hidden=1024,
        head_dim=128,
        simclr=Recipe(4800, 1024, "sgd", learning_rate=0.24, weight_decay=5e-4, temperature=0.5),
        ablation=Recipe(960, 1024, "sgd", learning_rate=0.24, weight_decay=5e-4, temperature=0.5),
        supervised=Recipe(3900, 256, "sgd", learning_rate=0.1, weight_decay=5e-4),
    ),
}
