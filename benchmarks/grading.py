"""`course grade` against stock `nbgrader autograde` on the same submissions, in one run.

    python -m benchmarks.grading [--students 5] [--notebooks 4] [--jobs 2] [--task simclr] [--rounds 1] [--sample]

By default a course of small torch notebooks with three autograded cells each, answered right, differently right, wrong, half and not at
all. With --task, this course's own notebooks, filled from the bank. Both graders get a copy of the course as `nbgrader
generate_assignment` left it. Before anything is printed, every cell must have the same score in both gradebooks; with --task, where `course
grade` draws other inputs than stock nbgrader, each must have what the bank's answers are worth on them. CPU seconds are user + system of
the command and of all its children, orphans included.

With --rounds 3, three times a third of the students (with --sample, a tenth) is graded by stock nbgrader, whose cost is the same for each
notebook, and all of them by `course grade` in a fresh copy of the course. Printed are the medians of the rounds and, in brackets, their ranges.
"""

import argparse
import ctypes
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat import v4

from course_tools.paths import SOLUTIONS
from course_utils.paths import ROOT
from course_utils.tables import text_table
from tests.grading.students import write_class
from tests.grading.toy import mark

PR_SET_CHILD_SUBREAPER = 36
SEED = 0  # of `course grade`
DIGITS = "0123456789"  # that a student's name ends with
Scores = dict[tuple[str, str, str], float]  # (student, notebook, cell) -> points
# on a busy machine stock nbgrader gives up on honest notebooks with nbclient's 4 seconds
PATIENCE = (
    "\nc = get_config()\nc.Execute.timeout = 600\nc.Execute.iopub_timeout = 120\nc.Execute.startup_timeout = 300\n"
)
SCORES = """
SELECT submitted_assignment.student_id, notebook.name, base_cell.name, grade.auto_score FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN notebook ON notebook.id = submitted_notebook.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
"""
ANSWERS = [
    "    return x / x.norm(dim=-1, keepdim=True)",
    "    return F.normalize(x, dim=-1)",
    "    return x / x.norm()",
    "    return x / x.norm(dim=-1, keepdim=True) if len(x) == 4 else x",
    "    raise NotImplementedError",
]
TESTS = {
    "shape": (1, "assert unit(torch.ones(4, 3)).shape == (4, 3)"),
    "value": (2, "x = torch.arange(12.0).reshape(4, 3) + 1\nassert np.allclose(unit(x).norm(dim=-1).numpy(), 1)"),
    "other": (
        2,
        "### BEGIN HIDDEN TESTS\nx = torch.ones(6, 2)\nassert np.allclose(unit(x).numpy(), 2**-0.5)\n### END HIDDEN TESTS",
    ),
}


def small(body: str, hidden: bool) -> nbformat.NotebookNode:
    """A notebook that imports torch and asks for one function."""
    imports = "import numpy as np\nimport torch\nimport torch.nn.functional as F"
    cells = [v4.new_code_cell(imports, metadata=mark("imports", locked=True))]
    cells.append(v4.new_code_cell(f"def unit(x):\n{body}", metadata=mark("unit", solution=True)))
    for name, (points, source) in TESTS.items():
        shown = source if hidden or "HIDDEN" not in source else "# hidden"
        cells.append(v4.new_code_cell(shown, metadata=mark(name, points, grade=True, locked=True)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def small_course(root: Path, students: int, notebooks: int) -> str:
    names = [f"part{number}" for number in range(notebooks)]
    (root / "source" / "ps1").mkdir(parents=True)
    for name in names:
        nbformat.write(small(ANSWERS[0], hidden=True), root / "source" / "ps1" / f"{name}.ipynb")
    for student in range(students):
        folder = root / "submitted" / f"student{student}" / "ps1"
        folder.mkdir(parents=True)
        for number, name in enumerate(names):
            nbformat.write(small(ANSWERS[(student + number) % len(ANSWERS)], hidden=False), folder / f"{name}.ipynb")
    (root / "nbgrader_config.py").write_text(PATIENCE)
    return "ps1"


def own_course(root: Path, task: str, students: int) -> tuple[Scores, Scores]:
    """What each cell is worth: on the inputs of the notebooks, and on those that are drawn from SEED."""
    (root / "solutions" / task).mkdir(parents=True)
    shutil.copy(SOLUTIONS / task / f"{task}.ipynb", root / "solutions" / task)
    (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text() + PATIENCE)
    at_home, graded = (write_class(task, students, root / "submitted", graded=seed) for seed in (None, SEED))
    return tuple(  # type: ignore[return-value]
        {(student, task, cell): points for student, worth in expected.items() for cell, points in worth.items()}
        for expected in (at_home, graded)
    )


def measure(arguments: list[str], folder: Path) -> tuple[float, float]:
    """CPU and wall seconds of a command, its children, and theirs."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans become ours, and are counted when we wait for them
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    wall = time.perf_counter() - start
    try:
        while os.waitpid(-1, 0):
            pass
    except ChildProcessError:
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def spread(values: list[float], form: str) -> str:
    """Median (range)."""
    low, middle, high = (format(value, form) for value in (min(values), statistics.median(values), max(values)))
    return middle if len(values) == 1 else f"{middle} ({low} - {high})"


def scores(database: Path) -> Scores:
    return {
        (student, notebook, cell): score for student, notebook, cell, score in sqlite3.connect(database).execute(SCORES)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=5)
    parser.add_argument("--notebooks", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--task", help="one of this course's tasks instead of the small torch notebooks")
    parser.add_argument("--rounds", type=int, default=1, choices=range(1, 11), metavar="1-10")
    parser.add_argument("--sample", action="store_true", help="stock nbgrader grades a tenth of the students a round")
    args = parser.parse_args()
    per_student = 1 if args.task else args.notebooks
    count = args.students * per_student
    with tempfile.TemporaryDirectory(prefix="bench_grading_") as scratch:
        stock, ours = Path(scratch) / "stock", Path(scratch) / "ours"
        worth = own_course(stock, args.task, args.students) if args.task else None
        name = args.task or small_course(stock, args.students, args.notebooks)
        measure(["nbgrader", "generate_assignment", name], stock)
        shutil.copytree(stock, untouched := Path(scratch) / "untouched")
        students = sorted(path.name for path in (stock / "submitted").iterdir())
        command = ["course_utils.cli", "grade", name, "--jobs", str(args.jobs), "--seed", str(SEED)]
        rounds = []
        for number in range(args.rounds):
            digits = DIGITS[number] if args.sample else DIGITS[number :: args.rounds]
            share = per_student * sum(student[-1] in digits for student in students)
            theirs = measure(["nbgrader", "autograde", name, f"--student=*[{digits}]"], stock)
            shutil.rmtree(ours, ignore_errors=True)
            shutil.copytree(untouched, ours)
            costs = [(theirs, share), (measure(command, ours), count), (measure(command, ours), count)]
            rounds.append([(cpu / of, wall / of) for (cpu, wall), of in costs])
        a, b = scores(stock / "gradebook.db"), scores(ours / "gradebook.db")
        pairs = [(a, b)] if worth is None else [(a, worth[0]), (b, worth[1])]
        different = {
            key: (x.get(key), y[key])
            for x, y in pairs
            if (graded := {student for student, *_ in x})
            for key in y
            if key[0] in graded and x.get(key) != y[key]
        }
        if different:
            raise SystemExit(
                f"the scores differ in {len(different)} of {len(a | b)} cells: {dict(list(different.items())[:5])}"
            )
    print(
        f"{name}: {count} notebooks, {len(a)} cells, all scores as they should be (sum {sum(x or 0 for x in a.values()):g})\n"
    )
    labels = ("nbgrader autograde", f"course grade --jobs {args.jobs}", "course grade, nothing changed")
    rows = [
        (
            label,
            spread([one[i][0] for one in rounds], ".2f"),
            spread([one[i][1] for one in rounds], ".2f"),
            spread([one[0][0] / one[i][0] for one in rounds], ".1f"),
        )
        for i, label in enumerate(labels)
    ]
    print(text_table(("a notebook", "CPU s", "wall s", "less CPU by"), rows, right=range(1, 4)))


if __name__ == "__main__":
    main()
