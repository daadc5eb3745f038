"""How much two submissions share, and how often independent ones share as much.

At one answer, a mark that two students share counts log(n / students who have it): what everybody writes counts nothing, what two alone have
counts most, and what was handed out is left out. How much that is, the class itself says: the evidence of the answer is -log of the share
of all pairs with at least as much. The score of a pair is the sum over its answers.

How often chance does as much: for independent students the total is a sum of independent draws from these distributions, one an answer. Few
copies among many pairs hardly change them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log

import numpy as np

from course_tools.similar.fingerprints import marks

Answers = Mapping[str, str]  # answer cell -> source
BIN = 0.25  # of scores, in nats


@dataclass(frozen=True)
class Pair:
    """Two students, and what they share. rate: share of independent pairs with a score as high; alike: answers by evidence, most first."""

    first: str
    second: str
    score: float
    rate: float
    alike: tuple[tuple[str, float], ...]


def pairs(students: Mapping[str, Answers], handed_out: Answers) -> list[Pair]:
    """All pairs, the least likely first. handed_out: the cells as released."""
    names = sorted(students)
    cells = sorted({cell for answers in students.values() for cell in answers})
    found = np.stack(
        [_shared([students[name].get(cell, "") for name in names], handed_out.get(cell, "")) for cell in cells]
    )
    upper = np.triu_indices(len(names), 1)
    each = np.stack([_evidence(one[upper]) for one in found])
    rates = chance(each)
    ranked = []
    for i, (a, b) in enumerate(combinations(range(len(names)), 2)):
        alike = sorted(
            ((cell, float(s)) for cell, s in zip(cells, each[:, i], strict=True) if s > 0), key=lambda x: -x[1]
        )
        ranked.append(Pair(names[a], names[b], float(each[:, i].sum()), float(rates[i]), tuple(alike)))
    return sorted(ranked, key=lambda pair: (pair.rate, -pair.score))


def _shared(sources: Sequence[str], handed_out: str) -> np.ndarray:
    """(n, n): evidence of one answer for each pair of students."""
    distinct = {source: marks(source) - marks(handed_out) for source in set(sources)}
    n, common = len(sources), Counter(mark for source in sources for mark in distinct[source])
    numbers = {mark: k for k, mark in enumerate(common)}
    has = np.zeros((n, len(numbers)), dtype=np.float32)
    for row, source in enumerate(sources):
        has[row, [numbers[mark] for mark in distinct[source]]] = 1
    weights = np.array([log(n / common[mark]) for mark in numbers], dtype=np.float32)
    return (has * weights) @ has.T


def _evidence(shared: np.ndarray) -> np.ndarray:
    """-log of the share of pairs that have at least as much, for each pair; 0 for those that share nothing."""
    ranks = np.searchsorted(np.sort(shared), shared - 1e-4)
    return np.where(shared > 1e-4, -np.log1p(-ranks / shared.size), 0.0)


def chance(each: np.ndarray) -> np.ndarray:
    """(answers, pairs) -> for each pair, how probable a total as high is for independent answers."""
    totals = np.floor(each / BIN).astype(int).sum(axis=0)
    law = np.ones(1)
    for scores in np.floor(each / BIN).astype(int):
        law = np.convolve(law, np.bincount(scores) / scores.size)
    tail = np.clip(law[::-1].cumsum()[::-1], 0, 1)
    return tail[totals]
