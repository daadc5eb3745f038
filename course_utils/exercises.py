"""The exercises of a task, as its released notebook states them: number, title, minutes, and what each answer is worth."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.hints import Hint, in_statement
from course_utils.language import ENGLISH, spoken
from course_utils.paths import NOTEBOOKS

TITLE = re.compile(r"^#+\s*(?P<number>\w+\s+\d[\w.]*?)\s*:\s*(?P<title>.+?)\s*$", re.MULTILINE)
MINUTES = re.compile(r"(\d+) minutes")
DEFINED = re.compile(r"^(?:(?:async )?def|class)\s+(\w+)|^(\w+)\s*(?::[^=\n]+)?=[^=]", re.MULTILINE)


@dataclass
class Exercise:
    """Number ("Exercise 3.3"), title and minutes of a statement; of each answer below it the points of its check and those of grading.

    names: what its answers define. by_hand: points that a person gives. hints: those of the statement, as a ladder.
    """

    number: str
    title: str
    minutes: int = 0
    public: dict[str, float] = field(default_factory=dict)
    hidden: dict[str, float] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    by_hand: float = 0.0
    hints: list[Hint] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.number}: {self.title}"


def exercises(task: str) -> tuple[Exercise, ...]:
    """In the notebook's order; none where there is no notebook beside the course, or one that cannot be read."""
    here = task if spoken() == ENGLISH else f"{spoken()}/{task}"
    return _exercises(here) or _exercises(task)


@cache
def _exercises(folder: str) -> tuple[Exercise, ...]:
    try:
        path = NOTEBOOKS / folder / f"{Path(folder).name}.ipynb"
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return tuple(_read(cells))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def exercise_of(task: str, name: str) -> Exercise | None:
    """Whose answer is called `name`, or defines it."""
    found = (one for one in exercises(task) if name in one.public or name in one.hidden or name in one.names)
    return next(found, None)


def _read(cells: list[dict[str, Any]]) -> Iterator[Exercise]:
    current = None
    for cell in cells:
        source, ours = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        if "course" in cell["metadata"] and (found := TITLE.search(source)):
            if current:
                yield current
            minutes = MINUTES.search(source)
            current = Exercise(" ".join(found["number"].split()), found["title"], int(minutes[1]) if minutes else 0)
            current.hints = in_statement(source)
        elif current and ours.get("grade") and ours.get("solution"):
            current.by_hand += ours["points"]
        elif current and ours.get("solution"):
            current.names |= {name for pair in DEFINED.findall(source) for name in pair if name}
        elif current and ours.get("grade"):
            answer, _, kind = ours["grade_id"].rpartition("_")
            (current.hidden if kind == "hidden" else current.public)[answer] = ours["points"]
    if current:
        yield current
