"""What is left out of a notebook at grading, and what never is."""

import json

import pytest
from nbformat import v4

from course_tools.checks.variants import filled
from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.merge import merged
from course_tools.grading.model.needed import needed
from course_tools.paths import SOLUTIONS
from course_utils.paths import NOTEBOOKS
from course_utils.tasks import tasks
from tests.grading.toy import mark

START = "import torch\nfrom course_utils.session import start\nlab = start('simclr')"
ANSWER = "def double(x):\n    return 2 * x"
TEST = "assert double(2) == 4"


def code(source: str, name: str = "", points: float = 0, **flags: bool) -> dict:
    return dict(v4.new_code_cell(source, metadata=mark(name, points, **flags) if name else {}))


def sources(tmp_path, *cells: str, answer: str = ANSWER, theirs: dict[int, str] | None = None, test: str = TEST):
    """What is run of a notebook with these free cells before the answer. theirs: cells as a student changed them."""
    source = [code(START, "start", locked=True), *(code(cell) for cell in cells)]
    source += [code(answer, "double", solution=True), code(test, "test", 1, grade=True, locked=True)]
    path = tmp_path / "toy.ipynb"
    path.write_text(json.dumps({"cells": source}))
    assignment = Assignment.load(path)
    handed_in = [dict(cell) for cell in source]
    for number, text in (theirs or {}).items():
        handed_in[number + 1] = code(text)
    return needed(assignment, merged(assignment, handed_in))


def test_a_demonstration_is_left_out(tmp_path):
    found = sources(tmp_path, "history = [torch.rand(3).sum() for _ in range(9)]\nprint(history)\nlab.record('x', 1)")
    assert found.sources[1] is None and not found.doubtful


@pytest.mark.parametrize(
    ("cells", "answer", "kept"),
    [
        (("factor = 2\nprint(3)",), "def double(x):\n    return factor * x", "factor = 2"),
        (
            ("for factor in (1, 2):\n    pass",),
            "def double(x):\n    return factor * x",
            "for factor in (1, 2):\n    pass",
        ),
        (("known = {}\nknown['f'] = 2",), "def double(x):\n    return known['f'] * x", "known = {}\nknown['f'] = 2"),
        (("known = []\nknown.append(2)",), "def double(x):\n    return known[0] * x", "known = []\nknown.append(2)"),
        (("def f(x):\n    x.append(2)\nk = []\nf(k)",), "two = k[0]\ndef double(x):\n    return two * x", None),
        (("a = 1\nb = a + 1\nc = 5",), "two = b\ndef double(x):\n    return two * x", "a = 1\nb = a + 1"),
        (
            ("torch.set_default_dtype(torch.float64)\nx = 1",),
            "def double(x):\n    return torch.tensor(x) * 2",
            "torch.set_default_dtype(torch.float64)",
        ),
        (("if True:\n    factor = 2",), "def double(x):\n    return factor * x", "if True:\n    factor = 2"),
        (("open('two', 'w').write('2')",), ANSWER, "open('two', 'w').write('2')"),
        (("%matplotlib inline\nx = 1",), ANSWER, "get_ipython().run_line_magic('matplotlib', 'inline')"),
    ],
)
def test_what_an_answer_needs_is_run(tmp_path, cells, answer, kept):
    found = sources(tmp_path, *cells, answer=answer).sources[1]
    assert found == (kept or "def f(x):\n    x.append(2)\nk = []\nf(k)")


def test_what_is_imported_is_loaded_where_it_stands(tmp_path):
    found = sources(tmp_path, "import json\nx = 1", "def f():\n    import csv")
    assert found.sources[:3] == ("import torch\nfrom course_utils.session import start", "import json", None)


def test_of_several_values_the_last_before_the_reader_counts(tmp_path):
    found = sources(tmp_path, "x = 1", "x = 2", "y = x", answer="two = y\ndef double(x):\n    return two * x")
    assert found.sources[1:4] == (None, "x = 2", "y = x")


def test_a_cell_that_the_student_changed_is_run_with_what_it_needs(tmp_path):
    found = sources(tmp_path, "x = 1\nz = 3", "print(x)", theirs={1: "print(x)\nfactor = 2"})
    assert found.sources[1:3] == ("x = 1", "print(x)\nfactor = 2")


@pytest.mark.parametrize(
    ("theirs", "left_out"),
    [
        ({1: "lab.recall('ceiling', 2.08)"}, True),
        ({1: "lab.recall('ceiling', ...)  # not today"}, True),
        ({1: "lab.recall('ceiling', 2.08)\nfactor = 2"}, False),
        ({1: "lab.recall('ceiling', print(3))"}, False),
        ({1: "history.append(3)"}, False),
        ({1: "lab.recall('ceiling', 2.08)", 0: "lab = []"}, False),
    ],
)
def test_what_only_tells_the_session_something_is_left_out_whatever_it_tells(tmp_path, theirs, left_out):
    found = sources(tmp_path, "print(3)", "lab.recall('ceiling', 2)", theirs=theirs).sources
    assert found[2] == (None if left_out else theirs[1])


@pytest.mark.parametrize(
    "answer",
    [
        "exec('def double(x): return 2 * x')",
        "double = globals",
        "r = torch.rand(1)\ndef double(x):\n    return x + r",
        "double = [torch.rand(1)]\ndouble = double[0]",
    ],
)
def test_an_answer_that_could_depend_on_anything_has_everything(tmp_path, answer):
    assert sources(tmp_path, "history = 1", answer=answer).sources[1] == "history = 1"


@pytest.mark.parametrize("own", ["x = torch.randn(4)\nprint(double(x))", "model.weight = torch.randn(4)"])
def test_numbers_drawn_to_look_at_have_nothing_else_run(tmp_path, own):
    found = sources(tmp_path, "model = lab\nmodel.x = 1", "history = 1", "print(3)", theirs={2: own})
    assert found.sources[2:4] == (None, own) and not found.doubtful


def test_an_object_handed_on_with_numbers_drawn_is_in_doubt(tmp_path):
    cells, own = ("from course_utils.models.tiny import train\nmodel = [2]", "print(3)"), "train(model, torch.randn(4))"
    found = sources(tmp_path, *cells, answer="def double(x):\n    return model[0] * x", theirs={1: own})
    assert found.sources[2] == own and found.doubtful == {"test"}


def test_a_module_imported_above_an_answer_cannot_be_in_doubt(tmp_path):
    answer = "import math\ndef double(x):\n    return math.ldexp(x, 1)"
    assert not sources(tmp_path, "print(math.exp(1))", answer=answer).doubtful
    assert sources(tmp_path, "print(math.exp(1))", answer=f"math = object()\n{answer}").doubtful == {"test"}


def test_what_may_have_been_changed_is_in_doubt(tmp_path):
    cells = "from course_utils.models.tiny import train\nmodel = [2]", "history = train(model)"
    found = sources(tmp_path, *cells, answer="def double(x):\n    return model[0] * x")
    assert found.sources[2] is None and found.doubtful == {"test"}


def test_no_python_is_no_reason_to_fail(tmp_path):
    found = sources(tmp_path, "x = 1", answer="def double(x:\n")
    assert found.sources[1] is None and found.sources[2] == "def double(x:\n"


@pytest.mark.parametrize("task", tasks())
def test_every_task_leaves_its_training_and_its_plots_out(task):
    path = SOLUTIONS / task / f"{task}.ipynb"
    assignment = Assignment.load(path)
    steps = merged(assignment, json.loads(path.read_text())["cells"])
    found = needed(assignment, steps)
    run = "\n".join(source for source in found.sources if source)
    assert "plots.plot" not in run and "lab.record" not in run and not found.doubtful


def test_numbers_of_ones_own_do_not_make_a_cell_the_students():
    """What is printed below the answer has the student's number in it: as a changed cell it would be run, with all that it needs."""
    path = SOLUTIONS / "simclr" / "simclr.ipynb"
    everybodys, numbers = Assignment.load(path), {"collapsed_loss": "N = 60"}
    released = json.loads((NOTEBOOKS / "simclr" / "simclr.ipynb").read_text(encoding="utf-8"))["cells"]
    steps = merged(everybodys, filled("simclr", released, numbers))
    as_changed = [one is None for one in needed(everybodys, steps).sources]
    own = everybodys.filled(lambda cells: filled("simclr", cells, numbers))
    steps = merged(own, filled("simclr", released, numbers))
    common = needed(everybodys, merged(everybodys, released))
    assert as_changed != [one is None for one in needed(own, steps).sources] == [one is None for one in common.sources]
