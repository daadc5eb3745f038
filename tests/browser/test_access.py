"""WCAG 2.1 AA, as far as axe-core can see: executed notebooks, reports of runs, feedback, the page of a class, and what checks show.

The site is held to the same in tests/site/test_built.py.
"""

from html import escape

import pytest
from nbformat import v4

from course_tools.cells import CellTime
from course_tools.grading.overview.page import class_page
from course_tools.grading.results.feedback import feedback
from course_tools.html.pages import write_page
from course_tools.lti.serve import choice
from course_tools.paths import SOLUTIONS
from course_tools.run.report import write_index
from course_tools.run.result import Result
from course_tools.site.build import read
from course_utils.checks.card import Card
from course_utils.entries import Claim, Metric
from course_utils.hints import offer
from course_utils.measured import Band
from course_utils.standing import note, standing
from course_utils.tasks import tasks
from tests.grading.overview.test_page import overview
from tests.grading.results.test_feedback import sheet  # noqa: F401
from tests.run.test_pages import DOT

from .access import needs_browser, violations

pytestmark = [pytest.mark.slow(40), needs_browser]

CODE = """\
import torch  # a comment

@decorated
class Model(nn.Module):
    '''Docstring.'''

    def forward(self, x: Tensor, *, rate=0.1) -> Tensor:
        if x is None or not isinstance(x, Tensor):
            raise ValueError(f"no {x!r}\\n")
        return x @ self.w + 0x1F ** -1.5e3  # ? $
%timeit x
"""
TRACEBACK = [
    "\x1b[31m---------------------------------------------------------------------------\x1b[39m",
    "\x1b[31mValueError\x1b[39m                                Traceback (most recent call last)",
    "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[1]\x1b[39m\x1b[32m, line 1\x1b[39m\n\x1b[32m----> \x1b[39m\x1b[32m1\x1b[39m \x1b[38;5;28;01mraise\x1b[39;00m",
    "\x1b[1;33mwarned\x1b[0m \x1b[34mblue\x1b[0m \x1b[35mmagenta\x1b[0m",
]


def executed():
    """A notebook with every kind of output."""
    outputs = [
        v4.new_output("stream", name="stdout", text="loss 5.12 " * 40),
        v4.new_output("stream", name="stderr", text="a warning"),
        v4.new_output("display_data", {"image/png": DOT}, metadata={"image/png": {"alt": "a dot", "drawn": True}}),
        v4.new_output("display_data", {"image/png": DOT}),
        v4.new_output("display_data", {"text/html": "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"}),
        v4.new_output("execute_result", {"text/plain": "1.0"}, execution_count=1),
        v4.new_output("error", ename="ValueError", evalue="no", traceback=TRACEBACK),
    ]
    text = (
        "# Title\n\nText, `code`, [a link](#x), $x_i$\n\n> quoted\n\n<details><summary>Hint</summary>more</details>\n\n"
    )
    wide = "$$" + " + ".join(f"\\frac{{a_{{{i}}}}}{{b_{{{i}}}}}" for i in range(40)) + "$$"
    cells = [v4.new_markdown_cell(text + wide), v4.new_code_cell(CODE, outputs=outputs, execution_count=1)]
    return v4.new_notebook(
        cells=[*cells, v4.new_markdown_cell("```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |")]
    )


def result():
    bad = Result("simclr", "simclr", "quick", {"seed": 0}, "2026-01-01T00:00:00", error="raised ValueError")
    good = Result("infonce", "infonce", "quick", {"seed": 0}, "2026-01-01T00:00:00", versions={"torch": "2"})
    good.metrics = {
        "loss": Metric("loss", 0.5, "nats", headline=True),
        "off": Metric("off", 0.9),
        "free": Metric("free", 1.0),
        "curve": Metric("curve", [3.0, 2.0, 2.5]),
    }
    good.bands = {"loss": Band(0.4, 0.6), "off": Band(0.4, 0.6)}
    good.claims = [Claim("it falls", True, "3 -> 2"), Claim("it rises", False)]
    good.cells = [CellTime("a", "1. Section", "train(model)", 12.0)]
    return [bad, good]


def shown(folder):
    """What a notebook shows after a check, as on a page whose text is dark on light or light on dark."""
    note("simclr", "nt_xent", 0.75, 3, True, folder)
    failed = [("small", "got 5.54518, expected 5.54126 (= log(2N-1))"), ("large", "raised ValueError")]
    cards = [
        Card("simclr/nt_xent", 0.75, 3, failed, ["one", "two"], ["the diagonal"], ["it prints"], "3 more points."),
        Card("simclr/nt_xent", 3, 3, passed=["one"]),
        Card("simclr/nt_xent", 0, 3, open="not written yet"),
    ]
    parts = [card.html() for card in cards] + [standing("simclr", folder).html(), standing("simclr", folder).bar()]
    parts.append(offer([("Hint", "use `logsumexp`"), ("Hint 2", "more")], {"a": "m", "b": "m"}).html())
    css = ":root { color-scheme: light dark } body { background: Canvas; color: CanvasText }"
    return f'<!doctype html><html lang="en"><title>x</title><style>{css}</style><main>{"".join(parts)}</main></html>'


def test_reports_feedback_and_checks(tmp_path, sheet):  # noqa: F811
    write_page(executed(), tmp_path / "executed.html")
    for task in tasks():
        write_page(read(SOLUTIONS, task), tmp_path / f"{task}.html")
    write_index(result(), tmp_path / "index.html")
    (tmp_path / "feedback.html").write_text(feedback(*sheet), encoding="utf-8")
    (tmp_path / "class.html").write_text(class_page(overview()).replace("<details", "<details open"), encoding="utf-8")
    (tmp_path / "shown.html").write_text(shown(tmp_path), encoding="utf-8")
    (tmp_path / "choice.html").write_text(
        choice("https://lms.example", {"ps1": "a.b.c"}, {"ps1": 12.0}), encoding="utf-8"
    )
    pages = sorted(tmp_path.glob("*.html"))
    assert len(pages) == len(tasks()) + 6
    assert violations(pages) == []


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("<img src='data:,'>", "image-alt"),
        ('<p style="color: #aaa; background: #fff">pale</p>', "color-contrast"),
        ('<p role="heading">no level</p>', "aria-required-attr"),
        ('<pre style="overflow: auto; width: 90px">' + "long " * 30 + "</pre>", "scrollable-region-focusable"),
    ],
)
def test_faults_are_found(tmp_path, fault, rule):
    path = tmp_path / "fault.html"
    path.write_text(f'<!doctype html><html lang="en"><title>{escape(rule)}</title><main>{fault}</main></html>')
    assert any(f" {rule}: " in line for line in violations([path]))
