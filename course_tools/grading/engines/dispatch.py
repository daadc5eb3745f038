"""Where notebooks are graded: in a pool on this machine, by dask on others, or by an array of Slurm jobs. The records are the same.

`dask` starts workers here, `dask=tcp://HOST:PORT` uses a scheduler that runs; its workers see the same files. `slurm` writes
`grade.sbatch` beside the jobs and submits it: one journal for each shard, read as they are completed.
"""

import atexit
import json
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course_tools.cluster import shared_out
from course_tools.grading.bridge.wire import Lost
from course_tools.grading.engines import pool
from course_tools.grading.isolation import tiers
from course_tools.grading.model import records
from course_tools.grading.model.records import Job, Record, failed
from course_tools.grading.model.settings import Limits, Settings
from course_tools.grading.results.journal import Journal, read
from course_utils.errors import CourseError, UsageError
from course_utils.machine import cores
from course_utils.paths import ROOT


def grade_all(
    jobs: Sequence[Job],
    engine: str = "local",
    workers: int = 1,
    trust: bool = False,
    isolation: str = "",
    limits: Limits | None = None,
) -> Iterator[Record]:
    """A record for each job, as they are finished. Raises UsageError for an unknown engine or a machine without isolation."""
    settings = Settings(limits or Limits(), isolation, trust)
    name, _, address = engine.partition("=")
    if name == "local" and not address:
        tiers.choose(trust, isolation)
        return pool.local(jobs, workers, settings)
    if name == "dask":
        return by_dask(jobs, address, workers, settings)
    if name == "slurm" and not address:
        return by_slurm(jobs, workers, settings)
    raise UsageError(f"unknown engine {engine!r}: use local, dask, dask=tcp://HOST:PORT or slurm")


# --- dask


def by_dask(jobs: Sequence[Job], address: str, workers: int, settings: Settings) -> Iterator[Record]:
    """One task for each notebook."""
    plain = asdict(settings)
    for job, found in shared_out(_task, jobs, lambda job: (asdict(job), plain), address, workers):
        if isinstance(found, BaseException):
            yield failed(job, "worker_lost", f"dask: {found}"[:300])
        else:
            record = records.loads(found)
            assert isinstance(record, Record)
            yield record


_worker: pool.Worker | None = None
_one_at_a_time = threading.Lock()


def _task(job: dict[str, Any], settings: dict[str, Any]) -> str:
    """Grade one job in a process of its own beside the dask worker, which has threads and so cannot fork."""
    global _worker
    with _one_at_a_time:
        if _worker is None:
            _worker = pool.Worker(Settings.of(settings), fork=False)
            atexit.register(_worker.end)
        try:
            _worker.send(Job(**job))
            return records.dumps(_worker.receive(settings["limits"]["notebook"] + pool.PATIENCE))
        except Lost as lost:
            _worker.end()
            _worker = None
            raise RuntimeError(f"the grading process ended: {lost}") from None


# --- Slurm

SCRIPT = """#!/bin/sh
#SBATCH --job-name=grade
#SBATCH --array=0-{last}
#SBATCH --cpus-per-task=1
#SBATCH --output={folder}/%a.log
# One shard of {count} notebooks each; a shard that was cut off goes on where it was when it is submitted again.
cd {root} && exec {python} -m course_tools.grading.engines.dispatch {folder} "$SLURM_ARRAY_TASK_ID"
"""


def by_slurm(jobs: Sequence[Job], workers: int, settings: Settings) -> Iterator[Record]:
    """Write the shards and the script, submit it, wait, and read the shards' journals. `workers`: number of shards."""
    if not jobs:
        return
    folder = jobs[0].results / "shards"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shards = [list(jobs[i::workers]) for i in range(min(workers, len(jobs)))]
    for number, shard in enumerate(shards):
        (folder / f"{number}.json").write_text(json.dumps([asdict(job) for job in shard]))
    (folder / "settings.json").write_text(json.dumps(asdict(settings)))
    script = folder / "grade.sbatch"
    python, root, place = (shlex.quote(str(part)) for part in (sys.executable, ROOT, folder))
    script.write_text(SCRIPT.format(last=len(shards) - 1, folder=place, count=len(shards[0]), root=root, python=python))
    if not shutil.which("sbatch"):
        raise UsageError(f"there is no sbatch here: submit {script} where there is")
    done = subprocess.run(["sbatch", "--wait", str(script)], capture_output=True, text=True)
    for number, shard in enumerate(shards):
        kept = read(folder / f"{number}.jsonl").records
        for job in shard:
            why = f"its shard ended without it: {folder / str(number)}.log {done.stderr.strip()[-200:]}"
            yield kept.get(f"{job.student}/{job.notebook}") or failed(job, "worker_lost", why)


def shard(folder: Path, number: int) -> None:
    """What one job of the array does."""
    settings = Settings.of(json.loads((folder / "settings.json").read_text()))
    jobs = [Job(**job) for job in json.loads((folder / f"{number}.json").read_text())]
    with Journal(folder / f"{number}.jsonl") as journal:
        todo = [job for job in jobs if not journal.contents.settles(job)]
        for record in pool.local(todo, cores(), settings):
            journal.append(record)


if __name__ == "__main__":
    try:
        shard(Path(sys.argv[1]), int(sys.argv[2]))
    except CourseError as error:
        sys.exit(str(error))
