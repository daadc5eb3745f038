"""The image loaders: what they return, and that everything a person can fix is said in one line with the way to fix it."""

import hashlib
import json
import pickle
import shutil
import tarfile
import urllib.error
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets.utils as download_utils
from torchvision.datasets import CIFAR10, STL10

from course_utils import cli
from course_utils.data.images import EMBEDDED, ImageDataset, load_images
from course_utils.errors import CourseError


@pytest.fixture(scope="module")
def embedded() -> ImageDataset:
    return load_images()


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EMBEDDED, tmp_path / "images"))


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, np.ndarray]:
    """A root holding a CIFAR-10 archive in the official format, 4 images a batch, and its pixels (24, 3, 32, 32)."""
    pixels = np.random.default_rng(0).integers(0, 256, (24, 3, 32, 32), dtype=np.uint8)
    source = tmp_path / "made" / CIFAR10.base_folder
    source.mkdir(parents=True)
    names = [name for name, _ in CIFAR10.train_list + CIFAR10.test_list]
    for k, name in enumerate(names):
        batch = {"data": pixels[4 * k : 4 * k + 4].reshape(4, 3072), "labels": [k, 1, 2, 3]}
        (source / name).write_bytes(pickle.dumps(batch))
    (source / "batches.meta").write_bytes(pickle.dumps({"label_names": [f"class {c}" for c in range(10)]}))
    monkeypatch.setattr(CIFAR10, "train_list", [[name, md5(source / name)] for name in names[:5]])
    monkeypatch.setattr(CIFAR10, "test_list", [[names[5], md5(source / names[5])]])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5(source / "batches.meta")})
    root = pack(source, tmp_path / "root", CIFAR10.filename)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(root / CIFAR10.filename))
    return root, pixels


@pytest.fixture
def stl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, np.ndarray]:
    """A root holding an STL-10 archive in the official format (column-major pixels, labels from 1), 3 images a split."""
    pixels = np.random.default_rng(1).integers(0, 256, (9, 3, 96, 96), dtype=np.uint8)
    source = tmp_path / "made" / STL10.base_folder
    source.mkdir(parents=True)
    for k, split in enumerate(("train", "test", "unlabeled")):
        (source / f"{split}_X.bin").write_bytes(pixels[3 * k : 3 * k + 3].transpose(0, 1, 3, 2).tobytes())
        (source / f"{split}_y.bin").write_bytes(bytes([1, 10, 5]))
    (source / "class_names.txt").write_text("\n".join(f"class {c}" for c in range(10)))
    for parts in ("train_list", "test_list"):
        monkeypatch.setattr(STL10, parts, [[name, md5(source / name)] for name, _ in getattr(STL10, parts)])
    root = pack(source, tmp_path / "root", STL10.filename)
    monkeypatch.setattr(STL10, "tgz_md5", md5(root / STL10.filename))
    return root, pixels


def pack(source: Path, root: Path, name: str) -> Path:
    root.mkdir()
    with tarfile.open(root / name, "w:gz") as archive:
        archive.add(source, arcname=source.name)
    return root


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("Temporary failure in name resolution")

    monkeypatch.setattr(download_utils.urllib.request, "urlopen", refuse)


def test_embedded_images_are_balanced_and_distinct(embedded: ImageDataset) -> None:
    assert embedded.train_images.shape == (5000, 3, 32, 32)
    assert embedded.train_images.dtype == torch.uint8
    assert embedded.test_images.shape == (2000, 3, 32, 32)
    assert torch.bincount(embedded.train_labels).tolist() == [500] * 10
    assert torch.bincount(embedded.test_labels).tolist() == [200] * 10
    assert len({image.numpy().tobytes() for image in torch.cat([embedded.train_images, embedded.test_images])}) == 7000
    assert embedded.pretraining_images is embedded.train_images


def test_embedded_images_have_the_published_statistics_of_cifar10(embedded: ImageDataset) -> None:
    mean = (embedded.train_images / 255.0).mean((0, 2, 3))
    torch.testing.assert_close(mean, torch.tensor([0.4914, 0.4822, 0.4465]), atol=0.01, rtol=0)


def test_embedded_pixels_are_those_the_script_pins(embedded: ImageDataset) -> None:
    digest = hashlib.sha256()
    for images, labels in (
        (embedded.train_images, embedded.train_labels),
        (embedded.test_images, embedded.test_labels),
    ):
        digest.update(images.permute(0, 2, 3, 1).numpy().tobytes() + labels.numpy().astype(np.uint8).tobytes())
    assert f'PIXELS = "{digest.hexdigest()}"' in (EMBEDDED / "make.py").read_text()


def test_sheets_stay_small() -> None:
    assert max(path.stat().st_size for path in EMBEDDED.iterdir()) < 2_000_000


def test_resize_on_request() -> None:
    assert load_images(size=16).test_images.shape == (2000, 3, 16, 16)


def test_subset_takes_the_first_of_each_class_in_turn(embedded: ImageDataset) -> None:
    part = embedded.subset(25, None)
    assert sorted(torch.bincount(part.train_labels).tolist()) == [2] * 5 + [3] * 5
    assert len(part.test_images) == 2000
    first_cat = int((embedded.train_labels == 3).nonzero()[0])
    assert torch.equal(part.train_images[part.train_labels == 3][0], embedded.train_images[first_cat])


def damage_sheet(root: Path) -> None:
    content = bytearray((root / "train_3.webp").read_bytes())
    content[5000] ^= 1
    (root / "train_3.webp").write_bytes(content)


def swap_a_label(root: Path) -> None:
    labels = json.loads((root / "labels.json").read_text())
    labels["test_labels"][0] ^= 1
    (root / "labels.json").write_text(json.dumps(labels, separators=(",", ":")) + "\n")


@pytest.mark.parametrize(("damage", "name"), [(damage_sheet, "train_3.webp"), (swap_a_label, "labels.json")])
def test_corrupt_file_is_named_with_both_checksums(sheets: Path, damage: Callable[[Path], None], name: str) -> None:
    expected = hashlib.sha256((sheets / name).read_bytes()).hexdigest()
    damage(sheets)
    found = hashlib.sha256((sheets / name).read_bytes()).hexdigest()
    with pytest.raises(CourseError) as error:
        load_images(root=sheets)
    for part in (name, expected, found, "git checkout -- data/images", "make.py"):
        assert part in str(error.value)


@pytest.mark.parametrize("name", ["test_1.webp", "SHA256SUMS"])
def test_missing_file_is_named(sheets: Path, name: str) -> None:
    (sheets / name).unlink()
    with pytest.raises(CourseError, match=rf"{name} is missing.*git checkout"):
        load_images(root=sheets)


def test_unknown_data_set_lists_the_known() -> None:
    with pytest.raises(CourseError, match=r"'imagenet'.*embedded, cifar10, stl10"):
        load_images("imagenet")


def test_cifar10_archive_is_unpacked_and_read(cifar: tuple[Path, np.ndarray], no_network: None) -> None:
    root, pixels = cifar
    data = load_images("cifar10", root=root)
    assert torch.equal(data.train_images, torch.from_numpy(pixels[:20]))
    assert torch.equal(data.test_images, torch.from_numpy(pixels[20:]))
    assert data.train_labels.tolist() == [label for k in range(5) for label in (k, 1, 2, 3)]
    assert data.test_labels.tolist() == [5, 1, 2, 3]
    assert data.classes[7] == "class 7"


def test_stl10_keeps_its_size_and_its_unlabeled_images(stl: tuple[Path, np.ndarray], no_network: None) -> None:
    root, pixels = stl
    data = load_images("stl10", root=root)
    assert torch.equal(data.train_images, torch.from_numpy(pixels[:3]))
    assert torch.equal(data.test_images, torch.from_numpy(pixels[3:6]))
    assert data.train_labels.tolist() == [0, 9, 4]
    assert torch.equal(data.pretraining_images, torch.from_numpy(pixels[6:]))
    assert load_images("stl10", root=root, size=32).pretraining_images.shape == (3, 3, 32, 32)


def test_default_root_is_course_data(cifar: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_DATA", str(cifar[0]))
    assert len(load_images("cifar10").train_images) == 20


@pytest.mark.parametrize("dataset", ["cifar10", "stl10"])
def test_absent_data_set_names_the_command_and_the_alternative(dataset: str, tmp_path: Path) -> None:
    with pytest.raises(CourseError) as error:
        load_images(dataset, root=tmp_path)
    assert f"`course fetch {dataset} --root {tmp_path}`" in str(error.value)
    assert "dataset='embedded'" in str(error.value)


def test_truncated_archive_is_named(cifar: tuple[Path, np.ndarray], no_network: None) -> None:
    archive = cifar[0] / CIFAR10.filename
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(CourseError, match=rf"{archive} is truncated or corrupt.*course fetch cifar10"):
        load_images("cifar10", root=cifar[0])


def test_damaged_unpacked_file_is_an_error(cifar: tuple[Path, np.ndarray]) -> None:
    load_images("cifar10", root=cifar[0])
    (cifar[0] / CIFAR10.base_folder / "data_batch_2").write_bytes(b"")
    (cifar[0] / CIFAR10.filename).unlink()
    with pytest.raises(CourseError, match="damaged"):
        load_images("cifar10", root=cifar[0])


def test_download_without_network_says_so(tmp_path: Path, no_network: None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CourseError, match=r"could not be downloaded.*name resolution"):
        load_images("cifar10", root=tmp_path, download=True)
    assert cli.main(["fetch", "cifar10", "--root", str(tmp_path)]) == 1
    assert "could not be downloaded" in capsys.readouterr().err


def test_command_says_what_it_fetched(cifar: tuple[Path, np.ndarray], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fetch", "cifar10", "--root", str(cifar[0])]) == 0
    assert "20 train, 4 test, 32x32" in capsys.readouterr().out
