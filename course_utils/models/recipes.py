"""What is trained: the embedded models (profile "cpu") and a ladder for a GPU.

The ladder grows in depth and width together (width = 16 x layers, heads of 16), so its models differ in size, not in aspect. Each
size is trained from scratch at several token budgets, each with its own learning-rate schedule: intermediate checkpoints of one long
run are not annealed and would bend a fit of L(N, D) (Hoffmann et al. 2022, 3.1).
"""

from dataclasses import dataclass, replace

from course_utils.models.architectures import Architecture
from course_utils.models.tokenization import VOCABULARY

MILLION = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """One training run.

    `tokens` are read in all, `batch` at a step (padding included); the learning rate rises to `learning_rate` over `warmup` of the
    run and falls on a cosine to a tenth. Losses are measured at step 0, 1, 2, 4, ... 512, then every `checkpoint_every` steps, and
    at the end; `keep` says whether the weights are kept there too. `unique`: so many bytes of the training split are read, again and
    again; None: all of it.
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
    mask_rates: tuple[float, float] | None = None
    unique: int | None = None

    @property
    def run(self) -> str:
        """The run's name and folder: model, token budget, seed."""
        return f"{self.model}-{self.tokens // 1000}k-seed{self.seed}"


def ladder(layers: int, tokens: int, seed: int = 0, keep: bool = False) -> Recipe:
    """A byte-level GPT-NeoX of width 16 x layers; batch and learning rate are the best of a small sweep (data/language_models)."""
    width = 16 * layers
    return Recipe(
        model=f"ladder-{layers}",
        architecture=Architecture("causal", layers, width, heads=layers, vocabulary=256, context=128),
        text="bytes",
        tokens=tokens,
        batch=4 * 128,
        learning_rate=8e-3 * (32 / width) ** 0.5,
        seed=seed,
        keep=keep,
    )


def gpu_ladder(layers: int, tokens: int) -> Recipe:
    """A byte-level GPT-NeoX of width 64 x layers, heads of 64: 50 thousand to 49 million parameters on the whole corpus, at most four times."""
    width = 64 * layers
    return Recipe(
        model=f"gpu-ladder-{layers}",
        architecture=Architecture("causal", layers, width, heads=layers, vocabulary=256, context=512),
        text="bytes",
        tokens=tokens,
        batch=32 * 512,
        learning_rate=2e-3 * (128 / width) ** 0.5,
        checkpoint_every=1000,
    )


def shape(layers: int, width: int) -> Recipe:
    """One rung of the ladder of shapes: about 99 thousand non-embedding parameters, two heads, a million bytes."""
    recipe = ladder(layers, MILLION)
    return replace(
        recipe,
        model=f"shape-{layers}x{width}",
        architecture=Architecture("causal", layers, width, heads=2, vocabulary=256, context=128),
        learning_rate=8e-3 * (32 / width) ** 0.5,
    )


def repeated(unique: int, epochs: int) -> Recipe:
    """`ladder-3` on `unique` bytes, so many times over, with a schedule of its own; one epoch is fresh data."""
    recipe = ladder(3, unique * epochs)
    return replace(recipe, model=f"unique-{unique // 1000}k", unique=unique, checkpoint_every=250)


def sotu_bert() -> Recipe:
    """BERT on sentences. It starts with 40% of its input masked, where a token read teaches more, and ends with BERT's 15%."""
    return Recipe(
        model="sotu-bert",
        architecture=Architecture("masked", layers=2, width=128, heads=4, vocabulary=VOCABULARY, context=128),
        text="bpe",
        tokens=10 * MILLION,
        batch=1024,
        learning_rate=2e-3,
        mask_rates=(0.4, 0.15),
    )


def sotu_neox() -> Recipe:
    """The causal twin of `sotu_bert`: same tokenizer, depth, width and text. It predicts every token it reads, BERT on average
    27.5% of them: it reads that much less, so both have learned from as many predictions."""
    return replace(
        sotu_bert(),
        model="sotu-neox",
        architecture=replace(sotu_bert().architecture, kind="causal"),
        tokens=int(0.275 * sotu_bert().tokens),
        mask_rates=None,
    )


def recipes(profile: str) -> list[Recipe]:
    """All runs of a profile: "cpu" made the embedded models and curves; "gpu" is the same experiment at useful size; "limits" is what
    data/scaling_limits records: shapes at equal size, and few bytes read many times.
    """
    if profile == "limits":
        again = [repeated(1000 * unique, epochs) for unique, all_epochs in EPOCHS.items() for epochs in all_epochs]
        return [shape(layers, width) for layers, width in SHAPES] + again
    if profile == "gpu":
        return [gpu_ladder(layers, tokens * MILLION) for layers in range(1, 11) for tokens in (5, 10, 20, 40)]
    runs = [
        ladder(layers, int(budget * MILLION), seed, keep=budget == SHIPPED_BUDGET and layers in WATCHED)
        for (layers, seed), budgets in BUDGETS.items()
        for budget in budgets
    ]
    return [sotu_bert(), sotu_neox(), *runs]


# Millions of bytes by (layers, seed): every size at one million, and around it what minutes of one core allow.
BUDGETS = {
    (1, 0): (0.25, 0.5, 1, 2),
    (2, 0): (0.25, 0.5, 1, 2, 4),
    (3, 0): (0.25, 0.5, 1, 2),
    (4, 0): (0.25, 0.5, 1, 2),
    (5, 0): (0.5, 1, 2),
    (6, 0): (0.5, 1, 2),
    (7, 0): (1,),
    (8, 0): (1,),
    (1, 1): (0.5,),
    (1, 2): (0.5,),
    (2, 1): (0.5,),
    (2, 2): (0.5,),
}
WATCHED = (2, 3)  # sizes whose checkpoints along the way are kept, for what happens during training
SHIPPED_BUDGET = 2  # of the runs whose checkpoints ship, in millions

# Layers and width of about equal size: L d^2 is 8,000 to 8,500. The first has too few layers to follow the others.
SHAPES = ((1, 92), (2, 64), (3, 52), (5, 40), (8, 32), (14, 24))
# Thousands of unique bytes, and how often they are read. More fresh bytes than these have the runs of `ladder-3` above.
EPOCHS = {25: (1, 2, 4, 8, 16, 32), 50: (1,), 100: (1, 2, 4)}
