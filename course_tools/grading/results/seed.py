"""What follows from the course's secret: the seed that a grading draws its inputs from, and the key of each student's variants.

The seed is kept in the journal and in every record, so a regrade repeats itself. Neither file can be read by a submission.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from course_tools.grading.model.courses import Course
from course_tools.grading.model.records import Seed
from course_tools.grading.results.journal import Contents
from course_utils.errors import CourseError


def seed_of(course: Course, known: Contents, wanted: int | None = None) -> Seed:
    """The `wanted` seed, else the one of the earlier runs, else one drawn from the course's secret."""
    if wanted is not None:
        return Seed(wanted)
    return known.seed or Seed(_drawn(course_secret(course), course.assignment))


def _drawn(key: bytes, assignment: str) -> int:
    return int.from_bytes(hmac.digest(key, assignment.encode(), hashlib.sha256)[:6])


def course_secret(course: Course) -> bytes:
    return secret(course.output / "grading" / "secret")


def variant_keys(course: Course, students: Iterable[str]) -> dict[str, str]:
    """Student -> what the numbers of the student's questions follow from; without the secret nobody can tell it."""
    known = list(students)
    key = course_secret(course) if known else b""
    return {student: _variant_key(key, student) for student in known}


def _variant_key(key: bytes, student: str) -> str:
    return hmac.digest(key, f"variants/{student}".encode(), hashlib.sha256).hex()[:32]


def secret(path: Path, make: Callable[[], bytes] = lambda: secrets.token_hex(32).encode()) -> bytes:
    """The secret in the file, which is made on first use for its owner's eyes only. Raises CourseError for an empty file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(make())
    except FileExistsError:
        pass
    found = path.read_bytes()
    if not found:
        raise CourseError(
            f"{path} is empty: delete it and a new one is made; what the old one was used for is done again"
        )
    return found
