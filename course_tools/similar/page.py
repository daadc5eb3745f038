"""The pairs as one page: what they share beside each other, and what the numbers mean and do not mean."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from course_tools.html.elements import table
from course_tools.html.pages import page
from course_tools.similar.pairs import Answers, Pair

SHOWN = 3  # answers of a pair
MEANING = """
<p>A pair is listed if independent students would share as much in fewer than one class of a hundred like this one. What is
shared counts by its rarity here: an answer that most write counts nothing, an odd one that two alone have counts most. New names, comments,
spaces and moved lines change little.</p>
<p><strong>This is no verdict.</strong> Two who learned from the same page, a tutor or a language model share what they found there. The rate says how
often <em>independent</em> answers look so alike; whether these were independent, and what was allowed, a person must ask.</p>
"""


def write_similar(found: Sequence[Pair], students: Mapping[str, Answers], title: str, count: int, path: Path) -> Path:
    """found: the pairs to list; count: of all pairs."""
    rows = [(p.first, p.second, _rate(p.rate), f"{p.score:.0f}", len(p.alike)) for p in found]
    head = ("student", "student", "independent pairs as alike", "evidence, nats", "answers that share something rare")
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{len(found)} of {count:,} pairs are listed.</p>",
        MEANING,
        table(head, rows),
    ]
    for pair in found:
        body.append(f"<h2>{escape(pair.first)} and {escape(pair.second)}</h2>")
        for cell, evidence in pair.alike[:SHOWN]:
            texts = "".join(f"<pre>{escape(students[name][cell])}</pre>" for name in (pair.first, pair.second))
            body.append(f'<h3>{escape(cell)}, {evidence:.1f} nats</h3><div class="beside">{texts}</div>')
    style = "<style>.beside {display: grid; grid-template-columns: 1fr 1fr; gap: 1em} .beside pre {overflow-x: auto; margin: 0}</style>"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(title, style + "\n".join(map(str, body))), encoding="utf-8")
    return path


def _rate(rate: float) -> str:
    return "1 in " + (f"{1 / rate:,.0f}" if rate > 1e-12 else "more than 10^12")
