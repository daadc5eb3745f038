"""What fits is planned, a killed check goes on where it was, a failing step is said and stops nothing."""

import json
import sys
from argparse import Namespace

import pytest

from course_tools.gpu_check import command
from course_tools.gpu_check.command import STATE, gpu_check_command
from course_tools.gpu_check.steps import PARTS, SPARE, Step, all_steps, chosen
from course_utils.errors import CourseError, UsageError
from course_utils.tasks import tasks

ASKED = {"parts": ["panels"], "device": "cpu", "small": True, "output": None, "rounds": 1}


def script(name: str, code: str, folder, seconds: float = 1.0) -> Step:
    return Step(name, "a test", (sys.executable, "-c", code), seconds, str(folder / f"{name}.json"))


def writes(folder, name: str) -> str:
    """A step that counts how often it ran."""
    path = folder / f"{name}.count"
    return f"""
import json, pathlib
count = pathlib.Path({str(path)!r})
count.write_text((count.read_text() if count.exists() else "") + "x")
pathlib.Path({str(folder / (name + ".json"))!r}).write_text(json.dumps({{"images/s": 12.5}}))
"""


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """Three steps in the place of the real ones: the second fails, the third hangs."""
    chain = [
        script("fine", writes(tmp_path, "fine"), tmp_path),
        script("broken", "raise SystemExit('error: no cuDNN here')", tmp_path),
        script("hung", "import time; time.sleep(60)", tmp_path),
    ]
    monkeypatch.setattr(command, "all_steps", lambda folder, rehearsal: chain)
    return chain


def test_every_task_and_every_part_is_a_step(tmp_path):
    names = {step.name for step in all_steps(tmp_path, rehearsal=False)}
    assert names == {f"notebook-{t}" for t in tasks()} | {f"on_gpu-{p}" for p in PARTS} | {"two-processes"}


def test_what_does_not_fit_is_left_out_and_the_next_one_tried(tmp_path):
    steps = [script("long", "", tmp_path, 600), script("short", "", tmp_path, 20)]
    fits, out = chosen(steps, 1 + SPARE / 60, 1, {})
    assert [step.name for step in fits] == ["short"] and out == {"long": "takes about 600 s, 60 s are left"}
    assert [step.name for step in chosen(steps, 1 + SPARE / 60, 1, {"long": 30})[0]] == ["long", "short"]


def test_a_step_for_two_devices_is_left_out_on_one(tmp_path):
    fits, out = chosen(all_steps(tmp_path, rehearsal=False), 1e6, 1, {})
    assert out == {"two-processes": "needs 2 GPUs, here is 1"} and len(fits) == len(tasks()) + len(PARTS)


def test_it_goes_on_where_it_was(steps, tmp_path, capsys):
    assert gpu_check_command(SPARE / 60 + 0.06, str(tmp_path), rehearse=True) == 1
    state = json.loads((tmp_path / STATE).read_text())
    status = {name: one["status"] for name, one in state["outcomes"].items()}
    assert status == {"fine": "ok", "broken": "failed", "hung": "cut"}
    assert "error: no cuDNN here" in state["outcomes"]["broken"]["why"]
    page = (tmp_path / "gpu-check.md").read_text()
    assert "| images/s | 12.5 |" in page and "measures nothing" in page and "failed: error: no cuDNN here" in page
    assert gpu_check_command(1, str(tmp_path), rehearse=True, only=["fine"]) == 1
    assert (tmp_path / "fine.count").read_text() == "x" and "1 of 1 steps done before" in capsys.readouterr().out
    assert gpu_check_command(1, str(tmp_path), rehearse=True, only=["fine"], again=True) == 0
    assert (tmp_path / "fine.count").read_text() == "xx"


def test_what_is_outside_its_bound_is_a_failure(monkeypatch, capsys):
    from benchmarks.on_gpu import __main__ as on_gpu
    from benchmarks.on_gpu._tools import within

    monkeypatch.setitem(on_gpu.PARTS, "panels", lambda args: {"losses differ by": within(args.bound, "loss")})
    monkeypatch.setattr(on_gpu, "started", lambda parser, rounds: Namespace(bound=0.2, **ASKED))
    with pytest.raises(SystemExit) as ended:
        on_gpu.main()
    assert ended.value.code and "FAILED panels" in capsys.readouterr().out
    monkeypatch.setattr(on_gpu, "started", lambda parser, rounds: Namespace(bound=0.02, **ASKED))
    with pytest.raises(SystemExit) as ended:
        on_gpu.main()
    assert not ended.value.code


def test_a_broken_state_is_one_line(steps, tmp_path):
    (tmp_path / STATE).write_text("{")
    with pytest.raises(CourseError, match="delete it, or add --again"):
        gpu_check_command(1, str(tmp_path), rehearse=True)


def test_an_unknown_step_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="no step 'speed': "):
        gpu_check_command(1, str(tmp_path), rehearse=True, only=["speed"])


def test_without_a_gpu_it_says_how_to_rehearse(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "this_machine", lambda device=None: command_machine("cpu"))
    with pytest.raises(CourseError, match="gpu-check --rehearse"):
        gpu_check_command(1, str(tmp_path), rehearse=False)


def command_machine(kind: str):
    from course_utils.machine import Machine

    return Machine(kind, kind, kind, 2, 1e9, 1e9)


@pytest.mark.slow(60)
def test_the_parts_run_in_a_rehearsal(tmp_path):
    only = ["on_gpu-nt_xent", "on_gpu-panels", "on_gpu-causal", "on_gpu-ladder"]
    assert gpu_check_command(10, str(tmp_path), rehearse=True, only=only) == 0
    found = {name: one["found"] for name, one in json.loads((tmp_path / STATE).read_text())["outcomes"].items()}
    panels = found["on_gpu-panels"]["panels"]
    assert panels["losses differ by"] < 1e-4
    assert set(found) == set(only)
