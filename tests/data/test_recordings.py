"""Recorded files are what SHA256SUMS says, or one line says what is wrong."""

import pytest

from course_utils.data.recordings import checksums, content, rows, write_rows
from course_utils.errors import CourseError


@pytest.fixture
def folder(tmp_path):
    write_rows(tmp_path, "runs", [{"name": "wide", "loss": 0.50001}])
    return tmp_path


def test_numbers_are_floats_and_names_are_text(folder):
    assert rows(folder, "runs") == [{"name": "wide", "loss": 0.5}]
    assert content(folder, "runs.csv").startswith(b"name,loss") and set(checksums(folder)) == {"runs.csv"}


@pytest.mark.parametrize("name", ["runs.csv", "SHA256SUMS"])
def test_a_missing_file_is_named_with_the_way_back(folder, name):
    (folder / name).unlink()
    with pytest.raises(CourseError, match=rf"{name} is missing; restore it"):
        rows(folder, "runs")


def test_a_changed_file_is_corrupt(folder):
    (folder / "runs.csv").write_text("name,loss\nwide,0.4\n")
    with pytest.raises(CourseError, match=r"runs\.csv is corrupt: SHA-256 is .*; restore it"):
        rows(folder, "runs")


def test_a_file_that_is_not_listed_is_not_taken(folder):
    (folder / "more.csv").write_text("name\n")
    with pytest.raises(CourseError, match=r"more\.csv is corrupt"):
        content(folder, "more.csv")
