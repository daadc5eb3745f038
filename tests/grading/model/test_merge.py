"""Where the instructor's cells stand in a submission."""

import pytest

from course_tools.grading.model.merge import merged
from tests.grading.model.sources import load


def order(assignment, *names):
    """The graded order of a submission with these cells; "x" is one of the student's own."""
    cells = [
        {"cell_type": "code", "source": name, "metadata": {} if name == "x" else {"nbgrader": {"grade_id": name}}}
        for name in names
    ]
    return [step.ours.name if step.ours else "x" for step in merged(assignment, cells)]


@pytest.mark.parametrize(
    ("given", "graded"),
    [
        ("locked0 answer1 test2 answer3 test4", "locked0 answer1 test2 answer3 test4"),
        ("x locked0 x answer1 x test2 answer3 test4 x", "x locked0 x answer1 x test2 answer3 test4 x"),
        ("answer1 answer3", "locked0 answer1 test2 answer3 test4"),
        ("", "locked0 test2 test4"),
        ("locked0 answer1 test2 test2 answer3 test4", "locked0 answer1 test2 answer3 test4"),
        ("test2 locked0 answer1 test2 answer3 test4", "locked0 answer1 test2 answer3 test4"),
        ("locked0 test2 answer1 answer3 test4", "locked0 test2 answer1 answer3 test4"),
        ("locked0 answer1 x answer1 test2 answer3 test4", "locked0 answer1 x answer1 test2 answer3 test4"),
        ("locked0 locked0 answer1 answer3 test4 test2", "locked0 answer1 answer3 test4 test2"),
    ],
)
def test_every_test_stands_once_where_it_belongs(tmp_path, given, graded):
    cells = [("locked", "a = 1"), ("answer", "f = 1"), ("test", "f"), ("answer", "g = 1"), ("test", "g")]
    assert order(load(tmp_path, *cells), *given.split()) == graded.split()
