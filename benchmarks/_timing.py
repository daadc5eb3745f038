"""What all benchmarks share: timing in turn, ratios with their spread, peak memory, and how cost grows."""

import re
import statistics as stats
import time
from collections.abc import Callable, Sequence
from math import log
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from course_utils.machine import this_machine, versions


def interleaved(run: dict[str, Callable[[], object]], rounds: int, device: str = "cpu") -> dict[str, list[float]]:
    """Seconds of every function in every round; a round calls each once, in turn, so that a busy moment hits all alike.

    CPU seconds, of all threads, on a CPU; wall-clock seconds on a GPU. There is no round to warm up: results have been compared before.
    """
    seconds: dict[str, list[float]] = {name: [] for name in run}
    for _ in range(rounds):
        for name, work in run.items():
            seconds[name].append(timed(work, device)[0])
    return seconds


def timed(work: Callable[[], Any], device: str = "cpu") -> tuple[float, Any]:
    """Seconds of one call, as in `interleaved`, and its result."""
    clock = time.perf_counter if device == "cuda" else time.process_time
    start = clock()
    result = work()
    if device == "cuda":
        torch.cuda.synchronize()
    return clock() - start, result


def faster(theirs: Sequence[float], ours: Sequence[float]) -> str:
    """How many times faster ours is: the median of the rounds' ratios and their range."""
    ratios = [a / b for a, b in zip(theirs, ours, strict=True)]
    return f"{stats.median(ratios):.2f}x ({min(ratios):.2f} - {max(ratios):.2f})"


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power that cost grows with: the least-squares slope of log cost over log size."""
    return stats.linear_regression([log(x) for x in sizes], [log(y) for y in costs]).slope


def peak_memory(prepare: Callable[..., Callable[[], object]], *arguments: object) -> float:
    """MiB that calling `prepare(*arguments)()` takes at its peak beyond what was held before, in a fresh process (Linux)."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (prepare, arguments))


def _peak(prepare: Callable[..., Callable[[], object]], arguments: tuple[object, ...]) -> float:
    torch.set_num_threads(1)
    work = prepare(*arguments)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _kib("VmRSS")
    work()
    return (_kib("VmHWM") - before) / 1024


def _kib(name: str) -> int:
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def conditions(rounds: int) -> str:
    """Where and how was measured, in one line."""
    machine = this_machine()
    packages = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{machine.name}, {torch.get_num_threads()} of {machine.cores} cores, {rounds} rounds; {packages}"
