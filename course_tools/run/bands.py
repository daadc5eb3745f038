"""Bands: the intervals a task's metrics fall in, learned from several seeds and kept in data/runs/<task>.json.

A record says when, with which command, versions and rule it was made; `course_utils.measured` reads it.
"""

import datetime
import shlex
import statistics
from collections.abc import Sequence

from scipy.stats import t as student_t

from course_tools.run.jobs import plan, run_job, writable
from course_tools.run.result import Result
from course_utils.entries import Metric
from course_utils.errors import CourseError
from course_utils.machine import Machine
from course_utils.measured import Band, Measured, Record, recorded, write_records
from course_utils.paths import RUNS
from course_utils.tasks import require_task

RULE = (
    "mean -+ max(4 * sd * sqrt(1 + 1/n), floor) over n seeds; floor = the larger of 5% of the mean and, for a metric "
    "without unit, 0.02; a tolerance given with lab.record is the half width instead. "
    "Times (unit s, min) and speeds (unit .../s) have no band."
)


def band(values: Sequence[float], unit: str = "", tolerance: float | None = None) -> Band:
    """The interval for `values`, one per seed, by RULE."""
    mean, n = statistics.fmean(values), len(values)
    sd = statistics.stdev(values) if n > 1 else 0.0
    floor = max(0.05 * abs(mean), 0.0 if unit else 0.02)
    half = max(4 * sd * (1 + 1 / n) ** 0.5, floor) if tolerance is None else tolerance
    return Band(mean - half, mean + half)


def has_band(unit: str) -> bool:
    """Whether a metric of this unit hardly depends on the machine."""
    return unit not in ("s", "min") and not unit.endswith("/s")


def bands_command(task: str, profile: str, seeds: Sequence[int]) -> int:
    """Run `task` once per seed and record the bands. Raises CourseError, and records nothing, when a run fails."""
    require_task(task)
    jobs = [plan([task], profile, [f"seed={seed}"])[0] for seed in seeds]
    results: list[Result] = []
    devices: list[Machine] = []
    for seed, job in zip(seeds, jobs, strict=True):
        print(f"seed {seed}", flush=True)
        result = run_job(job, profile, writable(RUNS / "bands" / profile / f"seed_{seed}"))
        result.bands.clear()  # the old ones are what is being replaced
        if failures := result.failures():
            raise CourseError(f"seed {seed} failed, no band recorded: {failures[0]}")
        if result.device is None:
            raise CourseError(f"{task} never called course_utils.session.start, so it recorded nothing to learn from")
        results.append(result)
        devices.append(result.device)
    device, command = (
        devices[0],
        shlex.join(["course", "bands", task, "--profile", profile, "--seeds", *map(str, seeds)]),
    )
    record = _record(results, device, command, list(seeds))
    records = recorded(task)
    records.setdefault(profile, {})[device.kind] = record
    path = write_records(task, records)
    for name, metric in record.metrics.items():
        print(f"{name}: {metric.band or 'no band'}")
    bands = sum(metric.band is not None for metric in record.metrics.values())
    print(f"one more seed would leave {false_alarms(record):.2g} of the {bands} bands by chance")
    print(f"written: {path}, {profile} on {device.kind}")
    return 0


def false_alarms(record: Record) -> float:
    """How many of its bands one more seed is expected to leave, though nothing has changed: values taken as normal, Student's t.

    A run with a recorded seed on the same kind of machine repeats it and is safer than that; another processor rounds otherwise, and of
    what trains from scratch it soon has another draw.
    """
    return sum(_leaves(metric) for metric in record.metrics.values())


def _leaves(metric: Measured) -> float:
    """The probability that one more value lies outside of the metric's band."""
    n = len(metric.values)
    if metric.band is None or n < 2 or not (sd := statistics.stdev(metric.values)):
        return 0.0
    half = (metric.band.high - metric.band.low) / 2
    return float(2 * student_t.sf(half / (sd * (1 + 1 / n) ** 0.5), n - 1))


def _record(results: Sequence[Result], device: Machine, command: str, seeds: list[int]) -> Record:
    """What is kept of one profile's runs on one machine."""
    first = results[0]
    return Record(
        made=datetime.date.today().isoformat(),
        command=command,
        commit=first.commit,
        rule=RULE,
        device=device.name,
        device_class=device.device_class,
        versions=first.versions,
        seeds=seeds,
        seconds=[round(result.seconds, 1) for result in results],
        metrics={
            name: _measured([result.metrics[name] for result in results])
            for name, metric in first.metrics.items()
            if not isinstance(metric.value, list) and all(name in result.metrics for result in results)
        },
    )


def _measured(runs: Sequence[Metric]) -> Measured:
    """One metric of a record, from what each seed recorded under its name."""
    values = [float(run.value) for run in runs if not isinstance(run.value, list)]
    kept, unit = [_short(value) for value in values], runs[0].unit
    if not has_band(unit):
        return Measured(kept, unit)
    interval = band(values, unit, runs[0].tolerance)
    return Measured(kept, unit, _short(interval.low), _short(interval.high))


def _short(value: float) -> float:
    return float(f"{value:.6g}")
