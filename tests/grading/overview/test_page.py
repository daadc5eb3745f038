"""The page of a class: what stands on it, what hidden names hide, and that it can do nothing."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser

import numpy as np
import pytest

from course_tools.grading.overview.gather import Overview, Person, gather
from course_tools.grading.overview.item_response import fitted
from course_tools.grading.overview.items import analyse, by_item
from course_tools.grading.overview.mistakes import Met
from course_tools.grading.overview.page import class_page
from course_tools.grading.overview.regrades import Regrade
from course_tools.grading.overview.summary import summary_lines
from course_tools.grading.results.journal import Journal
from course_tools.grading.results.scores import sheets, totals
from course_tools.grading.results.variants import Spread
from tests.grading import toy
from tests.grading.overview.simulated import grades, parameters
from tests.grading.overview.test_items import sheet

DUE = datetime.fromisoformat("2026-11-23T23:59:00+01:00")
ODD = "<b>Zoë</b> & Co"


def overview(students: int = 60, items: int = 6) -> Overview:
    """A class with something in every section."""
    generator = np.random.default_rng(0)
    answers = grades(*parameters(items, generator), students, generator).astype(float)
    answers[:, 0] = np.where(np.arange(students) == 7, 0.0, 2.0)
    said = {0: "FAIL  small: got <1>, expected 2", 1: "FAIL  large: got 1, expected 2"}
    found = [sheet(f"s{index}", row, messages=said) for index, row in enumerate(answers)]
    people = {
        f"s{index}": Person(f"s{index}", replace(totals([one])[0], waits=index == 3), 2.5, hours(index, index % 3 == 0))
        for index, one in enumerate(found)
    }
    people["s5"] = replace(people.get("s5", people["s0"]), name=ODD)
    met = [Met("q1", f"mistake_{k}", f"hint {k} <i>", frozenset(("s1", "s2")), frozenset(("s1",))) for k in range(12)]
    moved = [Regrade("s5", "one", ["new checks"], {"q1": (0.0, 1.5), "q2": (2.0, 1.0)}), Regrade("s6", "one", ["new seed"])]  # fmt: skip
    return Overview("ps1", people, False, DUE.isoformat(), analyse(found), analyse(found), fitted(by_item(found)), met, moved)  # fmt: skip


def hours(index: int, twice: bool) -> list[datetime]:
    last = DUE - timedelta(hours=3 * index - 20)
    return [last - timedelta(hours=30), last] if twice else [last]


@pytest.fixture(scope="module")
def seen():
    return overview()


@pytest.fixture(scope="module")
def page(seen):
    return class_page(seen)


def words(page: str) -> str:
    """What a reader sees of the page, on one line."""

    class Text(HTMLParser):
        said = ""

        def handle_data(self, data):
            self.said += data

        def handle_starttag(self, tag, attributes):
            self.said += "" if tag in ("wbr", "span") else " "

    parser = Text()
    parser.feed(page.partition("<main>")[2])
    return re.sub(r"\s+", " ", parser.said)


def test_every_section_says_what_the_class_says(page, seen):
    text = words(page)
    mean = np.mean([person.total.points for person in seen.people.values()])
    assert f"points, mean {mean:.1f} of 12" in text
    assert "20 students; 30.0 hours between submissions in the median" in text
    assert "12 known mistakes met" in text and "2 more mistakes" in text
    assert "60 students: with fewer than 200, a and b are rough" in text
    assert "(nearly) all earn the same: q0" in text
    assert "new checks 1 1 +0.5 to +0.5" in text and "new seed 1 0 –" in text
    assert "q1 0 → 1.5, q2 2 → 1" in text
    fit = seen.model.fits["one", "q3"]
    assert f"{fit.a:.2f} ± {fit.a_error:.2f}" in text


def test_pictures_have_words_and_take_the_colours_of_the_page(page):
    pictures = re.findall(r'<svg class="picture" role="img" aria-label="([^"]+)"', page)
    assert len(pictures) == 4
    assert pictures[0].startswith("Points of 60 students, of 12: half of them between")
    assert "came on a day after the deadline, 2026-11-23" in pictures[1]
    drawn = page.partition("<main>")[2]
    assert "currentColor" in drawn and "#000000" not in drawn and "var(--line)" in drawn
    defined = re.findall(r' id="([^"]+)"', drawn)
    assert len(defined) == len(set(defined)) and set(re.findall(r"url\(#(\w+)\)", drawn)) <= set(defined)


def test_it_fetches_and_runs_nothing(page):
    assert "<i>" not in page and "<b>Zo" not in page and "&lt;b&gt;Zoë&lt;/b&gt; &amp; Co" in page
    assert not re.search(r"<script|<img|<link|https?://", page.partition("<main>")[2])


def test_what_one_alone_did_is_left_out_where_names_are_hidden(page, seen):
    hidden = class_page(replace(seen, hidden=True))
    assert "small: got" in page and "small: got" not in hidden
    assert "large: got" in hidden
    assert "22:59" in words(page).partition("All 60")[2] and ":59" not in words(hidden).partition("All 60")[2]


def test_a_class_of_one_and_one_without_times(seen):
    lone = overview(1)
    text = words(class_page(replace(lone, people={"s0": lone.people["s0"]}, regrades=[], mistakes=[], due="")))
    assert "1 student, and at least 40 are needed" in text and "No notebook was graded twice." in text
    untimed = {name: replace(one, times=()) for name, one in seen.people.items()}
    assert "at times that nothing says" in words(class_page(replace(seen, people=untimed)))
    broken = {name: replace(one, total=replace(one.total, failed="crashed")) for name, one in seen.people.items()}
    text = words(class_page(replace(seen, people=broken, items=[], cells=[])))
    assert "60 could not be graded whole" in text and "Nothing is graded yet." in text


def test_the_summary_is_short(seen):
    lines = list(summary_lines(seen))
    assert lines[0].startswith("60 students, 60 graded whole")
    assert lines[1] == "met by 2, left in 1: q1, mistake 0"
    assert lines[-1] == "graded again (new checks: 1; new seed: 1): 1 of 2 notebooks moved"


def test_names_come_from_the_journal_and_are_hidden_by_the_secret(tmp_path):
    course = toy.make(tmp_path)
    found = [sheet("ada", [2.0]), sheet("ben", [0.0])]
    with Journal(course.journal) as journal:
        journal.append(*(one.record for one in found))
        found = [replace(one, student=replace(one.student, name=one.student.id.title())) for one in found]
        assert sheets(course, journal.contents)[0].student.id == "ada"
    assert [one.name for one in gather(course, found).people.values()] == ["Ada (ada)", "Ben (ben)"]
    hidden = [one.name for one in gather(course, found, hide=True).people.values()]
    assert hidden == sorted(hidden) == [one.name for one in gather(course, found, hide=True).people.values()]
    assert all(re.fullmatch(r"student \w{6}", name) for name in hidden)


def test_variants_are_told_apart_where_names_are_not_hidden(seen, page):
    spread = Spread("one", "q1", {"N = 1": (40, 30), "N = 2": (40, 10)})
    varied = class_page(replace(seen, varied=[spread]))
    assert "q1: variants differ in difficulty (p = 0.000); the hardest is N = 2." in words(varied)
    assert varied.index("<td>0.25</td>") < varied.index("<td>0.75</td>"), "hardest first"
    assert "Variants" not in page
    hidden = class_page(replace(seen, varied=[spread], hidden=True))
    assert "Variants" in hidden and "Each variant of" not in hidden
