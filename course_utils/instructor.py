"""Where the instructor's half plugs in: `course_tools.plugin`, if there is a `course_tools` beside us. A student's copy has none.

This is the only way from here to there; `course_tools` imports this package freely.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from course_utils.paths import ROOT

if TYPE_CHECKING:
    from course_utils.checks.check import Verdict
    from course_utils.checks.suite import Suite
    from course_utils.cli import Verbs
    from course_utils.doctor import Finding

PLUGIN = "course_tools.plugin"


class Half(Protocol):
    """What `course_tools.plugin` offers."""

    def add_verbs(self, verbs: "Verbs") -> None:
        """Add the instructor's verbs to the `course` command."""

    def hidden_suite(self, name: str) -> "Suite | None":
        """The hidden tests of "task/exercise", None where the task's bank is not on this machine."""

    def verdict(self, name: str, suite: str, answer: Any, variant: str) -> "Verdict | None":
        """What "task/exercise", with the numbers of a variant, earns on inputs that only this grading knows; None where no grading goes on."""

    def findings(self) -> "Iterator[Finding]":
        """What `course doctor` says about grading on this machine."""


@cache
def half() -> Half | None:
    """The instructor's half, None in a student's copy."""
    try:
        package = find_spec(PLUGIN.partition(".")[0])
        ours = package is not None and package.origin is not None and Path(package.origin).parents[1] == ROOT
        return cast(Half, import_module(PLUGIN)) if ours and find_spec(PLUGIN) else None
    except (
        PermissionError
    ):  # on a hub, whose students may not enter it; in the grader's jail, which reads its own part only
        return None
