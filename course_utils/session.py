"""The first cell of every notebook: one seeded session on one device, and the record of what it measured.

`lab = start("simclr", profile=profile, seed=seed)` checks the machine and prints what it found; `lab.record` and
`lab.claim` state results where `course run` can hold them against the recorded bands.
"""

import math
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from course_utils.entries import Claim, Entry, Metric, Started, to_line
from course_utils.errors import CourseError
from course_utils.language import Sentence, shown, speak
from course_utils.machine import Machine, this_machine, versions
from course_utils.measured import expected_cost
from course_utils.profiles import PROFILES
from course_utils.progress import in_notebook, live
from course_utils.tables import text_table

if TYPE_CHECKING:
    import torch

    from course_utils.recall import Reply
    from course_utils.standing import Standing

Choice = TypeVar("Choice")
DEVICES = ("cpu", "cuda", "mps")
# white to black, a blue line stays blue; as on the site's dark pages
DARK_PICTURES = """<style>
[data-jp-theme-light="false"] img.jp-needs-light-background { filter: invert(.92) hue-rotate(180deg) }
</style>"""


class Session:
    """What a notebook knows about its run: `task`, `profile`, `seed`, `device` (torch.device), `generator` (seeded, CPU).

    `metrics` and `claims` hold what was recorded; under `course run` each is also written to disk at once.
    """

    def __init__(
        self, task: str, profile: str, seed: int, device: "torch.device", generator: "torch.Generator"
    ) -> None:
        self.task, self.profile, self.seed = task, profile, seed
        self.device, self.generator = device, generator
        self.metrics: dict[str, float | list[float]] = {}
        self.claims: dict[str, bool] = {}
        self._file = os.environ.get("COURSE_METRICS")

    def pick(self, *, smoke: Choice, quick: Choice, gpu: Choice) -> Choice:
        """The value of this session's profile: `epochs = lab.pick(smoke=1, quick=20, gpu=200)`."""
        return {"smoke": smoke, "quick": quick, "gpu": gpu}[self.profile]

    def record(
        self,
        name: str,
        value: float | Sequence[float],
        unit: str = "",
        headline: bool = False,
        tolerance: float | None = None,
    ) -> None:
        """Keep a metric: a number, or a list of numbers (also as array or tensor).

        `headline` marks the one shown in the table of `course run`; `tolerance` is the half width of its band, where the
        usual rule of `course bands` does not fit. Raises ValueError when the value is NaN or infinite.
        """
        kept = _plain(name, value)
        self.metrics[name] = kept
        self._write(Metric(name, kept, unit, headline, tolerance))

    def claim(self, statement: str, holds: bool, detail: str = "") -> None:
        """State a result that must hold; `detail` shows the numbers. `course run` fails if it does not, except in smoke."""
        claim = Claim(statement, bool(holds), detail)
        self.claims[statement] = claim.holds
        verdict = Sentence("claim holds: {}") if claim.holds else Sentence("claim does NOT hold: {}")
        unjudged = Sentence(" [smoke is too small to judge it]") if self.profile == "smoke" and not claim.holds else ""
        print(shown(verdict.format(str(Claim(shown(statement), claim.holds, detail)))) + shown(unjudged))
        self._write(claim)

    def summary(self) -> None:
        """Print every metric and claim of this run."""
        for name, value in self.metrics.items():
            print(f"{name:<44}{value:>10.4g}" if isinstance(value, float | int) else f"{name}: {value}")
        for statement, holds in self.claims.items():
            verdict = Sentence("holds") if holds else Sentence("DOES NOT HOLD")
            print(f"{shown(verdict):<15}{shown(statement)}")

    def progress(self) -> "Standing":
        """Points so far, exercises untouched, in work and done, and what to do next; the value of a cell's last line."""
        from course_utils.standing import standing

        return standing(self.task)

    def recall(self, name: str, answer: object) -> "Reply | None":
        """What is said of `answer` to a recall question of this task: ungraded, kept nowhere; the value of a cell's last line."""
        from course_utils.recall import recall

        return recall(self.task, name, answer)

    def _write(self, entry: Entry) -> None:
        if self._file:
            with Path(self._file).open("a", encoding="utf-8") as stream:  # opened each time: nothing is lost in a crash
                stream.write(to_line(entry) + "\n")


def start(
    task: str,
    profile: str = "quick",
    seed: int = 0,
    device: str | None = None,
    language: str | None = None,
    **settings: object,
) -> Session:
    """Seed python, numpy and torch, choose the device, print the preflight table and return the session.

    `device` (or the environment variable COURSE_DEVICE) overrides the choice, "cuda" where there is one and else "cpu"; "mps", an Apple
    GPU, must be asked for: it knows no float64, and no bands are recorded for it.
    `language` (or COURSE_LANGUAGE) is what checks and sessions speak; when nbgrader executes the notebook, English.
    `settings` (such as `data="embedded"`) are printed as they are. When nbgrader executes the notebook the profile is
    "smoke". Raises CourseError on an unknown profile, and on the profile "gpu" without a CUDA device.
    """
    if profile not in PROFILES:
        raise CourseError(
            f"unknown profile {profile!r}: set profile to one of {', '.join(PROFILES)} in the parameters cell"
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise CourseError(f"seed={seed!r}: set seed to a whole number, 0 or more, in the parameters cell")
    grading = os.environ.get("NBGRADER_EXECUTION")
    profile = "smoke" if grading else profile
    speak(None if grading else language or os.environ.get("COURSE_LANGUAGE"), task)
    chosen = _choose_device(profile, device or os.environ.get("COURSE_DEVICE"))
    session = Session(task, profile, seed, chosen, _seed_everything(seed))
    machine = this_machine(chosen.type)
    printed = {name: str(value) for name, value in settings.items()}
    session._write(Started(task, profile, seed, machine, versions(), printed))
    note = f" (nbgrader is running: {grading})" if grading else ""
    print(_preflight(session, machine, note, printed))
    if live():
        from IPython.display import display

        display({"text/html": DARK_PICTURES, "text/plain": ""}, raw=True)
    if in_notebook():
        from course_utils import unanswered  # with torch

        unanswered.install(task)
    return session


def _choose_device(profile: str, wanted: str | None) -> "torch.device":
    import torch

    if wanted in (None, "", "auto"):
        if profile == "gpu" and not torch.cuda.is_available():
            raise CourseError(
                "profile 'gpu' needs a CUDA device and torch sees none here; "
                'set profile = "quick" in the parameters cell, or run on a machine with a GPU (`course doctor` tells)'
            )
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if wanted not in DEVICES:
        raise CourseError(f"device {wanted!r} (COURSE_DEVICE): use {', '.join(DEVICES)} or auto")
    if not getattr(torch, wanted).is_available():
        raise CourseError(f"device {wanted!r} (COURSE_DEVICE) was asked for and torch sees none; use cpu or auto")
    return torch.device(wanted)


def _seed_everything(seed: int) -> "torch.Generator":
    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def _preflight(session: Session, machine: Machine, note: str, settings: dict[str, str]) -> str:
    rows = {
        Sentence("task"): session.task,
        Sentence("profile"): session.profile + note,
        Sentence("seed"): str(session.seed),
        Sentence("versions"): ", ".join(f"{package} {version}" for package, version in versions().items()),
        Sentence("device"): f"{session.device.type}: {machine}",
        **settings,
        Sentence("expected"): expected_cost(session.task, session.profile, machine.kind, machine.device_class),
        **_progress(session.task),
    }
    return text_table((), [(shown(name), value) for name, value in rows.items()])


def _progress(task: str) -> dict[str, str]:
    """For one who comes back, where they stand."""
    from course_utils.standing import standing

    if not live():
        return {}
    try:
        found = standing(task)
    except CourseError as error:
        return {Sentence("progress"): str(error)}
    if not found.noted:
        return {}
    go_on = shown(Sentence("{}; `lab.progress()` shows all").format(found.step()))
    return {Sentence("progress"): found.welcome(), Sentence("next"): go_on}


def _plain(name: str, value: float | Sequence[float]) -> float | list[float]:
    """As builtin numbers. Raises ValueError naming the metric when one is not finite, TypeError when one is no number."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, list | tuple):
        return [_number(name, item) for item in value]
    return _number(name, value)


def _number(name: str, value: object) -> float:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"metric {name!r} is {value!r}: record a number or a list of numbers (a yes or no is a claim)")
    if not math.isfinite(value):
        raise ValueError(f"metric {name!r} is {value}: only finite numbers are recorded")
    return value
