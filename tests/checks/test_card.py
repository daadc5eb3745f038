"""The card of a check: the words of the text, in HTML that holds whatever an answer returned as text."""

import html
import re

import pytest
from IPython.core.formatters import DisplayFormatter

from course_tools.checks import bank
from course_utils import progress
from course_utils.checks import check, fingerprints
from course_utils.checks.card import Card
from course_utils.checks.check import describe, evaluate

CARD = Card(
    "simclr/nt_xent",
    0.75,
    3,
    failed=[("small", "got 5.54518, expected 5.54126 (= log(2N-1))"), ("large", "<b>raised</b> ValueError")],
    passed=["one", "two"],
    cause=["each anchor still counts itself"],
    notes=["your code prints ('<i>')"],
    later="3 more points are decided by hidden tests at grading.",
)


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", markup, flags=re.DOTALL)).split())


def test_text_and_card_say_the_same():
    bundle = CARD._repr_mimebundle_()
    said = words(bundle["text/html"])
    for word in re.findall(r"[\w.<>()]{3,}", bundle["text/plain"]):
        if word != "FAIL":
            assert word.strip(".:,") in said, word


def test_what_an_answer_made_is_text_in_the_card():
    markup = CARD.html()
    assert "<b>" not in markup
    assert "<i>" not in markup
    assert "<script" not in markup
    assert "http" not in markup


def test_numbers_stand_in_columns_and_what_passed_is_folded():
    markup = CARD.html()
    assert '<td class="number">5.54518</td><td class="number">5.54126</td><td>(= log(2N-1))</td>' in markup
    assert re.search(r"<details><summary>2 probes passed</summary>", markup)
    assert markup.index("5.54518") < markup.index("2 probes passed")
    assert 'aria-label="Check of simclr/nt_xent: 0.75 of 3 points"' in markup


def test_as_text_too_what_failed_comes_first_with_its_cause():
    assert [line[:8].strip() for line in CARD.lines()[1:]] == ["FAIL", "FAIL", "", "ok", "ok", "note", "3 more"]


def test_each_state_has_its_word():
    assert "right" in words(Card("a/b", 1, 1, passed=["p"]).html())
    assert "not right yet" in words(Card("a/b", 0, 1, failed=[("p", "no")]).html())
    assert "partly right" in words(CARD.html())
    unwritten = Card("a/b", 0, 1, open="not written yet", later="hidden")
    assert words(unwritten.html()) == "a/b 0 / 1 · not written yet"
    assert len(unwritten.lines()) == 1


@pytest.mark.parametrize("name", ["simclr/nt_xent", "infonce/nce_loss", "simclr/random_grayscale"])
def test_every_mistake_has_a_card(name):
    for wrong, _ in bank.load(name).misconceptions.values():
        card = describe(name, evaluate(public(name), wrong), 0, 1, {"grading": 1})
        assert "<script" not in card.html()
        assert card.lines()[0].startswith(name)


def public(name):
    task, _, exercise = name.partition("/")
    return fingerprints.public_suite(name, fingerprints.load(task)[exercise])


def test_a_person_sees_the_card_and_nbgrader_the_number(monkeypatch, tmp_path, capsys):
    shown = []
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    monkeypatch.delenv("COURSE_METRICS", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.chdir(tmp_path)
    points = check("simclr/cosine_similarity", bank.reference("simclr/cosine_similarity"))
    assert capsys.readouterr().out == ""
    assert [type(one) for one in shown] == [Card]
    formatted, _ = DisplayFormatter().format(points)
    assert formatted["text/plain"] == "1.0", "what nbgrader reads"
    assert "1 of 26 points of the checks" in formatted["text/html"]
    assert float(points) == 1


@pytest.mark.parametrize("variable", ["COURSE_METRICS", "NBGRADER_EXECUTION"])
def test_headless_is_text_and_writes_nothing(monkeypatch, tmp_path, capsys, variable):
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setenv(variable, "x")
    monkeypatch.chdir(tmp_path)
    points = check("simclr/cosine_similarity", bank.reference("simclr/cosine_similarity"))
    assert type(points) is float
    assert "1 / 1" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_cause_is_broken_where_the_card_ends_not_where_its_source_did():
    card = Card("t/x", 0, 1, [("small", "returned None")], cause=["One line\nand the next.", "Another."])
    assert '<p class="cause">One line and the next.<br>Another.</p>' in card.html()
    assert "        and the next." in card.lines()
