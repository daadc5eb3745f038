"""The script that collects finished runs into data/language_models."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

from course_utils.models import load
from course_utils.models.architectures import Architecture
from course_utils.models.load import EMBEDDED, embedded_revisions, load_causal
from course_utils.models.recipes import Recipe
from course_utils.models.train import train

SHORT = Recipe("tiny", Architecture("causal", 1, 16, 1, 256, 16), "bytes", 1280, 80, 1e-3, keep=True)
OTHER = replace(SHORT, seed=1)
UNFINISHED = replace(SHORT, seed=2)


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_models", EMBEDDED / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path / "data")
    monkeypatch.setattr(module, "MILLION", SHORT.tokens // module.SHIPPED_BUDGET)
    monkeypatch.setattr(module, "recipes", lambda profile: [SHORT, OTHER, UNFINISHED])
    (tmp_path / "data").mkdir()
    return module


def test_finished_runs_become_curves_and_loadable_checkpoints(
    make: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*train(SHORT, tmp_path / "runs"), *train(OTHER, tmp_path / "runs")]
    make.collect(tmp_path / "runs")
    make.write_checksums()
    lines = (tmp_path / "data" / "curves.csv").read_text().splitlines()
    assert len(lines) == 1 + len(rows)
    assert [line.split(",")[1] for line in lines[1:]] == [str(row["seed"]) for row in rows]
    assert (tmp_path / "data" / "curves_bpe.csv").read_text().count("\n") == 1

    monkeypatch.setattr(load, "EMBEDDED", tmp_path / "data")
    assert embedded_revisions("tiny") == ["step0", "step1", "step4", "step16", "main"]
    trained = torch.load(tmp_path / "runs" / SHORT.run / "state.pt", weights_only=True)["model"]
    for name, weight in load_causal("tiny").model.state_dict().items():
        torch.testing.assert_close(weight, trained[name].cpu().half().float(), rtol=0, atol=0)
