"""SimCLR's main run of the gpu profile, without the rest of the notebook: what docs/gpu.md compares with published runs.

    python -m benchmarks.simclr_cifar10 [--epochs 100] [--seed 0] [--within SECONDS] [--output FILE.json]

ResNet-18 and batch 1024 as in the profile; an epoch is 48 steps of CIFAR-10's 50,000 images. `--within` shortens the run (and with it the
learning-rate schedule) to the epochs that fit into so many seconds at the speed of the first steps. Judged on the last weights only: nearest
neighbours of the features with 10, 20 and 200 neighbours, and the linear probe. `--dataset` may also name an .npz with the arrays
train_images (n, 3, 32, 32), train_labels, test_images, test_labels.
"""

import argparse
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course_tools.checks import bank
from course_utils.data.images import DATASETS, ImageDataset, load_images
from course_utils.simclr import PROFILES, History, features, linear_probe, train_simclr

from ._timing import conditions, started

TRIAL = 25  # steps that are timed, after as many that are not


def dataset(name: str) -> ImageDataset:
    if name in DATASETS:
        return load_images(name)
    with np.load(name) as kept:
        tensors = {key: torch.from_numpy(kept[key]) for key in kept.files}
    return ImageDataset(Path(name).name, tuple("0123456789"), **tensors)


def train(data: ImageDataset, epochs: int, args: argparse.Namespace, steps: int = 0) -> tuple[nn.Module, History]:
    """A new network, trained for `epochs`, or else for `steps`."""
    sizes = PROFILES["gpu"]
    recipe = replace(sizes.simclr, batch_size=args.batch_size)
    recipe = replace(recipe, steps=steps or epochs * (len(data.train_images) // recipe.batch_size))
    take, loss = bank.reference("simclr/train_step"), bank.reference("simclr/nt_xent")

    def step(encoder: nn.Module, head: nn.Module, optimizer: Any, a: Tensor, b: Tensor, temperature: float) -> float:
        return take(encoder, head, optimizer, a, b, loss, temperature)

    torch.manual_seed(args.seed)
    encoder = sizes.encoder()
    head = bank.reference("simclr/projection_head")(encoder.dim, sizes.head_hidden, sizes.head_dim)
    return encoder, train_simclr(encoder, head, data.train_images, step, recipe, seed=args.seed, device=args.device)


def judge(encoder: nn.Module, data: ImageDataset, device: str) -> dict[str, float]:
    """Test accuracy of nearest neighbours, on features as they are and standardized as in the notebook, and of the linear probe."""
    h = [features(encoder, images, device).to(device) for images in (data.train_images, data.test_images)]
    labels, answers = data.train_labels.to(device), data.test_labels.to(device)
    standardized = bank.reference("simclr/standardize")(*h)
    predict = partial(bank.reference("simclr/knn_predict"), num_classes=10)
    found = {}
    for kind, (train_h, test_h) in {"": h, ", standardized": standardized}.items():
        for k in (10, 20, 200):
            predicted = torch.cat([predict(train_h, labels, part, k) for part in test_h.split(2000)])
            found[f"{k}-NN{kind}"] = (predicted == answers).float().mean().item()
    found["linear probe"] = linear_probe(standardized[0], labels, standardized[1], answers).accuracy
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="cifar10", help="cifar10, embedded, or an .npz")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=PROFILES["gpu"].simclr.batch_size)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--within", type=float, metavar="SECONDS")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--output", type=Path, metavar="FILE")
    args = started(parser, rounds=1)
    if args.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device here: nothing to measure")
        return
    torch.backends.cudnn.benchmark = (
        True  # all batches have one shape: let cuDNN search once for the fastest convolutions
    )
    begin = time.monotonic()
    data = dataset(args.dataset)
    epochs = args.epochs
    if args.within:
        for _ in range(2):
            _, trial = train(data, 0, args, steps=TRIAL)
        fits = int((begin + args.within - time.monotonic()) * trial.images_per_second / len(data.train_images))
        epochs = max(1, min(epochs, fits))
        print(f"{trial.images_per_second:.0f} images/s: {epochs} epochs", flush=True)
    encoder, history = train(data, epochs, args)
    found: dict[str, Any] = {
        "conditions": conditions(1),
        "dataset": repr(data),
        "batch size": args.batch_size,
        "epochs": epochs,
        "steps": len(history.losses),
        "seed": args.seed,
        "seconds of training": history.seconds,
        "images/s": history.images_per_second,
        "last loss": sum(history.losses[-48:]) / len(history.losses[-48:]),
        "losses": [round(loss, 4) for loss in history.losses[::24]],
    }
    for _ in range(2):  # kept before the evaluation, and with it
        if args.output:
            args.output.write_text(json.dumps(found, indent=1) + "\n")
        if "test accuracy" not in found:
            found["test accuracy"] = judge(encoder, data, args.device)
    found["seconds"] = time.monotonic() - begin
    if args.output:
        args.output.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps({key: value for key, value in found.items() if key != "losses"}, indent=1))


if __name__ == "__main__":
    main()
