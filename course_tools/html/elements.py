"""Pieces of a page. Whatever goes into one is escaped, unless it is such a piece itself (Markup)."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

TABLE = Environment(autoescape=True, trim_blocks=True).from_string("""\
<table><tr>{% for name in head %}<th scope="col">{{ name }}</th>{% endfor %}</tr>
{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</table>""")


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Markup:
    return Markup(TABLE.render(head=head, rows=rows))


def coloured(good: bool, text: str) -> Markup:
    """`text`, in green or red."""
    return Markup('<span class="{}">{}</span>').format("ok" if good else "bad", text)


def quiet(text: str) -> Markup:
    return Markup('<span class="quiet">{}</span>').format(text)


def unbroken(text: str) -> Markup:
    """`text`, which no narrow column may break: a number."""
    return Markup('<span class="unbroken">{}</span>').format(text)


def name(text: str) -> Markup:
    """`text`, which a narrow column breaks between words and after underscores only."""
    return Markup('<span class="name">{}</span>').format(Markup("_<wbr>").join(text.split("_")))


def link(target: str, text: str = "") -> Markup:
    return Markup('<a href="{}">{}</a>').format(quote(target), text or target)


def paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>").format(text)


def folded(summary: str, *parts: Markup) -> Markup:
    """`parts`, shown when a reader asks for them."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, Markup("\n").join(parts))
