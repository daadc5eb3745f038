"""What running notebooks costs beyond their own work: `course run` against papermill's command and jupyter's, in one run.

    python -m benchmarks.run_overhead [--notebooks 4] [--rounds 3]

The notebooks are trivial, so that all that is measured is overhead: processes, imports, kernels, and for `course run` its report too.
papermill's command takes one notebook; the others get all. Outputs must be equal before a time is printed. CPU seconds are those of
the commands and of all their kernels.
"""

import argparse
import os
import resource
import statistics as stats
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import v4

from course_utils.paths import ROOT
from course_utils.tables import text_table

from ._timing import conditions, faster

CELLS = ["x = 1", "print(x + 1)", "[x] * 3"]


def trivial(path: Path) -> Path:
    cells = [v4.new_code_cell("seed = 0", metadata={"tags": ["parameters"]}), *map(v4.new_code_cell, CELLS)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


def course_run(paths: Sequence[Path], out: Path) -> list[Path]:
    run("-m", "course_utils.cli", "run", *paths, "-o", out)
    return [out / path.name for path in paths]


def papermill(paths: Sequence[Path], out: Path) -> list[Path]:
    for path in paths:
        run("-m", "papermill", "--no-progress-bar", path, out / path.name)
    return [out / path.name for path in paths]


def jupyter_execute(paths: Sequence[Path], out: Path) -> list[Path]:
    copies = [trivial(out / path.name) for path in paths]
    run("-c", "from nbclient.cli import main; main()", "--inplace", *copies)
    return copies


COMMANDS = {"course run": course_run, "papermill": papermill, "jupyter execute": jupyter_execute}


def run(*arguments: str | Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments[1]} failed\n{done.stderr[-2000:]}")


def outputs(path: Path) -> list[str]:
    """What the cells printed and showed, cell for cell."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [o.get("text", "") or o["data"]["text/plain"] for cell in cells for o in cell.outputs]


def children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notebooks", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="bench_run_") as scratch:
        folder = Path(scratch)
        paths = [trivial(folder / f"n{i}.ipynb") for i in range(args.notebooks)]
        for number in range(args.rounds):
            for name, command in COMMANDS.items():
                out = folder / f"{name.replace(' ', '_')}{number}"
                out.mkdir()
                before = children()
                found = command(paths, out)
                seconds[name].append(children() - before)
                assert all(outputs(path) == ["2\n", "[1, 1, 1]"] for path in found), f"{name}: other outputs"
    print(f"{args.notebooks} trivial notebooks; {conditions(args.rounds)}")
    rows = []
    for name, values in seconds.items():
        spent = stats.median(values)
        ratio = faster(values, seconds["course run"]) if name != "course run" else ""
        rows.append((name, f"{spent:.2f}", f"{spent / args.notebooks:.2f}", ratio))
    print(text_table(("", "CPU s", "each", "ours is faster by"), rows, right=range(1, 4)))


if __name__ == "__main__":
    main()
