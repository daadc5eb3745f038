"""The steps, in the order of their worth, and what fits into the minutes given."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.tasks import TASKS

SPARE = 20.0  # seconds left over for the table
EMBEDDED = {"simclr": "dataset=embedded", "ssl_families": "dataset=embedded", "pythia_scaling": "source=embedded"}
SECONDS = {
    "infonce": 170,
    "pseudo_perplexity": 75,
    "pythia_scaling": 100,
    "simclr": 600,
}  # measured on an H100; simclr's is estimated
PARTS = {  # of benchmarks.on_gpu, with seconds; estimated where docs/gpu.md has no measurement
    "simclr": (60, "bfloat16 and float32 agree; images/s; peak memory"),
    "masked": (90, "pseudo-perplexity: device against CPU, bfloat16 against float32, tokens/s beside minicons"),
    "causal": (60, "perplexity: tokens/s beside transformers' recipe"),
    "nt_xent": (30, "NT-Xent beside the notebook's and lightly's"),
    "panels": (20, "NT-Xent of 65,536 rows in panels, beside the whole matrix"),
    "ladder": (40, "training tokens/s, and the share of the device's matrix products"),
    "layout": (90, "channels last and first; torch.compile on and off"),
    "lightly": (30, "a step on given views beside lightly's loop"),
}


@dataclass(frozen=True)
class Step:
    """What is run: `command` in a process of its own; `result`, the JSON file it leaves. devices: GPUs that it needs."""

    name: str
    shows: str
    command: tuple[str, ...]
    seconds: float
    result: str = ""
    devices: int = 1


def all_steps(folder: Path, rehearsal: bool) -> list[Step]:
    """A rehearsal has tiny sizes, on a CPU; it shows that the steps run, and measures nothing."""
    benchmarks = [_part(name, folder, rehearsal) for name in PARTS]
    notebooks = [_notebook(task.name, folder, rehearsal) for task in TASKS]
    short = sorted(notebooks, key=lambda step: step.seconds)
    return [*short[:3], *benchmarks, *short[3:], _two_processes(folder, rehearsal)]


def chosen(
    steps: Sequence[Step], minutes: float, devices: int, known: dict[str, float]
) -> tuple[list[Step], dict[str, str]]:
    """The steps that fit, in order, and why the others are left out. known: seconds by step, from an earlier run here."""
    left, fits, out = 60 * minutes - SPARE, [], {}
    for step in steps:
        seconds = known.get(step.name, step.seconds)
        if step.devices > devices:
            out[step.name] = f"needs {step.devices} GPUs, here {'is' if devices == 1 else 'are'} {devices}"
        elif seconds > left:
            out[step.name] = f"takes about {seconds:.0f} s, {max(0, left):.0f} s are left"
        else:
            left -= seconds
            fits.append(step)
    return fits, out


def _part(name: str, folder: Path, rehearsal: bool) -> Step:
    seconds, shows = PARTS[name]
    result = folder / f"on_gpu-{name}.json"
    small = ("--small", "--device", "cpu", "--rounds", "1") if rehearsal else ()
    command = (sys.executable, "-m", "benchmarks.on_gpu", "--parts", name, "--output", str(result), *small)
    return Step(f"on_gpu-{name}", shows, command, 15 if rehearsal else seconds, str(result))


def _notebook(task: str, folder: Path, rehearsal: bool) -> Step:
    profile = "smoke" if rehearsal else "gpu"
    parameter = ("-p", EMBEDDED[task]) if task in EMBEDDED else ()
    where = folder / f"notebook-{task}"
    command = ("run", task, "--profile", profile, *parameter, "-o", str(where))
    shows = f"the notebook's {profile} profile on embedded data: points and claims"
    seconds = 30 if rehearsal else SECONDS.get(task, 240)
    program = (sys.executable, "-m", "course_utils.cli")
    return Step(f"notebook-{task}", shows, (*program, *command), seconds, str(where / f"{task}.json"))


def _two_processes(folder: Path, rehearsal: bool) -> Step:
    program = (
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        "-m",
        "course_tools.large_batch.distributed",
    )
    profile = (
        ("--profile", "smoke") if rehearsal else ("--profile", "gpu", "--dataset", "embedded", "--batch-size", "1024")
    )
    command = (sys.executable, "-m", *program, *profile, "-o", str(folder / "two-processes"))
    shows = "one batch shared by two processes, with gathered negatives"
    return Step("two-processes", shows, command, 60 if rehearsal else 240, devices=1 if rehearsal else 2)
