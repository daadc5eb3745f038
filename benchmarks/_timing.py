"""What all benchmarks share: timing in turn, ratios with their spread, peak memory, and how cost grows."""

import argparse
import statistics as stats
import time
import warnings
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import log
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from course_utils.machine import this_machine, versions


def started(parser: argparse.ArgumentParser, rounds: int) -> argparse.Namespace:
    """The parsed command line, with --rounds and --threads; torch is seeded and has that many threads, peers' warnings are off."""
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    return args


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


def peak_memory(work: Callable[[], object]) -> float:
    """MiB of tensors that one call holds at most beyond those there before, counted by torch's profiler."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        work()
    changes = [event for event in recorded.profiler.kineto_results.events() if event.name() == "[memory]"]
    changes.sort(key=lambda event: event.start_ns())
    return max(accumulate((event.nbytes() for event in changes), initial=0)) / 2**20


def conditions(rounds: int) -> str:
    """Where and how was measured, in one line."""
    machine = this_machine()
    packages = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{machine.name}, {torch.get_num_threads()} of {machine.cores} cores, {rounds} rounds; {packages}"
