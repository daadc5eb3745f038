"""Pretrain the encoder that the notebook `few_labels` adapts: SimCLR on the 5,000 embedded training images, no label used.

    python data/few_labels/make.py --steps 5000      # a quarter of an hour on one CPU core

Writes encoder.safetensors and made.json beside itself. Needs the instructor's folders (`solutions/`, `bank/`, `course_tools/`).
"""

import argparse
import datetime
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from course_tools.checks import bank
from course_utils.data import load_images
from course_utils.data.recordings import write_checksums
from course_utils.encoders import small_resnet
from course_utils.machine import this_machine, versions
from course_utils.simclr.train import Recipe, train_simclr

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--output", type=Path, default=HERE)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    encoder = small_resnet(width=16)
    head = bank.reference("simclr/projection_head")(encoder.dim, 128, 64)
    recipe = Recipe(steps=options.steps, batch_size=128)
    train_step, nt_xent = bank.reference("simclr/train_step"), bank.reference("simclr/nt_xent")

    def step(encoder, head, optimizer, view_1, view_2, temperature):  # type: ignore[no-untyped-def]
        return train_step(encoder, head, optimizer, view_1, view_2, nt_xent, temperature)

    images = load_images("embedded").train_images
    history = train_simclr(encoder, head, images, step, recipe, seed=options.seed, device=options.device)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in encoder.state_dict().items()}
    save_file(weights, options.output / "encoder.safetensors")
    made = {
        "command": f"python data/few_labels/make.py --steps {options.steps} --seed {options.seed}",
        "loss": round(sum(history.losses[-50:]) / 50, 4),
        "seconds": round(history.seconds),
        "device": this_machine(options.device).name,
        "versions": versions(),
        "made": datetime.date.today().isoformat(),
    }
    (options.output / "made.json").write_text(json.dumps(made, indent=1) + "\n")
    write_checksums(options.output)
    print(made, file=sys.stderr)


if __name__ == "__main__":
    main()
