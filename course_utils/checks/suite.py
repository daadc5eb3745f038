"""A suite: what a check holds an answer against."""

from collections.abc import Callable
from dataclasses import dataclass, field

from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe
from course_utils.checks.rules import same


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer.

    name: in the bank. hint: for a person. on: what it does on a probe, None where it does right; asked for only as far as needed, since
    it may have to be run.
    """

    name: str
    hint: str
    on: Callable[[Probe], Observation | None]


@dataclass(frozen=True)
class Suite:
    """What an answer is held against, probe by probe.

    reference: probe's name -> what the right answer does there. mistakes: the known wrong answers. responds: probe's name -> what changes
    of the arguments do to the right answer, as far as known (`course_utils.checks.relations.laws`).
    """

    probes: list[Probe]
    reference: dict[str, Observation]
    mistakes: list[Mistake]
    responds: dict[str, dict[str, str]] = field(default_factory=dict)

    def match(self, seen: dict[str, Observation]) -> Mistake | None:
        """The mistake that does what was seen wherever it is wrong: of several, the one that is wrong on most probes."""
        counted = [(self._agreeing(mistake, seen), mistake) for mistake in self.mistakes]
        count, best = max(counted, key=lambda one: one[0], default=(0, None))
        return best if count else None

    def _agreeing(self, mistake: Mistake, seen: dict[str, Observation]) -> int:
        """The number of probes on which `mistake` is wrong, 0 as soon as it is so in another way than what was seen."""
        count = 0
        for probe in self.probes:
            wrong = mistake.on(probe)
            if wrong and not same(probe, seen[probe.name], wrong):
                return 0
            count += wrong is not None
        return count
