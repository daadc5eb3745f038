"""What strangers wrote, as HTML that can do nothing: text, formulas and bitmaps, each made anew rather than cleaned.

No HTML of theirs passes, no link to a picture, no script; formulas are built element by element, bitmaps decoded and encoded again.
"""

import base64
import binascii
import re
from html import escape, unescape
from typing import Any
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import Converter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course_tools.html.pages import MathMLRenderer

MAX_TEXT, MAX_FORMULA, MAX_PICTURE, MAX_WORDS = 50_000, 3_000, 2_000_000, 1_000
SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
MATH_ATTRIBUTES = {"xmlns", "display", "stretchy", "fence", "form", "mathvariant", "linethickness", "columnalign"}
MATH_ATTRIBUTES |= {
    "separator",
    "accent",
    "movablelimits",
    "lspace",
    "rspace",
    "width",
    "height",
    "depth",
    "displaystyle",
}
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.|[\x00-\x08\x0b-\x1f]")


class Renderer(MathMLRenderer):
    """Markdown without its ways to say HTML."""

    def __init__(self) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)

    def block_code(self, code: str, info: str | None = None) -> str:
        return preformatted(code)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f"[picture: {escape(text)}]"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return f"{text} ({escape(url)})"

    def escape_html(self, text: str) -> str:
        return escape(text)

    def inline_math(self, body: str) -> str:
        return formula(body)

    def block_math(self, body: str) -> str:
        return formula(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return formula(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


def markdown(text: str) -> str:
    """A written answer."""
    if len(text) > MAX_TEXT:
        return preformatted(text)
    try:
        return MarkdownWithMath(renderer=Renderer()).render(text)
    except Exception:  # whatever trips the renderer, the reader still gets the text
        return preformatted(text)


def formula(tex: str, display: str = "inline") -> str:
    """A formula as MathML whose every element is a MathML element; as code where that cannot be had."""
    try:
        if len(tex) > MAX_FORMULA:
            raise ValueError
        element = Converter(display=display).convert_to_element(tex.strip())
        for part in element.iter():
            _tame(part)
        return tostring(element, encoding="unicode")
    except Exception:
        return f"<code>{escape(tex[:MAX_FORMULA])}</code>"


def _tame(element: Element) -> None:
    if not re.fullmatch(r"math|m(?:row|i|n|o|s|text|space|frac|sqrt|root|sub|sup|subsup|under|over|underover|multiscripts|table|tr|td|padded|phantom|style|enclose|fenced|prescripts)", element.tag):  # fmt: skip
        raise ValueError(element.tag)
    element.text = unescape(element.text) if element.text else None  # the converter writes characters as entities
    for name in set(element.attrib) - MATH_ATTRIBUTES:
        del element.attrib[name]


def code(source: str) -> str:
    """Python source, highlighted."""
    return highlight(source[:MAX_TEXT], PythonLexer(), HtmlFormatter())


def preformatted(text: str) -> str:
    """Text as a terminal would show it, without its colours."""
    left_out = len(text) - MAX_TEXT
    tail = f"\n[{left_out} more characters are left out]" if left_out > 0 else ""
    return f"<pre>{escape(ANSI.sub('', text[:MAX_TEXT]))}{tail}</pre>"


def output(node: Any) -> str:
    """One output of a cell: its text, or its picture as a bitmap. A traceback is its last line."""
    kind, data = node.get("output_type"), node.get("data") or {}
    if kind == "stream":
        return preformatted(_text(node.get("text")))
    if kind == "error":
        return preformatted(f"{_text(node.get('ename'))}: {_text(node.get('evalue'))}")
    for mime in SIGNATURES:
        if mime in data:
            told = (node.get("metadata") or {}).get(mime)
            return picture(mime, _text(data[mime]), _text(told.get("alt") or "") if isinstance(told, dict) else "")
    return preformatted(_text(data["text/plain"])) if "text/plain" in data else ""


def picture(mime: str, data: str, words: str = "") -> str:
    """A bitmap of the type it claims to be, inside the page, with the words of its plot; a line of text where it is none."""
    try:
        raw = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw.startswith(SIGNATURES[mime]) or len(raw) > MAX_PICTURE:
        return "<p>[a picture that cannot be shown]</p>"
    return f'<img alt="{escape(words[:MAX_WORDS]) or "a picture that your code makes"}" src="data:{mime};base64,{base64.b64encode(raw).decode()}">'


def _text(value: Any) -> str:
    """nbformat's text: a string, or a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
