"""How large the notebook's experiments are: "smoke" checks that they run, "quick" fits a laptop CPU, "gpu" takes more draws."""

from dataclasses import dataclass

from course_utils.infonce.critics import Training


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile.

    Attributes:
        candidates: the values of K in the sweep.
        terms: draws of the game per cell of the sweep.
        repeats: batches in the comparison of bias and variance.
        training: recipe of the learned critics.
        width, features: of the separable critic's networks.
        test_batches: fresh batches on which a trained critic is judged.
    """

    candidates: tuple[int, ...]
    terms: int
    repeats: int
    training: Training
    width: int
    features: int
    test_batches: int


PROFILES = {
    "smoke": Profile((2, 8, 32, 128), 512, 20, Training(steps=10, num_candidates=32), 32, 16, 4),
    "quick": Profile((2, 8, 32, 128, 512, 2048), 16_384, 400, Training(steps=1000, num_candidates=128), 128, 64, 100),
    "gpu": Profile((2, 8, 32, 128, 512, 2048), 131_072, 4000, Training(steps=4000, num_candidates=512), 256, 128, 200),
}
