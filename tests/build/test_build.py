"""Generated notebooks: the same bytes each time, equal to what is committed, and free of answers."""

import copy
import json
import shutil

import nbformat
import pytest

from course_tools.build import generate
from course_tools.build.release import leaks
from course_tools.checks.fingerprints import dumps
from course_tools.paths import SOLUTIONS
from course_utils import cli
from course_utils.checks import fingerprints
from course_utils.paths import NOTEBOOKS, ROOT
from course_utils.tasks import tasks

TASKS = tasks()


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    folders = [tmp_path_factory.mktemp("build") for _ in range(2)]
    for folder in folders:
        for task in TASKS:
            generate.build(task, folder)
    return folders


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", ["solutions", "notebooks"])
def test_same_bytes_each_time_and_as_committed(twice, task, kind):
    first, second = ((folder / kind / task / f"{task}.ipynb").read_bytes() for folder in twice)
    assert first == second
    assert first == (ROOT / kind / task / f"{task}.ipynb").read_bytes(), "run `course build`"


@pytest.mark.slow(15)
def test_build_check_passes_on_this_tree():
    assert cli.main(["build", "--check"]) == 0


@pytest.mark.parametrize("task", TASKS)
def test_only_the_notebook_is_released(task):
    assert [path.name for path in (NOTEBOOKS / task).iterdir() if path.name != ".ipynb_checkpoints"] == [
        f"{task}.ipynb"
    ]


@pytest.mark.parametrize("task", TASKS)
def test_of_the_locked_cells_only_the_parameters_can_be_edited_at_home(task):
    cells = nbformat.read(NOTEBOOKS / task / f"{task}.ipynb", 4).cells
    locked = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("locked")]
    assert [cell.id for cell in locked if cell.metadata.get("editable", True)] == ["parameters"]
    assert [cell.id for cell in locked if "checksum" not in cell.metadata.nbgrader] == ["parameters"]


@pytest.mark.parametrize("task", TASKS)
def test_released_notebook_holds_no_answer(task):
    solution = nbformat.read(SOLUTIONS / task / f"{task}.ipynb", 4)
    released = nbformat.read(NOTEBOOKS / task / f"{task}.ipynb", 4)
    assert leaks(solution, released) == []
    text = json.dumps(released)
    for marker in ("BEGIN SOLUTION", "BEGIN HIDDEN", 'suite=\\"grading\\"'):
        assert marker not in text
    graded = [cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert graded
    for cell in graded:
        stub = cell.source
        assert any(
            sign in stub for sign in ("raise NotImplementedError", "= ...", "= (...", ": ...,", "Your answer here")
        )


def test_leak_detector_sees_a_single_line():
    solution = nbformat.read(SOLUTIONS / "simclr" / "simclr.ipynb", 4)
    released = nbformat.read(NOTEBOOKS / "simclr" / "simclr.ipynb", 4)
    for secret in (
        "return F.cross_entropy(logits.masked_fill(itself, -torch.inf), partner)",
        "collapsed_loss = math.log(2 * 128 - 1)",
        'check("simclr/nt_xent", nt_xent, suite="grading")',
    ):
        leaky = copy.deepcopy(released)
        leaky.cells[-1].source += f"\n    {secret}"
        assert leaks(solution, leaky) == [secret]


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of this checkout's sources and generated files, which a test may damage."""
    for name in ("solutions", "notebooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copytree(fingerprints.FOLDER, tmp_path / "fingerprints")
    for module, name, value in (
        (generate, "SOLUTIONS", tmp_path / "solutions"),
        (generate, "NOTEBOOKS", tmp_path / "notebooks"),
        (generate, "ROOT", tmp_path),
        (fingerprints, "FOLDER", tmp_path / "fingerprints"),
    ):
        monkeypatch.setattr(module, name, value)
    fingerprints.load.cache_clear()
    yield tmp_path
    fingerprints.load.cache_clear()


def test_check_fails_on_an_edited_notebook(tree, capsys):
    path = tree / "notebooks" / "simclr" / "simclr.ipynb"
    path.write_text(path.read_text().replace("SimCLR", "SimCLRR", 1))
    assert cli.main(["build", "--check", "simclr"]) == 1
    assert "differs from its source: notebooks/simclr/simclr.ipynb" in capsys.readouterr().err


def test_check_fails_on_a_changed_fingerprint(tree, capsys):
    path = tree / "fingerprints" / "simclr.json"
    records = json.loads(path.read_text())
    records["nt_xent"]["points"]["public"] += 1
    path.write_text(dumps(records))
    assert cli.main(["build", "--check", "simclr"]) == 1
    assert "fingerprints/simclr.json" in capsys.readouterr().err


def test_one_exercise_leaves_the_others_fingerprints_alone(tree, capsys):
    path = tree / "fingerprints" / "simclr.json"
    original = path.read_text()
    records = json.loads(original)
    records["nt_xent"]["points"]["public"] += 1
    records["alignment"]["points"]["public"] += 1
    path.write_text(dumps(records))
    assert cli.main(["build", "simclr", "--exercise", "nt_xent"]) == 0
    assert "of the checks only nt_xent" in capsys.readouterr().out
    rebuilt = json.loads(path.read_text())
    assert rebuilt["nt_xent"]["points"] == json.loads(original)["nt_xent"]["points"]
    assert {name: rebuilt[name] for name in rebuilt if name != "nt_xent"} == {
        name: records[name] for name in records if name != "nt_xent"
    }


@pytest.mark.parametrize("arguments", [["--exercise", "nt_xent"], ["simclr", "--exercise", "nce_loss"]])
def test_an_exercise_without_its_task_is_refused(arguments, capsys):
    assert cli.main(["build", *arguments]) == 2
    assert "name the one task that has it" in capsys.readouterr().err


def test_build_restores_what_was_edited(tree):
    path = tree / "solutions" / "simclr" / "simclr.ipynb"
    original = path.read_bytes()
    path.write_text("{}")
    assert cli.main(["build", "simclr"]) == 0
    assert path.read_bytes() == original


def test_a_stray_file_is_never_released(tree, capsys):
    (tree / "solutions" / "simclr" / "answers.txt").write_text("the answers")
    assert cli.main(["build", "simclr"]) == 1
    assert "answers.txt is not generated and would be released" in capsys.readouterr().err


def test_unknown_task_is_one_line(capsys):
    assert cli.main(["build", "simclar"]) == 2
    assert capsys.readouterr().err.startswith("course build: unknown task 'simclar'; the tasks are: ")
