"""`course release`, `course collect` and `course feedback --release`: the exchange through nbgrader's own API, for nbgrader's own config.

Exit codes: 0, all is done; 3, done, with what was left out listed.
"""

from contextlib import chdir
from pathlib import Path
from typing import TypeVar

from nbgrader.apps import NbGrader
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from traitlets.config import Config

from course_tools.exchange.plugins import Boxed, Collect, ReleaseAssignment, ReleaseFeedback
from course_tools.grading.command import course_of, shortened
from course_utils.errors import CourseError

Step = TypeVar("Step", bound=Boxed)


def release_command(assignment: str, force: bool = False) -> int:
    """Put the students' notebook where they fetch it. Raises CourseError where one is there already, unless `force`."""
    _run(ReleaseAssignment, assignment, force=force)
    print(f"released: {assignment}")
    return 0


def collect_command(assignment: str, before_due: bool = False) -> int:
    """Take the newest submission of each student into submitted/. before_due: of those before the due date, if there is one."""
    taken = _run(Collect, assignment, update=True, before_duedate=before_due)
    print(f"{taken.done} new submissions of {assignment} collected from {len(taken.boxes)} students")
    return _told(taken)


def release_feedback_command(assignment: str) -> int:
    """Give the pages that `course feedback` wrote to their students."""
    given = _run(ReleaseFeedback, assignment)
    print(f"{given.done} pages released")
    return _told(given)


def exchange(root: Path) -> Path:
    """The folder of the course in `root` on the exchange."""
    config = _config(root)
    places = CourseDirectory(config=config)
    return Path(Boxed(places, Authenticator(config=config), config=config).root) / places.course_id


def _run(step: type[Step], assignment: str, **settings: bool) -> Step:
    """One step of the exchange. Raises CourseError."""
    course = course_of(assignment, None)
    config = _config(course.root)
    with chdir(course.root):
        places = CourseDirectory(config=config, assignment_id=assignment)
        run = step(places, Authenticator(config=config), config=config, **settings)
        try:
            run.start()
        except ExchangeError as error:
            raise CourseError(str(error)) from None
    return run


def _config(root: Path) -> Config:
    """The settings of the course in `root` and of the site."""
    app = NbGrader()
    with chdir(root):
        app.load_config_file()
    app.config.CourseDirectory.root = str(root)
    return app.config


def _told(run: Boxed) -> int:
    for line in shortened([f"left aside: {note}" for note in run.notes]):
        print(line)
    return 3 if run.notes else 0
