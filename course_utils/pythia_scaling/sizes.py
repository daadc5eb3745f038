"""How large a GPT-NeoX model is, and what a token through it costs."""

import csv
from dataclasses import dataclass
from functools import cache

from course_utils.errors import UsageError
from course_utils.paths import DATA

TABLES = DATA / "pythia"
CONTEXT = 2048  # tokens a sequence in Pythia's training
STEPS = 143_000
TOKENS_PER_STEP = 2_097_152  # 1,024 sequences
TOKENS = STEPS * TOKENS_PER_STEP  # 299,892,736,000, the same for every size (Biderman et al. 2023)


@dataclass(frozen=True)
class Size:
    """Shape of a GPT-NeoX model with untied embeddings. vocabulary: rows of the embedding matrix, padding included."""

    model: str
    layers: int
    width: int
    heads: int
    vocabulary: int

    @property
    def non_embedding(self) -> int:
        """Parameters but for the two embedding matrices: L (12 d² + 13 d) + 2 d, biases and layer norms included."""
        return self.layers * (12 * self.width**2 + 13 * self.width) + 2 * self.width

    @property
    def embedding(self) -> int:
        """Parameters of the input and of the output embedding, which Pythia does not share: 2 V d."""
        return 2 * self.vocabulary * self.width

    @property
    def total(self) -> int:
        return self.non_embedding + self.embedding

    def flops_per_token(self, context: int = CONTEXT) -> int:
        """FLOPs of training on one token: all matrix products of the forward pass, and twice as many backward.

        A weight costs one multiplication and one addition; attention compares each of `context` tokens with all of them, as a dense
        implementation does. The input embedding is a look-up and costs nothing.
        """
        weights = 12 * self.layers * self.width**2 + self.vocabulary * self.width
        attention = 2 * self.layers * context * self.width
        return 3 * 2 * (weights + attention)


@cache
def pythia_sizes() -> tuple[Size, ...]:
    """The suite from 14m to 12b, smallest first (data/pythia/models.csv)."""
    with (TABLES / "models.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(
        Size(r["model"], int(r["layers"]), int(r["width"]), int(r["heads"]), int(r["vocabulary"])) for r in rows
    )


def pythia_size(model: str) -> Size:
    """One size by name, such as "pythia-410m". Raises UsageError that lists the names."""
    for size in pythia_sizes():
        if size.model == model:
            return size
    raise UsageError(f"no Pythia size {model!r}; there are {', '.join(size.model for size in pythia_sizes())}")
