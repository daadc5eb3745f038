"""Checks of exercises: `check("simclr/nt_xent", nt_xent)` tells a person what is wrong and nbgrader how many points it is worth."""

from course_utils.checks.check import check
from course_utils.checks.probe import Probe

__all__ = ["Probe", "check"]
