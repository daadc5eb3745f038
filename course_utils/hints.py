"""Hints with a memory: after honest tries a check offers the next hint of its exercise, and a further one when a mistake comes back.

The hints are those that stand folded in the statement, where they can always be opened. What was tried is kept in the progress file
(`course_utils.standing`) as hashes, at home only: nothing is offered, and nothing kept, headless or at grading.
"""

import ast
import contextlib
import hashlib
import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from course_utils.language import Sentence, shown

EVERY = 2  # tries for one hint
FOLDED = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
STYLE = Markup("""<style>
.course-hints { font: var(--jp-ui-font-size1, .85rem)/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color0, inherit); max-width: 60em; margin: .3em 0 .6em }
.course-hints p { margin: .2em 0 }
.course-hints summary { cursor: pointer }
</style>""")

Hint = tuple[str, str]  # what is written on it, what is inside (Markdown with a little HTML, the course's own)


def in_statement(source: str) -> list[Hint]:
    """The hints of a statement in the order of the ladder: hints, pseudocode, then help by symptom."""
    found = [(title.strip(), " ".join(text.split())) for title, text in FOLDED.findall(source)]
    return sorted(found, key=lambda hint: hint[0].startswith(("Help", shown(Sentence("Help")))))


def tried(answer: Any) -> str:
    """A hash of what was tried: of a function its code, whatever its comments and spaces; of a value what it prints as."""
    what = type(answer).__name__
    with contextlib.suppress(Exception):  # whatever an object of the student's does when it is printed
        what = repr(answer)
    with contextlib.suppress(Exception):  # a value, or a function without source
        what = ast.dump(ast.parse(textwrap.dedent(inspect.getsource(answer))))
    return hashlib.sha256(what.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Offer:
    """Hints below a check. tries: different answers so far; again: how many of them made the mistake of the last one."""

    hints: Sequence[Hint]
    tries: int
    again: int

    def reason(self) -> str:
        plain = Sentence("{} different answers so far. From the statement, if you like:")
        back = Sentence(
            "{} different answers so far, and {} of them made this mistake. From the statement, if you like:"
        )
        return shown(back.format(self.tries, self.again) if self.again > 1 else plain.format(self.tries))

    def lines(self) -> list[str]:
        return [self.reason(), *(f"  {title}: {re.sub('<[^>]+>', '', text)}" for title, text in self.hints)]

    def html(self) -> str:
        """The newest hint is open where a mistake came back; else all are folded."""
        folded = [
            Markup("<details{}><summary>{}</summary>{}</details>").format(
                Markup(" open") if self.again > 1 and number == len(self.hints) else "",
                Markup(CODE.sub(r"<code>\1</code>", title)),
                Markup(CODE.sub(r"<code>\1</code>", text)),
            )
            for number, (title, text) in enumerate(self.hints, 1)
        ]
        body = Markup('<div class="course-hints"><p>{}</p>{}</div>').format(self.reason(), Markup("").join(folded))
        return str(STYLE + body)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": "\n".join(self.lines()), "text/html": self.html()}


def offer(hints: Sequence[Hint], tries: Mapping[str, str]) -> Offer | None:
    """What to offer after `tries` (hash -> the known mistake it made, "" if none), the last one last; None if it is too early."""
    last = list(tries.values())[-1] if tries else ""
    again = sum(mistake == last for mistake in tries.values()) if last else 0
    count = min(len(tries) // EVERY + max(again - 1, 0), len(hints))
    return Offer(hints[:count], len(tries), again) if count else None
