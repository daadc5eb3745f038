"""Train all families on the embedded images with the instructor's answers, and keep what came out.

    python data/ssl_families/make.py --width 64 --flops 2e13 --seeds 0 1 2      # on one GPU: minutes
    python data/ssl_families/make.py --only MoCo --seeds 3 --output FOLDER       # one family, elsewhere

Each training is written down as soon as it ends: one row in runs.csv, and its losses and health in curves.csv. Needs the instructor's
folders (`solutions/`, `bank/`, `course_tools/`).
"""

import argparse
import csv
import datetime
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from course_tools.checks import bank
from course_utils.data import ImageDataset, load_images
from course_utils.machine import this_machine, versions
from course_utils.ssl_families import (
    BYOL,
    DINO,
    MAE,
    PROFILES,
    Family,
    History,
    MoCo,
    PatchEncoder,
    Recipe,
    Rotation,
    Staleness,
    SwAV,
    features,
    pretrain,
    small_resnet,
    worth,
)

HERE = Path(__file__).resolve().parent
ORDER = ("rotation", "MoCo", "BYOL", "DINO", "SwAV", "MAE")
RUN = ("family", "variant", "seed", "steps", "flops", "seconds", "loss", "knn", "probe", "rank")
CURVE = ("family", "variant", "seed", "step", "name", "value")


def answer(name: str) -> Any:
    return bank.reference(f"ssl_families/{name}")


def family(name: str, width: int, **changes: Any) -> Family:
    """A new family with the instructor's rules and the settings of the quick profile."""
    sizes = PROFILES["quick"]
    make = partial(small_resnet, width=width)
    teacher = (answer("momentum_update"), answer("momentum_schedule"))
    match name:
        case "rotation":
            return Rotation(make(), answer("rotate_batch"))
        case "MoCo":
            parts = (answer("moco_loss"), answer("enqueue"), answer("momentum_update"))
            return MoCo(make(), *parts, **sizes.moco | changes)
        case "BYOL":
            return BYOL(make(), answer("byol_loss"), *teacher, **sizes.byol | changes)
        case "DINO":
            return DINO(make(), answer("dino_loss"), answer("update_center"), *teacher, **sizes.dino | changes)
        case "SwAV":
            return SwAV(make(), answer("sinkhorn"), answer("swapped_prediction_loss"), **sizes.swav | changes)
        case "MAE":
            encoder = PatchEncoder(answer("patchify"), **sizes.vit | {"dim": max(96, 3 * width)})
            parts = (answer("random_masking"), answer("restore_order"), answer("mae_loss"))
            return MAE(encoder, *parts, **sizes.mae | changes)
    raise ValueError(name)


def variants(only: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(family, variant, changes) of everything that is recorded for one seed."""
    for name in ORDER:
        if name in only:
            yield name, "untrained", {}
            yield name, "healthy", {}
    if "MoCo" in only:
        for m in (0.0, 0.9, 0.999):
            yield "MoCo", f"m={m:g}", {"m": m}


def judged(model: Family, data: ImageDataset, device: str) -> dict[str, float]:
    train_h, test_h = (features(model.encoder, x, device) for x in (data.train_images, data.test_images))
    found = worth(train_h, data.train_labels, test_h, data.test_labels)
    rank = answer("effective_rank")(test_h[:500] - test_h[:500].mean(0))
    return {"knn": found.knn, "probe": found.probe, "rank": float(rank)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", choices=ORDER, default=list(ORDER))
    parser.add_argument("--width", type=int, default=16, help="channels of the ResNet's first stage")
    parser.add_argument("--flops", type=float, default=PROFILES["quick"].recipe.flops, help="budget of each training")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--output", type=Path, default=HERE)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    data = load_images("embedded")
    with (
        (options.output / "runs.csv").open("w", newline="") as runs,
        (options.output / "curves.csv").open("w", newline="") as curves,
    ):
        rows, points = csv.writer(runs, lineterminator="\n"), csv.writer(curves, lineterminator="\n")
        rows.writerow(RUN)
        points.writerow(CURVE)
        for seed in options.seeds:
            for name, variant, changes in variants(options.only):
                torch.manual_seed(seed)
                model = family(name, options.width, **changes)
                history = History()
                if variant != "untrained":
                    base = PROFILES["quick"].mae_recipe if name == "MAE" else PROFILES["quick"].recipe
                    recipe: Recipe = replace(base, flops=options.flops)
                    watch = Staleness(data.train_images[:64]) if name == "MoCo" else None
                    history = pretrain(
                        model, data.train_images, recipe, seed=seed, device=options.device, monitor=watch, every=20
                    )
                last = history.losses[-20:]
                result = judged(model, data, options.device)
                loss = sum(last) / len(last) if last else float("nan")
                numbers = [history.flops, history.seconds, loss, *result.values()]
                rows.writerow([name, variant, seed, len(history.losses), *(f"{x:.5g}" for x in numbers)])
                for key, curve in {"loss": list(enumerate(history.losses, 1))[9::10], **history.health}.items():
                    points.writerows([name, variant, seed, step, key, f"{value:.5g}"] for step, value in curve)
                runs.flush()
                curves.flush()
                print(name, variant, seed, result, flush=True)
    made = {
        "command": f"python data/ssl_families/make.py --width {options.width} --flops {options.flops:g} --seeds "
        + " ".join(map(str, options.seeds)),
        "device": this_machine(options.device).name,
        "versions": versions(),
        "made": datetime.date.today().isoformat(),
    }
    (options.output / "made.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
