"""What a test may take from the instructor's notebook and what it asks of the student; where the instructor's cells stand in a submission."""

import json

import pytest
from nbformat import v4

from course_tools.grading.judge.trusted import partial_credit
from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.merge import merged
from course_utils.errors import CourseError
from course_utils.paths import SOLUTIONS, tasks
from tests.grading.attacks import mark


def load(tmp_path, *cells, name="one"):
    """An assignment of (kind, source) cells; kind: answer, test, locked or free."""
    flags = {"answer": {"solution": True}, "test": {"grade": True, "locked": True}, "locked": {"locked": True}}
    nodes = []
    for index, (kind, source) in enumerate(cells):
        points = 1 if kind == "test" else 0
        nodes.append(
            v4.new_code_cell(source, metadata=mark(f"{kind}{index}", points, **flags[kind]) if kind in flags else {})
        )
    path = tmp_path / f"{name}.ipynb"
    path.write_text(json.dumps(v4.new_notebook(cells=nodes)))
    return Assignment.load(path)


def plan(assignment):
    return [cell for cell in assignment.cells if cell.kind == "test"][-1].plan


def test_imports_and_data_are_the_instructor_s_and_answers_the_student_s(tmp_path):
    found = plan(
        load(
            tmp_path,
            ("locked", "import numpy as np\nimport os"),
            ("free", "data = np.arange(5)\nother = 3"),
            ("answer", "import math\ndef mean(x):\n    return x.sum() / math.floor(len(x))"),
            ("free", "m = mean(data)\nk = m + 1"),
            ("test", "assert np.isclose(mean(data), 2) and k == 3 and math.pi > 3"),
        )
    )
    assert found.ours == ("import numpy as np", "data = np.arange(5)", "import math")
    assert found.student == ("k", "mean")


def test_helpers_run_here_and_what_they_call_is_asked_for(tmp_path):
    found = plan(
        load(
            tmp_path,
            ("free", "scale = 2\ndef twice_the(x):\n    return scale * f(x)"),
            ("answer", "def f(x):\n    return x"),
            ("test", "assert twice_the(3) == 6"),
        )
    )
    assert found.ours == ("scale = 2", "def twice_the(x):\n    return scale * f(x)")
    assert found.student == ("f",)


def test_what_touches_an_object_comes_along(tmp_path):
    found = plan(
        load(
            tmp_path,
            ("free", "import torch\ntorch.set_default_dtype(torch.float64)\nx = []\nx.append(1)\ny = 1"),
            ("answer", "def f(x): return x"),
            ("test", "f(x)\ntorch.ones(1)"),
        )
    )
    assert found.ours == ("import torch", "torch.set_default_dtype(torch.float64)", "x = []", "x.append(1)")


def test_the_latest_binding_decides(tmp_path):
    cells = [("free", "x = 1"), ("answer", "x = 2"), ("test", "x"), ("free", "x = 3"), ("test", "x")]
    assignment = load(tmp_path, *cells)
    first, second = (cell.plan for cell in assignment.cells if cell.kind == "test")
    assert (first.ours, first.student) == ((), ("x",))
    assert (second.ours, second.student) == (("x = 1", "x = 3"), ())


def test_builtins_are_never_the_student_s_unless_asked_for(tmp_path):
    assert plan(load(tmp_path, ("answer", "def f(x): return x"), ("test", "assert abs(f(1)) == sum([1])"))).student == (
        "f",
    )
    assert plan(
        load(tmp_path, ("answer", "def sum(x): return 1"), ("test", "assert sum([1]) == 1"), name="two")
    ).student == ("sum",)


def test_names_of_an_earlier_test_stay_here(tmp_path):
    assert (
        plan(load(tmp_path, ("answer", "f = 1"), ("test", "expected = f"), ("test", "assert expected == 1"))).student
        == ()
    )


def test_lint_names_what_two_processes_cannot_grade(tmp_path):
    assignment = load(
        tmp_path, ("answer", "f = 1"), ("test", "assert 'f' in globals()"), ("test", "assert f"), ("test", "assert (")
    )
    first, second, third = assignment.lint().values()
    assert "globals" in first[0]
    assert second == ()
    assert "no Python" in third[0]


@pytest.mark.parametrize("task", tasks())
def test_all_tests_of_this_course_can_be_graded(task):
    assignment = Assignment.load(SOLUTIONS / task / f"{task}.ipynb")
    assert assignment.lint()
    assert not any(assignment.lint().values())


def test_an_edited_test_changes_its_own_key_only(tmp_path):
    cells = [("locked", "import math"), ("answer", "f = 1"), ("test", "assert f"), ("test", "assert f == math.e")]
    before = load(tmp_path, *cells).keys
    edited = load(tmp_path, *cells[:2], ("test", "assert f == 1"), cells[3], name="two").keys
    assert [before[name] == edited[name] for name in before] == [False, True]
    helper = load(tmp_path, ("locked", "import cmath as math"), *cells[1:], name="three").keys
    assert [before[name] == helper[name] for name in before] == [True, False]


def test_hidden_regions_are_not_shown(tmp_path):
    source = "# Hidden.\n### BEGIN HIDDEN TESTS\nassert f(2)\n### END HIDDEN TESTS\nassert f(1)"
    cell = load(tmp_path, ("answer", "f = 1"), ("test", source)).cells[1]
    assert cell.hidden
    assert cell.shown == "# Hidden.\nassert f(1)"


def test_a_broken_source_is_a_one_line_error(tmp_path):
    (tmp_path / "bad.ipynb").write_text("{")
    with pytest.raises(CourseError, match=r"bad\.ipynb is no notebook"):
        Assignment.load(tmp_path / "bad.ipynb")
    with pytest.raises(CourseError, match="is missing"):
        Assignment.load(tmp_path / "none.ipynb")


# --- where the cells stand


def order(assignment, *names):
    """The graded order of a submission with these cells; "x" is one of the student's own."""
    cells = [
        {"cell_type": "code", "source": name, "metadata": {} if name == "x" else {"nbgrader": {"grade_id": name}}}
        for name in names
    ]
    return [step.master.name if step.master else "x" for step in merged(assignment, cells)]


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


@pytest.mark.parametrize("value", [None, 1.5, 0.0, 2, 0, True, False, "1", -1.0, [1.0], float("nan"), (1,), 3.0, 3.5])
def test_partial_credit_is_nbgrader_s(value):
    from nbgrader.utils import determine_grade

    from course_tools.grading.intake.submissions import Refused

    outputs = [] if value is None else [v4.new_output("execute_result", {"text/plain": repr(value)}, execution_count=1)]
    cell = v4.new_code_cell("", outputs=outputs, metadata=mark("t", 3, grade=True, locked=True))
    try:
        expected = determine_grade(cell)[0]
    except ValueError:
        with pytest.raises(Refused):
            partial_credit(value, 3.0)
    else:
        assert partial_credit(value, 3.0) == expected
