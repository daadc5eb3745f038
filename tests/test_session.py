"""The preflight: profile, device and seed are right or refused in one line, and nothing recorded is lost."""

import json
import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_utils import instructor, machine
from course_utils.errors import CourseError
from course_utils.measured import bands_for
from course_utils.paths import ROOT
from course_utils.session import start


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name in ("NBGRADER_EXECUTION", "COURSE_DEVICE", "COURSE_METRICS"):
        monkeypatch.delenv(name, raising=False)


def test_preflight_says_what_runs_where(capsys):
    lab = start("simclr", profile="quick", seed=7, data="embedded")
    printed = capsys.readouterr()
    rows = dict(line.split(maxsplit=1) for line in printed.out.splitlines())
    assert (rows["task"], rows["profile"], rows["seed"], rows["data"]) == ("simclr", "quick", "7", "embedded")
    assert f"torch {torch.__version__.split('+')[0]}" in rows["versions"]
    assert rows["device"].startswith("cpu: ")
    assert rows["expected"]
    assert printed.err == ""  # nbgrader would take the points away
    assert (lab.profile, lab.seed, lab.device) == ("quick", 7, torch.device("cpu"))


def test_a_students_kernel_holds_nothing_of_the_instructors():
    program = """
import sys
before = {name for name, module in sys.modules.items() if module is None}
import course_utils.session, course_utils.checks, course_utils.measured
from course_utils.tasks import tasks
for task in tasks():
    __import__(f"course_utils.{task}")
blocked = {name for name, module in sys.modules.items() if module is None} - before
builders = {"course_tools", "nbformat", "nbconvert", "nbgrader", "jupytext", "papermill"} & sys.modules.keys()
print(sorted(blocked), sorted(builders))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[] []\n", "")


def draws(seed):
    lab = start("simclr", seed=seed)
    return random.random(), np.random.rand(), torch.rand(1).item(), torch.rand(1, generator=lab.generator).item()


def test_the_seed_fixes_every_generator():
    assert draws(3) == draws(3)
    assert all(a != b for a, b in zip(draws(3), draws(4), strict=True))


@pytest.mark.parametrize("mode", ["autograde", "validate"])
def test_nbgrader_gets_smoke(monkeypatch, capsys, mode):
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    lab = start("simclr", profile="gpu")  # no CUDA device is asked for
    assert lab.profile == "smoke"
    assert f"smoke (nbgrader is running: {mode})" in capsys.readouterr().out
    assert lab.pick(smoke=1, quick=2, gpu=3) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"profile": "fast"}, "unknown profile 'fast'.*smoke, quick, gpu"),
        ({"profile": "gpu"}, 'needs a CUDA device.*profile = "quick"'),
        ({"seed": "1"}, "seed='1'"),
        ({"seed": -1}, "seed=-1"),
        ({"device": "tpu"}, "device 'tpu'"),
        ({"device": "cuda"}, "'cuda'.*torch sees none"),
        ({"device": "mps"}, "'mps'.*torch sees none"),
    ],
)
def test_what_cannot_run_is_refused_in_one_line(arguments, said):
    with pytest.raises(CourseError, match=said) as caught:
        start("simclr", **arguments)
    assert "\n" not in str(caught.value)


def test_an_apple_gpu_is_used_when_asked_for_and_has_no_bands(monkeypatch, capsys):
    monkeypatch.setattr(torch.mps, "is_available", lambda: True)
    monkeypatch.setattr(machine, "cpu_name", lambda: "Apple M4")
    assert start("simclr").device.type == "cpu", "only where it is asked for"
    assert start("simclr", device="mps").device.type == "mps"
    said = capsys.readouterr().out
    assert "mps: GPU of Apple M4" in said
    assert bands_for("simclr", "quick", "mps-Apple M4", "mps") == {}


def test_course_device_lets_the_gpu_profile_run_on_a_cpu(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    lab = start("simclr", profile="gpu")
    assert (lab.profile, lab.device.type) == ("gpu", "cpu")


def test_everything_recorded_is_on_disk_at_once(tmp_path, monkeypatch, capsys):
    log = tmp_path / "metrics.jsonl"
    monkeypatch.setenv("COURSE_METRICS", str(log))
    lab = start("simclr", seed=1)
    entries = [lambda: json.loads(log.read_text().splitlines()[-1])]
    assert entries[0]()["type"] == "session"
    lab.record("accuracy", torch.tensor(0.5), headline=True, tolerance=0.1)
    said = {"type": "metric", "name": "accuracy", "value": 0.5, "unit": "", "headline": True, "tolerance": 0.1}
    assert entries[0]() == said
    lab.record("loss", np.array([3.0, 2.0]), "nats")
    assert entries[0]()["value"] == [3.0, 2.0]
    lab.claim("a beats b", np.bool_(True), "2 > 1")
    assert entries[0]() == {"type": "claim", "name": "a beats b", "holds": True, "detail": "2 > 1"}
    lab.claim("b beats a", False)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "claim holds: a beats b (2 > 1)",
        "claim does NOT hold: b beats a",
    ]
    assert (lab.metrics, lab.claims) == (
        {"accuracy": 0.5, "loss": [3.0, 2.0]},
        {"a beats b": True, "b beats a": False},
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1.0, float("nan")], torch.tensor(float("nan"))])
def test_a_metric_that_is_not_finite_is_an_error_that_names_it(value):
    with pytest.raises(ValueError, match=r"'accuracy' is (nan|inf)"):
        start("simclr").record("accuracy", value)


@pytest.mark.parametrize("value", [True, "0.5", [[1.0]], None])
def test_what_is_no_number_is_no_metric(value):
    with pytest.raises(TypeError, match="'accuracy'"):
        start("simclr").record("accuracy", value)


@pytest.mark.parametrize(("features", "expected"), [((), False), (("_is_amx_tile_supported",), True)])
def test_bf16_helps_only_where_the_cpu_has_it(monkeypatch, features, expected):
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda name=name: name in features, raising=False)
    assert machine.bf16_helps("cpu") is expected


def test_who_may_not_enter_the_instructor_s_half_is_a_student(monkeypatch):
    def find_spec(name: str) -> None:
        raise PermissionError(13, "Permission denied", f"/srv/course/{name}/__init__.py")

    monkeypatch.setattr(instructor, "find_spec", find_spec)
    assert instructor.half.__wrapped__() is None
