"""The same records from every engine, and none lost when a worker, a fork server or a node dies in the middle."""

import contextlib
import json
import os
import signal
import stat
import sys
import textwrap
import time
from dataclasses import replace

import psutil
import pytest
from nbformat import v4

from course_tools import cluster
from course_tools.grading.engines import pool
from course_tools.grading.engines.dispatch import grade_all
from course_tools.grading.intake.collect import take_in
from course_tools.grading.isolation.forkserver import kept_warm, warm
from course_tools.grading.judge.grade import prepare
from course_tools.grading.model.settings import Limits, Settings
from course_utils.errors import CourseError, UsageError
from course_utils.paths import ROOT
from tests.grading import toy
from tests.grading.toy import mark

pytestmark = [pytest.mark.slow(45), pytest.mark.usefixtures("fork_server")]
ANSWERS = {"right": toy.RIGHT, "wrong": toy.WRONG, "stub": toy.STUB}
POINTS = {"right": 3.0, "wrong": 0.0, "stub": 0.0}


@pytest.fixture
def jobs(tmp_path):
    course = toy.make(tmp_path)
    for name, code in ANSWERS.items():
        toy.submit(tmp_path, name, code)
    return take_in(course, tmp_path / "submitted", {}).jobs


def test_a_module_beside_the_notebook_is_not_loaded_before_its_submission_is_graded(tmp_path, monkeypatch, jobs):
    """Nor another of its name in the course's folder, which would then stand in for it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    cells = [
        v4.new_code_cell("import odd_helper, even_helper", metadata=mark("start", locked=True)),
        v4.new_code_cell("x = 1", metadata=mark("x", solution=True)),
        v4.new_code_cell(
            "assert odd_helper.two + even_helper.two == 4", metadata=mark("test", 1, grade=True, locked=True)
        ),
    ]
    source = tmp_path / "beside" / "one.ipynb"
    source.parent.mkdir()
    source.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    for folder, name in ((tmp_path, "odd_helper"), (tmp_path, "even_helper"), (source.parent, "odd_helper")):
        (folder / f"{name}.py").write_text("two = 2\n", encoding="utf-8")
    prepare([replace(jobs[0], source=str(source))])
    assert "even_helper" in sys.modules and "odd_helper" not in sys.modules
    del sys.modules["even_helper"]


def check(records):
    assert sorted(record.name for record in records) == sorted(
        f"{name}/{notebook}" for name in ANSWERS for notebook in ("one", "two")
    )
    assert {(record.student, record.points, record.outcome) for record in records} == {
        (n, p, "graded") for n, p in POINTS.items()
    }


def slow(jobs, tmp_path):
    """The same jobs, each with a cell that takes a while, so that there is a middle to be killed in."""
    for job in jobs:
        toy.answer(
            tmp_path / job.submission, f"import time\ntime.sleep(1.5)\n{ANSWERS[job.student]}", name=job.notebook
        )
    return jobs


def test_a_killed_worker_is_replaced_and_its_notebook_graded(jobs, tmp_path, monkeypatch):
    workers = []
    start = pool.Worker._forked
    monkeypatch.setattr(pool.Worker, "_forked", lambda self, *rest: workers.append(start(self, *rest)) or workers[-1])
    seen = []
    for record in grade_all(slow(jobs, tmp_path), workers=2):
        seen.append(record)
        if len(seen) == 1:
            os.kill(workers[0], signal.SIGKILL)
            os.kill(workers[1], signal.SIGKILL)
    check(seen)
    assert len(workers) == 4


def test_a_notebook_that_kills_its_worker_is_recorded(jobs, monkeypatch):
    import course_tools.grading.judge.grade as grade

    whole = grade.grade_notebook
    monkeypatch.setattr(
        grade, "grade_notebook", lambda job, s: os._exit(9) if job.student == "wrong" else whole(job, s)
    )
    records = {record.name: record.outcome for record in grade_all(jobs, workers=2)}
    assert {name: outcome for name, outcome in records.items() if outcome != "graded"} == {
        "wrong/one": "worker_lost",
        "wrong/two": "worker_lost",
    }
    assert len(records) == 6


def test_a_flaw_of_the_grader_is_one_record(jobs, monkeypatch):
    import course_tools.grading.judge.grade as grade

    whole = grade.grade_notebook
    monkeypatch.setattr(grade, "grade_notebook", lambda job, s: 1 / 0 if job.student == "wrong" else whole(job, s))
    records = [record for record in grade_all(jobs, workers=1) if record.outcome != "graded"]
    assert [(record.student, record.outcome) for record in records] == 2 * [("wrong", "internal")]
    for record, job in zip(sorted(records, key=lambda record: record.name), jobs[-2:], strict=True):
        kept = job.results / "flaws" / f"wrong-{record.notebook}.txt"
        assert record.reason == f"ZeroDivisionError: division by zero; see {kept}"
        assert "Traceback (most recent call last)" in kept.read_text() and "1 / 0" in kept.read_text()


@pytest.fixture
def fork_servers(monkeypatch):
    """As if none were warm: what a test starts, it must end. Returns those of this test's that run."""
    monkeypatch.setattr("course_tools.grading.isolation.forkserver._warm", {})
    before = set(psutil.Process().children(recursive=True))

    def running():
        return [
            process
            for process in psutil.Process().children(recursive=True)
            if process not in before and serves(process)
        ]

    return running


def serves(process):
    """Whether it is a fork server, or of one, and not about to be gone."""
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and "course_tools.grading.jail.forkserver" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def kill(processes):
    """One may take another with it."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert not psutil.wait_procs(processes, timeout=30)[1]


def test_a_fork_server_that_dies_is_started_anew(jobs, fork_servers):
    seen = []
    for record in grade_all(jobs, workers=1):
        seen.append(record)
        if len(seen) == 2:
            assert fork_servers()
            kill(fork_servers())
    check(seen)


def test_a_fork_server_that_died_between_two_gradings_is_replaced(jobs, fork_servers):
    with kept_warm(Settings()):
        first = warm(Settings())
        check(list(grade_all(jobs, workers=1)))
        assert warm(Settings()) is first
        kill(fork_servers())
        assert warm(Settings()) is not first
        check(list(grade_all(jobs, workers=1)))
    assert not fork_servers()


def test_nothing_runs_afterwards(jobs, fork_servers):
    check(list(grade_all(jobs, workers=2)))
    assert not fork_servers()


def test_stopping_early_ends_everything(jobs, fork_servers):
    records = grade_all(jobs, workers=2)
    next(records)
    assert fork_servers()
    records.close()
    assert not fork_servers()


def test_a_broken_source_stops_before_the_first_notebook(jobs, tmp_path):
    (tmp_path / "source" / "ps1" / "one.ipynb").write_text("{}")
    with pytest.raises(CourseError, match=r"one\.ipynb is no notebook"):
        list(grade_all(jobs))


def test_unknown_engines_are_refused():
    for engine in ("cloud", "local=3", "slurm=x"):
        with pytest.raises(UsageError, match="unknown engine"):
            grade_all([], engine=engine)


def test_dask_loses_nothing_when_a_worker_is_killed(jobs, tmp_path):
    """Two worker processes behind an address, one of them killed, with its grading process, while it has work."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        seen = []
        for record in grade_all(slow(jobs, tmp_path), engine=f"dask={cluster.scheduler_address}"):
            seen.append(record)
            if len(seen) == 1:
                victim = next(iter(cluster.workers.values()))
                os.kill(victim.pid, signal.SIGKILL)
    check(seen)


def test_dask_without_a_scheduler_says_so(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT", 1)
    with pytest.raises(UsageError, match="no dask scheduler answers at tcp://127"):
        list(grade_all([], engine="dask=tcp://127.0.0.1:9"))


@pytest.fixture
def sbatch(tmp_path, monkeypatch):
    """A stand-in for Slurm: runs every element of the array at once, as the script's own lines say."""
    script = tmp_path / "bin" / "sbatch"
    script.parent.mkdir()
    script.write_text(
        textwrap.dedent(
            f"""\
            #!{sys.executable}
            import os, re, subprocess, sys
            assert sys.argv[1] == "--wait"
            text = open(sys.argv[2]).read()
            first, last = map(int, re.search(r"#SBATCH --array=(\\d+)-(\\d+)", text).groups())
            runs = [subprocess.Popen(["sh", sys.argv[2]], env=os.environ | {{"SLURM_ARRAY_TASK_ID": str(i)}}) for i in range(first, last + 1)]
            if os.environ.get("LOSE") :
                runs[int(os.environ["LOSE"])].kill()
            sys.exit(max(abs(run.wait()) for run in runs))
            """
        )
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_slurm_runs_the_script_it_wrote(jobs, sbatch):
    check(list(grade_all(jobs, engine="slurm", workers=2)))


def test_a_lost_node_is_a_typed_record(jobs, sbatch, monkeypatch):
    monkeypatch.setenv("LOSE", "1")
    records = list(grade_all(jobs, engine="slurm", workers=2))
    assert len(records) == 6
    lost = [record for record in records if record.outcome == "worker_lost"]
    assert len(lost) == 3
    assert all("its shard ended without it" in record.reason for record in lost)


def test_without_slurm_the_script_is_named(jobs, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"there is no sbatch here: submit .*grade\.sbatch"):
        list(grade_all(jobs, engine="slurm", workers=2))


def test_a_worker_that_never_ends_is_given_up(jobs, monkeypatch):
    import course_tools.grading.judge.grade as grade

    monkeypatch.setattr(grade, "grade_notebook", lambda job, s: time.sleep(600))
    monkeypatch.setattr(pool, "PATIENCE", 0.2)
    records = list(pool.local(jobs[:1], 1, Settings(Limits(notebook=0.2))))
    assert [record.outcome for record in records] == ["worker_lost"]


def test_a_cell_that_never_ends_costs_its_limit_and_ends_the_notebook_if_the_course_says_so(jobs, tmp_path):
    job = jobs[0]
    toy.answer(tmp_path / job.submission, f"{toy.RIGHT}\nwhile True: pass", name=job.notebook)
    for stop, points, reason in ((False, 3.0, ""), (True, 0.0, "timeout in cell 2: a cell took longer than 1 s")):
        (record,) = grade_all([job], limits=Limits(cell=1.0, stop=stop))
        assert (record.points, record.reason[: len(reason)]) == (points, reason)
