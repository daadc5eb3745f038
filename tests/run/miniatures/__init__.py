"""Notebooks named by what they do; `write(name, folder)` makes one.

None imports torch: a kernel starts in about a second.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

PARAMETERS = 'profile = "quick"\nseed = 0\nrate: float = 0.1\nflip = False'
SESSION = """
from course_utils.entries import Started
from course_utils.machine import Machine
from course_utils.session import Session
lab = Session("{name}", profile, seed, None, None)
lab._write(Started("{name}", profile, seed, Machine("cpu-99c", "cpu", "CPU", 99, 8e9, 8e9), {"python": "3"}, {}))
"""

# behaviour: the code cells; one that starts with "grade:" is an nbgrader test cell worth 2 points
BEHAVIOURS = {
    "passes": [
        SESSION,
        "import os, sys\nprint(sys.executable, os.environ['PYTHONHASHSEED'], profile, seed)",
        "lab.record('accuracy', 0.5 + seed / 100, headline=True)\nlab.record('curve', [3.0, 2.0, 1.5])",
        "lab.claim('a < b', True, '1 < 2')",
        "grade: 2.0",
    ],
    "raises_value_error": ["print('before')", "# a comment\nraise ValueError('shape (2, 3)\\nmore')", "grade: 2.0"],
    "kernel_dies": ["import os\nos._exit(9)"],
    # seed 1 kills the worker that runs it, the first time; every run that gets through leaves a line
    "kills_its_worker": [
        SESSION,
        "import os, signal, time\nfrom pathlib import Path\nfolder = Path(os.environ['MINIATURES'])",
        "if seed == 1 and not (folder / 'killed').exists():\n"
        "    (folder / 'killed').touch()\n    os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(600)",
        "with (folder / 'runs').open('a') as file:\n    print(seed, os.environ['CUDA_VISIBLE_DEVICES'], file=file)",
        "lab.record('seed', float(seed), headline=True)",
    ],
    "hangs": ["import os\nprint('pid', os.getpid())", "import time\ntime.sleep(600)"],
    "loses_points": ["grade: 1.5", "grade: print('full points on stdout')"],
    "prints_on_stderr": ["grade: import sys; print('a warning', file=sys.stderr)"],
    "claim_fails": [SESSION, "lab.claim('a > b', False, '1 < 2')"],
    "outside_band": [SESSION, "lab.record('accuracy', 0.9)"],
}


def record(metrics: dict) -> dict:
    """A record of data/runs/*.json with these metrics."""
    made = {"made": "2026-01-01", "command": "course bands", "commit": "", "rule": "", "device": "CPU"}
    return made | {"device_class": "cpu", "versions": {}, "seeds": [0], "seconds": [1.0], "metrics": metrics}


def notebook(name: str) -> NotebookNode:
    cells = [v4.new_markdown_cell(f"# {name}"), v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    cells.append(v4.new_markdown_cell("## The part that matters\n\nwith $\\tau > 0$"))
    for index, source in enumerate(BEHAVIOURS[name]):
        graded = source.startswith("grade: ")
        cell = v4.new_code_cell(source.removeprefix("grade: ").replace("{name}", name))
        if graded:
            cell.metadata["nbgrader"] = grade_metadata(f"{name}_{index}")
        cells.append(cell)
    return v4.new_notebook(cells=cells)


def grade_metadata(grade_id: str, points: float = 2, solution: bool = False) -> dict:
    kind = {"grade": True, "solution": solution, "locked": not solution, "task": False}
    return {**kind, "grade_id": grade_id, "points": points, "schema_version": 3}


def write(name: str, folder: Path) -> Path:
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook(name), path)
    return path
