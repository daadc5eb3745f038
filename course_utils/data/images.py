"""Labelled images for the contrastive notebooks: the embedded part of CIFAR-10, all of CIFAR-10, or STL-10.

    course fetch cifar10 --root FOLDER     # download, check and unpack

A data set that is not there is an error which names the command that fetches it; nothing else is loaded in its place.
"""

import hashlib
import json
import os
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from torchvision.datasets import CIFAR10, STL10
from torchvision.datasets.utils import check_integrity

from course_utils.errors import CourseError
from course_utils.paths import DATA, restore

EMBEDDED = DATA / "images"
DATASETS = ("embedded", "cifar10", "stl10")
TILE = 32  # side of one image in an embedded sheet, in pixels


@dataclass(frozen=True)
class ImageDataset:
    """Images as uint8 tensors (n, 3, height, width), labels as int64 tensors (n,) that index `classes`.

    `unlabeled_images` exists for STL-10 only (100,000 images).
    """

    name: str
    classes: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    unlabeled_images: Tensor | None = None

    @property
    def pretraining_images(self) -> Tensor:
        """What self-supervised training may see: the unlabeled images if there are any, else the training images."""
        return self.train_images if self.unlabeled_images is None else self.unlabeled_images

    def subset(self, train: int | None, test: int | None) -> "ImageDataset":
        """At most `train` and `test` labelled images (None: all), the first of each class in turn."""

        def first(labels: Tensor, n: int | None) -> Tensor:
            rank = torch.zeros_like(labels)
            for c in range(len(self.classes)):
                rank[labels == c] = torch.arange(int((labels == c).sum()))
            return rank.argsort(stable=True)[:n]

        chosen, tested = first(self.train_labels, train), first(self.test_labels, test)
        return replace(
            self,
            train_images=self.train_images[chosen],
            train_labels=self.train_labels[chosen],
            test_images=self.test_images[tested],
            test_labels=self.test_labels[tested],
        )

    def __repr__(self) -> str:
        unlabeled = "" if self.unlabeled_images is None else f", {len(self.unlabeled_images):,} unlabeled"
        side = self.train_images.shape[-1]
        return (
            f"{self.name}: {len(self.train_images):,} train{unlabeled}, {len(self.test_images):,} test, {side}x{side}"
        )


def load_images(
    dataset: str = "embedded", root: str | Path | None = None, download: bool = False, size: int | None = None
) -> ImageDataset:
    """Load a data set.

    Args:
        dataset: "embedded" (5,000 training and 2,000 test images of CIFAR-10, class-balanced), "cifar10" or "stl10".
        root: folder that holds it. Default: data/images for "embedded"; $COURSE_DATA, else data/cache, for the others.
        download: fetch "cifar10" (170 MB) or "stl10" (2.6 GB) when it is not in `root`.
        size: resize every image to (size, size) pixels, bilinear with antialiasing; default: 32 (STL-10: 96), as it comes.

    Raises:
        CourseError: unknown name; file absent, truncated or corrupt; download failed.
    """
    if dataset not in DATASETS:
        raise CourseError(f"unknown image data set {dataset!r}; the data sets are: {', '.join(DATASETS)}")
    if dataset == "embedded":
        return _embedded(Path(root or EMBEDDED), size)
    return _torchvision(dataset, Path(root or os.environ.get("COURSE_DATA") or DATA / "cache"), download, size)


def _embedded(root: Path, size: int | None) -> ImageDataset:
    sums = [line.split() for line in _read(root / "SHA256SUMS").decode().splitlines()]
    files = {name: _read(root / name, expected) for expected, name in sums}
    labels = json.loads(files["labels.json"])

    def images(split: str) -> Tensor:
        sheets = [_tiles(root / name) for name in files if name.startswith(f"{split}_")]
        return _resized(np.concatenate(sheets), size)

    return ImageDataset(
        name="embedded",
        classes=tuple(labels["classes"]),
        train_images=images("train"),
        train_labels=torch.tensor(labels["train_labels"]),
        test_images=images("test"),
        test_labels=torch.tensor(labels["test_labels"]),
    )


def _read(path: Path, expected: str | None = None) -> bytes:
    """Content of an embedded file, whose SHA-256 must be `expected`."""
    repair = f"{restore('data/images')}, or make it again with `python data/images/make.py`"
    if not path.is_file():
        raise CourseError(f"embedded image file {path} is missing; {repair}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if expected is not None and found != expected:
        raise CourseError(f"embedded image file {path} is corrupt: SHA-256 is {found}, expected {expected}; {repair}")
    return content


def _tiles(path: Path) -> np.ndarray:
    """Cut a sheet into its images: (n, 3, 32, 32) uint8."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    rows, columns = sheet.shape[0] // TILE, sheet.shape[1] // TILE
    return sheet.reshape(rows, TILE, columns, TILE, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3, TILE, TILE)


def _torchvision(dataset: str, root: Path, download: bool, size: int | None) -> ImageDataset:
    kind = {"cifar10": CIFAR10, "stl10": STL10}[dataset]
    fetch = f"fetch it with `course fetch {dataset} --root {root}`"
    instead = "or use the embedded images: dataset='embedded'"
    archive = root / kind.filename
    if archive.exists() and not download and not check_integrity(str(archive), kind.tgz_md5):
        raise CourseError(
            f"{archive} is truncated or corrupt (MD5 is not {kind.tgz_md5}); delete it and {fetch}, {instead}"
        )
    unpack = archive.exists() and not (root / kind.base_folder).exists()
    try:
        if kind is CIFAR10:
            return _cifar10(root, download or unpack, size)
        return _stl10(root, download or unpack, size)
    except (OSError, EOFError, RuntimeError, tarfile.TarError) as error:
        reason = f"could not be downloaded ({error})" if download else "is not there or is damaged"
        raise CourseError(f"{dataset} in {root} {reason}; {fetch}, {instead}") from error


def _cifar10(root: Path, download: bool, size: int | None) -> ImageDataset:
    train, test = (CIFAR10(root, train=train, download=download) for train in (True, False))
    return ImageDataset(
        name="cifar10",
        classes=tuple(train.classes),
        train_images=_resized(train.data.transpose(0, 3, 1, 2), size),
        train_labels=torch.tensor(train.targets),
        test_images=_resized(test.data.transpose(0, 3, 1, 2), size),
        test_labels=torch.tensor(test.targets),
    )


def _stl10(root: Path, download: bool, size: int | None) -> ImageDataset:
    train, test, unlabeled = (STL10(root, split=split, download=download) for split in ("train", "test", "unlabeled"))
    return ImageDataset(
        name="stl10",
        classes=tuple(train.classes),
        train_images=_resized(train.data, size),
        train_labels=torch.from_numpy(train.labels).long(),
        test_images=_resized(test.data, size),
        test_labels=torch.from_numpy(test.labels).long(),
        unlabeled_images=_resized(unlabeled.data, size),
    )


def _resized(images: np.ndarray, size: int | None) -> Tensor:
    """uint8 (n, 3, h, w) -> contiguous uint8 tensor (n, 3, size, size)."""
    pixels = torch.from_numpy(np.ascontiguousarray(images))
    if size is None or pixels.shape[-2:] == (size, size):
        return pixels
    parts = [interpolate(part, (size, size), mode="bilinear", antialias=True) for part in pixels.split(1000)]
    return torch.cat(parts)
