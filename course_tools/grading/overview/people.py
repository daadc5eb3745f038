"""Who is on the page, and when they handed in."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from course_tools.grading.model.records import Entry, Record, Student


def shown_name(student: Student) -> str:
    """As the LMS shows it, with the id."""
    return f"{student.name} ({student.id})" if student.name else student.id


def pseudonym(secret: bytes, student: Student) -> str:
    """A name that stays the same while the course's secret does, and that nobody without it can turn back into an id."""
    drawn = hmac.digest(secret, f"pseudonym of {student.id}".encode(), hashlib.sha256)
    return f"student {base64.b32encode(drawn)[:6].decode().lower()}"


def handed_in(entries: Iterable[Entry]) -> dict[str, list[datetime]]:
    """Student -> when each submission that was graded was handed in, as far as that is known, the earliest first."""
    known: dict[tuple[str, str], tuple[str, datetime]] = {}
    for entry in entries:
        if isinstance(entry, Record) and entry.submitted:  # of one submission the last word: a worksheet may come later
            known[entry.name, entry.submission] = (entry.student, datetime.fromisoformat(entry.submitted))
    found: dict[str, set[datetime]] = {}
    for student, when in known.values():
        found.setdefault(student, set()).add(when)
    return {student: sorted(times) for student, times in found.items()}
