"""A family of models that differ in size: the ladder that comes with the course, one of your own, or Pythia from the hub."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from course_utils.data import load_text
from course_utils.errors import CourseError
from course_utils.models import embedded_models, embedded_revisions, load_causal, parameter_counts, recipes
from course_utils.models.perplexity import causal_nll
from course_utils.progress import Progress
from course_utils.pythia_scaling.curves import CURVES
from course_utils.pythia_scaling.sizes import STEPS, TOKENS_PER_STEP, pythia_size

PYTHIA_STEPS = (1, 8, 64, 512, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 100000)


@dataclass(frozen=True)
class Family:
    """`names`, smallest first, at `source` ("embedded", "hub" or a folder), all trained for `steps` steps of `tokens_per_step` tokens.

    `curves` is the table of the ladder's measured curves.
    """

    names: tuple[str, ...]
    source: str
    steps: int
    tokens_per_step: int
    curves: Path = CURVES

    def __str__(self) -> str:
        return f"{len(self.names)} models from {self.source}: {', '.join(self.names)}"

    def non_embedding(self, name: str) -> int:
        """Parameters without embeddings, from the shape alone: nothing is scored."""
        if self.source == "hub":
            return pythia_size(name).non_embedding
        return parameter_counts(load_causal(name, self.source).model)[0]

    def training_run(self) -> tuple[str, dict[str, int]]:
        """The largest model of which most checkpoints are there, and {revision: step} in order, the last "main"; without step 0.

        Raises CourseError if no model has any.
        """
        if self.source == "hub":
            return "pythia-410m", {**{f"step{step}": step for step in PYTHIA_STEPS}, "main": self.steps}
        found = {name: self._steps(name) for name in self.names}
        best = max(reversed(self.names), key=lambda name: len(found[name]))
        if not found[best]:
            raise CourseError(f"no model at {self.source!r} has checkpoints of its training")
        return best, {**{f"step{step}": step for step in sorted(found[best])}, "main": self.steps}

    def _steps(self, name: str) -> list[int]:
        if self.source == "embedded":
            revisions = embedded_revisions(name)
        else:
            revisions = [path.parent.name for path in Path(self.source, name).glob("step*/config.json")]
        steps = [int(revision.removeprefix("step")) for revision in revisions if revision != "main"]
        return [step for step in steps if 0 < step < self.steps]


def ladder(source: str = "embedded") -> Family:
    """The models called ladder-<layers> at `source`. Raises CourseError if there are none."""
    if source == "embedded":
        names = [name for name in embedded_models("causal") if name.startswith("ladder-")]
    else:
        names = [path.parent.name for path in Path(source).glob("ladder-*/config.json")]
    if len(names) < 2:
        raise CourseError(
            f"there is no ladder of models at {source!r}: folders ladder-<layers> in transformers' layout"
        )
    own = Path(source, "curves.csv")
    ordered = tuple(sorted(names, key=lambda name: int(name.removeprefix("ladder-"))))
    run = recipes.ladder(layers=1, tokens=recipes.SHIPPED_BUDGET * recipes.MILLION)
    return Family(ordered, source, run.tokens // run.batch, run.batch, own if own.is_file() else CURVES)


def pythia(names: Sequence[str]) -> Family:
    """Pythia from the hub."""
    return Family(tuple(names), "hub", STEPS, TOKENS_PER_STEP)


@dataclass(frozen=True)
class Checkpoint:
    """A model at one moment of its training, scored on a text. loss: nats per byte, which no tokenizer changes."""

    model: str
    revision: str
    non_embedding: int
    total: int
    loss: float


def score_checkpoints(
    wanted: Sequence[tuple[str, str]], text: str, source: str, device: torch.device, context: int | None = None
) -> list[Checkpoint]:
    """Score (model, revision) pairs on a text. context: tokens in a window, default the model's own; windows overlap by half.

    Raises CourseError for a checkpoint that is not there.
    """
    scored = []
    with Progress("scoring", len(wanted), unit="checkpoints", even=False) as bar:
        for name, revision in wanted:
            loaded = load_causal(name, source, revision)
            tokens = loaded.tokenizer(text, return_tensors="pt")["input_ids"][0]
            window = context or loaded.model.config.max_position_embeddings
            model: nn.Module = loaded.model
            nats = causal_nll(model.to(device), tokens, window).double().sum().item()
            loss = nats / len(text.encode())
            scored.append(Checkpoint(name, revision, *parameter_counts(loaded.model), loss))
            bar.update(f"{name} {revision}: {loss:.3f} nats per byte")
    return scored


def held_out_text(corpus: str, characters: int) -> str:
    """The beginning of each document of a corpus's test split, `characters` in all."""
    documents = load_text(corpus).test
    share = -(-characters // len(documents))
    return "\n\n".join(document.text[:share] for document in documents)[:characters]
