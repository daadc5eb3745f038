"""Workers that grade one notebook at a time. One that dies is replaced and its notebook tried once more, so nothing is ever lost."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing import connection
from pathlib import Path

from course_tools.grading.bridge.wire import Channel, Lost
from course_tools.grading.isolation.forkserver import cool, kept_warm, warm
from course_tools.grading.model import records
from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.records import Job, Record, failed
from course_tools.grading.model.settings import Settings
from course_utils.errors import CourseError

PATIENCE = 120.0  # seconds a worker may be late with the record of a notebook that has used up its time
TRIES = 2


class Worker:
    """A process that grades what it is sent. `fork`: from this one, sharing its fork server and what it imported; else started anew."""

    def __init__(self, settings: Settings, fork: bool) -> None:
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        with theirs:
            self.pid = self._forked(theirs, settings) if fork else self._started(theirs, settings)

    def _forked(self, theirs: socket.socket, settings: Settings) -> int:
        if pid := os.fork():
            return pid
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
            self.channel.close()
            if torch := sys.modules.get("torch"):
                torch.set_num_threads(
                    1
                )  # OpenMP's other threads do not survive a fork, and waiting for them never ends
            with contextlib.suppress(Lost):
                work(Channel(theirs), settings)
        finally:
            os._exit(0)

    def _started(self, theirs: socket.socket, settings: Settings) -> int:
        command = [
            sys.executable,
            "-m",
            "course_tools.grading.engines.pool",
            str(theirs.fileno()),
            json.dumps(asdict(settings)),
        ]
        return subprocess.Popen(command, pass_fds=[theirs.fileno()]).pid

    def send(self, job: Job) -> None:
        self.channel.send({"job": asdict(job)})

    def receive(self, seconds: float | None = None) -> Record:
        """Raises Lost if the worker ends instead, CourseError for what the instructor must mend."""
        message, _ = self.channel.receive(seconds)
        if "error" in message:
            raise CourseError(message["error"])
        record = records.loads(message["record"])
        assert isinstance(record, Record)
        return record

    def end(self) -> None:
        self.channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def work(channel: Channel, settings: Settings) -> None:
    """A worker's life, until nobody wants it any more: then it raises Lost.

    What a test makes of an answer may need as much memory as the answer itself: more is an error of that test.
    """
    from course_tools.grading.judge.grade import grade_notebook

    bound_memory(settings.limits.memory)

    while True:
        job = Job(**channel.receive()[0]["job"])
        try:
            record = grade_notebook(job, settings)
        except CourseError as error:
            channel.send({"error": str(error)})
            continue
        except Exception as error:  # a flaw of the grader: this notebook's record says so, the others go on
            record = failed(job, "internal", f"{type(error).__name__}: {error}"[:300] + f"; see {kept_traceback(job)}")
        channel.send({"record": records.dumps(record)})


def bound_memory(more: int) -> None:
    """Let this process have `more` bytes than it has now, and processes that it starts as much as the system gives."""
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + more, resource.getrlimit(resource.RLIMIT_AS)[1]))


def kept_traceback(job: Job) -> Path:
    """The file that the exception being handled is written to, for whoever mends the grader."""
    path = job.results / "flaws" / f"{job.student}-{job.notebook}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return path


@dataclass
class _Task:
    job: Job
    tries: int
    since: float = field(default_factory=time.monotonic)


def local(jobs: Sequence[Job], workers: int, settings: Settings) -> Iterator[Record]:
    """Records as they are finished. Raises CourseError for a broken source, UsageError without isolation; both before the first job."""
    if not jobs:
        return
    sources = [Assignment.load(Path(source)) for source in sorted({job.source for job in jobs})]
    with kept_warm(settings, [name for source in sources for name in source.preload]):
        from course_tools.grading.judge.grade import prepare  # torch, while the fork server imports it too

        prepare(jobs)
        yield from _Pool(jobs, workers, settings).records()


class _Pool:
    """Jobs on their way through the workers."""

    def __init__(self, jobs: Sequence[Job], workers: int, settings: Settings) -> None:
        self.settings = settings
        self.waiting = deque((job, TRIES) for job in jobs)
        self.idle = [Worker(settings, fork=True) for _ in range(min(workers, len(jobs)))]
        self.busy: dict[Worker, _Task] = {}

    def records(self) -> Iterator[Record]:
        try:
            while self.waiting or self.busy:
                while self.waiting and self.idle:
                    self._give(self.idle.pop(), *self.waiting.popleft())
                for worker in self._done():
                    if record := self._taken(worker, self.busy.pop(worker)):
                        yield record
        finally:
            for worker in [*self.idle, *self.busy]:
                worker.end()

    def _give(self, worker: Worker, job: Job, tries: int) -> None:
        self.busy[worker] = _Task(job, tries)
        with contextlib.suppress(Lost):  # then waiting for it says so
            worker.send(job)

    def _done(self) -> list[Worker]:
        """Workers that have something to say, or have ended; one that is silent for too long is made to."""
        late = time.monotonic() - self.settings.limits.notebook - PATIENCE
        for worker, task in self.busy.items():
            if task.since < late:
                os.kill(worker.pid, signal.SIGKILL)
        ready = connection.wait([worker.channel.socket for worker in self.busy], timeout=1.0)
        return [worker for worker in self.busy if worker.channel.socket in ready]

    def _taken(self, worker: Worker, task: _Task) -> Record | None:
        self.idle.append(worker)
        try:
            return worker.receive()
        except Lost:
            self.idle[-1].end()
            self.idle[-1] = Worker(self.settings, fork=True)
        if task.tries == 1:
            return failed(task.job, "worker_lost", f"the process that graded it ended {TRIES} times")
        self.waiting.append((task.job, task.tries - 1))
        return None


if __name__ == "__main__":
    settings = Settings.of(json.loads(sys.argv[2]))
    try:
        warm(settings)  # it imports torch while this process does
        work(Channel(socket.socket(fileno=int(sys.argv[1]))), settings)
    except Lost:
        cool()
