"""Checkpoints of the Hugging Face hub, as local folders: the cache first, then the network, and one line for what can go wrong."""

import difflib
import hashlib
import re
import sys
from pathlib import Path

import httpx
from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars, enable_progress_bars

from course_utils.errors import CourseError

SMALL_FILES = ["*.json", "*.txt", "*.model"]
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")  # the first kind that is there
SUGGESTIONS = 4


def hub_folder(repository: str, revision: str, instead: str) -> Path:
    """The local folder with config, tokenizer and weights of `repository` at `revision`, downloaded if the cache lacks them.

    An interrupted download goes on where it stopped. With HF_HUB_OFFLINE=1 only the cache is asked.

    Args:
        instead: what an error offers in its place.

    Raises:
        CourseError: not cached and not to be had; unknown repository or revision; a file that is not what the hub has.
    """
    folder = cached(repository, revision) or download(repository, revision, instead)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not intact(path):
            raise CourseError(
                f"{path} is truncated or corrupt; delete {path.resolve()} and fetch it again with `{fetch_command(repository, revision)}`"
            )
    return folder


def cached(repository: str, revision: str) -> Path | None:
    """The cached folder, if it holds a config and weights."""
    for weights in WEIGHTS:
        try:
            folder = Path(
                snapshot_download(
                    repository, revision=revision, allow_patterns=[*SMALL_FILES, weights], local_files_only=True
                )
            )
        except (EntryNotFoundError, HFValidationError):
            continue
        if (folder / "config.json").exists() and any(folder.glob(weights)):
            return folder
    return None


def download(repository: str, revision: str, instead: str) -> Path:
    label = f"{repository} at revision {revision}"
    command = fetch_command(repository, revision)
    if constants.is_offline_mode():
        raise CourseError(
            f"{label} is not in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE forbids the network; fetch it where there is "
            f"one with `{command}`, or {instead}"
        )
    quiet = not sys.stderr.isatty()
    if quiet:
        print(f"fetching {label} into {constants.HF_HUB_CACHE}", flush=True)
        disable_progress_bars()
    try:
        for weights in WEIGHTS:
            folder = Path(snapshot_download(repository, revision=revision, allow_patterns=[*SMALL_FILES, weights]))
            if any(folder.glob(weights)):
                return folder
    except GatedRepoError as error:
        raise CourseError(
            f"{repository} asks for consent on its hub page and a login (`hf auth login`); or {instead}"
        ) from error
    except RevisionNotFoundError as error:
        raise CourseError(
            f"{repository} has no revision {revision!r}{suggest(revision, revisions(repository))}; or {instead}"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise CourseError(
            f"the hub has no model {repository!r} (or it is private); the name is OWNER/MODEL, such as EleutherAI/pythia-70m; or {instead}"
        ) from error
    except (OSError, httpx.HTTPError, EntryNotFoundError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].removeprefix("Got: ")
        raise CourseError(
            f"{label} is not in the cache {constants.HF_HUB_CACHE} and could not be fetched ({reason}); with a network: `{command}`, "
            f"which goes on where it stopped; or {instead}"
        ) from error
    finally:
        if quiet:
            enable_progress_bars()
    raise CourseError(f"{label} holds no weights that can be read (safetensors or pytorch_model.bin); {instead}")


def intact(path: Path) -> bool:
    """Whether a cached file is what the hub has: large files are stored under their SHA-256; others are not checked here."""
    expected = path.resolve().name
    if not re.fullmatch(r"[0-9a-f]{64}", expected):
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == expected


def revisions(repository: str) -> list[str]:
    """Names of the branches and tags on the hub; none where it cannot be asked."""
    try:
        refs = HfApi().list_repo_refs(repository)
    except (OSError, httpx.HTTPError, HfHubHTTPError):
        return []
    return [ref.name for ref in [*refs.branches, *refs.tags]]


def suggest(wanted: str, known: list[str]) -> str:
    """ "; close ones: step512, step1000" for a step by its number, for another name by its letters; "" if there is none."""
    number = re.fullmatch(r"step(\d+)", wanted)
    steps = sorted(name for name in known if re.fullmatch(r"step\d+", name))
    if number and steps:
        close = sorted(steps, key=lambda name: abs(int(name[4:]) - int(number[1])))[:SUGGESTIONS]
        close.sort(key=lambda name: int(name[4:]))
    else:
        close = difflib.get_close_matches(wanted, known, SUGGESTIONS, cutoff=0.3) or known[:SUGGESTIONS]
    return f"; close ones: {', '.join(close)}" if close else ""


def fetch_command(repository: str, revision: str) -> str:
    return f"course fetch-lm {repository}" + (f" --revision {revision}" if revision != "main" else "")
