"""The generated class: what its notebooks say they earn is what their code earns."""

import builtins
import contextlib
import io
import json
import random

import pytest

from course_tools.grading.model.names import Code, plain
from course_tools.paths import SOLUTIONS
from course_utils.checks import check, fingerprints
from course_utils.checks.suite import Suite
from course_utils.paths import NOTEBOOKS
from course_utils.tasks import TASKS, tasks
from tests.grading.students import answers, students, submission, write_class

pytestmark = pytest.mark.slow(20)

EXERCISES = [(task, exercise) for task in tasks() for exercise in fingerprints.load(task)]


def imports(task: str) -> str:
    cells = json.loads((SOLUTIONS / task / f"{task}.ipynb").read_text())["cells"]
    return next(
        "".join(cell["source"]) for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == "imports"
    )


@pytest.fixture(scope="module")
def no_names():
    """Points do not depend on the name of a mistake, and to find it for a hidden test every known one is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Suite, "match", lambda *_: None)
        yield


@pytest.mark.parametrize("task", [task.name for task in TASKS])
def test_an_answer_brings_all_names_that_the_notebook_does_not_have(task):
    cells = json.loads((NOTEBOOKS / task / f"{task}.ipynb").read_text(encoding="utf-8"))["cells"]
    given = {
        name for cell in cells if cell["cell_type"] == "code" for name in Code(plain("".join(cell["source"]))).bound
    }
    for one in (one for options in answers(task).values() for one in options):
        code = Code(one.source)
        assert code.used <= code.bound | given | set(dir(builtins)), one


@pytest.mark.usefixtures("no_names")
@pytest.mark.parametrize(("task", "exercise"), EXERCISES)
def test_a_written_answer_earns_what_the_banks_own_does(task, exercise):
    options = [one for one in answers(task)[exercise] if one.kind != "stub"]
    luck = random.Random(exercise)
    for answer in (options[0], luck.choice(options[1:])):
        space: dict = {"__name__": "student"}
        exec(imports(task), space)
        exec(answer.source, space)
        for cell, points in answer.points(task).items():
            suite = "grading" if cell.endswith("_hidden") else "public"
            with contextlib.redirect_stdout(io.StringIO()):
                assert check(f"{task}/{exercise}", space[exercise], suite) == points, (answer.kind, answer.name)


@pytest.mark.parametrize("task", tasks())
def test_a_class_begins_with_all_and_nothing_and_is_the_same_each_time(task, tmp_path):
    expected = write_class(task, 2, tmp_path)
    maximum = sum(sum(record["points"].values()) for record in fingerprints.load(task).values())
    assert [sum(points.values()) for points in expected.values()] == [maximum, 0]
    first, second = (list(students(task, 9, seed=3)) for _ in range(2))
    assert first == second
    assert len({json.dumps(submission(task, chosen)) for _, chosen in first}) == 9
