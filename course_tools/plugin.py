"""What the instructor's half adds to the students': see `course_utils.instructor.Half`. Imports happen only when something is called."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_utils.checks.check import Verdict
    from course_utils.checks.suite import Suite
    from course_utils.cli import Verbs
    from course_utils.doctor import Finding


def add_verbs(verbs: "Verbs") -> None:
    from course_tools import cli

    cli.add_verbs(verbs)


def hidden_suite(name: str) -> "Suite | None":
    from course_tools.checks import bank

    return bank.hidden_suite(name) if bank.exists(name.partition("/")[0]) else None


def verdict(name: str, suite: str, answer: Any, variant: str) -> "Verdict | None":
    from course_tools.checks import fresh

    return fresh.verdict(name, suite, answer, variant)


def findings() -> "Iterator[Finding]":
    from course_tools.grading.isolation import findings

    return findings.isolation()
