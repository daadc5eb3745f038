"""Language models with their tokenizers: the embedded ones, a local folder, or the hub.

    course fetch-lm EleutherAI/pythia-70m --revision step1000     # fills the cache for later, offline use

A checkpoint that is not there is an error which names the command that fetches it; nothing else is loaded in its place.
"""

import hashlib
import json
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from course_utils.errors import CourseError
from course_utils.models.architectures import Kind
from course_utils.models.hub import fetch_command, hub_folder, suggest
from course_utils.models.pythia_revisions import refuse_mislabelled, repository
from course_utils.models.quiet import quiet_transformers
from course_utils.paths import DATA, restore

EMBEDDED = DATA / "language_models"
AUTO = {"causal": AutoModelForCausalLM, "masked": AutoModelForMaskedLM}
ENDINGS = {"causal": ("ForCausalLM", "LMHeadModel"), "masked": ("ForMaskedLM", "ForPreTraining")}


@dataclass(frozen=True)
class LanguageModel:
    """A float32 model in evaluation mode, its tokenizer, and where both came from.

    `revision` is "main" for the end of training, else as in "step64"; `source` is "embedded", "hub" or a folder.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    name: str
    revision: str
    source: str


def load_causal(name: str, source: str | Path = "embedded", revision: str | None = None) -> LanguageModel:
    """Load an autoregressive language model.

    Args:
        name: an embedded model (`embedded_models("causal")`), or on the hub as "EleutherAI/pythia-70m" or "pythia-70m".
        source: "embedded"; "hub"; or a local folder in which `name` is a checkpoint in transformers' layout.
        revision: a checkpoint such as "step512": a branch or tag of the hub, elsewhere the folder <name>/<revision>. Default: the end.

    Raises:
        CourseError: unknown name or revision; a masked model; no network and nothing cached; a file truncated or corrupt; a Pythia
            revision known to be mislabelled.
    """
    return _load("causal", name, source, revision or "main")


def load_masked(name: str, source: str | Path = "embedded", revision: str | None = None) -> LanguageModel:
    """Load a masked language model; arguments and errors as for `load_causal`."""
    return _load("masked", name, source, revision or "main")


def embedded_models(kind: Kind | None = None) -> list[str]:
    """Names of the models that ship with the course, smallest first."""
    configs = EMBEDDED.glob("*/config.json")
    found = [path.parent for path in configs if kind is None or _kind(path.parent) == kind]
    return [folder.name for folder in sorted(found, key=lambda f: (f / "model.safetensors").stat().st_size)]


def embedded_revisions(name: str) -> list[str]:
    """Checkpoints of an embedded model during training, in the order of their step; the last one is "main"."""
    _require_embedded(name)
    steps = [path.parent.name for path in (EMBEDDED / name).glob("step*/config.json")]
    return [*sorted(steps, key=lambda step: int(step.removeprefix("step"))), "main"]


def _load(kind: Kind, name: str, source: str | Path, revision: str) -> LanguageModel:
    folder = find(name, source, revision)
    _require_kind(kind, folder, name)
    try:
        model, tokenizer = read_checkpoint(kind, folder)
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
        path = _damaged_file(folder) or folder
        raise CourseError(
            f"{path} is truncated or corrupt ({_first_line(error)}); {_repair(name, source, revision)}"
        ) from error
    return LanguageModel(model, tokenizer, name, revision, str(source))


def find(name: str, source: str | Path = "embedded", revision: str = "main") -> Path:
    """The folder that holds a checkpoint; from the hub it is fetched into the cache."""
    if source == "hub":
        refuse_mislabelled(repository(name), revision)
        instead = f"use an embedded model: source='embedded' ({', '.join(embedded_models())})"
        return hub_folder(repository(name), revision, instead)
    if source == "embedded":
        _require_embedded(name)
        folder = _checkpoint(EMBEDDED / name, name, revision)
        _require_checksums(folder)
        return folder
    if not (Path(source) / name / "config.json").is_file():
        raise CourseError(
            f"{Path(source) / name} holds no model: a checkpoint is a folder with config.json, weights and tokenizer"
        )
    return _checkpoint(Path(source) / name, name, revision)


def _require_embedded(name: str) -> None:
    if name not in embedded_models():
        raise CourseError(
            f"no embedded model is called {name!r}; there are: {', '.join(embedded_models()) or 'none'}; for a model of the hub: source='hub'"
        )


def _checkpoint(model: Path, name: str, revision: str) -> Path:
    folder = model if revision == "main" else model / revision
    if (folder / "config.json").is_file():
        return folder
    known = [path.parent.name for path in model.glob("*/config.json")] + ["main"]
    raise CourseError(f"{name} has no revision {revision!r}{suggest(revision, known)}")


def _require_checksums(folder: Path) -> None:
    """Every embedded file must be what SHA256SUMS says."""
    listed = (line.split() for line in (EMBEDDED / "SHA256SUMS").read_text().splitlines())
    expected = {name: checksum for checksum, name in listed}
    for path in sorted(folder.glob("*.*")):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected.get(path.relative_to(EMBEDDED).as_posix()):
            raise CourseError(f"{path} is corrupt: SHA-256 is {found}; {restore('data/language_models')}")


def _kind(folder: Path) -> str:
    """ "causal", "masked", or what the checkpoint says it is."""
    architectures = AutoConfig.from_pretrained(folder).architectures or ["a model of unstated kind"]
    for kind, endings in ENDINGS.items():
        if architectures[0].endswith(endings):
            return kind
    return architectures[0]


def _require_kind(kind: Kind, folder: Path, name: str) -> None:
    try:
        found = _kind(folder)
    except (OSError, ValueError, json.JSONDecodeError) as error:
        raise CourseError(f"{folder / 'config.json'} is truncated or corrupt ({_first_line(error)})") from error
    if found != kind:
        way_out = f"; load it with load_{found}" if found in AUTO else ""
        raise CourseError(f"{name} is no {kind} language model but {found}{way_out}")


def read_checkpoint(kind: Kind, folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Model (float32, evaluation mode) and tokenizer; a checkpoint that lacks weights is refused, not filled with random ones."""
    with quiet_transformers():  # what matters of its report is checked below
        model, report = AUTO[kind].from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True, local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    lacking = [*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])]
    if lacking:
        raise ValueError(f"{len(lacking)} weights are missing or misshapen, such as {sorted(lacking)[0]}")
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ValueError("its tokenizer has no fast version")
    return model.eval(), tokenizer


def _damaged_file(folder: Path) -> Path | None:
    """The first file of a checkpoint that cannot be read."""
    for path in sorted(folder.glob("*.json")) + sorted(folder.glob("*.safetensors")):
        try:
            if path.suffix == ".json":
                json.loads(path.read_text(encoding="utf-8"))
            else:
                with safe_open(path, framework="pt"):
                    pass
        except (OSError, ValueError, SafetensorError):
            return path
    return None


def _repair(name: str, source: str | Path, revision: str) -> str:
    if source == "hub":
        return f"delete it and fetch it again with `{fetch_command(repository(name), revision)}`"
    if source == "embedded":
        return restore("data/language_models")
    return "copy the checkpoint again"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
