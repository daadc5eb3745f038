"""Bands: the rule, which record serves which machine, and what `course bands` writes."""

import json

import pytest
import torch

from course_tools.cells import Points
from course_tools.run import bands
from course_tools.run.result import Result
from course_utils import measured
from course_utils.entries import Claim, Metric
from course_utils.errors import CourseError
from course_utils.machine import GB, Machine

from .miniatures import record

CPU = Machine("cpu-2c", "cpu", "CPU", 2, 8 * GB, 8 * GB)


def result(value=0.5, profile="quick", **fields):
    metrics = {"accuracy": Metric("accuracy", value)}
    return Result("toy", "toy", profile, {}, "2026-01-01", metrics=metrics, device=CPU, **fields)


def one(made, seconds=100.0, low=0.4, high=0.6):
    """The record of a device, with a band for the accuracy."""
    metrics = {"accuracy": {"values": [0.5], "unit": "", "low": low, "high": high}}
    return record(metrics) | {"made": made, "seconds": [seconds]}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder; call with the records of the task "toy"."""
    monkeypatch.setattr(measured, "DATA", tmp_path)

    def write(records):
        (tmp_path / "runs").mkdir(exist_ok=True)
        (tmp_path / "runs" / "toy.json").write_text(json.dumps({"quick": records}))

    return write


@pytest.mark.parametrize(
    ("values", "unit", "tolerance", "half"),
    [
        ([1.0, 2.0, 3.0], "", None, 4 * (4 / 3) ** 0.5),  # sd = 1
        ([0.1, 0.1], "", None, 0.02),  # the absolute floor of a metric without unit
        ([10.0], "nats", None, 0.5),  # 5% of the mean
        ([0.1], "nats", None, 0.005),
        ([1.0, 2.0, 3.0], "", 0.25, 0.25),  # a tolerance replaces the rule
    ],
)
def test_band_is_the_mean_and_the_rules_half_width(values, unit, tolerance, half):
    found = bands.band(values, unit, tolerance)
    assert (found.low + found.high) / 2 == pytest.approx(sum(values) / len(values))
    assert (found.high - found.low) / 2 == pytest.approx(half)


def test_a_band_serves_its_device_class_and_prefers_its_own_kind(data):
    data({"cpu-2c": one("2026-01-01", low=0.1), "cpu-8c": one("2026-02-01", low=0.2)})
    assert measured.bands_for("toy", "quick", "cpu-2c", "cpu")["accuracy"].low == 0.1
    assert measured.bands_for("toy", "quick", "cpu-4c", "cpu")["accuracy"].low == 0.2  # the newest of its class
    assert measured.bands_for("toy", "quick", "Some GPU", "cuda") == {}
    assert measured.bands_for("toy", "smoke", "cpu-2c", "cpu") == {}


def test_expected_cost_names_the_machine_it_was_measured_on(data):
    assert "not measured" in measured.expected_cost("toy", "quick", "cpu-2c", "cpu")
    data({"cpu-2c": one("2026-01-01", seconds=130)})
    assert measured.expected_cost("toy", "quick", "cpu-2c", "cpu").startswith("about 2 min 10 s (measured on this kind")
    elsewhere = measured.expected_cost("toy", "quick", "cpu-8c", "cpu")
    assert "2 min 10 s on cpu-2c" in elsewhere
    assert "not measured on this kind of device (cpu-8c)" in elsewhere


def test_a_broken_bands_file_is_a_one_line_error(data, tmp_path, monkeypatch):
    data({})
    monkeypatch.setattr(measured, "ROOT", tmp_path)
    (tmp_path / "runs" / "toy.json").write_text("{")
    with pytest.raises(CourseError, match=r"runs/toy\.json is not valid JSON"):
        measured.recorded("toy")


def test_judgement(data):
    data({"cpu-2c": one("2026-01-01")})

    def reasons(run):
        run.find_bands()
        return run.failures()

    assert reasons(result(0.5)) == []
    assert "outside 0.4 to 0.6" in reasons(result(0.7))[0]
    assert "OUTSIDE" in (outside := result(0.7), reasons(outside))[0].headline()
    assert reasons(result(0.7, profile="smoke")) == []  # no band recorded for smoke
    assert "no band recorded" in result(0.7, profile="smoke").headline()
    renamed = result()
    renamed.metrics = {"acc": Metric("acc", 0.5)}
    assert "'accuracy' has a band but was not recorded" in reasons(renamed)[0]
    fails = Claim("a > b", holds=False)
    assert reasons(result(claims=[fails])) == ["claim does not hold: a > b"]
    assert reasons(result(claims=[fails], profile="smoke")) == []
    assert reasons(result(points=Points(1, 2, 0, ["x: 1 of 2"]), profile="smoke")) == ["1 of 2 points (x: 1 of 2)"]
    assert reasons(result(points=Points(2, 2, pending=3))) == []
    assert reasons(result(0.7, error="raised")) == ["raised"]


@pytest.fixture
def runs(data, tmp_path, monkeypatch):
    """Replace the execution by its results: `runs` maps a seed to what it yields."""
    outcomes = {}
    monkeypatch.setattr(bands, "RUNS", tmp_path / "out")
    monkeypatch.setattr(bands, "require_task", lambda name: name)
    monkeypatch.setattr(bands, "plan", lambda names, profile, assignments: [assignments[0]])
    monkeypatch.setattr(bands, "run_job", lambda job, profile, folder: outcomes[job])
    return outcomes


def test_bands_command_records_every_seed_and_keeps_other_records(runs, data, tmp_path, capsys):
    data({"cpu-8c": one("2026-01-01")})
    for seed, value in enumerate([0.5, 0.6]):
        runs[f"seed={seed}"] = run = result(value, seconds=10.0 + seed)
        run.metrics |= {"speed": Metric("speed", 5.0, "images/s"), "curve": Metric("curve", [1.0, 2.0])}
    assert bands.bands_command("toy", "quick", [0, 1]) == 0
    written = json.loads((tmp_path / "runs" / "toy.json").read_text())["quick"]
    assert set(written) == {"cpu-8c", "cpu-2c"}
    made = written["cpu-2c"]
    assert (made["seeds"], made["seconds"]) == ([0, 1], [10.0, 11.0])
    assert made["command"] == "course bands toy --profile quick --seeds 0 1"
    assert made["metrics"]["accuracy"]["values"] == [0.5, 0.6]
    assert made["metrics"]["accuracy"]["low"] < 0.5 < 0.6 < made["metrics"]["accuracy"]["high"]
    assert set(made["metrics"]) == {"accuracy", "speed"}  # a list is no band's business
    assert "low" not in made["metrics"]["speed"]


def test_false_alarms_are_as_frequent_as_a_further_seed_shows():
    draw = torch.Generator().manual_seed(0)
    runs = torch.randn(4_000, 4, generator=draw, dtype=torch.float64)
    expected, left = 0.0, 0
    for *values, further in runs.tolist():
        found = bands.band(values, "nats")
        made = record({}) | {"metrics": {"x": measured.Measured(values, "nats", found.low, found.high)}}
        expected += bands.false_alarms(measured.Record(**made))
        left += not found.low <= further <= found.high
    assert left == pytest.approx(expected, abs=4 * expected**0.5)
    assert (
        0.03 < expected / len(runs) < 0.06
    )  # three seeds are few: the rule's four standard deviations are those of a small sample


def test_a_value_that_never_varies_is_no_false_alarm():
    made = record({}) | {
        "metrics": {"x": measured.Measured([0.5] * 3, "", 0.48, 0.52), "speed": measured.Measured([1.0, 2.0, 3.0], "s")}
    }
    assert bands.false_alarms(measured.Record(**made)) == 0


def test_bands_command_records_nothing_when_a_seed_fails(runs, tmp_path):
    runs |= {"seed=0": result(), "seed=1": result(error="raised ValueError")}
    with pytest.raises(CourseError, match="seed 1 failed, no band recorded: raised ValueError"):
        bands.bands_command("toy", "quick", [0, 1])
    assert not (tmp_path / "runs").exists()
