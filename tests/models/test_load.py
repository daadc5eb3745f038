"""Loading real transformers checkpoints, saved here as the hub keeps them: what arrives, and what a person reads when it cannot."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from transformers import PreTrainedModel

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.models import hub, load
from course_utils.models.architectures import Architecture
from course_utils.models.load import load_causal, load_masked
from course_utils.models.tokenization import bpe_tokenizer, byte_tokenizer
from course_utils.models.train import save_model

CAUSAL, MASKED = "EleutherAI/pythia-70m", "google-bert/bert-tiny"


def tiny(kind: str) -> PreTrainedModel:
    return Architecture(kind, 1, 16, 1, 256 if kind == "causal" else 2048, 16).build(0)


def save(kind: str, folder: Path) -> Path:
    save_model(tiny(kind), byte_tokenizer() if kind == "causal" else bpe_tokenizer(), folder)
    return folder


def into_cache(checkpoint: Path, cache: Path, repository: str, revision: str) -> Path:
    """Lay a checkpoint out as the hub's cache does: blobs under their checksum, links in a snapshot, a ref to it."""
    root = cache / f"models--{repository.replace('/', '--')}"
    commit = hashlib.sha1(revision.encode()).hexdigest()
    snapshot = root / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for folder in ("blobs", "refs"):
        (root / folder).mkdir(exist_ok=True)
    (root / "refs" / revision).write_text(commit)
    for path in checkpoint.iterdir():
        blob = root / "blobs" / hashlib.sha256(path.read_bytes()).hexdigest()
        blob.write_bytes(path.read_bytes())
        (snapshot / path.name).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise httpx.ConnectError("[Errno -3] Temporary failure in name resolution")

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", refuse)


def message(name: str, **where: object) -> str:
    with pytest.raises(CourseError) as caught:
        load_causal(name, **where)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- what arrives


def test_a_local_folder_gives_model_and_tokenizer(tmp_path: Path) -> None:
    save("causal", tmp_path / "mine")
    loaded = load_causal("mine", source=tmp_path)
    assert (loaded.name, loaded.revision, loaded.source) == ("mine", "main", str(tmp_path))
    assert not loaded.model.training
    assert loaded.tokenizer("ab")["input_ids"] == [97, 98]
    for name, weight in tiny("causal").state_dict().items():
        assert torch.equal(loaded.model.state_dict()[name], weight)


def test_half_precision_on_disk_is_float32_in_memory(tmp_path: Path) -> None:
    save_model(tiny("masked").half(), bpe_tokenizer(), tmp_path / "mine")
    loaded = load_masked("mine", source=tmp_path)
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    torch.testing.assert_close(
        loaded.model.bert.embeddings.word_embeddings.weight,
        tiny("masked").bert.embeddings.word_embeddings.weight,
        atol=1e-3,
        rtol=1e-3,
    )


def test_a_revision_is_another_checkpoint(tmp_path: Path) -> None:
    save("causal", tmp_path / "mine")
    changed = tiny("causal")
    torch.nn.init.zeros_(changed.get_output_embeddings().weight)
    save_model(changed, byte_tokenizer(), tmp_path / "mine" / "step8")
    assert not load_causal("mine", source=tmp_path, revision="step8").model.get_output_embeddings().weight.any()
    assert load_causal("mine", source=tmp_path).model.get_output_embeddings().weight.any()
    assert "no revision 'step7'; close ones: step8" in message("mine", source=tmp_path, revision="step7")


@pytest.mark.usefixtures("offline")
def test_a_cached_hub_model_needs_no_network(tmp_path: Path, cache: Path) -> None:
    into_cache(save("causal", tmp_path / "saved"), cache, CAUSAL, "step8")
    loaded = load_causal("pythia-70m", source="hub", revision="step8")
    assert (loaded.name, loaded.revision, loaded.source) == ("pythia-70m", "step8", "hub")
    assert torch.equal(loaded.model.get_output_embeddings().weight, tiny("causal").get_output_embeddings().weight)


@pytest.mark.usefixtures("offline")
def test_pytorch_weights_do_where_there_are_no_others(tmp_path: Path, cache: Path) -> None:
    folder = save("causal", tmp_path / "saved")
    (folder / "model.safetensors").unlink()
    torch.save(tiny("causal").state_dict(), folder / "pytorch_model.bin")
    into_cache(folder, cache, CAUSAL, "main")
    assert torch.equal(
        load_causal(CAUSAL, source="hub").model.get_output_embeddings().weight,
        tiny("causal").get_output_embeddings().weight,
    )


def test_nothing_is_said_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    save("causal", tmp_path / "mine")
    load_causal("mine", source=tmp_path)
    assert capfd.readouterr() == ("", "")


# --- what a person reads


@pytest.mark.usefixtures("no_network")
def test_cold_cache_without_network(cache: Path) -> None:
    text = message(CAUSAL, source="hub", revision="step8")
    for part in (f"{CAUSAL} at revision step8", str(cache), "name resolution", "source='embedded'"):
        assert part in text
    assert f"`course fetch-lm {CAUSAL} --revision step8`" in text


@pytest.mark.usefixtures("offline")
def test_cold_cache_in_offline_mode(cache: Path) -> None:
    text = message(CAUSAL, source="hub")
    for part in ("HF_HUB_OFFLINE", str(cache), f"`course fetch-lm {CAUSAL}`", "source='embedded'"):
        assert part in text


@pytest.mark.slow(5)
def test_the_environment_variable_is_obeyed(tmp_path: Path) -> None:
    place = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    call = [sys.executable, "-m", "course_utils.cli", "fetch-lm", CAUSAL]
    done = subprocess.run(call, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("course fetch-lm: EleutherAI/pythia-70m at revision main is not in the cache")
    assert "HF_HUB_OFFLINE" in done.stderr


def answer(error: type[Exception], status: int) -> Exception:
    response = httpx.Response(status, request=httpx.Request("GET", "https://example.org"))
    return error("no", response=response)


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception, known: list[str]) -> None:
    """The hub answers a download with `error`, and a question for revisions with `known`."""

    def snapshot(*_: object, local_files_only: bool = False, **__: object) -> None:
        raise hub.EntryNotFoundError("not cached") if local_files_only else error

    refs = SimpleNamespace(branches=[SimpleNamespace(name=name) for name in known], tags=[])
    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    monkeypatch.setattr(hub, "HfApi", lambda: SimpleNamespace(list_repo_refs=lambda name: refs))


def test_unknown_revision_names_close_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    known = ["main", "step1", "step512", "step1000", "step2000", "step143000"]
    refuse(monkeypatch, answer(RevisionNotFoundError, 404), known)
    text = message(CAUSAL, source="hub", revision="step1100")
    assert "no revision 'step1100'; close ones: step1, step512, step1000, step2000;" in text


def test_unknown_model(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, answer(RepositoryNotFoundError, 404), [])
    text = message("EleutherAI/pythia-71m", source="hub")
    assert "the hub has no model 'EleutherAI/pythia-71m'" in text
    assert "source='embedded'" in text


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_a_damaged_cached_file_is_named(tmp_path: Path, cache: Path, damage: str) -> None:
    snapshot = into_cache(save("causal", tmp_path / "saved"), cache, CAUSAL, "main")
    blob = (snapshot / "model.safetensors").resolve()
    content = bytearray(blob.read_bytes())
    content[-100] ^= 1
    blob.write_bytes(content[:-50] if damage == "truncated" else content)
    text = message(CAUSAL, source="hub")
    assert "model.safetensors is truncated or corrupt" in text
    assert f"delete {blob}" in text
    assert f"`course fetch-lm {CAUSAL}`" in text


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_truncated_local_file_is_named(tmp_path: Path, name: str) -> None:
    path = save("causal", tmp_path / "mine") / name
    path.write_bytes(path.read_bytes()[:-50])
    assert f"{path} is truncated or corrupt" in message("mine", source=tmp_path)


def test_missing_weights_are_not_made_up(tmp_path: Path) -> None:
    folder = save("causal", tmp_path / "mine")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}))
    assert "weights are missing or misshapen, such as gpt_neox.layers.1" in message("mine", source=tmp_path)


def test_the_other_kind_of_model_is_refused(tmp_path: Path) -> None:
    save("causal", tmp_path / "left")
    save("masked", tmp_path / "both")
    assert message("both", source=tmp_path) == "both is no causal language model but masked; load it with load_masked"
    with pytest.raises(CourseError, match="left is no masked language model but causal; load it with load_causal"):
        load_masked("left", source=tmp_path)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    assert f"{tmp_path / 'mine'} holds no model" in message("mine", source=tmp_path)


@pytest.mark.parametrize("revision", ["step0", "step512", "step53000", "step103000", "step142000"])
def test_mislabelled_revisions_of_pythia_are_refused(revision: str) -> None:
    text = message("pythia-2.8b", source="hub", revision=revision)
    assert f"pythia-2.8b at {revision} is refused" in text
    assert "issues 195, 205" in text


@pytest.mark.usefixtures("offline", "cache")
@pytest.mark.parametrize(("name", "revision"), [("pythia-2.8b", "step143000"), ("pythia-2.8b-deduped", "step0")])
def test_other_revisions_of_pythia_are_asked_for(name: str, revision: str) -> None:
    assert f"EleutherAI/{name} at revision {revision} is not in the cache" in message(
        name, source="hub", revision=revision
    )


def test_fetch_lm_prints_the_folder(tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = into_cache(save("masked", tmp_path / "saved"), cache, MASKED, "main")
    assert cli.main(["fetch-lm", MASKED]) == 0
    assert capsys.readouterr().out == f"{snapshot}\n"


def test_unknown_embedded_model_lists_those_there_are() -> None:
    text = message("pythia-70m")
    assert "no embedded model is called 'pythia-70m'" in text
    assert all(name in text for name in load.embedded_models())
