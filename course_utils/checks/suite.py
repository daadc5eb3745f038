"""A suite: what a check holds an answer against."""

from collections.abc import Callable
from dataclasses import dataclass

from course_utils.checks.probe import Observation, Probe
from course_utils.checks.rules import Mistake


@dataclass(frozen=True)
class Suite:
    """probes; reference: probe's name -> what the right answer does there; mistakes: gives the known wrong answers.

    mistakes is called only if something failed and something was written, since it may have to run every known wrong answer.
    """

    probes: list[Probe]
    reference: dict[str, Observation]
    mistakes: Callable[[], list[Mistake]]
