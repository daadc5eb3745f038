"""What the recorded runs say: data/runs/<task>.json, read. How long a notebook takes here, and the bands its metrics fall in.

The file is {profile: {device kind: record}}; `course bands` writes it. Seconds are those of one machine; metrics hardly depend on it:
a band serves its whole device class ("cpu" or "cuda").
"""

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError
from course_utils.paths import DATA, ROOT
from course_utils.progress import duration


@dataclass(frozen=True)
class Band:
    """The interval that a metric falls in, ends included."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"


@dataclass(frozen=True)
class Measured:
    """A metric of a record: its value for each seed; `low` and `high` unless it has no band."""

    values: list[float]
    unit: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def band(self) -> Band | None:
        return None if self.low is None or self.high is None else Band(self.low, self.high)


@dataclass(frozen=True)
class Record:
    """One profile's runs on one kind of device, one a seed. seconds: wall clock; command, rule: how it was made, and the bands from it."""

    made: str
    command: str
    commit: str
    rule: str
    device: str
    device_class: str
    versions: dict[str, str]
    seeds: list[int]
    seconds: list[float]
    metrics: dict[str, Measured] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> "Record":
        metrics = {name: Measured(**metric) for name, metric in fields["metrics"].items()}
        return cls(**{**fields, "metrics": metrics})


Records = dict[str, dict[str, Record]]  # by profile and kind of device


def runs_file(task: str) -> Path:
    return DATA / "runs" / f"{task}.json"


def recorded(task: str) -> Records:
    """All records of a task; none when nothing was recorded. Raises CourseError for a file that holds something else."""
    path = runs_file(task)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CourseError(
            f"{path.relative_to(ROOT)} is not valid JSON ({error}); restore it, or record it again"
        ) from None
    try:
        return {profile: {kind: Record.read(one) for kind, one in kinds.items()} for profile, kinds in found.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise CourseError(
            f"{path.relative_to(ROOT)} holds no record ({error}); restore it, or record it again"
        ) from None


def write_records(task: str, records: Records) -> Path:
    """Replace all records of a task; returns their file."""
    path = runs_file(task)
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {
        profile: {kind: asdict(record, dict_factory=_without_none) for kind, record in kinds.items()}
        for profile, kinds in records.items()
    }
    path.write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _without_none(items: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in items if value is not None}


def best_record(task: str, profile: str, kind: str, device_class: str) -> tuple[str, Record] | None:
    """The record of this kind of device, or else the newest of its class, with the kind it was made on."""
    records = recorded(task).get(profile, {})
    if kind in records:
        return kind, records[kind]
    alike = [(name, record) for name, record in records.items() if record.device_class == device_class]
    return max(alike, key=lambda item: item[1].made, default=None)


def bands_for(task: str, profile: str, kind: str, device_class: str) -> dict[str, Band]:
    """By metric, the band to hold a run against."""
    found = best_record(task, profile, kind, device_class)
    metrics = found[1].metrics if found else {}
    return {name: metric.band for name, metric in metrics.items() if metric.band}


def expected_cost(task: str, profile: str, kind: str, device_class: str) -> str:
    """How long a run takes, in words, and on which machine that was measured."""
    found = best_record(task, profile, kind, device_class)
    if not found:
        return "time not measured on this kind of device yet"
    measured_on, record = found
    cost = f"about {duration(statistics.median(record.seconds))}"
    if measured_on == kind:
        return f"{cost} (measured on this kind of device, {kind})"
    return f"{cost} on {measured_on}; not measured on this kind of device ({kind}) yet"
