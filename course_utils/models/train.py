"""Training of the embedded language models: one run from a recipe to a folder of weights and measured losses.

A run writes its whole state at regular steps, atomically. Its batches depend on the step alone. So a run that was killed at any
moment and is started again ends with the weights and losses of one that was not.
"""

import csv
import json
import os
import pickle
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from course_utils.data.text import load_text
from course_utils.errors import CourseError
from course_utils.models.architectures import parameter_counts
from course_utils.models.batches import Batch, Sentences, Windows, byte_stream, excerpt, sentence_windows
from course_utils.models.evaluate import held_out_windows, loss, nats
from course_utils.models.quiet import quiet_transformers
from course_utils.models.recipes import Recipe
from course_utils.models.tokenization import bpe_tokenizer, byte_tokenizer
from course_utils.optimization import parameter_groups, warmup_cosine
from course_utils.progress import Progress

STATE, FINISHED = "state.pt", "summary.json"
FLOOR = 0.1  # of the learning rate, as a share of its peak
SAVE_EVERY = 200  # steps; a kill costs no more than these
HELD_OUT_TOKENS, HELD_OUT_MASKS = 32_768, (0.15, 0.15)  # of each domain
COLUMNS = [
    "model",
    "seed",
    "layers",
    "width",
    "heads",
    "non_embedding_params",
    "params",
    "schedule_tokens",
    "step",
    "tokens",
    "flops",
    "train_loss",
    "val_loss",
    "shift_val_loss",
]


@dataclass
class Text:
    """What one kind of model reads: its tokenizer, its training batches, and two fixed held-out samples."""

    tokenizer: PreTrainedTokenizerFast
    train: Windows | Sentences
    val: list[Batch]
    shift_val: list[Batch]


@dataclass
class State:
    """All that a run needs to go on, and what it has measured so far."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    since: list[float] = field(default_factory=list)  # training losses since the last measurement
    rows: list[dict[str, Any]] = field(default_factory=list)


def train(recipe: Recipe, output: Path, device: str | None = None) -> list[dict[str, Any]]:
    """Run a recipe in `output`/<run>, from where it was left if it was. Returns its rows of curves.csv.

    Writes `model/` and, where the recipe keeps them, `step<k>/` (transformers' layout, with the tokenizer), `curve.csv` and
    `summary.json`.
    """
    folder = output / recipe.run
    folder.mkdir(parents=True, exist_ok=True)
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    text = read_text(recipe)
    model = recipe.architecture.build(recipe.seed)
    model.train().to(place)
    optimizer = AdamW(
        parameter_groups(model.parameters(), recipe.weight_decay), lr=recipe.learning_rate, betas=(0.9, 0.95)
    )
    state = restore(folder / STATE, model, optimizer, place)
    steps = len(text.train)
    measured_at = checkpoint_steps(steps, recipe.checkpoint_every)
    began = time.process_time() - state.seconds
    with Progress(recipe.run, total=steps - state.step) as bar:
        while True:
            if state.step in measured_at and len(state.rows) == measured_at.index(state.step):
                state.rows.append(measure(recipe, model, state, text))
                state.since.clear()
                if recipe.keep:
                    save_model(model, text.tokenizer, folder / f"step{state.step}")
            state.seconds = time.process_time() - began
            if state.step % SAVE_EVERY == 0 or state.step == steps:
                save(folder / STATE, model, optimizer, state)
            if state.step == steps:
                break
            batch = text.train[state.step].to(place)
            rate = warmup_cosine(state.step, steps, recipe.learning_rate, recipe.warmup, FLOOR)
            state.since.append(update(model, optimizer, batch, rate))
            state.step, state.tokens = state.step + 1, state.tokens + batch.tokens
            bar.update(f"loss {state.since[-1]:.3f}, {state.tokens / (time.process_time() - began):,.0f} tokens/s")
    save_model(model, text.tokenizer, folder / "model")
    write_curve(folder / "curve.csv", state.rows)
    summary = {"run": recipe.run, "steps": steps, "tokens": state.tokens, "cpu_seconds": round(state.seconds, 1)}
    (folder / FINISHED).write_text(json.dumps(summary) + "\n")
    return state.rows


def update(model: PreTrainedModel, optimizer: AdamW, batch: Batch, rate: float) -> float:
    """One step of AdamW at learning rate `rate`, gradients clipped to norm 1; the batch's mean loss before it."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    summed, count = nats(model, batch)
    (summed / count).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(summed.detach()) / count


def checkpoint_steps(steps: int, every: int) -> list[int]:
    """0, 1, 2, 4, ... 512, then multiples of `every`, and the last step: Pythia's schedule, at our scale."""
    powers = [2**k for k in range(10)]
    return sorted(
        step for step in {0, *powers, *range(every, steps, every), steps} if step in (0, steps) or 0 < step < steps
    )


def read_text(recipe: Recipe) -> Text:
    """Tokenize State of the Union as the recipe's model reads it, with the two held-out samples."""
    shape, documents = recipe.architecture, load_text("sotu").train
    val, shift_val = read_held_out(recipe)
    if recipe.text == "bytes":
        size, steps = recipe.batch // shape.context, recipe.tokens // recipe.batch
        tokens = byte_stream(documents)
        if recipe.unique:
            tokens = excerpt(tokens, recipe.unique)
        windows = Windows(tokens, shape.context, size, steps, recipe.seed)
        return Text(byte_tokenizer(), windows, val, shift_val)
    tokenizer = bpe_tokenizer()
    framed = sentence_windows(documents, tokenizer, shape.context)
    train_batches = Sentences(framed, tokenizer, recipe.mask_rates, recipe.batch, recipe.tokens, recipe.seed)
    return Text(tokenizer, train_batches, val, shift_val)


def read_held_out(recipe: Recipe) -> tuple[list[Batch], list[Batch]]:
    """The fixed samples that every loss of curves.csv is measured on: validation, and Moby Dick's as the shifted domain."""
    context = recipe.architecture.context
    corpora = load_text("sotu").val, load_text("moby_dick").val
    if recipe.text == "bytes":
        val, shift_val = (held_out_windows(byte_stream(documents), context) for documents in corpora)
        return val, shift_val
    tokenizer, rates = bpe_tokenizer(), recipe.mask_rates and HELD_OUT_MASKS
    samples = []
    for documents in corpora:
        framed = sentence_windows(documents, tokenizer, context)
        sample = Sentences(framed, tokenizer, rates, recipe.batch, HELD_OUT_TOKENS, seed=0)
        samples.append([sample[step] for step in range(len(sample))])
    return samples[0], samples[1]


def measure(recipe: Recipe, model: PreTrainedModel, state: State, text: Text) -> dict[str, Any]:
    """One row of curves.csv, from the state of the run; the training loss is the mean since the row before (empty at step 0)."""
    shape, (non_embedding, total) = recipe.architecture, parameter_counts(model)
    row = {
        "model": recipe.model,
        "seed": recipe.seed,
        "layers": shape.layers,
        "width": shape.width,
        "heads": shape.heads,
    }
    row |= {"non_embedding_params": non_embedding, "params": total, "schedule_tokens": recipe.tokens}
    row |= {"step": state.step, "tokens": state.tokens, "flops": 6 * non_embedding * state.tokens}
    row["train_loss"] = round(sum(state.since) / len(state.since), 5) if state.since else ""
    return row | {"val_loss": round(loss(model, text.val), 5), "shift_val_loss": round(loss(model, text.shift_val), 5)}


def save(path: Path, model: PreTrainedModel, optimizer: AdamW, state: State) -> None:
    """Write the whole state so that `path` is at any moment either the old one or the new one."""
    parts = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "state": asdict(state)}
    torch.save(parts, path.with_suffix(".partial"))
    os.replace(path.with_suffix(".partial"), path)


def restore(path: Path, model: PreTrainedModel, optimizer: AdamW, device: torch.device) -> State:
    """Load the state a run left in `path` into model and optimizer; a new state where it left none."""
    if not path.exists():
        return State()
    try:
        parts = torch.load(path, map_location=device, weights_only=True)
        model.load_state_dict(parts["model"])
        optimizer.load_state_dict(parts["optimizer"])
    except (RuntimeError, KeyError, ValueError, pickle.UnpicklingError) as error:
        raise CourseError(
            f"{path} is not the state of this run ({str(error).splitlines()[0]}); delete {path.parent} to begin anew"
        ) from error
    return State(**parts["state"])


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Weights, config and tokenizer in transformers' layout."""
    with quiet_transformers():
        model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_curve(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
