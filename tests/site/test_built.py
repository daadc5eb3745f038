"""The built pages: what `course site` holds them to, on the real ones, and on copies with one thing broken."""

import re
import shutil

import pytest

from course_tools.build.release import secrets
from course_tools.paths import SOLUTIONS
from course_tools.site import build as site
from course_tools.site.check import Page, names, problems
from course_tools.site.languages import address, versions
from course_tools.site.live import PAGES as LIVE
from course_utils.errors import CourseError
from course_utils.paths import ROOT
from course_utils.tasks import tasks
from tests.browser.access import needs_browser, violations

PAGES = [
    "index",
    "notebooks/simclr",
    "notebooks/fr/infonce",
    "guides/student",
    "guides/instructor",
    "guides/contributing",
    "grading",
    "gpu",
]
PAGES += ["datasheets/images", "lecture/map", "lecture/glossary", "lecture/references", "reference/simclr"]
PAGES += [f"live/{page}" for page in LIVE.values()]


def solutions():
    return {address(task, language): site.read(site.answers(language), task) for task, language in versions()}


def test_nothing_is_wrong_with_the_site(built):
    assert problems(built, solutions()) == []


@needs_browser
@pytest.mark.slow(60)
def test_every_page_is_accessible(built):
    """WCAG 2.1 AA, as far as axe-core can see."""
    assert violations(sorted(built.rglob("*.html"))) == []


def test_every_page_is_there(built):
    missing = [name for name in PAGES if not (built / f"{name}.html").is_file()]
    assert not missing


@pytest.mark.parametrize(("task", "language"), versions())
def test_no_answer_and_no_hidden_check_is_in_any_file(built, task, language):
    """The executed notebooks behind these pages printed all of them."""
    secret, visible = secrets(site.read(site.answers(language), task))
    telling = {line for line in secret if len(line) > 25 and line not in visible}
    assert len(telling) > 20  # or what follows would prove nothing
    written = [
        Page(path).text if path.suffix == ".html" else path.read_text(errors="ignore")
        for path in built.rglob("*")
        if path.suffix in (".html", ".js", ".txt", ".json", ".ipynb")
    ]
    assert not [line for line in telling if any(line in text for text in written)]


def test_a_page_says_its_language_and_leads_to_the_same_in_others(built):
    english, french = ((built / "notebooks" / f"{name}.html").read_text() for name in ("infonce", "fr/infonce"))
    assert '<html class="no-js" lang="en"' in english and "<body>" in english
    assert '<html class="no-js" lang="fr"' in french and '<body lang="en">' in french
    assert '<article lang="fr" role="main"' in french and '<div class="toc-tree" lang="fr">' in french
    for page, other, own in ((english, "fr/infonce.html", "infonce.html"), (french, "../infonce.html", "infonce.html")):
        there, here = ("fr", "en") if page is english else ("en", "fr")
        assert f'<a href="{other}" hreflang="{there}" lang="{there}">' in page
        found = dict(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', page))
        assert found == {there: other, here: own}
    assert "Exercice 1.1" in french and "output of preflight" in french
    assert "hreflang" not in (built / "notebooks" / "simclr.html").read_text()
    assert (
        '<a href="notebooks/fr/infonce.html" hreflang="fr" lang="fr">français</a>' in (built / "index.html").read_text()
    )


def test_pictures_of_ordinary_cells_are_shown_with_words(built):
    text = (built / "notebooks" / "simclr.html").read_text()
    assert 'alt="Exercise 1.1: one coin per image. Columns are images, the two lower rows their views.' in text


def test_formulas_are_mathml_and_no_script_is_needed_for_them(built):
    text = (built / "notebooks" / "simclr.html").read_text()
    assert text.count("<math") > 40
    assert not [address for address in Page(built / "notebooks" / "simclr.html").fetched if "math" in address.lower()]


def test_the_home_page_states_minutes_and_points(built):
    from course_tools.build.source import TOTAL

    text = Page(built / "index.html").text
    for task in tasks():
        assert TOTAL.search(site.read(SOLUTIONS, task).cells[0].source)[0] in text


@pytest.mark.parametrize(
    ("page", "added", "complaint"),
    [
        ("index", '<a href="guides/nowhere.html">x</a>', "index.html: link to 'guides/nowhere.html'"),
        ("index", '<a href="guides/student.html#nowhere">x</a>', "index.html: link to 'guides/student.html#nowhere'"),
        ("index", '<a href="#nowhere">x</a>', "index.html: link to '#nowhere'"),
        ("index", '<script src="https://cdn.example/x.js"></script>', "index.html: fetches https://cdn.example/x.js"),
        ("index", '<img alt="x" src="//cdn.example/x.png">', "index.html: fetches //cdn.example/x.png"),
        ("index", '<p style="background: url(https://cdn.example/x)">', "index.html: fetches https://cdn.example/x"),
        ("index", '<img src="index.html">', "index.html: no alternative text on index.html"),
        ("index", '<script src="_static/x.js"></script>', "index.html: _static/x.js is not there"),
        (
            "notebooks/simclr",
            "<pre>\nreturn -(first + second) / 2\n</pre>",
            "notebooks/simclr.html: tells 'return -(first",
        ),
    ],
)
def test_a_page_with_one_fault_is_found(built, tmp_path, page, added, complaint):
    for name in ("index.html", "notebooks/simclr.html", "guides/student.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(built / name, tmp_path / name)
    file = tmp_path / f"{page}.html"
    before = problems(tmp_path, {"simclr": site.read(SOLUTIONS, "simclr")})
    file.write_text(file.read_text().replace("</body>", f"{added}</body>"))
    new = set(problems(tmp_path, {"simclr": site.read(SOLUTIONS, "simclr")})) - set(before)
    assert len(new) == 1
    assert new.pop().startswith(complaint)


def test_a_style_sheet_that_fetches_is_found(tmp_path):
    (tmp_path / "a.css").write_text(
        '@import "https://cdn.example/a.css"; p { background: url("//cdn.example/b.png") } a { src: url(c.woff2) }'
    )
    assert problems(tmp_path, {}) == ["a.css: fetches https://cdn.example/a.css", "a.css: fetches //cdn.example/b.png"]


def test_other_sites_may_be_linked(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="https://arxiv.org/abs/2002.05709">x</a><a href="#here">y</a>'
    )
    assert problems(tmp_path, {}) == []


@pytest.mark.slow(3)
def test_a_warning_stops_the_build(tmp_path, capfd):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "docs" / "_static", source / "_static")
    settings = (ROOT / "docs" / "conf.py").read_text().replace('["myst_nb"]', "[]")  # seconds to import, and not needed
    (source / "conf.py").write_text(settings)
    (source / "index.rst").write_text("Home\n====\n\nA formula :math:`2^{` and :doc:`nowhere`.\n")
    with pytest.raises(CourseError, match="Sphinx is not content"):
        site.sphinx(source, tmp_path / "site")
    said = capfd.readouterr().err
    assert "this formula cannot be shown: 2^{" in said
    assert "nowhere" in said


def test_a_line_of_keywords_tells_nothing():
    assert names("else:") == names("while True:") == names("}") == []
    assert names("return logits") == ["logits"]
