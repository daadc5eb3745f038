"""The one exception a user is meant to read."""


class CourseError(Exception):
    """Something a person can fix: one line that says what failed, where, and what to do next.

    `course` prints the message without a traceback and exits with `exit_code`; in a notebook it is raised as is.
    """

    exit_code = 1


class UsageError(CourseError):
    """The command itself is wrong (unknown task, profile or parameter); nothing was started."""

    exit_code = 2
