"""Training: what a killed and resumed run ends with, what a run writes, and how it is started."""

import csv
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from course_utils import cli
from course_utils.data.text import Document, TextCorpus, load_text
from course_utils.errors import CourseError
from course_utils.models import train as training
from course_utils.models.architectures import Architecture
from course_utils.models.batches import byte_stream, sentence_windows
from course_utils.models.load import load_causal, load_masked
from course_utils.models.recipes import Recipe, recipes
from course_utils.models.tokenization import bpe_tokenizer, byte_tokenizer
from course_utils.models.train import checkpoint_steps, train

pytestmark = pytest.mark.slow(30)

BYTES = Recipe("tiny", Architecture("causal", 1, 16, 1, 256, 16), "bytes", 12_800, 32, 1e-2, checkpoint_every=250)
BERT = Recipe("tiny-bert", Architecture("masked", 1, 16, 1, 2048, 32), "bpe", 16_800, 80, 1e-2, mask_rates=(0.4, 0.15))
TWIN = replace(BERT, model="tiny-twin", architecture=replace(BERT.architecture, kind="causal"), mask_rates=None)


SHORT = replace(BYTES, tokens=1600)


@pytest.fixture
def small_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two short documents a split, so that a run starts at once."""

    def corpus(name: str) -> TextCorpus:
        found = load_text(name)
        short = ([replace(d, text=d.text[:6000]) for d in split[:2]] for split in (found.train, found.val, found.test))
        return TextCorpus(name, *map(tuple, short))

    monkeypatch.setattr(training, "load_text", corpus)
    monkeypatch.setattr(training, "HELD_OUT_TOKENS", 500)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "state.pt", map_location="cpu", weights_only=True)["model"]


def assert_same_run(left: Path, right: Path) -> None:
    assert (left / "curve.csv").read_bytes() == (right / "curve.csv").read_bytes()
    pairs = zip(weights(left).items(), weights(right).items(), strict=True)
    for (name, weight), (other_name, other) in pairs:
        assert name == other_name
        torch.testing.assert_close(weight, other, rtol=0, atol=1e-5)


# --- a run that is cut off


def test_killed_and_resumed_is_as_undisturbed(tmp_path: Path) -> None:
    """A real process gets SIGKILL twice: soon after its first save, and somewhere after its second."""
    script = f"import course_utils, torch\ntorch.set_num_threads(1)\nfrom {__name__} import *\ntrain(BYTES, Path({str(tmp_path / 'killed')!r}))"
    state = tmp_path / "killed" / BYTES.run / "state.pt"
    for least in (0, training.SAVE_EVERY):
        child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
        while child.poll() is None and saved_step(state) < least:
            time.sleep(0.1)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert saved_step(state) == training.SAVE_EVERY
    train(BYTES, tmp_path / "killed")
    train(BYTES, tmp_path / "whole")
    assert_same_run(tmp_path / "killed" / BYTES.run, tmp_path / "whole" / BYTES.run)


def saved_step(path: Path) -> int:
    return torch.load(path, weights_only=True)["state"]["step"] if path.exists() else -1


@pytest.mark.usefixtures("small_text")
@pytest.mark.parametrize("recipe", [BERT, TWIN], ids=lambda recipe: recipe.model)
def test_sentence_models_resume_as_well(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, update = itertools.count(), training.update

    def interrupted(*arguments: object) -> float:
        if next(calls) == 205:
            raise KeyboardInterrupt
        return update(*arguments)

    monkeypatch.setattr(training, "update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "cut")
    assert saved_step(tmp_path / "cut" / recipe.run / "state.pt") == 200
    train(recipe, tmp_path / "cut")
    train(recipe, tmp_path / "whole")
    assert_same_run(tmp_path / "cut" / recipe.run, tmp_path / "whole" / recipe.run)


@pytest.mark.usefixtures("small_text")
def test_a_death_while_saving_leaves_the_state_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, replace_file = itertools.count(), os.replace

    def fail(source: Path, target: Path) -> None:
        if Path(target).name == "state.pt" and next(calls) == 2:  # saves: step 0, 200, 400
            Path(source).write_bytes(Path(source).read_bytes()[:100])
            raise OSError("no space left on device")
        replace_file(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        train(BYTES, tmp_path)
    assert saved_step(tmp_path / BYTES.run / "state.pt") == training.SAVE_EVERY
    train(BYTES, tmp_path)
    assert (tmp_path / BYTES.run / training.FINISHED).exists()


@pytest.mark.usefixtures("small_text")
def test_the_state_of_another_run_is_refused(tmp_path: Path) -> None:
    train(SHORT, tmp_path)
    other = replace(SHORT, architecture=replace(SHORT.architecture, width=32))
    with pytest.raises(CourseError, match=r"state.pt is not the state of this run .* delete .* to begin anew"):
        train(other, tmp_path)


# --- what a run writes


@pytest.mark.usefixtures("small_text")
def test_curve_and_checkpoints(tmp_path: Path) -> None:
    rows = train(replace(BYTES, keep=True), tmp_path)
    folder = tmp_path / BYTES.run
    steps = [0, 1, 2, 4, 8, 16, 32, 64, 128, 250, 256, 400]
    assert [row["step"] for row in rows] == steps
    assert sorted(int(path.name.removeprefix("step")) for path in folder.glob("step*")) == steps
    with (folder / "curve.csv").open() as file:
        assert next(csv.reader(file)) == training.COLUMNS
    last = rows[-1]
    assert last["tokens"] == 400 * 32
    assert last["flops"] == 6 * last["non_embedding_params"] * last["tokens"]
    assert rows[0]["train_loss"] == "" and rows[0]["val_loss"] == pytest.approx(5.545, abs=0.5)  # log 256
    assert last["val_loss"] < rows[4]["val_loss"] < rows[0]["val_loss"]
    assert json.loads((folder / training.FINISHED).read_text())["tokens"] == last["tokens"]


@pytest.mark.usefixtures("small_text")
@pytest.mark.parametrize(("recipe", "load"), [(SHORT, load_causal), (BERT, load_masked), (TWIN, load_causal)])
def test_what_was_trained_can_be_loaded(recipe: Recipe, load, tmp_path: Path) -> None:
    recipe = replace(recipe, tokens=1600)
    train(recipe, tmp_path)
    loaded = load("model", source=tmp_path / recipe.run)
    for name, weight in loaded.model.state_dict().items():
        assert torch.equal(weight, weights(tmp_path / recipe.run)[name])


@pytest.mark.parametrize("steps", [5, 512, 600, 2000])
def test_checkpoint_steps_are_log_spaced_then_even(steps: int) -> None:
    found = checkpoint_steps(steps, every=500)
    assert found[0] == 0 and found[-1] == steps and found == sorted(set(found))
    assert set(found) - {0, steps} == {s for s in (*(2**k for k in range(10)), *range(500, 2000, 500)) if s < steps}


# --- what a model reads


def test_byte_stream_is_what_the_tokenizer_gives() -> None:
    documents = [Document("a", 1, "né"), Document("b", 2, "° x")]
    assert byte_stream(documents).tolist() == byte_tokenizer()("né\n\n° x")["input_ids"]


def test_sentence_windows_hold_the_text_once() -> None:
    tokenizer, document = bpe_tokenizer(), load_text("sotu").val[0]
    windows = sentence_windows([document], tokenizer, context=512)
    assert " ".join(tokenizer.decode(ids[1:-1]) for ids in windows) == document.text
    assert {(ids[0], ids[-1]) for ids in windows} == {(tokenizer.cls_token_id, tokenizer.sep_token_id)}
    assert max(len(ids) for ids in sentence_windows([document], tokenizer, context=40)) == 40


# --- the command


def test_train_lm_goes_on_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = next(recipe for recipe in recipes("cpu") if recipe.model == "ladder-1").run
    (tmp_path / run).mkdir()
    (tmp_path / run / "state.pt").touch()
    assert cli.main(["train-lm", run, "--output", str(tmp_path)]) == 2
    assert f"{run} was begun before; go on with --resume" in capsys.readouterr().err
    (tmp_path / run / training.FINISHED).touch()
    assert cli.main(["train-lm", run, "--output", str(tmp_path), "--resume"]) == 0
    assert "1 runs are finished" in capsys.readouterr().out


def test_train_lm_refuses_unknown_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["train-lm", "ladder-99"]) == 2
    assert (
        "unknown model 'ladder-99' in profile cpu; the models are: sotu-bert, sotu-neox, ladder-1"
        in capsys.readouterr().err
    )
    assert cli.main(["train-lm", "ladder-1", "--profile", "gpu"]) == 2
