"""Runs the steps one after another, each in a process of its own, and keeps what each found: killed, it goes on where it was."""

import datetime
import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_tools.gpu_check.steps import Step, all_steps, chosen
from course_tools.gpu_check.table import write_table
from course_tools.run.jobs import writable
from course_tools.run.result import git_commit
from course_utils.errors import CourseError, UsageError
from course_utils.machine import gpus, this_machine, versions
from course_utils.paths import ROOT, RUNS
from course_utils.progress import duration

PACKAGES = ("torch", "torchvision", "transformers", "numpy")
STATE = "gpu-check.json"


@dataclass
class Outcome:
    """What became of a step. status: "ok", "failed" or "cut" (it ran out of time); found: what it wrote."""

    name: str
    shows: str
    status: str
    seconds: float
    date: str
    why: str = ""
    found: Any = None


@dataclass
class Check:
    """One check of one machine at one commit."""

    device: str
    commit: str
    versions: dict[str, str]
    rehearsal: bool
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        draft = folder / f".{STATE}"
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        draft.replace(folder / STATE)
        write_table(asdict(self), folder / "gpu-check.md")


def gpu_check_command(
    minutes: float, output: str | None, rehearse: bool, only: Sequence[str] = (), again: bool = False
) -> int:
    """Run what fits into `minutes` and is not done yet; 0 if nothing failed, 1 otherwise.

    Raises UsageError for an unknown step, CourseError where there is no GPU and no rehearsal is asked for.
    """
    machine = this_machine("cpu" if rehearse else None)
    if machine.device_class != "cuda" and not rehearse:
        raise CourseError(
            "no CUDA device here: `course gpu-check --rehearse` runs the steps with tiny sizes on the CPU"
        )
    folder = writable(Path(output) if output else RUNS / ("gpu-rehearsal" if rehearse else "gpu-check")).resolve()
    steps = all_steps(folder, rehearse)
    if unknown := set(only) - {step.name for step in steps}:
        raise UsageError(f"no step {min(unknown)!r}: {', '.join(step.name for step in steps)}")
    check = _begun(folder, Check(machine.name, git_commit(), versions(PACKAGES), rehearse), again)
    wanted = [step for step in steps if not only or step.name in only]
    todo = [step for step in wanted if step.name not in check.outcomes or check.outcomes[step.name].status != "ok"]
    known = {name: outcome.seconds for name, outcome in check.outcomes.items() if outcome.status == "ok"}
    fits, check.left_out = chosen(todo, minutes, max(1, len(gpus())), known)
    print(
        f"{machine}; {len(wanted) - len(todo)} of {len(wanted)} steps done before, {len(fits)} fit into {minutes:g} min"
    )
    for name, why in check.left_out.items():
        print(f"left out: {name} ({why})")
    check.write(folder)
    end = time.monotonic() + 60 * minutes
    for number, step in enumerate(fits, 1):
        print(f"[{number}/{len(fits)}] {step.name}: {step.shows}", flush=True)
        outcome = _run(step, end - time.monotonic(), folder, rehearse)
        check.outcomes[step.name] = outcome
        check.write(folder)
        print(
            f"      {outcome.status} in {duration(outcome.seconds)}{': ' * bool(outcome.why)}{outcome.why}", flush=True
        )
    print(f"table: {folder / 'gpu-check.md'}\nall of it: {folder / STATE}")
    return int(any(outcome.status != "ok" for outcome in check.outcomes.values()))


def _begun(folder: Path, new: Check, again: bool) -> Check:
    """The check that was begun in the folder, if it is of this machine, these versions and this commit; else the new one."""
    path = folder / STATE
    if again or not path.is_file():
        return new
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        same = all(old[name] == getattr(new, name) for name in ("device", "commit", "versions", "rehearsal"))
        new.outcomes = {name: Outcome(**one) for name, one in old["outcomes"].items()} if same else {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} cannot be read ({error}): delete it, or add --again") from None
    return new


def _run(step: Step, seconds: float, folder: Path, rehearsal: bool) -> Outcome:
    """Run one step, its output in <step>.log; never longer than what is left."""
    began, log = time.monotonic(), folder / f"{step.name}.log"
    date = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    if step.result:
        Path(step.result).unlink(missing_ok=True)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    }
    if rehearsal:
        environment |= {"CUDA_VISIBLE_DEVICES": "", "COURSE_DEVICE": "cpu"}
    status, why = "ok", ""
    with log.open("w", encoding="utf-8") as stream:
        try:
            done = subprocess.run(
                step.command,
                cwd=ROOT,
                env=environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=max(seconds, 1),
            )
        except subprocess.TimeoutExpired:
            status, why = "cut", f"ran out of time after {duration(time.monotonic() - began)}"
        else:
            if done.returncode:
                status, why = "failed", _last_line(log)
    return Outcome(step.name, step.shows, status, round(time.monotonic() - began, 1), date, why, _read(step.result))


def _read(result: str) -> Any:
    """What the step wrote, without what is the same for all."""
    try:
        found = json.loads(Path(result).read_text(encoding="utf-8")) if result else None
    except (OSError, ValueError):
        return None
    if isinstance(found, dict):
        for name in ("cells", "versions", "bands", "commit", "conditions"):
            found.pop(name, None)
    return found


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    failed = [line for line in lines if line.startswith(("FAILED", "error")) or "Error: " in line]
    return (failed or lines or ["no output"])[-1][:300] + f" (see {log.name})"
