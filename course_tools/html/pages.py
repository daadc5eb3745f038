"""An executed notebook as one HTML file that fetches nothing: no script, formulas as MathML, pictures inside."""

import re
from copy import deepcopy
from html import escape
from pathlib import Path
from typing import Any

import nbconvert
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from course_tools.cells import MARKER, descriptions
from course_tools.html.formulas import mathml

# no script may run and nothing may be fetched, whatever an output holds
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
DISPLAYED = re.compile(r'<math(?=[^>]*\bdisplay="block")')
DRAWN = """\
{% extends "basic/index.html.j2" %}
{% block data_png %}<div{% if output | get_metadata("drawn", "image/png") %} class="drawn"{% endif %}>{{ super() }}</div>{% endblock %}"""
STYLE = Path(__file__).with_name("page.css")
# pygments' own styles, of which these keep a contrast of 4.5 to 1
HIGHLIGHTING = (
    HtmlFormatter(style="xcode").get_style_defs(".highlight")
    + "\n@media (prefers-color-scheme: dark) {\n"
    + HtmlFormatter(style="monokai").get_style_defs(".highlight")
    + "\n}"
)


class MathMLRenderer(IPythonRenderer):
    """Markdown whose formulas become MathML; one that cannot be converted is shown as it was written."""

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


class OfflineExporter(HTMLExporter):
    """nbconvert's plain HTML body of a notebook."""

    template_name = "basic"
    raw_template = DRAWN

    def get_prefix_root_dirs(self) -> list[str]:
        """Also beside nbconvert, where the templates are after `pip install --target`; Jupyter does not look there."""
        return [*super().get_prefix_root_dirs(), str(Path(nbconvert.__file__).parents[1] / "share" / "jupyter")]

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        return markdown(source, context.get("cell", {}).get("attachments", {}))


def markdown(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """A text cell as HTML, its own HTML included: of the instructor's, or on a page that nothing can run on."""
    renderer = MathMLRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(MARKER.sub("", source))


def page(title: str, body: str, head: str = "", policy: str = POLICY) -> str:
    """A complete HTML document around `body`; `title` is escaped. A formula that may scroll can be scrolled by keyboard.

    head: more of its head; policy: what it may load and run.
    """
    body = DISPLAYED.sub('<math tabindex="0"', body)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
{HIGHLIGHTING}
{STYLE.read_text(encoding="utf-8")}
</style>{head}</head>
<body><main>
{body}
</main></body></html>
"""


def write_page(nb: NotebookNode, path: Path) -> None:
    """Write `nb` as `path`. A picture without words gets those of the text around it."""
    nb = deepcopy(nb)
    for cell, words in zip(nb.cells, descriptions(nb), strict=True):
        cell.metadata["alt"] = words
    body, _ = OfflineExporter().from_notebook_node(nb)
    path.write_text(page(path.stem, body), encoding="utf-8")
