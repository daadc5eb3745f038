"""`course run`: execute notebooks headless, and fail where one raises, loses points, or breaks a claim or a band.

Everything is validated before anything starts; one failing notebook does not stop the others.
"""

import datetime
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_utils.errors import CourseError, UsageError
from course_utils.notebooks.metrics import Result, git_commit
from course_utils.paths import NOTEBOOKS, RUNS, SOLUTIONS, require_task, tasks
from course_utils.progress import duration


@dataclass
class Job:
    """A notebook to run, read and with its parameters bound."""

    name: str
    notebook: NotebookNode
    parameters: dict[str, Any]


def run_command(
    names: Sequence[str],
    profile: str,
    parameters: Sequence[str] = (),
    output: str | None = None,
    cell_seconds: float | None = None,
) -> int:
    """Run the notebooks of the tasks or paths `names` (none: all tasks) into `output` and return the exit code.

    0: all pass; 1: some do not; 130: interrupted. Raises UsageError before anything starts.
    """
    jobs = plan(names or tasks(), profile, parameters)
    folder = writable(Path(output) if output else RUNS / profile)
    results: list[Result] = []
    for job in jobs:
        result = run_job(job, profile, folder, cell_seconds)
        results.append(result)
        if result.interrupted:
            break
    from course_utils.notebooks.report import write_index

    write_index(results, folder / "index.html")
    print(table(results))
    for result in results:
        for reason in result.failures():
            print(f"FAILED {result.name}: {reason}")
        if result.error:
            print(f"       as far as it got: {folder / result.name}.ipynb and .html")
    print(f"report: {folder / 'index.html'}")
    return 130 if results[-1].interrupted else int(any(result.failures() for result in results))


def plan(names: Sequence[str], profile: str, assignments: Sequence[str]) -> list[Job]:
    """Find, read and bind every notebook. Raises UsageError on the first that cannot run as asked."""
    from course_utils.notebooks.cells import is_graded
    from course_utils.notebooks.parameters import bind, read_notebook, split_assignments

    if not names:
        raise UsageError("no task found; `course build` makes the notebooks from solutions/*.py")
    given = split_assignments(assignments)
    jobs = {}
    for path in map(locate, names):
        if path.stem in jobs:
            raise UsageError(f"two notebooks are called {path.stem}: run them one at a time, each with its own -o DIR")
        nb = read_notebook(path)
        if is_graded(nb) and not find_spec("nbgrader"):
            raise CourseError(f"{path.name} gives points and nbgrader is not installed: `course doctor` says how")
        jobs[path.stem] = Job(path.stem, nb, bind(path.name, nb, given, profile))
    return list(jobs.values())


def locate(name: str) -> Path:
    """The notebook of a task (its solution, where there is one) or at a path."""
    if name.endswith(".ipynb"):
        return Path(name)
    require_task(name)
    places = [root / name / f"{name}.ipynb" for root in (SOLUTIONS, NOTEBOOKS)]
    found = [path for path in places if path.exists()]
    if not found:
        raise UsageError(f"task {name} has no notebook yet: run `course build {name}` first")
    return found[0]


def writable(folder: Path) -> Path:
    """Create the output folder. Raises CourseError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CourseError(f"cannot write into {folder} ({error.strerror}): choose another folder with -o DIR") from None
    return folder


def run_job(job: Job, profile: str, folder: Path, cell_seconds: float | None = None) -> Result:
    """Execute one notebook; <name>.ipynb, .json and .html are in `folder` however it ends."""
    from course_utils.notebooks.cells import points, times
    from course_utils.notebooks.engine import CELL_SECONDS, Interrupted, NotebookFailure, execute
    from course_utils.notebooks.pages import write_page
    from course_utils.notebooks.parameters import read_notebook

    result = Result(
        job.name, job.name, profile, job.parameters, datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    )
    executed = folder / f"{job.name}.ipynb"
    executed.unlink(missing_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="course_run_") as scratch:
        log = Path(scratch) / "metrics.jsonl"
        try:
            execute(job.notebook, job.name, executed, job.parameters, cell_seconds or CELL_SECONDS[profile], log)
        except NotebookFailure as error:
            result.error = str(error)
            result.interrupted = isinstance(error, Interrupted)
        result.seconds = round(time.monotonic() - started, 2)
        result.read_log(log)
    nb = read_notebook(executed) if executed.exists() else job.notebook
    result.cells, result.points, result.commit = times(nb), points(nb), git_commit()
    result.find_bands()
    result.write(folder / f"{job.name}.json")
    write_page(nb, folder / f"{job.name}.html")
    return result


def table(results: Sequence[Result]) -> str:
    """The summary, one line a notebook."""
    rows = [("notebook", "profile", "time", "points", "headline metric", "verdict")]
    for result in results:
        verdict = "FAILED" if result.failures() else "ok"
        rows.append(
            (result.name, result.profile, duration(result.seconds), points_text(result), result.headline(), verdict)
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(["", lines[0], "-" * len(lines[0]), *lines[1:], ""])


def points_text(result: Result) -> str:
    """`20/20`, with the points that are given by hand named apart."""
    points = result.points
    if not points.maximum and not points.pending:
        return "none"
    return f"{points.earned:g}/{points.maximum:g}" + (f" (+{points.pending:g} by hand)" if points.pending else "")
