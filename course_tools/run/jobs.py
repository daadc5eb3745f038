"""What is run: notebooks with their parameters bound, one after another here or shared out to workers."""

import datetime
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_tools.cells import is_graded, points, times
from course_tools.cluster import shared_out
from course_tools.html.pages import write_page
from course_tools.paths import SOLUTIONS
from course_tools.run.engine import CELL_SECONDS, Interrupted, NotebookFailure, execute
from course_tools.run.parameters import bind, combinations, read_notebook, split_assignments
from course_tools.run.result import Result, git_commit
from course_utils.errors import CourseError, UsageError
from course_utils.machine import cores, gpus
from course_utils.paths import NOTEBOOKS
from course_utils.tasks import require_task


@dataclass
class Job:
    """A notebook to run, read and with its parameters bound."""

    name: str
    notebook: NotebookNode
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Where:
    """The folder of the results, how long a cell may take, and what runs the notebooks: "local", "dask" or "dask=ADDRESS"."""

    folder: Path
    cell_seconds: float | None = None
    engine: str = "local"
    workers: int | None = None


def plan(names: Sequence[str], profile: str, assignments: Sequence[str], sweep: Sequence[str] = ()) -> list[Job]:
    """Find, read and bind every notebook, once for each combination of the swept values.

    Raises UsageError on the first that cannot run as asked.
    """
    given = split_assignments(assignments)
    jobs = {}
    for path in map(locate, names):
        nb = read_notebook(path)
        if is_graded(nb) and not find_spec("nbgrader"):
            raise CourseError(f"{path.name} gives points and nbgrader is not installed: `course doctor` says how")
        for chosen in combinations(sweep):
            settings = [f"{key}={value}" for key, value in chosen.items()]
            name = "-".join([path.stem, *(re.sub(r"[^\w.=+-]", "_", setting) for setting in settings)])
            if name in jobs:
                raise UsageError(f"two notebooks are called {name}: run them one at a time, each with its own -o DIR")
            jobs[name] = Job(name, nb, bind(path.name, nb, given | chosen, profile))
    return list(jobs.values())


def run_jobs(jobs: Sequence[Job], profile: str, where: Where) -> Iterator[Result]:
    """The result of each job, as they are finished."""
    name, _, address = where.engine.partition("=")
    if name == "local":
        for job in jobs:
            yield run_job(job, profile, where.folder, where.cell_seconds)
        return
    folder = where.folder.resolve()
    workers = where.workers or len(gpus()) or cores()
    for job, found in shared_out(
        run_job, jobs, lambda job: (job, profile, folder, where.cell_seconds), address, workers
    ):
        yield found if isinstance(found, Result) else lost(job, profile, found)


def lost(job: Job, profile: str, why: BaseException) -> Result:
    """What stands for a notebook that no worker could finish."""
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    return Result(
        job.name, job.name, profile, job.parameters, now, error=f"no worker finished it: {why}".replace("\n", " ")
    )


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
