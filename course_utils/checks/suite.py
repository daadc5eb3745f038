"""A suite: what a check holds an answer against."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe
from course_utils.checks.rules import judge, same

SHARED = 2  # probes with telling numbers on which a mistake explains an answer that is wrong elsewhere in another way


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer.

    name: in the bank. hint: for a person. on: what it does on a probe, None where it does right; asked for only as far as needed, since
    it may have to be run.
    """

    name: str
    hint: str
    on: Callable[[Probe], Observation | None]

    def explains(self, probe: Probe, seen: Observation) -> bool:
        """Whether it is wrong on the probe in just the way that was seen."""
        return (wrong := self.on(probe)) is not None and same(probe, seen, wrong)


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
        return best if count else self._in_part(seen)

    def _in_part(self, seen: dict[str, Observation]) -> Mistake | None:
        """The mistake that does what was seen on most of the probes that failed, where something else is wrong as well."""
        failed = [probe for probe in self.probes if judge(probe, seen[probe.name], self.reference[probe.name])]
        counted = [(self._shared(mistake, seen, failed), mistake) for mistake in self.mistakes]
        count, best = max(counted, key=lambda one: one[0], default=(0, None))
        return best if count else None

    def _shared(self, mistake: Mistake, seen: dict[str, Observation], failed: list[Probe]) -> int:
        """The number of probes on which `mistake` gives the very numbers that were seen, 0 if not on most, or if they may agree by chance."""
        shared, others = [], 0
        for probe in failed:
            if mistake.explains(probe, seen[probe.name]):
                shared.append(probe)
            elif 2 * (others := others + 1) >= len(failed):
                return 0
        if sum(_telling(seen[probe.name]) for probe in shared) < SHARED:
            return 0
        return 0 if any(mistake.on(probe) for probe in self.probes if probe not in failed) else len(shared)

    def _agreeing(self, mistake: Mistake, seen: dict[str, Observation]) -> int:
        """The number of probes on which `mistake` is wrong, 0 as soon as it is so in another way than what was seen."""
        count = 0
        for probe in self.probes:
            wrong = mistake.on(probe)
            if wrong and not same(probe, seen[probe.name], wrong):
                return 0
            count += wrong is not None
        return count


def _telling(seen: Observation) -> bool:
    """Whether it holds numbers that two answers do not share by chance, as they do 0 and 1."""
    numbers = [x for array in seen.values.values() for x in array.data]
    return any(math.isfinite(x) and x != round(x) for x in numbers)
