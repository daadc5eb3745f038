"""Published figures: scaling laws, and Pythia's zero-shot scores.

`load_zeroshot()` reads the table that comes with the course: final scores of all sizes, and LAMBADA along training. The full public
evaluation set (27 checkpoints of 16 runs) is read in the same form from a copy of the repository, or fetched once:

    load_zeroshot("github")             # EleutherAI/pythia at the commit below, kept in data/cache/
    load_zeroshot("path/to/pythia")     # your clone of it; or a CSV with the same columns
"""

import csv
import json
import re
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError
from course_utils.paths import DATA
from course_utils.progress import Progress
from course_utils.pythia_scaling.sizes import TABLES

# Hoffmann et al. 2022 (arXiv:2203.15556), Approach 3, as printed; and the refit of Besiroglu et al. 2024 (arXiv:2404.10102)
HOFFMANN = {"E": 1.69, "A": 406.4, "alpha": 0.34, "B": 410.7, "beta": 0.28}
HOFFMANN_UNROUNDED = {**HOFFMANN, "alpha": 0.3392, "beta": 0.2849}  # from the paper's TeX source
BESIROGLU = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}
KAPLAN_EXPONENT = 0.73  # N_opt ~ C^0.73 (Kaplan et al. 2020, Eq. 1.7)

# Porian et al. 2024 (arXiv:2406.19146): exponent of N_opt in C with its 95% interval, after each correction in turn
PORIAN = {
    "RefinedWeb": {
        "reproducing Kaplan": (0.835, 0.824, 0.846),
        "counting last-layer FLOPs": (0.706, 0.691, 0.717),
        "correcting warm-up": (0.602, 0.591, 0.617),
        "cosine decay": (0.571, 0.560, 0.589),
        "optimizer tuning, no decay": (0.497, 0.491, 0.505),
    },
    "OpenWebText2": {
        "reproducing Kaplan": (0.864, 0.819, 0.897),
        "counting last-layer FLOPs": (0.699, 0.664, 0.724),
        "correcting warm-up": (0.603, 0.570, 0.629),
        "cosine decay": (0.574, 0.542, 0.606),
        "optimizer tuning, no decay": (0.518, 0.493, 0.541),
    },
}

COMMIT = "a19eecb807ec2c79a39ebf18108816e6ffffc1d5"
LISTING = f"https://api.github.com/repos/EleutherAI/pythia/git/trees/{COMMIT}?recursive=1"
RAW = f"https://raw.githubusercontent.com/EleutherAI/pythia/{COMMIT}/"
FETCHED = DATA / "cache" / "pythia_zeroshot.csv"
FILE = re.compile(r"evals/pythia-v1/(pythia-[\d.]+[mb])(-deduped|-bf16|)/zero-shot/[^/]*_step(\d+)\.json$")
TASKS = {"lambada_openai", "piqa", "winogrande", "wsc", "arc_easy", "arc_challenge", "sciq", "logiqa"}
METRICS = ("acc", "acc_norm", "ppl")


@dataclass(frozen=True)
class Score:
    """One zero-shot result. stderr: standard error over the task's items."""

    model: str
    deduped: bool
    step: int
    task: str
    metric: str
    value: float
    stderr: float


def load_zeroshot(source: str | Path = "embedded") -> list[Score]:
    """Zero-shot scores. source: "embedded", "github", a clone of EleutherAI/pythia, or a CSV file.

    Raises CourseError if the source cannot be read; nothing else is read in its place.
    """
    if source == "embedded":
        return _read_csv(TABLES / "zeroshot.csv")
    if source == "github":
        if not FETCHED.is_file():
            write_csv(FETCHED, _fetch(_get))
        return _read_csv(FETCHED)
    path = Path(source)
    if not path.is_dir():
        return _read_csv(path)
    files = sorted(path.glob("evals/pythia-v1/*/zero-shot/*.json"))
    found = [(match, file) for file in files if (match := FILE.search(file.as_posix()))]
    if not found:
        raise CourseError(f"{path} holds no evals/pythia-v1/*/zero-shot/*.json: is it a clone of EleutherAI/pythia?")
    return [score for match, file in found for score in _scores(match, file.read_text(encoding="utf-8"))]


def choose(scores: Iterable[Score], **wanted: Any) -> list[Score]:
    """Scores whose fields equal `wanted`: choose(scores, task="piqa", metric="acc", deduped=False, step=143000)."""
    return [score for score in scores if all(getattr(score, name) == value for name, value in wanted.items())]


def write_csv(path: Path, scores: Iterable[Score]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(field.name for field in fields(Score))
        for s in scores:
            writer.writerow((s.model, int(s.deduped), s.step, s.task, s.metric, f"{s.value:.6g}", f"{s.stderr:.6g}"))


def _read_csv(path: Path) -> list[Score]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return [
                Score(
                    r["model"],
                    r["deduped"] == "1",
                    int(r["step"]),
                    r["task"],
                    r["metric"],
                    float(r["value"]),
                    float(r["stderr"]),
                )
                for r in csv.DictReader(stream)
            ]
    except (OSError, KeyError, ValueError) as error:
        columns = ", ".join(field.name for field in fields(Score))
        raise CourseError(f"{path} is not a table of zero-shot scores ({columns}): {error!r}") from None


def _scores(match: re.Match[str], text: str) -> list[Score]:
    """The scores in one of the repository's files. The released 1b is the run in bfloat16."""
    model, run, step = match.groups()
    if model == "pythia-1b" and run == "":
        return []
    results = json.loads(text)["results"]
    return [
        Score(model, run == "-deduped", int(step), task, metric, values[metric], values[f"{metric}_stderr"])
        for task, values in sorted(results.items())
        if task in TASKS
        for metric in METRICS
        if metric in values
    ]


def _fetch(get: Callable[[str], str]) -> list[Score]:
    """All scores from GitHub. get: address -> text."""
    paths = [entry["path"] for entry in json.loads(get(LISTING))["tree"]]
    wanted = [match for path in paths if (match := FILE.search(path))]
    scores: list[Score] = []
    with ThreadPoolExecutor(8) as pool, Progress("fetching evaluations", len(wanted), unit="files") as bar:
        for match, text in zip(wanted, pool.map(lambda match: get(RAW + match.string), wanted), strict=True):
            scores += _scores(match, text)
            bar.update()
    return scores


def _get(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            return answer.read().decode()
    except OSError as error:
        raise CourseError(
            f"{address} cannot be read ({error}); load_zeroshot() has the final scores, "
            'load_zeroshot("path/to/pythia") reads a clone of github.com/EleutherAI/pythia'
        ) from None
