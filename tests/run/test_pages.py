"""The pages of a run: formulas, escaping, points by nbgrader's rule; no kernel is started."""

import re
import shutil
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path
from nbformat import v4

from course_tools.cells import CellTime, points, sections
from course_tools.html.formulas import mathml
from course_tools.html.pages import write_page
from course_tools.run.report import gauge, write_index
from course_tools.run.result import Result
from course_utils.entries import Claim, Metric
from course_utils.measured import Band

from .miniatures import grade_metadata


def test_formulas_become_mathml_and_code_does_not(tmp_path):
    text = "Cost $x_i$ and\n\n$$\\frac{a}{b}$$\n\n`$y$` \\begin{align} a &= b \\end{align}"
    write_page(v4.new_notebook(cells=[v4.new_markdown_cell(text)]), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<math") == 3
    assert page.count('display="block"') == 2
    assert "<code>$y$</code>" in page
    assert "<mfrac>" in page


def test_a_formula_that_cannot_be_converted_is_shown_as_written():
    assert mathml(r"a < 2^{") == "<code>a &lt; 2^{</code>"


def test_script_letters_need_no_markup_that_browsers_ignore():
    assert mathml(r"\mathcal N(0, 1)") == mathml(r"\mathcal{N}(0, 1)")
    assert "mathvariant" not in mathml(r"\mathcal N")


def test_names_of_functions_keep_a_distance_but_from_brackets():
    assert '<mi>m</mi><mo lspace="0.17em" rspace="0.17em">log</mo><mi>m</mi>' in mathml(r"m \log m")
    assert '<mrow><mo lspace="0em" rspace="0em">log</mo><mo stretchy="false">' in mathml(r"\log(2N)")
    assert '<msub><mo lspace="0em" rspace="0.17em">Var</mo><mi>q</mi>' in mathml(r"\operatorname{Var}_q w")


def test_templates_are_found_after_an_install_into_a_folder(tmp_path, monkeypatch):
    share = next(path for path in map(Path, jupyter_path()) if (path / "nbconvert" / "templates" / "basic").exists())
    shutil.copytree(share / "nbconvert", tmp_path / "share" / "jupyter" / "nbconvert")
    monkeypatch.setattr("nbconvert.exporters.templateexporter.jupyter_path", lambda *parts: [])
    monkeypatch.setattr("nbconvert.__file__", str(tmp_path / "nbconvert" / "__init__.py"))
    write_page(v4.new_notebook(cells=[v4.new_markdown_cell("found")]), tmp_path / "page.html")
    assert "found" in (tmp_path / "page.html").read_text()


def test_no_output_can_run_a_script_or_fetch(tmp_path):
    output = v4.new_output("display_data", {"text/html": "<script>fetch('https://example.org')</script>"})
    nb = v4.new_notebook(cells=[v4.new_code_cell("1", outputs=[output])])
    write_page(nb, tmp_path / "page.html")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', (tmp_path / "page.html").read_text())
    assert policy
    assert policy[1] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="


def test_a_picture_has_the_words_of_its_plot_or_those_around_it(tmp_path):
    told = v4.new_output("display_data", {"image/png": DOT}, metadata={"image/png": {"alt": "a line that <rises>"}})
    untold = v4.new_output("display_data", {"image/png": DOT})
    cells = [
        v4.new_markdown_cell("# One"),
        v4.new_code_cell("1", outputs=[told]),
        v4.new_code_cell("2", outputs=[untold]),
        v4.new_markdown_cell("**What to see.** It *falls*."),
    ]
    nb = v4.new_notebook(cells=cells)
    write_page(nb, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert 'alt="a line that &lt;rises&gt;"' in page
    assert 'alt="One. It falls."' in page
    assert page.count("<img") == 2
    assert "alt" not in nb.cells[2].metadata, "the notebook itself stays as it was"


def test_the_report_escapes_what_a_notebook_says(tmp_path):
    evil = "<script>alert(1)</script>"
    result = Result(evil, "t", "quick", {"name": evil}, "2026-01-01", error=evil, versions={evil: evil})
    result.metrics = {evil: Metric(evil, 1.0, evil, headline=True)}
    result.claims = [Claim(evil, True, evil)]
    result.cells = [CellTime("a", evil, evil, 1.0)]
    write_index([result], tmp_path / "index.html")
    assert "<script" not in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(("value", "colour"), [(0.5, "good"), (0.7, "poor")])
def test_gauge_is_green_inside_and_red_outside_and_says_so(value, colour):
    drawn = gauge(value, Band(0.4, 0.6))
    assert f'class="{colour}"' in drawn
    assert f"{value} is {'inside' if colour == 'good' else 'outside'} the band from 0.4 to 0.6" in drawn


def test_sections_follow_the_last_heading_and_ignore_code_fences():
    cells = [v4.new_code_cell(), v4.new_markdown_cell("# One\n```\n# no heading\n```"), v4.new_code_cell()]
    assert sections(v4.new_notebook(cells=cells)) == ["(before the first heading)", "One", "One"]


def grade_cell(name, *outputs, worth=2.0, executed=True, solution=False):
    cell = v4.new_code_cell("1", outputs=list(outputs), execution_count=1 if executed else None)
    cell.metadata["nbgrader"] = grade_metadata(name, worth, solution)
    return cell


def value(text):
    return v4.new_output("execute_result", {"text/plain": text}, execution_count=1)


def test_points_follow_nbgraders_rule():
    cells = [
        grade_cell("silent"),
        grade_cell("partial", v4.new_output("stream", name="stdout", text="well done"), value("1.5")),
        grade_cell("stderr", v4.new_output("stream", name="stderr", text="a warning"), value("2.0")),
        grade_cell("too_many", value("3.0")),
        grade_cell("not_run", executed=False),
        grade_cell("by_hand", worth=5, solution=True),
    ]
    total = points(v4.new_notebook(cells=cells))
    assert (total.earned, total.maximum, total.pending) == (3.5, 10, 5)
    assert [text.split(":")[0] for text in total.lost] == ["partial", "stderr", "too_many", "not_run"]
