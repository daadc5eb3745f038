"""Recall questions: what an earlier section showed, asked again where the next one needs it. No points, no progress, nothing kept.

    lab.recall("ceiling", ...)        # in a notebook; a student puts an answer in place of the ...

The questions of a task are `QUESTIONS` in `course_utils/<task>/recall.py`; their texts stand in the notebook.
"""

import importlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from markupsafe import Markup

from course_utils.checks.card import STYLE
from course_utils.errors import UsageError
from course_utils.language import Sentence, shown
from course_utils.progress import live

NOT_YET = Sentence("not yet")
QUOTED = Sentence('"{}"').format(NOT_YET)
OPEN = Sentence('recall, no points: put your answer in place of the ...; "not yet" is a good one too')
LATER = Sentence("not yet: that is what this question is for. It was in {}; look back, then answer from memory")
RIGHT, OTHER = Sentence("right"), Sentence("not quite, and nothing is lost. It was in {}")
A_LETTER, A_NUMBER = Sentence("{} is none of the answers: {}, or {}"), Sentence("{} is no number; {} is an answer too")
FOLDED = Sentence("the answer")


@dataclass(frozen=True)
class Question:
    """right: the letter of the right answer, or a number. why: it is right. where: it was shown.

    instead: what each other letter, or a number that is likely, would mean. rtol: how near a number has to be.
    """

    right: str | float
    why: str
    where: str
    instead: Mapping[str | float, str] = field(default_factory=dict)
    rtol: float = 0.01

    @property
    def texts(self) -> list[str]:
        """What a person may read, to be translated."""
        return [self.where, self.why, *self.instead.values()]


@dataclass(frozen=True)
class Reply:
    """What is said of an answer. state: as of a check's card; told: at once; answer: folded, "" where there is none to give."""

    state: str
    head: str
    told: Sequence[str] = ()
    answer: str = ""

    def lines(self) -> list[str]:
        """As text."""
        last = [f"{shown(FOLDED)}: {self.answer}"] if self.answer else []
        return [self.head, *(f"  {line}" for line in (*self.told, *last))]

    def html(self) -> str:
        """As a card like that of a check."""
        folded = Markup("<details><summary>{}</summary><p>{}</p></details>").format(shown(FOLDED), self.answer)
        body = [Markup("<p>{}</p>").format(line) for line in self.told] + [folded] * bool(self.answer)
        head = Markup('<p class="head"><span>{}</span></p>').format(self.head)
        name = shown(Sentence("Recall"))
        return str(
            Markup('{}<div class="course-card {}" role="group" aria-label="{}">{}{}</div>').format(
                STYLE, self.state, name, head, Markup("").join(body)
            )
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": "\n".join(self.lines()), "text/html": self.html()}


def questions(task: str) -> Mapping[str, Question]:
    """The recall questions of a task by name; none of a task without."""
    module = f"course_utils.{task}.recall"
    return importlib.import_module(module).QUESTIONS if find_spec(module) else {}


def recall(task: str, name: str, answer: Any) -> Reply | None:
    """What is said of `answer`: the value of a cell's last line where a person works, printed headless, nothing at grading.

    Raises UsageError for a question that does not exist.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return None
    known = questions(task)
    if name not in known:
        raise UsageError(f"there is no recall question {name!r} in {task}; run this cell as it was in the notebook")
    said = reply(known[name], answer)
    if live():
        return said
    print("\n".join(said.lines()))
    return None


def reply(question: Question, answer: Any) -> Reply:
    """To whatever stands in place of the `...`."""
    if answer is ... or answer is None:
        return Reply("open", shown(OPEN))
    words = str(answer).strip().strip(".)").casefold()
    because = f"{_written(question.right)}. {shown(question.why)}"
    if words in (NOT_YET, shown(NOT_YET).casefold()):
        return Reply("open", shown(LATER.format(question.where)), answer=because)
    if isinstance(question.right, str):
        letters = sorted([question.right, *map(str, question.instead)])
        if words not in letters:
            return Reply("open", shown(A_LETTER.format(_given(answer), ", ".join(letters), QUOTED)))
        right, instead = words == question.right, question.instead.get(words, "")
    else:
        if (number := _number(answer)) is None:
            return Reply("open", shown(A_NUMBER.format(_given(answer), QUOTED)))
        right, instead = _near(number, question.right, question), _likely(number, question)
    if right:
        return Reply("done", shown(RIGHT), [shown(question.why)])
    return Reply("part", shown(OTHER.format(question.where)), [shown(instead)] if instead else [], because)


def _near(number: float, place: str | float, question: Question) -> bool:
    return math.isclose(number, float(place), rel_tol=question.rtol)


def _likely(number: float, question: Question) -> str:
    """What is said of a number that was expected, "" of any other."""
    return next((told for place, told in question.instead.items() if _near(number, place, question)), "")


def _written(right: str | float) -> str:
    return right if isinstance(right, str) else f"{right:.4g}"


def _given(answer: Any) -> str:
    """In a few characters."""
    return repr(answer)[:30] if isinstance(answer, str | int | float) else type(answer).__name__


def _number(answer: Any) -> float | None:
    """Of numbers of any library, and of text that is one."""
    try:
        number = float(answer)
    except (TypeError, ValueError, RuntimeError):
        return None
    return number if math.isfinite(number) else None
