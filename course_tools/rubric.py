"""A written question as its instructor's cell holds it: a full answer, then `**Rubric.**` and one line for each criterion.

    **A full answer.** The loss is ...

    **Rubric.**

    - 1 point: the loss as a sum of separate terms.
    - 1 point: solved for $s$.

    Half points are fine.

What stands after the lines is a remark to the reader. A cell without a rubric is all sample.
"""

import re
from dataclasses import dataclass

MARKS = re.compile(r"^### (?:BEGIN|END) SOLUTION\n?", re.MULTILINE)
TITLE = "**Rubric.**"
LINE = re.compile(r"^- (?P<points>\d+(?:\.\d+)?) points?: (?P<text>.+(?:\n[ \t]+\S.*)*)\n?", re.MULTILINE)


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric; text: markdown."""

    points: float
    text: str


@dataclass(frozen=True)
class Rubric:
    """sample: what a full answer says; remark: to whoever reads; both markdown, "" if there is none."""

    sample: str
    criteria: tuple[Criterion, ...] = ()
    remark: str = ""

    @property
    def points(self) -> float:
        return sum(criterion.points for criterion in self.criteria)


def rubric(source: str) -> Rubric:
    """Read the source of a manual cell."""
    sample, _, rest = MARKS.sub("", source).partition(TITLE)
    criteria = tuple(Criterion(float(line["points"]), " ".join(line["text"].split())) for line in LINE.finditer(rest))
    return Rubric(sample.strip(), criteria, LINE.sub("", rest).strip())
