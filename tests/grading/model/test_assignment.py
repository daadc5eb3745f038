"""What a test may take from the instructor's notebook and what it asks of the student."""

import pytest

from course_tools.grading.model.assignment import Assignment
from course_tools.paths import SOLUTIONS
from course_utils.errors import CourseError
from course_utils.tasks import tasks
from tests.grading.model.sources import load


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
    assert assignment.lint() == [
        "one.ipynb, cell 2 (test1), line 1: uses globals, which the trusted process does not have",
        "one.ipynb, cell 4 (test3), line 1: is no Python ('(' was never closed)",
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("%precision 3", "get_ipython (a %magic or a !command)"),
        ("!ls", "get_ipython (a %magic or a !command)"),
        ("assert eval('f(1)') == 1", "eval"),
        ("assert 'return' in inspect.getsource(f)", "inspect.getsource"),
        ("assert list(inspect.signature(f).parameters) == ['x']", "inspect.signature"),
        ("assert Out", "Out"),
    ],
)
def test_lint_names_the_line(tmp_path, line, what):
    (problem,) = load(tmp_path, ("answer", "f = 1"), ("test", f"import inspect\n\n{line}")).lint()
    assert problem == f"one.ipynb, cell 2 (test1), line 3: uses {what}, which the trusted process does not have"


def test_lint_follows_helpers(tmp_path):
    helper = ("locked", "def value(text):\n    return eval(text)")
    (problem,) = load(tmp_path, helper, ("answer", "f = 1"), ("test", "assert value('f') == 1")).lint()
    assert "cell 3 (test2), builds on `def value(text):`, which uses eval" in problem


def test_names_that_a_test_binds_itself_are_no_problem(tmp_path):
    source = "for _ in range(3):\n    assert f\n_, vars = 1, 2\nassert [_ for _ in 'ab'] and vars"
    assert not load(tmp_path, ("answer", "f = 1"), ("test", source)).lint()


@pytest.mark.parametrize("task", tasks())
def test_all_tests_of_this_course_can_be_graded(task):
    assignment = Assignment.load(SOLUTIONS / task / f"{task}.ipynb")
    assert [cell for cell in assignment.cells if cell.kind == "test"]
    assert not assignment.lint()


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


def test_a_test_is_about_the_last_answer_before_it(tmp_path):
    cells = [("test", "1"), ("answer", "x = 2"), ("test", "x"), ("free", "x = 3"), ("test", "x"), ("answer", "y = 1"), ("test", "y")]  # fmt: skip
    assert load(tmp_path, *cells).answered == {"test0": "", "test2": "answer1", "test4": "answer1", "test6": "answer5"}
