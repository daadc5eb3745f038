"""A family of models from a folder: order, checkpoints, and losses that equal a plain computation."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from course_utils.errors import CourseError
from course_utils.models import byte_tokenizer
from course_utils.models.architectures import Architecture
from course_utils.pythia_scaling import profiles
from course_utils.pythia_scaling.curves import CURVES
from course_utils.pythia_scaling.family import held_out_text, ladder, pythia, score_checkpoints
from course_utils.pythia_scaling.profiles import PROFILES


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("family")
    tokenizer = byte_tokenizer()
    for layers in (2, 1, 10):
        shape = Architecture("causal", layers, 16, 1, vocabulary=len(tokenizer), context=32)
        places = [root / f"ladder-{layers}"]
        if layers == 2:
            places += [places[0] / f"step{step}" for step in (8, 64, 0, 1, 16)]
        for seed, place in enumerate(places):
            shape.build(seed).save_pretrained(place)
            tokenizer.save_pretrained(place)
    return root


def test_a_ladder_in_a_folder(folder):
    family = ladder(str(folder))
    assert family.names == ("ladder-1", "ladder-2", "ladder-10")  # by size, not by letters
    assert family.training_run() == (
        "ladder-2",
        {"step1": 1, "step8": 8, "step16": 16, "step64": 64, "main": family.steps},
    )
    assert family.steps * family.tokens_per_step == pytest.approx(2e6, rel=1e-3)
    assert family.non_embedding("ladder-2") == 2 * (12 * 16**2 + 13 * 16) + 2 * 16
    assert family.curves == CURVES


def test_a_ladder_with_its_own_curves(folder, tmp_path):
    (tmp_path / "ladder-1").mkdir()
    (tmp_path / "ladder-2").mkdir()
    for name in ("ladder-1", "ladder-2"):
        (tmp_path / name / "config.json").write_text("{}")
    (tmp_path / "curves.csv").write_text("")
    assert ladder(str(tmp_path)).curves == tmp_path / "curves.csv"


def test_loss_is_nats_per_byte(folder):
    text = "naïve: ten characters and more"  # one character takes two bytes
    (scored,) = score_checkpoints([("ladder-1", "main")], text, str(folder), torch.device("cpu"))
    shape = Architecture("causal", 1, 16, 1, vocabulary=len(byte_tokenizer()), context=32)
    tokens = byte_tokenizer()(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        logits = shape.build(0).eval()(tokens).logits
    nats = cross_entropy(logits[0, :-1], tokens[0, 1:], reduction="sum").item()
    assert scored.loss == pytest.approx(nats / len(text.encode()), rel=1e-5)
    assert (scored.model, scored.revision) == ("ladder-1", "main") and scored.total > scored.non_embedding


def test_what_is_not_there_is_said(tmp_path, folder):
    with pytest.raises(CourseError, match="no ladder"):
        ladder(str(tmp_path))
    with pytest.raises(CourseError, match="step7"):
        score_checkpoints([("ladder-2", "step7")], "text", str(folder), torch.device("cpu"))


def test_pythia_is_counted_without_loading():
    family = pythia(("pythia-14m", "pythia-1.4b"))
    assert family.non_embedding("pythia-1.4b") == 1_208_602_624
    name, steps = family.training_run()
    assert name == "pythia-410m" and steps["main"] == 143_000 and list(steps.values()) == sorted(steps.values())


def test_without_a_hub_the_ladder_is_taken_and_that_is_said(monkeypatch, capsys, folder):
    def unreachable(*_):
        raise CourseError("no network")

    monkeypatch.setattr(profiles, "load_causal", unreachable)
    monkeypatch.setattr(profiles, "ladder", lambda source="embedded": source)
    assert PROFILES["gpu"].family() == "embedded"
    assert "out of reach (no network)" in capsys.readouterr().out
    with pytest.raises(CourseError, match="no network"):  # asked for by name: never something else instead
        PROFILES["quick"].family("hub")
    assert PROFILES["quick"].family(str(folder)) == str(folder)


def test_held_out_text_takes_from_every_document():
    text = held_out_text("sotu", 3000)
    assert len(text) == 3000 and text.count("\n\n") >= 5
