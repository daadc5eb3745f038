"""Item analysis, against definitions written out and scipy."""

import math

import numpy as np
import pytest
from scipy.stats import pearsonr

from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.records import CellRecord, Record, Student
from course_tools.grading.overview.items import analyse, correlation, discrimination, exercises, failure, text_table
from course_tools.grading.results.scores import Score, Sheet
from tests.grading import toy


def sheet(student, points, outcome="graded", messages=None, waits=()):
    """A sheet with one cell for each of `points`, each worth 2."""
    scores = []
    for index, value in enumerate(points):
        cell = SourceCell(f"q{index}", "test", "code", "", 2.0)
        message = (messages or {}).get(index, "")
        record = CellRecord(cell.name, 2.0, value, "graded", "", message, 0.1 * (index + 1))
        scores.append(Score(cell, record, value, waits=index in waits))
    return Sheet(Student(student), Record(student, "ps1", "one", "k-g", outcome), tuple(scores), {}, 0.0, 0.0)


def test_against_scipy_and_the_definition():
    generator = np.random.default_rng(0)
    points = generator.integers(0, 3, size=(40, 5)).astype(float)
    points[:, 1] = np.clip(points[:, 0] + generator.integers(-1, 2, 40), 0, 2)
    items = analyse([sheet(f"s{row:02d}", values) for row, values in enumerate(points)])
    assert [item.name for item in items] == [f"q{index}" for index in range(5)]
    total = points.sum(axis=1)
    for index, item in enumerate(items):
        assert item.difficulty == pytest.approx(points[:, index].mean() / 2)
        assert item.r == pytest.approx(
            pearsonr(points[:, index], np.delete(points, index, axis=1).sum(axis=1)).statistic
        )
        assert item.seconds == pytest.approx(0.1 * (index + 1))
        assert item.students == 40
        assert item.discrimination == pytest.approx(shuffled(points[:, index] / 2, total), abs=0.02)


def shuffled(share, total, rounds=4000):
    """Upper minus lower 27%, with ties at the border broken by chance, on average."""
    generator = np.random.default_rng(1)
    size = math.ceil(0.27 * len(share))
    found = []
    for _ in range(rounds):
        order = np.lexsort((generator.random(len(share)), total))
        found.append(share[order[-size:]].mean() - share[order[:size]].mean())
    return np.mean(found)


@pytest.mark.parametrize("count", [4, 5, 11, 12, 100])
def test_without_ties_the_tails_are_exactly_27_percent(count):
    total = np.arange(count, dtype=float)
    size = math.ceil(0.27 * count)
    share = (total >= count - size).astype(float)
    assert discrimination(share, total) == 1
    assert discrimination(1 - share, total) == -1


def test_where_nothing_varies():
    assert math.isnan(correlation(np.ones(5), np.arange(5)))
    assert math.isnan(correlation(np.array([1.0]), np.array([2.0])))
    assert math.isnan(discrimination(np.arange(5), np.ones(5)))
    assert math.isnan(discrimination(np.arange(3), np.arange(3)))
    items = analyse([sheet("ann", [2, 0])])
    assert [(item.difficulty, item.students) for item in items] == [(1, 1), (0, 1)]
    assert analyse([]) == []


def test_only_what_was_graded_and_read_counts():
    items = analyse(
        [
            sheet("ann", [2, 2]),
            sheet("ben", [0, 1], outcome="crashed"),
            sheet("cleo", [0, 1], waits=(1,)),
            sheet("dan", [2, 0]),
        ]
    )
    assert [(item.students, item.difficulty) for item in items] == [(3, pytest.approx(2 / 3)), (2, 0.5)]


def test_the_most_frequent_reason_is_the_first_thing_that_was_wrong():
    said = "ps1/q0     0 / 2\n  FAIL  4 images: got 1, expected 2\n  FAIL  gradients\n        Hint"
    sheets = [sheet(f"s{i}", [0.0], messages={0: said}) for i in range(3)]
    sheets += [sheet("t", [0.0], messages={0: "assert x == 4"}), sheet("u", [2.0])]
    (item,) = analyse(sheets)
    assert item.failures == (("4 images: got 1, expected 2", 3), ("assert x == 4", 1))
    assert failure(Score(sheets[0].scores[0].cell, None, 0.0)) == "not in the submission"


def test_the_cells_of_one_exercise_are_one_item():
    together = {("one", "q0"): "first", ("one", "q1"): "first"}
    said = {1: "FAIL  large: got 1, expected 2"}
    rows = [(2, 2, 0), (2, 1, 2), (0, 0, 2), (2, 2, 2)]
    sheets = [sheet(f"s{i}", row, messages=said) for i, row in enumerate(np.array(rows, float))]
    first, last = analyse([*sheets, sheet("waits", [2.0, 2.0, 2.0], waits=(1,))], together)
    assert (first.name, first.max_points, first.students, last.students) == ("first", 4, 4, 5)
    assert first.difficulty == pytest.approx((4 + 3 + 0 + 4) / 16)
    assert first.seconds == pytest.approx(0.1 + 0.2)
    assert first.failures == (("less than full points", 1), ("large: got 1, expected 2", 1))[::-1]


def test_tests_belong_to_the_answer_before_them(tmp_path):
    course = toy.make(tmp_path)
    assert exercises(course) == {(n, f"double_{c}"): "double" for n in ("one", "two") for c in ("check", "hidden")}


def test_the_table_of_a_terminal():
    table = text_table(analyse([sheet(f"s{i}", [2.0, 1.0, i % 2]) for i in range(12)]))
    assert len(table.splitlines()) == 5
    assert "nan" not in table
