"""What a regrade moved, and why, from journals written line by line."""

import pytest

from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.records import CellRecord, Manual, Record, Student
from course_tools.grading.overview.regrades import regrades

CELLS = {"one": [SourceCell("a", "test", "code", "", 2.0), SourceCell("why", "manual", "markdown", "", 3.0)]}


def record(points, key="s1-g1-h1", why=None, seed=0, outcome="graded", student="ada", submitted=""):
    cells = (CellRecord("a", 2.0, points, "graded"), CellRecord("why", 3.0, why, "manual"))
    return Record(student, "ps1", "one", key, outcome, cells=cells, seed=seed, submitted=submitted)


def manual(cell, score, submission="s1", extra=None):
    return Manual("ada", "one", cell, score, extra, None, submission)


def found(*entries):
    return [(one.student, ", ".join(one.why), one.cells) for one in regrades(CELLS, entries)]


@pytest.mark.parametrize(
    ("key", "seed", "why"),
    [
        ("s2-g1-h1", 0, "new submission"),
        ("s1-g2-h1", 0, "new checks"),
        ("s1-g1-h2", 7, "new seed"),
        ("s1-g1-h2", 0, "other limits"),
        ("s2-g2-h1", 0, "new submission, new checks"),
    ],
)
def test_why(key, seed, why):
    assert found(record(1.0), record(2.0, key, seed=seed)) == [("ada", why, {"a": (1.0, 2.0)})]


def test_a_regrade_that_moves_nothing_is_one_too():
    assert found(record(1.0), record(1.0, "s1-g2-h1")) == [("ada", "new checks", {})]


def test_only_the_last_two_gradings_count():
    entries = record(0.0), record(2.0, "s2-g1-h1"), record(1.5, "s2-g2-h1")
    assert found(*entries) == [("ada", "new checks", {"a": (2.0, 1.5)})]


def test_what_is_no_grading():
    assert found(record(1.0)) == []
    assert found(record(1.0), record(1.0, submitted="2026-11-23T07:00:00+00:00")) == []
    lost = record(None, "s1-g2-h1", outcome="worker_lost")
    assert found(record(1.0), lost, record(1.0)) == []
    assert found(Student("ada"), Record("ada", "ps1", "gone", "k", "graded"), Record("ada", "ps1", "gone", "l", "graded")) == []  # fmt: skip


def test_a_notebook_that_could_not_be_graded_had_nothing():
    broken = Record("ada", "ps1", "one", "s1-g1", "not_a_notebook", "is no JSON")
    assert found(broken, record(2.0, "s2-g1-h1")) == [("ada", "new submission", {"a": (0.0, 2.0)})]


def test_the_first_reading_of_an_answer_moves_nothing_a_second_does():
    assert found(record(1.0), manual("why", 2.0)) == []
    assert found(record(1.0), manual("why", 2.0), manual("why", 3.0)) == [("ada", "by hand", {"why": (2.0, 3.0)})]
    assert found(record(1.0), manual("a", 2.0)) == [("ada", "by hand", {"a": (1.0, 2.0)})]
    assert found(record(1.0), manual("a", None, extra=0.5)) == [("ada", "by hand", {"a": (1.0, 1.5)})]


def test_a_persons_word_outlasts_a_regrade():
    assert found(record(1.0), manual("a", 2.0), record(0.0, "s1-g2-h1")) == [("ada", "new checks", {})]
    both = record(1.0), record(0.0, "s1-g2-h1"), manual("a", 2.0)
    assert found(*both) == [("ada", "new checks, by hand", {"a": (1.0, 2.0)})]
    back = record(1.0), record(0.0, "s1-g2-h1"), manual("a", 1.0)
    assert found(*back) == [("ada", "new checks, by hand", {})]
