"""Record the runs that are too long for the notebook on limits of scaling.

    course train-lm --profile limits --output RUNS
    python data/scaling_limits/make.py language-models --runs RUNS     # shapes.csv and repeated.csv, from these runs
    python data/scaling_limits/make.py widths                          # learning rates of five widths, two parametrisations
    python data/scaling_limits/make.py batches                         # steps and examples to one loss, for five batch sizes
    python data/scaling_limits/make.py sums                            # SHA256SUMS anew

`widths` computes with the notebook's own answers, so it runs where the instructor's bank is. One thread; about 20 CPU minutes in all.
"""

import argparse
import csv
import json
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F

from course_tools.checks.bank import reference
from course_utils.data import load_text
from course_utils.data.recordings import write_checksums, write_rows
from course_utils.models.batches import byte_stream
from course_utils.models.recipes import recipes
from course_utils.scaling_limits.widths import ByteNetwork, contexts_of, held_out_loss, standard, train_width

FOLDER = Path(__file__).parent
LADDER = FOLDER.parent / "language_models"
WIDTHS, RATES = (64, 128, 256, 512, 1024), range(-10, -2)
BATCHES, BATCH_RATES, TARGET, MOST = (8, 32, 128, 512, 2048), (-8, -7, -9, -6, -10, -5), 2.35, 8000


def language_models(runs: Path) -> None:
    """The curves of `course train-lm --profile limits`, in two tables: the shapes, and the repeated bytes."""
    kept = ("layers", "width", "non_embedding_params", "params", "step", "tokens", "train_loss", "val_loss")
    shapes, repeated = [], []
    for recipe in recipes("limits"):
        with (runs / recipe.run / "curve.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        seconds = json.loads((runs / recipe.run / "summary.json").read_text())["cpu_seconds"]
        for row in rows:
            found = {key: row[key] for key in kept}
            if recipe.unique:
                repeated.append({"unique": recipe.unique, "budget": recipe.tokens} | found)
            elif row is rows[-1]:
                shapes.append(found | {"cpu_seconds": seconds})
    with (LADDER / "curves.csv").open(encoding="utf-8") as stream:  # the same model and recipe on more fresh bytes
        more = [row for row in csv.DictReader(stream) if row["model"] == "ladder-3" and row["seed"] == "0"]
    budget = "schedule_tokens"
    repeated += [{"unique": row[budget], "budget": row[budget]} | {key: row[key] for key in kept} for row in more]
    write_rows(FOLDER, "shapes", shapes)
    write_rows(
        FOLDER,
        "repeated",
        [{key: value for key, value in row.items() if key not in ("layers", "width")} for row in repeated],
    )


def widths() -> None:
    """Held-out loss after 300 steps of 128 contexts, for each width, learning rate and parametrisation."""
    train, held = (byte_stream(split) for split in (load_text("sotu").train, load_text("sotu").val))
    rows = []
    for name, rule in (("standard", standard), ("muP", reference("scaling_limits/mup"))):
        for width in WIDTHS:
            for exponent in RATES:
                began = time.process_time()
                network = train_width(ByteNetwork(width, rule, 0), train, 2.0**exponent, 300, 0)
                loss = held_out_loss(network, held)
                rows.append({"rule": name, "width": width, "log2_rate": exponent, "loss": loss})
                print(rows[-1], f"{time.process_time() - began:.1f} CPU s", flush=True)
    write_rows(FOLDER, "widths", rows)


def batches() -> None:
    """How many steps until the held-out loss is TARGET, at the best of six learning rates."""
    train, held = (byte_stream(split) for split in (load_text("sotu").train, load_text("sotu").val))
    rows = []
    for size in BATCHES:
        began, best, fewest = time.process_time(), 0, MOST
        for exponent in BATCH_RATES:
            steps = steps_to_target(size, 2.0**exponent, train, held, fewest)
            if steps < fewest:
                best, fewest = exponent, steps
        rows.append({"batch": size, "log2_rate": best, "steps": fewest, "examples": size * fewest})
        print(rows[-1], f"{time.process_time() - began:.1f} CPU s", flush=True)
    write_rows(FOLDER, "batches", rows)


def steps_to_target(size: int, rate: float, train: torch.Tensor, held: torch.Tensor, most: int) -> int:
    """Steps of Adam at a constant rate; the loss is looked at after every twentieth more of them. At most `most`."""
    network, g = ByteNetwork(64, standard, 0), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=rate, betas=(0.9, 0.95))
    look = 20
    for step in range(1, most):
        x, y = contexts_of(train, size, g)
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
        if step == look:
            if held_out_loss(network, held) <= TARGET:
                return step
            look = max(step + 1, round(1.05 * step))
    return most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("language-models", "widths", "batches", "sums"))
    parser.add_argument("--runs", type=Path, help="where `course train-lm --profile limits` wrote")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.table == "language-models":
        language_models(arguments.runs)
    else:
        {"widths": widths, "batches": batches, "sums": partial(write_checksums, FOLDER)}[arguments.table]()


if __name__ == "__main__":
    main()
