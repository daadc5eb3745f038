"""How large the notebook's experiments are: "smoke" checks that they run, "quick" fits a laptop CPU, "gpu" has all of CIFAR-10."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile.

    Attributes:
        dataset: name for `load_images`.
        train_images, test_images: how many images to use, from the start of each set; None for all.
        labels_per_class: for the comparison of the ways to adapt.
        steps: of each adaptation, and two more for each label a class; encoder_rate, head_rate: peak learning rates; scratch_rate: of both when nothing is pretrained.
        ridge: of the probe.
        linear_worlds: worlds of two linear layers.
        draws, joint_steps: worlds trained side by side on points, and steps of each.
        fixmatch_weights, consistency_weights: lambda swept, for the loss in nats and for the one in squared probabilities.
        joint_labels: labels a class on images; image_steps, unlabelled_batch, threshold, image_weight: of their joint training.
        graph_draws: draws of each world of points.
        episodes: few-shot episodes for each number of shots.
        pairs: how many pairs of classes are held back in turn; space_steps: steps of each shared space.
    """

    dataset: str
    train_images: int | None
    test_images: int | None
    labels_per_class: tuple[int, ...]
    steps: int
    linear_worlds: int
    draws: int
    joint_steps: int
    image_steps: int
    graph_draws: int
    episodes: int
    pairs: int
    space_steps: int
    encoder_rate: float = 1e-3
    head_rate: float = 1e-2
    scratch_rate: float = 2e-3
    ridge: float = 10.0
    fixmatch_weights: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    consistency_weights: tuple[float, ...] = (1.0, 10.0, 100.0)
    joint_labels: int = 10
    unlabelled_batch: int = 64
    threshold: float = 0.9
    image_weight: float = 10.0


PROFILES = {
    "smoke": Profile(
        dataset="embedded",
        train_images=500,
        test_images=300,
        labels_per_class=(1, 5),
        steps=3,
        linear_worlds=1,
        draws=2,
        joint_steps=10,
        image_steps=3,
        graph_draws=1,
        episodes=5,
        pairs=2,
        space_steps=20,
        fixmatch_weights=(1.0,),
        consistency_weights=(10.0,),
        joint_labels=2,
        unlabelled_batch=16,
    ),
    "quick": Profile(
        dataset="embedded",
        train_images=None,
        test_images=None,
        labels_per_class=(1, 5, 20, 100),
        steps=100,
        linear_worlds=5,
        draws=8,
        joint_steps=300,
        image_steps=200,
        graph_draws=5,
        episodes=200,
        pairs=6,
        space_steps=300,
    ),
    "gpu": Profile(
        dataset="cifar10",
        train_images=None,
        test_images=None,
        labels_per_class=(1, 5, 20, 100, 1000),
        steps=1000,
        linear_worlds=20,
        draws=32,
        joint_steps=1000,
        image_steps=3000,
        graph_draws=20,
        episodes=600,
        pairs=6,
        space_steps=1000,
        unlabelled_batch=448,
    ),
}
