"""`course run`: execute notebooks headless, and fail where one raises, loses points, or breaks a claim or a band.

Everything is validated before anything starts; one failing notebook does not stop the others.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from course_tools.run.jobs import Where, plan, run_jobs, writable
from course_tools.run.report import write_index
from course_tools.run.result import Result
from course_utils.errors import UsageError
from course_utils.paths import RUNS
from course_utils.progress import duration
from course_utils.tables import text_table
from course_utils.tasks import CORE, chosen

HEAD = ("notebook", "profile", "time", "points", "headline metric", "verdict")


def run_command(
    names: Sequence[str],
    profile: str,
    parameters: Sequence[str] = (),
    output: str | None = None,
    cell_seconds: float | None = None,
    sweep: Sequence[str] = (),
    engine: str = "local",
    workers: int | None = None,
) -> int:
    """Run the notebooks of the tasks or paths `names` (none: the core) into `output` and return the exit code.

    0: all pass; 1: some do not; 130: interrupted. Raises UsageError before anything starts.
    """
    if engine.partition("=")[0] not in ("local", "dask") or engine.startswith("local="):
        raise UsageError(f"unknown engine {engine!r}: use local, dask or dask=tcp://HOST:PORT")
    if workers is not None and workers < 1:
        raise UsageError(f"--jobs {workers}: at least one worker is needed")
    paths = [one for name in names or [CORE] for one in ([name] if name.endswith(".ipynb") else chosen([name]))]
    jobs = plan(paths, profile, parameters, sweep)
    where = Where(writable(Path(output) if output else RUNS / profile), cell_seconds, engine, workers)
    done: dict[str, Result] = {}
    with suppress(KeyboardInterrupt):
        for result in run_jobs(jobs, profile, where):
            done[result.name] = result
            if result.interrupted:
                break
    results = [done[job.name] for job in jobs if job.name in done]
    write_index(results, where.folder / "index.html")
    print(f"\n{table(results)}\n")
    for result in results:
        for reason in result.failures():
            print(f"FAILED {result.name}: {reason}")
        if result.error:
            print(f"       as far as it got: {where.folder / result.name}.ipynb and .html")
    print(f"report: {where.folder / 'index.html'}")
    interrupted = len(results) < len(jobs) or any(result.interrupted for result in results)
    return 130 if interrupted else int(any(result.failures() for result in results))


def table(results: Sequence[Result]) -> str:
    """The summary, one line a notebook."""
    rows = [
        (
            result.name,
            result.profile,
            duration(result.seconds),
            result.points_text(),
            result.headline(),
            "FAILED" if result.failures() else "ok",
        )
        for result in results
    ]
    return text_table(HEAD, rows)
