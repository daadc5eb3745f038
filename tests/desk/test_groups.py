"""Answers of a kind come together; agreement is Cohen's kappa."""

from collections import Counter
from dataclasses import replace

import pytest

from course_tools.desk.agreement import agreements
from course_tools.desk.answers import Given, reused
from course_tools.desk.groups import groups
from course_tools.desk.questions import Question
from course_tools.grading.model.records import Reading
from course_tools.rubric import rubric

from .conftest import HOSTILE, SOURCE, written

QUESTION = Question("one", "why", "Why", "", 3, "markdown", rubric(SOURCE))


def test_answers_of_a_kind_are_together_and_each_is_in_one_group():
    texts = list(written(15).values())
    found = groups(texts)
    assert sorted(i for group in found for i in group.members) == list(range(15))
    assert [Counter(i % 3 for i in group.members) for group in found] == [Counter({k: 5}) for k in (0, 1, 2)]
    assert all(group.terms for group in found)
    assert "bit" in found[2].terms


def test_the_same_words_are_one_answer():
    texts = ["yes it is", "yes  it\nis", "no"]
    assert [group.members for group in groups(texts)] == [(0, 1), (2,)]


@pytest.mark.parametrize(
    "texts", [[], ["a"], ["", "?", "!", "...", "$"], ["same"] * 9, [HOSTILE] * 2 + ["b c", "d e", "f g"]]
)
def test_any_answers_can_be_grouped(texts):
    assert sorted(i for group in groups(texts) for i in group.members) == list(range(len(texts)))


def reading(number: int, first: float, second: float) -> Reading:
    return Reading(f"s{number}", "one", "why", "zoe", second, None, (), "x", first)


def test_agreement_by_hand():
    """Of 8 answers 6 agree; chance would give 4 of 8: kappa is (6 - 4) / (8 - 4). Scores are 0 or 3, so weights change nothing."""
    pairs = [(3, 3)] * 3 + [(0, 0)] * 3 + [(3, 0), (0, 3)]
    (one,) = agreements([reading(i, *pair) for i, pair in enumerate(pairs)], QUESTION)
    assert (one.reader, one.count, one.equal) == ("zoe", 8, 6)
    assert one.kappa == pytest.approx(0.5) and one.weighted == pytest.approx(0.5)


def test_a_near_miss_counts_less():
    near, far = ([reading(i, *pair) for i, pair in enumerate([(0, 0), (3, 3), (2, other)])] for other in (2.5, 0))
    assert agreements(near, QUESTION)[0].weighted > 0.9 > agreements(far, QUESTION)[0].weighted


def test_where_all_scores_are_the_same_there_is_no_kappa():
    (one,) = agreements([reading(0, 3, 3), reading(1, 3, 3.0)], QUESTION)
    assert (one.equal, one.kappa, one.weighted) == (2, None, None)


def test_what_is_not_a_second_reading_of_the_question_plays_no_part():
    first = replace(reading(0, 1, 1), beside=None)
    other = replace(reading(1, 1, 1), grade_id="whence")
    assert agreements([first, other, replace(reading(2, 1, 1), score=None)], QUESTION) == []


def test_comments_are_offered_by_how_often_they_were_given():
    given = [Given(comment="name the law\nwhy?"), Given(comment="why?"), Given(comment="  \n"), Given()]
    assert reused(given) == ["why?", "name the law"]
