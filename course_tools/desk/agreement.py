"""How far a blind second reading agrees with the first: the share of equal scores, and Cohen's kappa, which chance alone leaves at 0."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_tools.desk.questions import Question
from course_tools.grading.model.records import Reading

STEP = 0.5  # points: scores nearer to each other count as equal


@dataclass(frozen=True)
class Agreement:
    """kappa: Cohen's; weighted: with quadratic weights, so that a near miss counts less. None where all scores are one and the same."""

    reader: str
    count: int
    equal: int
    kappa: float | None
    weighted: float | None


def agreements(readings: Iterable[Reading], question: Question) -> list[Agreement]:
    """For each second reader, against the scores that stood when the answers were read."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for one in readings:
        if (
            (one.notebook, one.grade_id) == (question.notebook, question.name)
            and one.beside is not None
            and one.score is not None
        ):
            pairs.setdefault(one.reader, []).append((one.beside, one.score))
    return [_agreement(reader, found) for reader, found in sorted(pairs.items())]


def _agreement(reader: str, pairs: Sequence[tuple[float, float]]) -> Agreement:
    first, second = zip(*(map(_steps, pair) for pair in pairs), strict=True)
    equal = sum(a == b for a, b in zip(first, second, strict=True))
    return Agreement(reader, len(pairs), equal, _kappa(first, second, None), _kappa(first, second, "quadratic"))


def _steps(score: float) -> int:
    return round(score / STEP)


def _kappa(first: Sequence[int], second: Sequence[int], weights: str | None) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    if len({*first, *second}) == 1:  # nothing that chance could miss: 0 / 0
        return None
    labels = range(min(*first, *second), max(*first, *second) + 1)  # all steps, so that weights are distances
    with warnings.catch_warnings(action="ignore"):
        return float(cohen_kappa_score(first, second, labels=list(labels), weights=weights))
