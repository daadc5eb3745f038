"""What a check says, with one content and two forms: lines of text, and in a notebook a small card. What failed comes first.

The card names its colours after JupyterLab's, so it follows the theme; elsewhere it takes the colour of the text around it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from course_utils.checks.rules import GOT
from course_utils.language import Sentence, shown

FAIL, OK, NOTE = Sentence("FAIL"), Sentence("ok"), Sentence("note")
WORDS = {"done": Sentence("right"), "part": Sentence("partly right"), "none": Sentence("not right yet")}
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
.course-card { container-type: inline-size }
@container (max-width: 30em) {
  .course-card tr { display: grid; grid-template-columns: 6.5em 6.5em 1fr; padding: .25em 0 }
  .course-card th:first-child, .course-card td[colspan] { grid-column: 1 / -1; padding: 0 }
  .course-card td:not(.number):not(:empty) { grid-column: 1 / -1; padding: 0 }
  .course-card td:empty { display: none }
}
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
            return [f"{head}  {shown(self.open)}"]
        lines = [head]
        lines += [
            _line(FAIL, f"{shown(probe)}: {shown(problem)}" if probe else problem) for probe, problem in self.failed
        ]
        lines += [f"        {line}" for line in self._cause()]
        lines += [_line(OK, probe) for probe in self.passed]
        lines += [_line(NOTE, text) for text in self.notes]
        return [*lines, f"  {shown(self.later)}"] if self.later else lines

    def html(self) -> str:
        """As a card: no script, nothing fetched, whatever an answer returned escaped."""
        state = "open" if self.open else "done" if not self.failed else "part" if self.points else "none"
        word = shown(self.open or WORDS[state])
        title = Sentence("Check of {}: {:g} of {:g} points").format(self.name, self.points, self.maximum)
        body = [
            Markup('<p class="head"><span>{}</span> <span>{:g} / {:g} · {}</span></p>').format(
                self.name, self.points, self.maximum, word
            )
        ]
        if not self.open:
            body += [self._failures(), self._told(), self._good()]
        if self.later and not self.open:
            body.append(Markup("<p>{}</p>").format(shown(self.later)))
        inside = Markup("\n").join(filter(None, body))
        return str(
            Markup('{}<div class="course-card {}" role="group" aria-label="{}">{}</div>').format(
                STYLE, state, shown(title), inside
            )
        )

    def _cause(self) -> list[str]:
        return [line for text in self.cause for line in shown(text).splitlines()]

    def _failures(self) -> Markup:
        numbers = _numbers()
        told = [(shown(probe), text := shown(problem), numbers.match(text)) for probe, problem in self.failed]
        if not told:
            return Markup("")
        if not any(found for _, _, found in told):
            rows = [
                Markup("<li>{}</li>").format(f"{probe}: {problem}" if probe else problem) for probe, problem, _ in told
            ]
            return Markup('<ul class="failed">{}</ul>').format(Markup("").join(rows))
        rows = []
        for probe, problem, found in told:
            first = Markup('<th scope="row">{}</th>').format(probe or shown(Sentence("every probe")))
            if found:
                rest = " ".join(part.strip(" ;:") for part in (found["before"], found["after"]) if part.strip(" ;:"))
                cells = Markup('<td class="number">{}</td><td class="number">{}</td><td>{}</td>').format(
                    found["got"], found["expected"], rest
                )
            else:
                cells = Markup('<td colspan="3">{}</td>').format(problem)
            rows.append(Markup("<tr>{}{}</tr>").format(first, cells))
        head = Markup(
            '<th scope="col">{}</th><th scope="col" class="number">{}</th><th scope="col" class="number">{}</th><td></td>'
        ).format(shown(Sentence("failed")), shown(Sentence("got")), shown(Sentence("expected")))
        return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, Markup("").join(rows))

    def _told(self) -> Markup:
        told = Markup("<br>").join(" ".join(shown(text).split()) for text in self.cause)
        cause = Markup('<p class="cause">{}</p>').format(told) if self.cause else Markup("")
        return cause + Markup("").join(Markup("<p>{}: {}</p>").format(shown(NOTE), shown(note)) for note in self.notes)

    def _good(self) -> Markup:
        if not self.passed:
            return Markup("")
        several = len(self.passed) != 1
        count = Sentence("{} probes passed").format(len(self.passed)) if several else Sentence("1 probe passed")
        rows = Markup("").join(Markup("<li>{}</li>").format(shown(probe)) for probe in self.passed)
        return Markup("<details><summary>{}</summary><ul>{}</ul></details>").format(shown(count), rows)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": "\n".join(self.lines()), "text/html": self.html()}


def _line(mark: Sentence, text: str) -> str:
    return f"  {shown(mark):<4}  {shown(text)}"


def _numbers() -> re.Pattern[str]:
    """What finds both numbers in a line, in the language that is spoken."""
    got, expected = r"(?P<got>\S+)", r"(?P<expected>[^\s;]+)"
    both = re.escape(shown(GOT)).replace(r"\{\}", "{}").format(got, expected)
    return re.compile(f"^(?P<before>.*?){both}(?P<after>.*)$", re.DOTALL)
