"""What is trained: the embedded models (profile "cpu") and a ladder for a GPU.

The ladder grows in depth and width together (width = 16 x layers, heads of 16), so its models differ in size, not in aspect. Each
size is trained from scratch at several token budgets, each with its own learning-rate schedule: intermediate checkpoints of one long
run are not annealed and would bend a fit of L(N, D) (Hoffmann et al. 2022, 3.1).
"""

from dataclasses import dataclass

from course_utils.models.architectures import Architecture

MILLION = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """One training run.

    `tokens` are read in all, `batch` at a step (padding included); the learning rate rises to `learning_rate` over `warmup` of the
    run and falls on a cosine to a tenth. Losses are measured at step 0, 1, 2, 4, ... 512, then every `checkpoint_every` steps, and
    at the end; `keep` says whether the weights are kept there too.
    """

    model: str
    architecture: Architecture
    text: str
    tokens: int
    batch: int
    learning_rate: float
    seed: int = 0
    warmup: float = 0.05
    weight_decay: float = 0.1
    checkpoint_every: int = 500
    keep: bool = False

    @property
    def run(self) -> str:
        """The run's name and folder: model, token budget, seed."""
        return f"{self.model}-{self.tokens // 1000}k-seed{self.seed}"


def ladder(layers: int, tokens: int, seed: int = 0, keep: bool = False) -> Recipe:
    shape = Architecture("causal", layers, 16 * layers, heads=layers, vocabulary=256, context=128)
    return Recipe(
        model=f"ladder-{layers}",
        architecture=shape,
        text="bytes",
        tokens=tokens,
        batch=16 * shape.context,
        learning_rate=8e-3 * (32 / shape.width) ** 0.5,
        seed=seed,
        keep=keep,
    )
