"""Trainings that were run once and kept: `data/ssl_families/` says how, on what, and when; `make.py` there makes them again."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from course_utils.errors import CourseError
from course_utils.paths import DATA, restore
from course_utils.ssl_families.evaluate import Worth

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

    @property
    def worth(self) -> Worth:
        """Its two accuracies."""
        return Worth(self.knn, self.probe)


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


def select(family: str, variant: str, folder: Path = FOLDER) -> list[Run]:
    """The recorded seeds of one variant of a family. Raises CourseError if there are none."""
    found = [run for run in runs(folder) if (run.family, run.variant) == (family, variant)]
    if not found:
        raise CourseError(f"no training of {family!r}, {variant!r} is recorded in {folder / 'runs.csv'}")
    return found


def accuracies(family: str, variant: str, folder: Path = FOLDER) -> list[float]:
    """Nearest-neighbour accuracy of each recorded seed of one variant."""
    return [run.knn for run in select(family, variant, folder)]


def curves(family: str, variant: str, name: str, folder: Path = FOLDER) -> dict[int, list[tuple[int, float]]]:
    """One number of health by step, for each seed: {seed: [(step, value), ...]}."""
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for row in _rows(folder / "curves.csv"):
        if (row["family"], row["variant"], row["name"]) == (family, variant, name):
            found[int(row["seed"])].append((int(row["step"]), float(row["value"])))
    return dict(found)


def beats(family: str, spread: float, folder: Path = FOLDER) -> bool:
    """Whether the family's recorded healthy seeds beat its untrained networks in the mean, by `spread` standard deviations of the seeds.

    Both accuracies must. The standard deviation is that of the difference of the two, seed by seed.
    """
    found = {(run.variant, run.seed): run for run in runs(folder) if run.family == family}
    seeds = [seed for variant, seed in found if variant == "healthy"]
    for kind in ("knn", "probe"):
        gains = [getattr(found["healthy", s], kind) - getattr(found["untrained", s], kind) for s in seeds]
        if len(gains) < 2 or mean(gains) <= spread * stdev(gains):
            return False
    return True


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise CourseError(f"{path} is missing; {restore('data/ssl_families')}")
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
