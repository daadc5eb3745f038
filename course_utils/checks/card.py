"""What a check says, with one content and two forms: lines of text, and in a notebook a small card. What failed comes first.

The card names its colours after JupyterLab's, so it follows the theme; elsewhere it takes the colour of the text around it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

NUMBERS = re.compile(r"^(?P<before>.*?)got (?P<got>\S+), expected (?P<expected>[^\s;]+)(?P<after>.*)$", re.DOTALL)
STYLE = Markup("""<style>
.course-card { border: 1px solid var(--jp-border-color1, #8a8f98); border-left: 5px solid var(--course-mark); border-radius: 3px;
  padding: .5em .9em; margin: .3em 0; max-width: 60em; color: var(--jp-ui-font-color0, inherit);
  font: var(--jp-ui-font-size1, .85rem)/1.5 var(--jp-ui-font-family, system-ui, sans-serif) }
.course-card.done { --course-mark: var(--jp-success-color1, #2e7d32) }
.course-card.part { --course-mark: var(--jp-warn-color1, #b45309) }
.course-card.none { --course-mark: var(--jp-error-color1, #c62828) }
.course-card.open { border: 0; border-left: 4px solid var(--jp-border-color1, #8a8f98); padding: .2em .8em }
.course-card.open .head { justify-content: flex-start; font-weight: inherit }
.course-card p { margin: .25em 0 }
.course-card .head { display: flex; flex-wrap: wrap; gap: .2em 1em; justify-content: space-between; font-weight: 600 }
.course-card table { border-collapse: collapse; margin: .3em 0; font-size: inherit; color: inherit; table-layout: auto }
.course-card th, .course-card td { text-align: left !important; padding: .15em 1.2em .15em 0; vertical-align: top; border: 0; background: none;
  max-width: none; white-space: normal; overflow-wrap: break-word }
.course-card .number { text-align: right !important; font-variant-numeric: tabular-nums; overflow-wrap: normal; white-space: nowrap;
  font-family: var(--jp-code-font-family, ui-monospace, monospace) }
.course-card tbody tr { background: none !important }
.course-card .cause { border-left: 3px solid var(--course-mark); padding-left: .7em; margin: .5em 0 }
.course-card summary { cursor: pointer }
.course-card ul { margin: .2em 0; padding-left: 1.4em }
</style>""")


@dataclass(frozen=True)
class Card:
    """The verdict of one check.

    failed: (probe, problem), where "" stands for all probes alike. passed: names of probes. cause: why, in words. notes: what costs no
    points, and what else counts. later: what this check does not decide. open: why there is nothing to judge yet, "" if there is.
    """

    name: str
    points: float
    maximum: float
    failed: Sequence[tuple[str, str]] = ()
    passed: Sequence[str] = ()
    cause: Sequence[str] = ()
    notes: Sequence[str] = ()
    later: str = ""
    open: str = ""

    def lines(self) -> list[str]:
        """As text."""
        head = f"{self.name:<32} {self.points:g} / {self.maximum:g}"
        if self.open:
            return [f"{head}  {self.open}"]
        lines = [head]
        lines += [f"  FAIL  {probe}: {problem}" if probe else f"  FAIL  {problem}" for probe, problem in self.failed]
        lines += [f"        {text}" for text in self.cause]
        lines += [f"  ok    {probe}" for probe in self.passed]
        lines += [f"  note  {text}" for text in self.notes]
        return [*lines, f"  {self.later}"] if self.later else lines

    def html(self) -> str:
        """As a card: no script, nothing fetched, whatever an answer returned escaped."""
        state = "open" if self.open else "done" if not self.failed else "part" if self.points else "none"
        word = {"open": self.open, "done": "right", "part": "partly right", "none": "not right yet"}[state]
        title = f"Check of {self.name}: {self.points:g} of {self.maximum:g} points"
        body = [
            Markup('<p class="head"><span>{}</span> <span>{:g} / {:g} · {}</span></p>').format(
                self.name, self.points, self.maximum, word
            )
        ]
        if not self.open:
            body += [self._failures(), self._told(), self._good()]
        if self.later and not self.open:
            body.append(Markup("<p>{}</p>").format(self.later))
        inside = Markup("\n").join(filter(None, body))
        return str(
            Markup('{}<div class="course-card {}" role="group" aria-label="{}">{}</div>').format(
                STYLE, state, title, inside
            )
        )

    def _failures(self) -> Markup:
        told = [(probe, problem, NUMBERS.match(problem)) for probe, problem in self.failed]
        if not told:
            return Markup("")
        if not any(numbers for _, _, numbers in told):
            rows = [
                Markup("<li>{}</li>").format(f"{probe}: {problem}" if probe else problem) for probe, problem, _ in told
            ]
            return Markup('<ul class="failed">{}</ul>').format(Markup("").join(rows))
        rows = []
        for probe, problem, numbers in told:
            first = Markup('<th scope="row">{}</th>').format(probe or "every probe")
            if numbers:
                rest = " ".join(
                    part.strip(" ;:") for part in (numbers["before"], numbers["after"]) if part.strip(" ;:")
                )
                cells = Markup('<td class="number">{}</td><td class="number">{}</td><td>{}</td>').format(
                    numbers["got"], numbers["expected"], rest
                )
            else:
                cells = Markup('<td colspan="3">{}</td>').format(problem)
            rows.append(Markup("<tr>{}{}</tr>").format(first, cells))
        head = Markup(
            '<th scope="col">failed</th><th scope="col" class="number">got</th><th scope="col" class="number">expected</th><td></td>'
        )
        return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, Markup("").join(rows))

    def _told(self) -> Markup:
        cause = Markup('<p class="cause">{}</p>').format(Markup("<br>").join(self.cause)) if self.cause else Markup("")
        return cause + Markup("").join(Markup("<p>note: {}</p>").format(note) for note in self.notes)

    def _good(self) -> Markup:
        if not self.passed:
            return Markup("")
        count = f"{len(self.passed)} probe{'s' * (len(self.passed) != 1)} passed"
        rows = Markup("").join(Markup("<li>{}</li>").format(probe) for probe in self.passed)
        return Markup("<details><summary>{}</summary><ul>{}</ul></details>").format(count, rows)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": "\n".join(self.lines()), "text/html": self.html()}
