"""Right answers on many gradings: whatever seed a grading has, they must keep their points, and few inputs should have to be drawn again."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import torch

from course_tools.checks import bank, fresh
from course_utils.checks import fingerprints
from course_utils.checks.check import decide, observe_all
from course_utils.errors import UsageError
from course_utils.machine import cores
from course_utils.tables import text_table
from course_utils.tasks import chosen


@dataclass(frozen=True)
class Swept:
    """One exercise on all seeds.

    answers: right ones, each held against `verdicts` suites of fresh inputs. lost: those that did not earn full points there, with what
    they were told. inputs: drawn at first. refused: those of them that a right answer did not pass, and so were drawn again.
    """

    exercise: str
    answers: int
    verdicts: int
    lost: tuple[str, ...]
    inputs: int
    refused: tuple[str, ...]


def sweep(name: str, seeds: range) -> Swept:
    """The reference and every alternative of "task/exercise", as `course grade --seed` judges them."""
    torch.set_num_threads(1)
    task, _, exercise = name.partition("/")
    right = {"solution": bank.reference(name), **bank.load(name).alternatives}
    suites = [(seed, suite) for seed in seeds for suite in fingerprints.load(task)[exercise]["points"]]
    lost: list[str] = []
    refused: list[str] = []
    inputs = 0
    for seed, suite in suites:
        first, held = fresh.drawn_at_first(name, suite, seed), fresh.drawn.__wrapped__(name, suite, seed)
        inputs += len(first)
        refused += [
            f"{one.name}, seed {seed}" for one, two in zip(first, held.probes, strict=True) if one.seed != two.seed
        ]
        for label, answer in right.items():
            lost += [
                f"{label}, seed {seed}: {line.probe.name}: {line.problem}"
                for line in decide(held, observe_all(held.probes, answer)).lines
                if line.problem
            ]
    return Swept(name, len(right), len(suites) * len(right), tuple(lost), inputs, tuple(refused))


def sweep_command(tasks: list[str], exercise: str | None, seeds: int) -> int:
    """`course check --seeds N`: print a row per task, and all that was lost or refused; 1 if a right answer lost anything."""
    names = [f"{task}/{e}" for task in chosen(tasks) for e in fingerprints.load(task) if exercise in (None, e)]
    if not names:
        raise UsageError(f"there is no exercise {exercise!r}")
    with ProcessPoolExecutor(min(cores(), len(names)), get_context("spawn")) as pool:
        found = list(pool.map(partial(sweep, seeds=range(seeds)), names))
    for one in found:
        for mark, lines in (("LOST", one.lost), ("again", one.refused)):
            for line in lines:
                print(f"{mark:<6}{one.exercise}: {line}")
    print(table(found))
    return 1 if any(one.lost for one in found) else 0


def table(found: list[Swept]) -> str:
    """A row per task."""
    rows = []
    for task in dict.fromkeys(one.exercise.partition("/")[0] for one in found):
        mine = [one for one in found if one.exercise.startswith(f"{task}/")]
        numbers = (
            len(mine),
            sum(one.answers for one in mine),
            sum(one.verdicts for one in mine),
            sum(len(one.lost) for one in mine),
            sum(one.inputs for one in mine),
            sum(len(one.refused) for one in mine),
        )
        rows.append((task, *(f"{number:,}" for number in numbers)))
    head = ("", "exercises", "right answers", "verdicts", "points lost in", "inputs drawn", "drawn again")
    return text_table(head, rows, right=range(1, 7))
