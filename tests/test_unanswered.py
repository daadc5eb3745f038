"""A notebook with answers missing, run whole: one line for what is missing, nothing changed for a bug, for `course run` and for nbgrader."""

import copy
import os
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.utils import determine_grade

from course_utils import unanswered
from course_utils.paths import NOTEBOOKS, ROOT
from course_utils.recall import questions
from course_utils.unanswered import made

pytestmark = pytest.mark.slow(90)

CELLS = {
    "start": 'from course_utils.session import start\nlab = start("simclr", profile="smoke")\nfrom course_utils.checks import check\n'
    "results = {}",
    "nt_xent": "def nt_xent(z_i, z_j, temperature=0.5):\n    raise NotImplementedError  # your code here",
    "guess": "collapsed_loss = ...",
    "check": 'check("simclr/nt_xent", nt_xent)',
    "uses": 'before = 1\nresults["mine"] = nt_xent(1, 2)\nafter = 2',
    "through": "def step():\n    return nt_xent(3, 4)\nloss = [step() for _ in range(3)]",
    "formats": 'print(f"{collapsed_loss:.4f}")',
    "follows": "after + 1",
    "looks up": 'results["mine"]',
    "free": "before + 40",
    "bug": "def mine():\n    return 1 / 0\nmine()",
    "other name": "nowhere",
    "own error": 'raise NotImplementedError("of the student")',
    "never run": "train_step()",
    "calls one": "def positive_rank(z_i, z_j):\n    return cosine_similarity(z_i, z_j)\n"
    'check("simclr/positive_rank", positive_rank)',
    "written": "def nt_xent(z_i, z_j, temperature=0.5):\n    return 7",
    "follows, written": "after + 1",
    "uses again": 'before = 1\nresults["mine"] = nt_xent(1, 2)\nafter = 2',
    "follows at last": "after + 1",
}
MISSING = "not run: this cell needs nt_xent (Exercise 3.3), which is not answered yet"


def run(cells: dict[str, str], folder, **environment: str) -> dict[str, list]:
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells.values()])
    check = nb.cells[list(cells).index("check")] if "check" in cells else None
    if check:
        check.metadata.nbgrader = {"grade": True, "solution": False, "points": 3}
    execute(nb, folder, **environment)
    outputs = {name: cell.outputs for name, cell in zip(cells, nb.cells, strict=True)}
    if check:
        outputs["grade"] = determine_grade(check)
    return outputs


def execute(nb, folder, **environment: str) -> None:
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("COURSE_METRICS", "NBGRADER_EXECUTION")
    }
    client = NotebookClient(
        nb, timeout=600, startup_timeout=180, allow_errors=True, resources={"metadata": {"path": folder}}
    )
    client.execute(env=inherited | {"PYTHONPATH": str(ROOT)} | environment)


def said(outputs: list) -> list[str]:
    """What a cell shows, a line for each output; a traceback is "Name!" and its lines."""
    lines = []
    for one in outputs:
        if one.output_type == "error":
            lines.append(f"{one.ename}! " + "\n".join(one.traceback))
        else:
            lines.append(one.get("text") or one.data["text/plain"])
    return [line.strip() for line in lines]


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    return run(CELLS, folder) | {"files": list(folder.iterdir())}


@pytest.mark.parametrize("cell", ["uses", "through"])
def test_a_cell_that_needs_the_answer_says_so_in_a_line(live, cell):
    assert said(live[cell]) == [MISSING]
    assert 'role="note"' in live[cell][0].data["text/html"]


def test_so_does_one_that_needs_a_number_that_is_not_guessed_yet(live):
    assert said(live["formats"]) == [
        "not run: this cell needs collapsed_loss (Exercise 3.1), which is not answered yet"
    ]


def test_so_does_one_that_needs_an_answer_whose_cell_has_not_been_run(live):
    assert said(live["never run"]) == [
        "not run: this cell needs train_step (Exercise 6.1); run the cell of that answer first"
    ]


def test_a_check_says_so_too_and_keeps_what_was_noted(live):
    (shown,) = live["calls one"]
    says = "0 / 2 · not checked: it calls cosine_similarity (Exercise 2.1); run the cell of that answer first"
    assert says in shown.data["text/html"]
    assert live["files"] == []


def test_an_answer_under_another_name_is_noticed(monkeypatch, capsys):
    monkeypatch.setattr(unanswered, "live", lambda: True)
    handler = unanswered.Handler(SimpleNamespace(transform_cell=str, user_ns={}), "simclr")
    for name in ("cosine_similarty", "cosine_similarity"):
        handler.before(SimpleNamespace(raw_cell=f"def {name}(a, b):\n    return a @ b.T", cell_id="cosine_similarity"))
        handler.after(SimpleNamespace(success=True))
    says = "this cell does not define cosine_similarity, which its check asks for; it defines cosine_similarty\n"
    assert capsys.readouterr().out == says


@pytest.mark.parametrize(("cell", "name"), [("follows", "after"), ("looks up", "results")])
def test_one_that_needs_such_a_cell_names_both(live, cell, name):
    assert said(live[cell]) == [
        f"not run: this cell needs {name}, from a cell above that waits for nt_xent (Exercise 3.3)"
    ]


def test_what_does_not_need_it_runs(live):
    assert said(live["free"]) == ["41"]


def test_the_check_of_it_is_one_line_without_points(live):
    assert said(live["check"]) == ["0.0"]
    assert "0 / 3 · not written yet" in live["check"][0].data["text/html"]
    assert live["grade"] == (0.0, 3.0)
    assert live["files"] == [], "nothing to keep of an exercise that nobody has touched"


@pytest.mark.parametrize(
    ("cell", "error"), [("bug", "ZeroDivisionError"), ("other name", "NameError"), ("own error", "NotImplementedError")]
)
def test_every_other_error_is_shown_as_ever(live, cell, error):
    (shown,) = said(live[cell])
    assert shown.startswith(f"{error}! ")
    assert len(shown.splitlines()) > 4
    assert "Traceback (most recent call last)" in shown


def test_once_it_is_written_the_cell_above_has_to_run(live):
    assert said(live["follows, written"]) == [
        "not run: this cell needs after; run the cell above that makes it, now that nt_xent (Exercise 3.3) is answered"
    ]
    assert said(live["uses again"]) == []
    assert said(live["follows at last"]) == ["3"]


@pytest.mark.parametrize("environment", [{"NBGRADER_EXECUTION": "autograde"}, {"COURSE_METRICS": "metrics.jsonl"}])
def test_headless_it_is_an_error_of_one_line(tmp_path, environment):
    outputs = run(
        {name: CELLS[name] for name in ("start", "nt_xent", "check", "uses", "looks up", "bug")},
        tmp_path,
        **environment,
    )
    (shown,) = said(outputs["uses"])
    assert shown == f"NotImplementedError! {MISSING}"
    (shown,) = said(outputs["looks up"])
    assert shown.startswith("NotImplementedError! not run: this cell needs results")
    assert said(outputs["bug"])[0].startswith("ZeroDivisionError! ")
    assert said(outputs["check"]) == ["simclr/nt_xent                   0 / 3  not written yet", "0.0"]
    assert outputs["grade"] == (0.0, 3.0)
    assert [path.name for path in tmp_path.iterdir()] == list(environment.values())[:1] * (
        "COURSE_METRICS" in environment
    )


@pytest.mark.parametrize("task", ["simclr", "pythia_scaling", "ssl_families"])
def test_a_released_notebook_run_whole_shows_no_traceback(tmp_path, task):
    nb = nbformat.read(NOTEBOOKS / task / f"{task}.ipynb", 4)
    parameters = next(cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source += '\nprofile = "smoke"'
    before = copy.deepcopy(nb)
    execute(nb, tmp_path)
    outputs = [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.evalue for output in outputs if output.output_type == "error"] == []
    lines = [line for output in outputs for line in said([output]) if line.startswith("not run: ")]
    assert len(lines) > 10
    assert all(len(line.splitlines()) == 1 for line in lines)
    assert all("(Exercise " in line for line in lines)
    checks = [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade") and "check(" in cell.source]
    assert len(checks) > 10
    assert {determine_grade(cell)[0] for cell in checks} == {0.0}
    assert {said(cell.outputs)[0] for cell in checks} == {"0.0"}, "one line per unanswered exercise"
    assert all(
        "not written yet" in html or "not answered yet" in html
        for html in (cell.outputs[0].data["text/html"] for cell in checks)
    )
    recalled = [said(cell.outputs) for cell in nb.cells if cell.source.startswith("lab.recall(")]
    assert len(recalled) == len(questions(task)) and all(len(lines) == 1 for lines in recalled)
    assert all(line.startswith("recall, no points: ") for (line,) in recalled)
    assert len(before.cells) == len(nb.cells)
    assert not list(tmp_path.glob(".*")), "no exercise was touched"


def test_what_a_cell_binds_and_what_it_changes():
    import ast

    source = """
import a.b as c, d.e
def f():
    inside = 1
x, (y, *z) = 1, (2, 3)
results["k"], thing.part = 1, 2
runs.append(3)
for i in range(3):
    w: int = i
lab.record("m", 1)
"""
    assert made(ast.parse(source)) == ({"c", "d", "f", "x", "y", "z", "i", "w"}, {"results", "thing", "runs"})
