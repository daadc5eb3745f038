"""`grade_notebook(job)`: from one submission to its record. It never raises for what a submission is or does."""

import importlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from course_tools.checks.fresh import draw_all, drawn_from
from course_tools.checks.variants import drawn, filled
from course_tools.grading.bridge.wire import Lost
from course_tools.grading.isolation.forkserver import ForkServer, Process, warm
from course_tools.grading.judge.executed import write_executed
from course_tools.grading.judge.trusted import Grading
from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.notebook import Refused, notebook
from course_tools.grading.model.records import GRADED, Job, Record, failed
from course_tools.grading.model.settings import Settings
from course_utils.errors import CourseError

HELPERS_LIMIT = 2**25


def prepare(jobs: Sequence[Job]) -> None:
    """Import and draw what the tests of all jobs need, so that workers which are forked from this process have it."""
    for source in {job.source for job in jobs}:
        for name in Assignment.load(Path(source)).preload_of_tests:
            if not any(
                Path(source).parent.glob(f"{name.partition('.')[0]}*")
            ):  # else fresh for each submission: see `beside`
                with suppress(Exception):  # the test will say what is wrong with it
                    importlib.import_module(name)
    for task, seed in sorted({(job.assignment, job.seed) for job in jobs}):
        draw_all(task, seed)


def process_for(assignment: Assignment, job: Job, settings: Settings) -> tuple[Process, ForkServer]:
    """A student's process. A fork server that died is started anew, once. Raises Lost."""
    limits = settings.limits
    for attempt in range(2):
        server = warm(settings, assignment.preload)
        try:
            return server.process(limits.memory, limits.notebook, helpers(job), limits.message), server
        except Lost:
            server.discard()
            if attempt:
                raise
    raise AssertionError


def grade_notebook(job: Job, settings: Settings | None = None) -> Record:
    """Grade one notebook of one student. Raises UsageError where there is no isolation, CourseError for a broken source."""
    settings = settings or Settings()
    assignment = Assignment.load(Path(job.source))
    variants = drawn(job.assignment, job.variant) if job.variant else {}
    if variants:
        assignment = assignment.filled(lambda cells: filled(job.assignment, cells, variants))
    try:
        node = notebook(Path(job.submission).read_bytes())
    except Refused as error:
        return failed(job, error.kind, error.text)
    except OSError as error:
        return failed(job, "unreadable", f"cannot be read: {error.strerror}")
    try:
        process, server = process_for(assignment, job, settings)
    except Lost as error:
        return failed(job, "internal", str(error))
    start = time.monotonic()
    grading, others, ended = _graded(assignment, node["cells"], job, settings, process, settings.limits.everything)
    if grading.in_doubt:
        try:
            process, server = process_for(assignment, job, settings)
        except Lost as error:
            return failed(job, "internal", str(error))
        grading, others, ended = _graded(assignment, node["cells"], job, settings, process, whole=True)
    cells = tuple(grading.results[cell.name] for cell in assignment.cells if cell.graded)
    trouble = f"{grading.trouble} ({ended})" if grading.trouble and ended else grading.trouble
    executed = write_executed(Path(job.executed), node, grading, cells) if job.executed else ""
    seconds = round(time.monotonic() - start, 3)
    return Record(
        student=job.student,
        assignment=job.assignment,
        notebook=job.notebook,
        key=job.key,
        outcome=GRADED,
        reason=trouble,
        tier=str(server.tier),
        cells=cells,
        seconds=seconds,
        executed=executed,
        submitted=job.submitted,
        seed=job.seed,
        variants=variants,
        others=others,
    )


def _graded(
    assignment: Assignment, cells: list[dict], job: Job, settings: Settings, process: Process, whole: bool
) -> tuple[Grading, dict[str, str], str]:
    """The grading of one run of the notebook, which answers are right for the numbers of somebody else, and how its process ended."""
    grading = Grading(assignment, cells, process.channel, settings.limits, whole)
    try:
        with beside(assignment.path), drawn_from(job.seed) as draws:
            grading.run()
    finally:
        ended = process.close()
    return grading, draws.others, ended


@contextmanager
def beside(source: Path) -> Iterator[None]:
    """The instructor's statements find the files and modules beside the notebook, fresh ones for each submission."""
    folder, before, loaded = source.absolute().parent, Path.cwd(), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path.remove(str(folder))
        for name in set(sys.modules) - loaded:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == folder:
                del sys.modules[name]


def helpers(job: Job) -> dict[str, bytes]:
    """The files in the working folder: the student's allowed ones, and over them those the instructor hands out with the notebook."""
    found = {Path(path).name: Path(path) for path in job.files}
    home = Path(job.source).parent
    ours = [
        path
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".ipynb" and "." not in path.relative_to(home).parts[0][:1]
    ]
    found |= {str(path.relative_to(home)): path for path in ours}
    kept, total = {}, 0
    for name, path in sorted(found.items()):
        total += path.stat().st_size
        if total > HELPERS_LIMIT:
            raise CourseError(f"{home}: the files beside the notebook have more than {HELPERS_LIMIT / 2**20:.0f} MiB")
        kept[name] = path.read_bytes()
    return kept
