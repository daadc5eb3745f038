"""How large the notebook's experiments are: "smoke" checks that they run, "quick" fits a laptop CPU, "gpu" is the full size."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Sizes of one profile.

    draws: of random signs; memorised, memory_steps: pictures with random labels, and steps to learn them; features: of double descent;
    pairs: examples of the learning curves that are extrapolated; draws_of_curves: how often each is measured; confusion: examples per
    confusion set; tests: places each learner is tested on; shape_bytes, shape_test: read by the live pair, and windows it is judged on;
    gradients: windows of each checkpoint; widths, rates, width_steps: the live sweep; problems, samples: of next words.
    """

    draws: int
    memorised: int
    memory_steps: int
    features: tuple[int, ...]
    pairs: tuple[int, ...]
    draws_of_curves: int
    confusion: tuple[int, ...]
    tests: int
    shape_bytes: int
    shape_test: int
    gradients: int
    widths: tuple[int, ...]
    rates: tuple[int, ...]
    width_steps: int
    problems: int
    samples: int


PROFILES = {
    "smoke": Sizes(
        draws=100, memorised=60, memory_steps=20, features=(10, 60, 200), pairs=(120, 200, 400), draws_of_curves=2,
        confusion=(30, 300), tests=100, shape_bytes=4096, shape_test=4, gradients=4, widths=(16, 64), rates=(-8, -6),
        width_steps=4, problems=20, samples=50,
    ),
    "quick": Sizes(
        draws=1000, memorised=500, memory_steps=200, features=(10, 30, 100, 200, 270, 300, 330, 400, 600, 1000, 3000),
        pairs=(120, 160, 220, 300, 1000, 4000), draws_of_curves=60,
        confusion=(10, 30, 100, 300, 1000, 2700, 10_000, 58_000), tests=1500, shape_bytes=120_000, shape_test=64,
        gradients=96, widths=(64, 256), rates=(-8, -7, -6, -5, -4, -3), width_steps=150, problems=600, samples=1000,
    ),
    "gpu": Sizes(
        draws=10_000, memorised=2000, memory_steps=600,
        features=(10, 30, 100, 200, 270, 300, 330, 400, 600, 1000, 3000, 10_000),
        pairs=(120, 160, 220, 300, 1000, 4000), draws_of_curves=100,
        confusion=(10, 30, 100, 300, 1000, 2700, 10_000, 58_000), tests=5000, shape_bytes=1_000_000, shape_test=128,
        gradients=400, widths=(64, 256, 1024), rates=(-10, -9, -8, -7, -6, -5, -4, -3), width_steps=300, problems=2000,
        samples=4000,
    ),
}  # fmt: skip
