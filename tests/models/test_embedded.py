"""What ships in data/language_models: checkpoints that give the recorded losses, curves that scale, checksums that are checked."""

import csv
import hashlib
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.errors import CourseError
from course_utils.models import load
from course_utils.models.evaluate import loss
from course_utils.models.load import EMBEDDED, embedded_models, embedded_revisions, load_causal, load_masked
from course_utils.models.recipes import MILLION, SHIPPED_BUDGET, recipes
from course_utils.models.train import COLUMNS, read_held_out
from course_utils.paths import ROOT

pytestmark = pytest.mark.slow(10)

SHIPPED = {
    recipe.model: recipe
    for recipe in recipes("cpu")
    if recipe.text == "bpe" or (recipe.tokens == SHIPPED_BUDGET * MILLION and recipe.seed == 0)
}


def rows(name: str) -> list[dict[str, str]]:
    with (EMBEDDED / name).open() as file:
        return list(csv.DictReader(file))


def recorded(model: str) -> dict[int, float]:
    """Step to validation loss of the run whose checkpoint ships."""
    recipe = SHIPPED[model]
    found = rows("curves.csv" if recipe.text == "bytes" else "curves_bpe.csv")
    chosen = [r for r in found if (r["model"], r["seed"], r["schedule_tokens"]) == (model, "0", str(recipe.tokens))]
    return {int(r["step"]): float(r["val_loss"]) for r in chosen}


@pytest.mark.parametrize("name", embedded_models())
def test_a_shipped_checkpoint_gives_the_recorded_loss(name: str) -> None:
    recipe = SHIPPED[name]
    loaded = (load_masked if recipe.architecture.kind == "masked" else load_causal)(name)
    assert loaded.model.num_parameters() == recipe.architecture.build(0).num_parameters()
    val, _ = read_held_out(recipe)
    curve = recorded(name)
    assert loss(loaded.model, val) == pytest.approx(curve[max(curve)], abs=1e-4)


@pytest.mark.parametrize("name", ["ladder-2", "ladder-3"])
def test_checkpoints_along_the_way_give_theirs(name: str) -> None:
    curve, (val, _) = recorded(name), read_held_out(SHIPPED[name])
    *steps, last = embedded_revisions(name)
    assert last == "main" and steps[0] == "step0" and len(steps) >= 10
    for revision in (steps[0], steps[len(steps) // 2], steps[-1]):
        found = loss(load_causal(name, revision=revision).model, val)
        assert found == pytest.approx(curve[int(revision.removeprefix("step"))], abs=1e-4)


def test_a_fresh_process_gives_the_recorded_loss_too() -> None:
    code = (
        "from course_utils.models.evaluate import loss; from course_utils.models.load import load_causal;"
        "from tests.models.test_embedded import SHIPPED, read_held_out;"
        "print(float(loss(load_causal('ladder-2').model, read_held_out(SHIPPED['ladder-2'])[0])))"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    curve = recorded("ladder-2")
    assert float(out) == pytest.approx(curve[max(curve)], abs=1e-4)


def test_both_kinds_ship() -> None:
    assert embedded_models("masked") == ["sotu-bert"]
    assert set(embedded_models("causal")) == set(embedded_models()) - {"sotu-bert"}


def test_everything_fits_into_twelve_megabytes() -> None:
    sizes = [path.stat().st_size for path in EMBEDDED.rglob("*") if path.is_file()]
    assert sum(sizes) < 12e6
    assert max(sizes) < 2e6


def test_curves_are_the_runs_of_the_recipes() -> None:
    found = rows("curves.csv")
    assert list(found[0]) == COLUMNS
    runs = {(r["model"], int(r["schedule_tokens"]), int(r["seed"])) for r in found}
    assert runs == {(r.model, r.tokens, r.seed) for r in recipes("cpu") if r.text == "bytes"}
    for row in found:
        assert int(row["flops"]) == 6 * int(row["non_embedding_params"]) * int(row["tokens"])


def final_losses() -> dict[int, dict[int, float]]:
    """Token budget -> non-embedding parameters -> final validation loss, seed 0."""
    losses: dict[int, dict[int, float]] = defaultdict(dict)
    for row in rows("curves.csv"):
        if row["seed"] == "0":
            losses[int(row["schedule_tokens"])][int(row["non_embedding_params"])] = float(row["val_loss"])
    return losses


def test_the_ladder_spans_two_and_a_half_decades_in_eight_sizes() -> None:
    sizes = sorted({n for losses in final_losses().values() for n in losses})
    assert len(sizes) >= 8
    assert np.log10(sizes[-1] / sizes[0]) >= 2.5


def test_loss_falls_with_size_and_with_data() -> None:
    losses = final_losses()
    shipped = losses[SHIPPED_BUDGET * MILLION]
    by_size = [shipped[n] for n in sorted(shipped)]
    assert by_size == sorted(by_size, reverse=True)
    for n in {n for found in losses.values() for n in found}:
        by_data = [losses[d][n] for d in sorted(losses) if n in losses[d]]
        assert by_data == sorted(by_data, reverse=True)


def test_bert_prefers_a_sentence_to_its_scrambled_words() -> None:
    lm = load_masked("sotu-bert")
    text = "The Congress of the United States has the power to declare war."
    scrambled = "war the of declare has United The to the power States. Congress"

    @torch.no_grad()
    def pseudo_log_likelihood(sentence: str) -> float:
        ids = torch.tensor(lm.tokenizer(sentence)["input_ids"])
        k = torch.arange(len(ids) - 2)
        masked = ids.repeat(len(k), 1)
        masked[k, k + 1] = lm.tokenizer.mask_token_id
        return float(lm.model(masked).logits[k, k + 1].log_softmax(-1)[k, ids[1:-1]].mean())

    assert pseudo_log_likelihood(text) > pseudo_log_likelihood(scrambled) + np.log(10)


def test_checksums_cover_every_file() -> None:
    listed = dict(line.split()[::-1] for line in (EMBEDDED / "SHA256SUMS").read_text().splitlines())
    there = {
        p.relative_to(EMBEDDED).as_posix() for p in EMBEDDED.rglob("*") if p.suffix in (".csv", ".json", ".safetensors")
    }
    assert set(listed) == there
    for name, expected in listed.items():
        assert hashlib.sha256((EMBEDDED / name).read_bytes()).hexdigest() == expected


def test_a_damaged_embedded_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "EMBEDDED", tmp_path)
    shutil.copytree(EMBEDDED / "ladder-1", tmp_path / "ladder-1")
    shutil.copy(EMBEDDED / "SHA256SUMS", tmp_path)
    path = tmp_path / "ladder-1" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        CourseError, match=r"model.safetensors is corrupt: SHA-256 is \w{64}; restore it with `git checkout"
    ):
        load_causal("ladder-1")
