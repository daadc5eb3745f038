"""Feedback pages: the student's work and the author's messages; no hidden test, and nothing that a browser would run or fetch."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.records import CellRecord, Record, Request, Student
from course_tools.grading.results.feedback import feedback
from course_tools.grading.results.journal import Contents
from course_tools.grading.results.scores import Score, Sheet, sheets
from course_tools.grading.results.untrusted import code, formula, markdown, output, picture, preformatted
from tests.grading import toy

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n and the rest of a picture").decode()
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[link](javascript:alert(1))",
    "[link](data:text/html;base64,PHNjcmlwdD4=)",
    "![picture](http://evil.example/track.png)",
    '![picture](x.png "onerror=alert(1)")',
    "![a](attachment:b.svg)",
    "<a href='http://evil.example'>x</a>",
    "<style>@import 'http://evil.example'</style>",
    "<iframe src='http://evil.example'></iframe>",
    "<details open ontoggle=alert(1)>",
    "```mermaid\n<script>alert(1)</script>\n```",
    "```html\n<script>alert(1)</script>\n```",
    "    <script>indented</script>",
    "`<script>alert(1)</script>`",
    "$\\text{<script>alert(1)</script>}$",
    "$$\\text{&lt;script&gt;alert(1)&lt;/script&gt;}$$",
    "$\\href{javascript:alert(1)}{x}$ $\\style{background:url(http://evil.example)}{x}$ $\\class{a}{x}$",
    "\\begin{script}alert(1)\\end{script}",
    "$<img src=x onerror=alert(1)>$",
    "| <script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | $\\text{<b>}$ |",
    "<http://evil.example/>",
    "[x]: javascript:alert(1)\n\n[x]",
    "# <script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!-- --!><script>alert(1)</script> -->",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "- [ ] <b onclick=alert(1)>x</b>",
    "{" * 5000,
    "[" * 5000,
    "$" + "{" * 2000 + "}" * 2000 + "$",
    ">" * 3000,
]
TAGS = {
    "p",
    "pre",
    "code",
    "em",
    "strong",
    "del",
    "br",
    "hr",
    "a",
    "ul",
    "ol",
    "li",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
}
TAGS |= {
    "main",
    "h5",
    "h6",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "input",
    "span",
    "div",
    "img",
    "dl",
    "dt",
    "dd",
}
MATH = {"math", "mrow", "mi", "mo", "mn", "mtext", "msup", "msub", "mfrac", "mspace", "mtable", "mtr", "mtd", "mstyle"}
MATH |= {"msubsup", "munder", "mover", "munderover", "msqrt", "mroot", "mpadded", "mphantom", "menclose", "mfenced"}
ATTRIBUTES = {"stretchy", "fence", "form", "mathvariant", "linethickness", "separator", "displaystyle", "movablelimits"}
ATTRIBUTES |= {
    "scope",
    "tabindex",
    "class",
    "style",
    "type",
    "disabled",
    "xmlns",
    "display",
    "alt",
    "src",
    "id",
    "href",
    "start",
}


class Audit(HTMLParser):
    """Collects whatever in a piece of HTML is not plain text and layout."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.bad = []

    def handle_starttag(self, tag, attributes):
        if tag not in TAGS | MATH:
            self.bad.append(tag)
        for name, value in attributes:
            local = name == "href" and (value or "").startswith("#")
            inside = name == "src" and re.fullmatch(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]*", value or "")
            if (name not in ATTRIBUTES and not name.startswith("column")) or (
                name in ("href", "src") and not (local or inside)
            ):
                self.bad.append((tag, name, value))
            if name == "style" and not re.fullmatch(
                r"(line-height: 125%;|text-align:(left|right|center);?|)", value or ""
            ):
                self.bad.append((tag, name, value))

    handle_startendtag = handle_starttag

    def handle_comment(self, data):
        self.bad.append(("comment", data))

    def handle_decl(self, decl):
        self.bad.append(("declaration", decl))


def audit(html):
    parser = Audit()
    parser.feed(html)
    parser.close()
    return parser.bad


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_a_student_writes_is_html(attack):
    for make in (markdown, code, preformatted, formula):
        assert audit(make(attack)) == []
    for node in outputs(attack):
        assert audit(output(node)) == []


def outputs(attack):
    for mime in (
        "text/html",
        "text/markdown",
        "image/svg+xml",
        "application/javascript",
        "text/latex",
        "text/plain",
        "image/png",
    ):
        yield {"output_type": "display_data", "data": {mime: attack}}
        yield {"output_type": "execute_result", "data": {mime: [attack, attack]}}
    yield {"output_type": "stream", "text": attack}
    yield {"output_type": "error", "ename": attack, "evalue": attack, "traceback": [attack]}
    yield {"output_type": attack, "data": None}


def test_the_audit_finds_what_it_should():
    for attack in (
        "<script>",
        "<img src=http://x>",
        "<b onclick=1>",
        "<!-- -->",
        "<p style='background:url(x)'>",
        "<a href=http://x>",
    ):
        assert audit(attack)


def test_markdown_says_what_was_written():
    html = markdown("**bold** and $a < b$ and `x`\n\n- one\n- two\n\n[a](http://b.example)")
    assert "<strong>bold</strong>" in html
    assert "<mo>&lt;</mo>" in html
    assert "<li>one</li>" in html
    assert "a (http://b.example)" in html


def test_pictures_are_what_they_claim(monkeypatch):
    assert picture("image/png", PIXEL).startswith("<img")
    assert "cannot be shown" in picture("image/jpeg", PIXEL)
    assert "cannot be shown" in picture("image/png", base64.b64encode(b"<svg>").decode())
    assert "cannot be shown" in picture("image/png", "not base64 \u2028")
    monkeypatch.setattr("course_tools.grading.results.untrusted.MAX_PICTURE", 10)
    assert "cannot be shown" in picture("image/png", PIXEL)


def test_text_is_capped_and_colours_are_gone():
    assert preformatted("\x1b[31mred\x1b[0m <x>\r") == "<pre>red &lt;x&gt;</pre>"
    assert "more characters are left out" in preformatted("x" * 60_000)
    assert len(preformatted("x" * 10**6)) < 60_000


@pytest.fixture
def sheet(tmp_path):
    """A submission full of attacks, half right, with a comment."""
    course = toy.make(tmp_path, names=("one",))
    node = json.loads(
        toy.answer(tmp_path / "executed.ipynb", "def double(x):\n    return x  # </pre><script>x</script>").read_text()
    )
    node["cells"][1]["outputs"] = [*outputs("<script>alert(1)</script>"), {"output_type": "stream", "text": "hello"}]
    node["cells"][2]["outputs"] = [{"output_type": "stream", "text": "SECRET of the check"}]
    node["cells"][3]["source"] = "### BEGIN HIDDEN TESTS\nassert double(-3) == -6\n### END HIDDEN TESTS"
    node["cells"][3]["outputs"] = [{"output_type": "error", "ename": "AssertionError", "evalue": "double(-3) == -6"}]
    node["cells"][4]["source"] = "Because $2x$ <script>alert(1)</script>"
    (tmp_path / "executed.ipynb").write_text(json.dumps(node))
    masters = list(Assignment.load(course.sources["one"]).named.values())
    cells = [cell for cell in masters if cell.graded]
    record = Record(
        "ann",
        "ps1",
        "one",
        "k-g",
        "graded",
        executed=str(tmp_path / "executed.ipynb"),
        submitted="2026-11-23T07:00:00+00:00",
    )
    scores = (
        Score(cells[0], CellRecord("double_check", 2, 0, "graded", "", "double(2) is not 4, says <the author>"), 0.0),
        Score(cells[1], CellRecord("double_hidden", 1, 0, "graded", "hidden tests"), 0.0),
        Score(cells[2], CellRecord("why", 3, None, "manual"), None, 2.0, None, "nearly <there>"),
    )
    return Sheet(Student("ann", "Ann <Lee>"), record, scores, {"double": "see line 2"}, 0.5, 7200.0), masters


def test_a_page_has_what_it_should_and_nothing_else(sheet):
    html = feedback(*sheet)
    body = html.partition("<body>")[2].partition("</body>")[0]
    assert audit(body) == []
    text = re.sub(r"<[^>]+>", "", body)
    for wanted in (
        "one: 1.5 of 6 points",
        "Ann &lt;Lee&gt;",
        "double(2) is not 4, says &lt;the author&gt;",
        "nearly &lt;there&gt;",
        "see line 2",
        "hello",
        "return x",
        "0 of 2",
        "2 of 3",
        "120 min 00 s late: 0.5 points",
    ):
        assert wanted in text, wanted
    for secret in ("double(-3)", "HIDDEN", "SECRET", "assert", "AssertionError"):
        assert secret not in html, secret
    assert "default-src 'none'" in html


@pytest.mark.parametrize(
    ("before", "score", "decided"),
    [
        (1.0, 2.0, "Decided (2026-12-03): 2 of 3 points, where there were 1."),
        (2.0, 2.0, "Decided (2026-12-03): it stays at 2 of 3 points."),
        (None, 2.0, "Decided (2026-12-03): 2 of 3 points; nobody had read it when you asked."),
        (2.0, None, "Decided (2026-12-03): it is to be read again."),
    ],
)
def test_a_settled_request_says_what_was_asked_and_what_came_of_it(sheet, before, score, decided):
    one, masters = sheet
    asked = Request(
        "ann", "one", "why", "line 2 <b>is</b> right", "2026-12-01T08:00:00+00:00", before, "2026-12-03T09:00:00+00:00"
    )
    scores = (*one.scores[:2], replace(one.scores[2], manual=score))
    html = feedback(replace(one, scores=scores, settled=(asked,)), masters)
    body = html.partition("<body>")[2].partition("</body>")[0]
    assert audit(body) == []
    text = re.sub(r"<[^>]+>", "", body)
    assert "Read again, as you asked: why." in text
    assert "You asked for it to be read again (2026-12-01):line 2 &lt;b&gt;is&lt;/b&gt; right" in text
    assert text.index("nearly &lt;there&gt;") < text.index(decided)


def test_a_sheet_has_the_settled_requests_of_its_notebook(tmp_path):
    course = toy.make(tmp_path, names=("one", "two"))
    contents = Contents()
    settled = Request("ann", "one", "why", "please", "2026-12-01", 1.0, "2026-12-03")
    still_open = replace(settled, text="again, please", settled="")
    elsewhere = replace(settled, notebook="two")
    of_ben = replace(settled, student="ben")
    records = [
        Record(who, "ps1", name, "k-g", "graded") for who, name in (("ann", "one"), ("ann", "two"), ("ben", "one"))
    ]
    for entry in (*records, settled, still_open, elsewhere, of_ben):
        contents.take(entry)
    found = {sheet.record.name: sheet.settled for sheet in sheets(course, contents)}
    assert found == {"ann/one": (settled,), "ann/two": (elsewhere,), "ben/one": (of_ben,)}


def test_pages_of_what_could_not_be_graded(sheet):
    one, masters = sheet
    missing = replace(
        one, record=replace(one.record, outcome="too_large", reason="one.ipynb has 99 MB <b>", executed="")
    )
    html = feedback(missing, masters)
    assert "Not graded: one.ipynb has 99 MB &lt;b&gt;" in html
    assert "not in the submission" in html
    for executed in ("[]", "{", '{"cells": [{}]}'):
        with open(one.record.executed, "w") as file:
            file.write(executed)
        assert "not in the submission" in feedback(one, masters)
