"""`course run` on miniatures: what fails and what it says, what is written, and that nothing is left running."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from course_tools.run import jobs as run
from course_tools.run.command import run_command
from course_utils import measured
from course_utils.cli import main
from course_utils.paths import ROOT

from .miniatures import record, write

pytestmark = pytest.mark.slow(10)

FAILING = ("raises_value_error", "kernel_dies", "loses_points", "prints_on_stderr", "claim_fails", "outside_band")
NAMES = (*FAILING, "passes")
BANDS = {"accuracy": {"values": [0.5, 0.51], "unit": "", "low": 0.45, "high": 0.55}}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The miniatures that end by themselves, run once in a row: (exit code, what was printed, {name: JSON}, folder)."""
    folder = tmp_path_factory.mktemp("run")
    for name in ("passes", "outside_band"):
        (folder / "data" / "runs").mkdir(parents=True, exist_ok=True)
        (folder / "data" / "runs" / f"{name}.json").write_text(json.dumps({"quick": {"cpu-1c": record(BANDS)}}))
    broken = folder / "jupyter" / "kernels" / "python3"  # an installed kernel that must not be taken
    broken.mkdir(parents=True)
    (broken / "kernel.json").write_text('{"argv": ["false"], "display_name": "no", "language": "python"}')
    paths = [str(write(name, folder)) for name in NAMES]
    out, printed = folder / "out", folder / "printed"
    with pytest.MonkeyPatch.context() as patch, printed.open("w") as stream:
        patch.setattr(measured, "DATA", folder / "data")
        patch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
        patch.setenv("MPLBACKEND", "agg")
        patch.setattr(sys, "stdout", stream)
        code = run_command(paths, "quick", ["seed=3"], str(out))
    results = {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}
    return code, printed.read_text(), results, out


def test_one_failure_fails_the_run_and_stops_no_other(finished):
    code, printed, results, out = finished
    assert code == 1
    assert set(results) == set(NAMES)
    table = {line.split()[0]: line for line in printed.splitlines() if line.split()[:1] and line.split()[0] in NAMES}
    verdicts = {name: line.rsplit(maxsplit=1)[1] for name, line in table.items()}
    assert verdicts == dict.fromkeys(FAILING, "FAILED") | {"passes": "ok"}
    assert "accuracy 0.53 (in 0.45 to 0.55)" in table["passes"]
    assert str(out / "index.html") in printed


def test_what_a_passing_run_writes(finished):
    _, _, results, out = finished
    result = results["passes"]
    assert result["failures"] == []
    assert result["parameters"] == {"profile": "quick", "seed": 3}
    assert result["metrics"]["accuracy"]["value"] == 0.53
    assert result["metrics"]["curve"]["value"] == [3.0, 2.0, 1.5]
    assert result["claims"] == [{"name": "a < b", "holds": True, "detail": "1 < 2"}]
    assert (result["points"]["earned"], result["points"]["maximum"]) == (2, 2)
    assert result["device"]["kind"] == "cpu-99c"
    assert {"id", "section", "line", "seconds"} == set(result["cells"][0])
    assert result["cells"][-1]["section"] == "The part that matters"
    nb = nbformat.read(out / "passes.ipynb", as_version=4)
    nbformat.validate(nb)
    printed = "".join(o.get("text", "") for cell in nb.cells if cell.cell_type == "code" for o in cell.outputs)
    assert f"{sys.executable} 0 quick 3" in printed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises_value_error", ["`raise ValueError(", "In [4]", "'The part that matters'", "ValueError: shape (2, 3)"]),
        ("kernel_dies", ["`import os`", "killed the kernel"]),
        ("loses_points", ["3.5 of 4 points", "loses_points_0: 1.5 of 2"]),
        ("prints_on_stderr", ["0 of 2 points"]),
        ("claim_fails", ["claim does not hold: a > b (1 < 2)"]),
        ("outside_band", ["'accuracy' is 0.9, outside 0.45 to 0.55"]),
    ],
)
def test_a_failure_says_where_and_why_and_leaves_the_notebook(finished, name, said):
    _, printed, results, out = finished
    (reason,) = results[name]["failures"]
    assert "\n" not in reason
    assert all(part in reason for part in said), reason
    assert f"FAILED {name}: {reason}" in printed
    nbformat.validate(nbformat.read(out / f"{name}.ipynb", as_version=4))
    assert (out / f"{name}.html").exists()


def test_cells_that_never_ran_earn_nothing(finished):
    assert finished[2]["raises_value_error"]["points"]["earned"] == 0


def test_the_report_is_one_page_that_fetches_nothing_and_escapes(finished):
    _, _, _, out = finished
    for path in (out / "index.html", out / "passes.html"):
        text = path.read_text()
        assert "<script" not in text
        assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/1998/Math/MathML", "")
    index = (out / "index.html").read_text()
    assert "a &lt; b" in index
    assert "6 of 7 failed" in index
    assert all(f'href="{name}.html"' in index for name in NAMES)
    assert "<math" in (out / "passes.html").read_text()


def test_a_hung_cell_is_cut_off(tmp_path, capsys):
    assert run_command([str(write("hangs", tmp_path))], "quick", output=str(tmp_path / "out"), cell_seconds=2) == 1
    assert "`import time`" in (printed := capsys.readouterr().out)
    assert "ran longer than the 2 s" in printed


def test_ctrl_c_keeps_the_notebook_and_leaves_no_kernel(tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "course_utils.cli", "run", str(write("hangs", tmp_path)), "-o", str(out)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    pid = wait_for_pid(out / "hangs.ipynb")
    assert psutil.pid_exists(pid)
    os.kill(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted in the cell `import time`" in printed
    assert str(out / "hangs.ipynb") in printed.replace(" and .html", "")
    assert f"pid {pid}" in (out / "hangs.html").read_text()
    assert not psutil.pid_exists(pid)


def test_points_without_nbgrader_are_refused_before_the_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "find_spec", lambda name: None)
    assert main(["run", str(write("loses_points", tmp_path)), "-o", str(tmp_path / "out")]) == 1
    assert "loses_points.ipynb gives points and nbgrader is not installed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def wait_for_pid(path):
    """The kernel's process id, from the notebook as it is saved after each cell."""
    for _ in range(300):
        time.sleep(0.1)
        try:
            cells = nbformat.read(path, as_version=4).cells
        except (OSError, ValueError, nbformat.reader.NotJSONError):
            continue
        texts = [output.text for cell in cells for output in cell.get("outputs", []) if "text" in output]
        if texts:
            return int(texts[0].split()[1])
    pytest.fail("the notebook never started")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such_task"], "unknown task 'no_such_task'"),
        (["missing.ipynb"], "missing.ipynb: cannot be read"),
        (["broken.ipynb"], "not a valid notebook"),
        (["number.ipynb"], "not a valid notebook"),
        (["passes.ipynb", "-p", "seed"], "write it as NAME=VALUE"),
        (["passes.ipynb", "-p", "sed=3"], "no parameter 'sed'; it has: seed=0, rate=0.1, flip=False"),
        (["passes.ipynb", "-p", "seed=abc"], "seed is of type int (default 0)"),
        (["passes.ipynb", "-p", "seed=1.5"], "seed is of type int"),
        (["passes.ipynb", "-p", "flip=1"], "flip is of type bool"),
        (["passes.ipynb", "-p", "profile=gpu"], "--profile gpu"),
        (["plain.ipynb", "-p", "seed=1"], "no parameter 'seed'; it has: (none: no parameters cell)"),
        (["passes.ipynb", "./passes.ipynb"], "two notebooks are called passes"),
        (["passes.ipynb", "-o", "number.ipynb"], "cannot write into number.ipynb"),
    ],
)
def test_a_wrong_command_starts_nothing(tmp_path, monkeypatch, capsys, arguments, said):
    write("passes", tmp_path)
    (tmp_path / "broken.ipynb").write_text('{"cells": [')
    (tmp_path / "number.ipynb").write_text("3")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), tmp_path / "plain.ipynb")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert main(["run", *(["-o", "out"] if "-o" not in arguments else []), *arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
