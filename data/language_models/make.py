"""Make the embedded language models, after `course train-lm` has trained them.

    python data/language_models/make.py --tokenizer    # trains the BPE that BERT and its causal twin share (half a minute)
    course train-lm --output RUNS                      # trains the models (hours of one core; --resume after a stop)
    python data/language_models/make.py --runs RUNS    # collects what is finished: curves, checkpoints, checksums

Checkpoints are stored in half precision, in transformers' layout with their tokenizer; `load_causal` and `load_masked` read them
as float32. The two largest sizes of the ladder are there as curves only.
"""

import argparse
import csv
import hashlib
import shutil
from pathlib import Path

from course_utils.data.text import load_text
from course_utils.models.load import read_checkpoint
from course_utils.models.recipes import MILLION, SHIPPED_BUDGET, Recipe, recipes
from course_utils.models.tokenization import BPE_FILE, train_bpe
from course_utils.models.train import FINISHED, save_model, write_curve

HERE = Path(__file__).resolve().parent
SHIPPED_LAYERS = 6  # of the ladder: larger ones would not fit into 12 MB
SHIPPED_STEPS = (0, 1, 4, 16, 64, 128, 256, 512, 1000, 2000, 3000)


def train_tokenizer() -> None:
    train_bpe(document.text for document in load_text("sotu").train).save(str(BPE_FILE))


def ships(recipe: Recipe) -> bool:
    """BERT, its twin, and of each smaller size of the ladder one run."""
    small = recipe.architecture.layers <= SHIPPED_LAYERS
    return recipe.text == "bpe" or (small and recipe.tokens == SHIPPED_BUDGET * MILLION and recipe.seed == 0)


def store(recipe: Recipe, run: Path) -> None:
    """Write the last checkpoint of a run to <model>/, and those along the way to <model>/step<k>/."""
    target = HERE / recipe.model
    shutil.rmtree(target, ignore_errors=True)
    along_the_way = [path for step in SHIPPED_STEPS if (path := run / f"step{step}").is_dir()]
    for source, folder in [(run / "model", target), *((path, target / path.name) for path in along_the_way)]:
        model, tokenizer = read_checkpoint(recipe.architecture.kind, source)
        save_model(model.half(), tokenizer, folder)


def collect(runs: Path) -> None:
    """Gather the finished runs in the order of the recipes."""
    finished = [recipe for recipe in recipes("cpu") if (runs / recipe.run / FINISHED).exists()]
    for name, text in {"curves.csv": "bytes", "curves_bpe.csv": "bpe"}.items():
        rows: list[dict] = []
        for recipe in finished:
            if recipe.text == text:
                with (runs / recipe.run / "curve.csv").open(newline="") as file:
                    rows += csv.DictReader(file)
        write_curve(HERE / name, rows)
    for recipe in filter(ships, finished):
        store(recipe, runs / recipe.run)
    print(f"{len(finished)} runs, {sum(map(ships, finished))} checkpoints")


def write_checksums() -> None:
    files = sorted(path for path in HERE.rglob("*") if path.suffix in (".csv", ".json", ".safetensors"))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(HERE).as_posix()}\n" for path in files
    ]
    (HERE / "SHA256SUMS").write_text("".join(lines))
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", action="store_true", help="train the BPE")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="the output folder of `course train-lm`")
    args = parser.parse_args()
    if not args.tokenizer and not args.runs:
        parser.error("nothing to do: give --tokenizer or --runs DIR")
    if args.tokenizer:
        train_tokenizer()
    if args.runs:
        collect(args.runs)
    write_checksums()


if __name__ == "__main__":
    main()
