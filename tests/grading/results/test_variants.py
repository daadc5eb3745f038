"""Statistics per variant on classes made up for it, and who is named for whose numbers."""

import numpy as np
import pytest

from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import CellRecord, Record, Student, dumps, loads
from course_tools.grading.results import variants
from course_tools.grading.results.feedback import feedback
from course_tools.grading.results.scores import Score, Sheet
from course_tools.grading.results.variants import others, spread_table, spreads, variant_rows

CELL = SourceCell("q_check", "test", "code", "", 2.0, section="Exercise 1")


def sheet(student, own, right, status="graded", answered=None):
    points = 2.0 if right else 0.0
    record = CellRecord("q_check", 2.0, points, status)
    found = {"q": answered} if answered else {}
    whole = Record(
        student, "ps1", "one", "k-g", "graded", cells=(record,), variants={"q": own} if own else {}, others=found
    )
    return Sheet(Student(student), whole, (Score(CELL, record, points),), {}, 0.0, 0.0)


def made(generator, size, chances):
    """A class of `size`, in which a variant is answered rightly with its own chance."""
    numbers = generator.integers(0, len(chances), size)
    right = generator.random(size) < np.array(chances)[numbers]
    return [sheet(f"s{i}", f"N = {n}", r) for i, (n, r) in enumerate(zip(numbers, right, strict=True))]


def test_equal_variants_are_called_different_as_rarely_as_promised():
    generator = np.random.default_rng(0)
    found = [spreads(made(generator, 120, [0.8] * 8))[0] for _ in range(25)]
    assert sum(one.p < variants.LEVEL for one in found) <= 5  # of 25 at 5%: more in one of 1,000 seeds
    assert all(0 < one.p <= 1 for one in found)


def test_a_hard_variant_is_found_and_named():
    (one,) = spreads(made(np.random.default_rng(1), 300, [0.8, 0.8, 0.3, 0.8]))
    assert one.p < 0.001
    assert "variants differ in difficulty" in one.verdict()
    assert one.verdict().endswith("the hardest is N = 2")
    assert next(row[2] for row in one.group_rows()) == "N = 2"
    assert sum(row[3] for row in one.group_rows()) == one.students == 300


@pytest.mark.parametrize(
    ("size", "words"), [(30, "too few answers to tell"), (400, "no sign that one variant is harder")]
)
def test_a_class_that_is_too_small_is_called_so(size, words):
    generator = np.random.default_rng(2)
    (one,) = spreads(made(generator, size, [0.7] * 8))
    assert words in one.verdict()
    assert (one.power < variants.ENOUGH) == (size == 30)


def test_power_is_how_often_a_medium_difference_is_found():
    """Two variants, with w = 0.3 between them: shares of 0.35 and 0.65."""
    generator = np.random.default_rng(3)
    classes = [spreads(made(generator, 60, [0.35, 0.65]))[0] for _ in range(100)]
    assert np.mean([one.p < variants.LEVEL for one in classes]) == pytest.approx(classes[0].power, abs=0.15)


def test_what_nobody_wrote_and_what_does_not_vary_is_left_out():
    (one,) = spreads([sheet("a", "N = 1", True), sheet("b", "N = 1", False, "unwritten"), sheet("c", "", True)])
    assert one.groups == {"N = 1": (1, 1)}
    assert spreads([sheet("c", "", True)]) == []
    assert spread_table([one]).splitlines()[2].endswith("1.00     1.00     1.00  -   0.00"), "there is nothing to test"


def test_whose_numbers_an_answer_is_right_for(monkeypatch, tmp_path):
    whose = {("q", "N = 2"): ["ben", "cleo"]}
    monkeypatch.setattr(variants, "holders", lambda course, roster: whose)
    course = Course("ps1", {}, tmp_path, tmp_path)
    found = [sheet("ann", "N = 1", False, answered="N = 2"), sheet("dan", "N = 3", False, answered="N = 9")]
    lines = [one.line() for one in others((one.record for one in found), course, {})]
    assert lines == [
        "OTHER NUMBERS ann/one: q answers the variant of student ben, cleo (N = 2; ann has N = 1)",
        "OTHER NUMBERS dan/one: q answers the numbers of the common notebook (N = 9; dan has N = 3)",
    ]
    assert next(iter(variant_rows(found, course, {}))) == (
        "ann",
        "",
        "one",
        "q",
        "N = 1",
        0.0,
        2.0,
        "N = 2",
        "ben cleo",
    )
    page = feedback(found[0], [CELL])
    assert "Your numbers: N = 1." in page
    assert "right for other numbers than yours: N = 2" in page
    assert "ben" not in page, "a student is told of no other"


def test_a_record_keeps_its_numbers_and_one_without_looks_as_before():
    record = sheet("ann", "N = 1", False, answered="N = 2").record
    assert loads(dumps(record)) == record
    assert "variants" not in dumps(sheet("c", "", True).record)
