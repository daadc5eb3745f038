"""Bands: the intervals a task's metrics fall in, learned from several seeds and kept in data/runs/<task>.json.

A record says when, with which command, versions and rule it was made; `course_utils.measured` reads it.
"""

import datetime
import json
import shlex
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from course_utils.errors import CourseError
from course_utils.measured import Record, recorded
from course_utils.paths import DATA, RUNS, require_task

if TYPE_CHECKING:
    from course_tools.run.metrics import Result

RULE = (
    "mean -+ max(4 * sd * sqrt(1 + 1/n), floor) over n seeds; floor = the larger of 5% of the mean and, for a metric "
    "without unit, 0.02; a tolerance given with lab.record is the half width instead. "
    "Times (unit s, min) and speeds (unit .../s) have no band."
)


def band(values: Sequence[float], unit: str = "", tolerance: float | None = None) -> tuple[float, float]:
    """The interval for `values`, one per seed, by RULE."""
    mean, n = statistics.fmean(values), len(values)
    sd = statistics.stdev(values) if n > 1 else 0.0
    floor = max(0.05 * abs(mean), 0.0 if unit else 0.02)
    half = max(4 * sd * (1 + 1 / n) ** 0.5, floor) if tolerance is None else tolerance
    return mean - half, mean + half


def has_band(unit: str) -> bool:
    """Whether a metric of this unit hardly depends on the machine."""
    return unit not in ("s", "min") and not unit.endswith("/s")


def bands_command(task: str, profile: str, seeds: Sequence[int]) -> int:
    """Run `task` once per seed and record the bands. Raises CourseError, and records nothing, when a run fails."""
    from course_tools.run.notebooks import plan, run_job, writable

    require_task(task)
    jobs = [plan([task], profile, [f"seed={seed}"])[0] for seed in seeds]
    results = []
    for seed, job in zip(seeds, jobs, strict=True):
        print(f"seed {seed}", flush=True)
        result = run_job(job, profile, writable(RUNS / "bands" / profile / f"seed_{seed}"))
        result.bands.clear()  # the old ones are what is being replaced
        if failures := result.failures():
            raise CourseError(f"seed {seed} failed, no band recorded: {failures[0]}")
        if not result.device:
            raise CourseError(f"{task} never called course_utils.session.start, so it recorded nothing to learn from")
        results.append(result)
    kind, record = results[0].device["kind"], _record(results)
    record["command"] = shlex.join(["course", "bands", task, "--profile", profile, "--seeds", *map(str, seeds)])
    record["seeds"] = list(seeds)
    everything = recorded(task)
    everything.setdefault(profile, {})[kind] = record
    path = DATA / "runs" / f"{task}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(everything, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for name, metric in record["metrics"].items():
        print(f"{name}: {metric['low']:.4g} to {metric['high']:.4g}" if "low" in metric else f"{name}: no band")
    print(f"written: {path}, {profile} on {kind}")
    return 0


def _record(results: Sequence["Result"]) -> Record:
    """What is kept of one profile's runs on one machine."""
    first = results[0]
    return {
        "made": datetime.date.today().isoformat(),
        "rule": RULE,
        "device": first.device["name"],
        "device_class": first.device["device_class"],
        "versions": first.versions,
        "commit": first.commit,
        "seconds": [round(result.seconds, 1) for result in results],
        "metrics": {
            name: _metric([result.metrics[name] for result in results])
            for name, metric in first.metrics.items()
            if not isinstance(metric["value"], list) and all(name in result.metrics for result in results)
        },
    }


def _metric(runs: Sequence[Record]) -> Record:
    """One metric of a record, from what each seed recorded under its name."""
    values, unit, tolerance = [run["value"] for run in runs], runs[0]["unit"], runs[0]["tolerance"]
    interval = dict(zip(("low", "high"), band(values, unit, tolerance), strict=True)) if has_band(unit) else {}
    digits = {name: float(f"{bound:.6g}") for name, bound in interval.items()}
    return {"values": [float(f"{value:.6g}") for value in values], "unit": unit, **digits}
