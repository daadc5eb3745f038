"""What the recorded runs say: data/runs/<task>.json, read. How long a notebook takes here, and the bands its metrics fall in.

The file is {profile: {device kind: record}}; `course bands` writes it. Seconds are those of one machine; metrics hardly depend on it:
a band serves its whole device class ("cpu" or "cuda").
"""

import json
import statistics
from typing import Any

from course_utils.errors import CourseError
from course_utils.paths import DATA, ROOT
from course_utils.progress import duration

Record = dict[str, Any]


def recorded(task: str) -> dict[str, dict[str, Record]]:
    """All records of a task, {profile: {device kind: record}}; empty when nothing was recorded."""
    path = DATA / "runs" / f"{task}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CourseError(
            f"{path.relative_to(ROOT)} is not valid JSON ({error}); restore it, or record it again"
        ) from None


def best_record(task: str, profile: str, kind: str, device_class: str) -> tuple[str, Record] | None:
    """The record of this kind of device, or else the newest of its class, with the kind it was made on."""
    records = recorded(task).get(profile, {})
    if kind in records:
        return kind, records[kind]
    alike = [(name, record) for name, record in records.items() if record["device_class"] == device_class]
    return max(alike, key=lambda item: item[1]["made"], default=None)


def bands_for(task: str, profile: str, kind: str, device_class: str) -> dict[str, tuple[float, float]]:
    """{metric: (low, high)} to hold a run against."""
    found = best_record(task, profile, kind, device_class)
    metrics = found[1]["metrics"] if found else {}
    return {name: (metric["low"], metric["high"]) for name, metric in metrics.items() if "low" in metric}


def expected_cost(task: str, profile: str, kind: str, device_class: str) -> str:
    """How long a run takes, in words, and on which machine that was measured."""
    found = best_record(task, profile, kind, device_class)
    if not found:
        return "time not measured on this kind of device yet"
    measured_on, record = found
    cost = f"about {duration(statistics.median(record['seconds']))}"
    if measured_on == kind:
        return f"{cost} (measured on this kind of device, {kind})"
    return f"{cost} on {measured_on}; not measured on this kind of device ({kind}) yet"
