"""Trainings that were run once and kept: `data/ssl_families/` says how, on what, and when; `make.py` there makes them again."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.paths import DATA, restore

FOLDER = DATA / "ssl_families"


@dataclass(frozen=True)
class Run:
    """One recorded training and what its features were worth afterwards; `steps` is 0 for an untrained network."""

    family: str
    variant: str
    seed: int
    steps: int
    flops: float
    seconds: float
    loss: float
    knn: float
    probe: float
    rank: float


def runs(folder: Path = FOLDER) -> list[Run]:
    """All recorded trainings. Raises CourseError if the table is missing."""
    return [
        Run(
            row["family"],
            row["variant"],
            int(row["seed"]),
            int(row["steps"]),
            *(float(row[name]) for name in ("flops", "seconds", "loss", "knn", "probe", "rank")),
        )
        for row in _rows(folder / "runs.csv")
    ]


def curves(family: str, variant: str, name: str, folder: Path = FOLDER) -> dict[int, list[tuple[int, float]]]:
    """One number of health by step, for each seed: {seed: [(step, value), ...]}."""
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for row in _rows(folder / "curves.csv"):
        if (row["family"], row["variant"], row["name"]) == (family, variant, name):
            found[int(row["seed"])].append((int(row["step"]), float(row["value"])))
    return dict(found)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise CourseError(f"{path} is missing; {restore('data/ssl_families')}")
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
