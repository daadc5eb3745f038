"""Random answers: do many calls follow the law they should, jointly, and not only in their shares?

A law is a set of yes-or-no events, each with its probability for every unit (an image, a token) of a call. From many calls, only counts of
independent events of known probability are kept (`Tally`):

- how often it happened, over all;
- the groups (calls, rows of a call, places over all calls) whose own count lies near the middle of its binomial distribution. Too many
  of them and the counts vary too little, as where exactly round(p n) are chosen; too few and one coin decides for many;
- the neighbours (along a row, from row to row, from call to call), in pairs that do not overlap, in which it happened to both or to neither;
- whether a seed repeats itself, which it does not where something is remembered between calls, and whether another one differs.

How often a right answer is refused: a count k of n independent events of mean probability p is at least as far from n p, to its side,
with a probability of at most exp(-n KL(k/n || p)) (Hoeffding 1963, theorem 1; the events may have different probabilities). A probe with
T tallies refuses one that lies on either side beyond REFUSED / (2T), so by the union bound it refuses a right answer with a probability
of at most REFUSED = 1e-10, on any seed; ten such probes in a check, 1e-9.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from course_utils.checks.guard import seeded

REFUSED = 1e-10  # bound on the probability that one probe refuses a right answer
ALIKE = 0.15  # shares this close belong to the same mistake
AGAIN, ANOTHER = "the same seed once more gives the same", "another seed gives the same"


@dataclass(frozen=True)
class Event:
    """happened: (rows,) or (rows, entries) bool, of one call. among: the units that toss at all, None for all of them.

    chance: of each unit; a tensor like `happened` where it is not the same for all (then only the share is tested).
    """

    happened: Tensor
    chance: float | Tensor
    among: Tensor | None = None


@dataclass(frozen=True)
class Tally:
    """`count` of `trials` independent events, whose mean probability is `chance`."""

    count: int
    trials: int
    chance: float

    @property
    def share(self) -> float:
        return self.count / self.trials if self.trials else self.chance

    def bound(self) -> float:
        """Upper bound on the probability of a count at least this far from its mean, to its side."""
        return math.exp(-self.trials * (_cost(self.share, self.chance) + _cost(1 - self.share, 1 - self.chance)))

    def like(self, other: "Tally") -> bool:
        """Whether both may come from one mistake."""
        return abs(self.share - other.share) <= ALIKE


Law = Callable[..., dict[str, Event]]


def tallies(call: Callable[[], dict[str, Event]], seed: int, calls: int) -> dict[str, Tally]:
    """What `calls` calls in a row give, and whether their seed decides."""
    with seeded(seed):
        found = [call() for _ in range(calls)]
    with seeded(seed):
        again = call()
    with seeded((seed + 1) % 2**32):
        other = call()
    result = {name: tally for key in found[0] for name, tally in _of_event(key, [one[key] for one in found])}
    coins = [event for event in found[0].values() if isinstance(event.chance, float) and 0 < event.chance < 1]
    if coins:
        result[AGAIN] = Tally(int(_equal(found[0], again)), 1, 1.0)
        result[ANOTHER] = Tally(int(_equal(found[0], other)), 1, min(map(_coincidence, coins)))
    return result


def broken(found: dict[str, Tally]) -> tuple[str, Tally] | None:
    """The least probable of the tallies that a right answer does not give."""
    name, tally = min(found.items(), key=lambda one: one[1].bound(), default=("", None))
    return (name, tally) if tally and tally.bound() < REFUSED / (2 * len(found)) else None


def _of_event(name: str, calls: list[Event]) -> Iterator[tuple[str, Tally]]:
    happened = torch.stack([event.happened for event in calls])
    among = torch.stack([torch.ones_like(e.happened) if e.among is None else e.among for e in calls])
    chance = torch.stack([torch.as_tensor(e.chance, dtype=torch.float64).expand(e.happened.shape) for e in calls])
    if not among.any():
        return
    p = calls[0].chance
    yield name, _tally(happened[among], float(p) if isinstance(p, float) else float(chance[among].mean()))
    if not isinstance(p, float) or p in (0.0, 1.0):
        return
    dims = tuple(range(1, happened.dim()))
    groups = {"call": dims, "row": dims[1:], "place": (0,)}
    for group, over in groups.items():
        if over:
            sizes, counts = among.sum(over).flatten(), (happened & among).sum(over).flatten()
            yield f"{name}, counted per {group}: near the middle", _near_the_middle(sizes, counts, p)
    for axis, where in zip(range(happened.dim()), ("calls", "rows", "entries"), strict=False):
        line = happened.movedim(axis, -1)[among.movedim(axis, -1)]
        pairs = line[: len(line) // 2 * 2].view(-1, 2)
        yield f"{name}, neighbouring {where}: alike", _tally(pairs[:, 0] == pairs[:, 1], p**2 + (1 - p) ** 2)


def _tally(happened: Tensor, chance: float) -> Tally:
    return Tally(int(happened.sum()), happened.numel(), chance)


def _near_the_middle(sizes: Tensor, counts: Tensor, p: float) -> Tally:
    """The groups whose count is near its mean, among those that have a unit."""
    pairs = [(n, k) for n, k in zip(sizes.tolist(), counts.tolist(), strict=True) if n]
    near = sum(abs(k - n * p) <= _width(n, p) for n, k in pairs)
    return Tally(near, len(pairs), min(1.0, math.fsum(_middle(n, p) for n, _ in pairs) / max(1, len(pairs))))


def _width(n: int, p: float) -> float:
    """Half the counts lie this near their mean, more of small ones: n p, rounded to either side, always does."""
    return max(1.0, 0.6745 * math.sqrt(n * p * (1 - p)))


@cache
def _middle(n: int, p: float) -> float:
    """The probability that a binomial count lies near its mean."""
    near = [k for k in range(n + 1) if abs(k - n * p) <= _width(n, p)]
    choices = (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in near)
    return math.fsum(
        math.exp(c + k * math.log(p) + (n - k) * math.log1p(-p)) for k, c in zip(near, choices, strict=True)
    )


def _equal(one: dict[str, Event], two: dict[str, Event]) -> bool:
    return all(torch.equal(one[key].happened, two[key].happened) for key in one)


def _coincidence(event: Event) -> float:
    """The probability that two independent calls agree in all units that toss a coin."""
    p, units = float(event.chance), event.happened if event.among is None else event.happened[event.among]
    return (p**2 + (1 - p) ** 2) ** units.numel()


def _cost(share: float, chance: float) -> float:
    if share <= 0:
        return 0.0
    return share * math.log(share / chance) if chance > 0 else math.inf
