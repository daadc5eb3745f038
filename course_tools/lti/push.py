"""From what `course grade` decided to the platform, through the outbox."""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from course_tools.grading.results.scores import Total
from course_tools.lti.platforms import Config
from course_tools.lti.services import Away, Refused, Services, stamp
from course_tools.lti.store import Entry, Store
from course_utils.errors import CourseError, UsageError
from course_utils.progress import Progress


def score(total: Total) -> str:
    """What a platform is told: a score only where the grade is complete, as in `course export`; without one a platform clears an earlier score."""
    said: dict[str, Any] = {"activityProgress": "Completed", "gradingProgress": "FullyGraded"}
    if total.failed:
        said = {"activityProgress": "Submitted", "gradingProgress": "Failed"}
    elif total.waits:
        said = {"activityProgress": "Submitted", "gradingProgress": "PendingManual"}
    else:
        said |= {"scoreGiven": round(max(total.points, 0.0), 4), "scoreMaximum": total.max_points}
    comment = total.lacks or f"{total.points:g} of {total.max_points:g} points"
    late = f"; {total.penalty:g} points were taken off for lateness" if total.penalty else ""
    return json.dumps(said | {"comment": comment + late}, sort_keys=True)


def users(field: str, members: list[Mapping[str, Any]]) -> dict[str, str]:
    """What the course calls a student, or the full name -> the platform's user. A value that two share is nobody's."""
    found: dict[str, list[str]] = {}
    for one in members:
        if one.get(field):
            found.setdefault(str(one[field]), []).append(one["user_id"])
    return {value: users[0] for value, users in found.items() if len(users) == 1}


def queue(config: Config, store: Store, task: str, totals: list[Total], at: datetime) -> list[str]:
    """Put the grades decided `at` that time into the outbox, for each link of the task. Returns a line for each that has no place there.

    Raises UsageError where nobody launched the task yet, CourseError where the platform does not say who is who.
    """
    links = store.links(task)
    if not links:
        raise UsageError(f"no platform has a link to {task} yet: choose it there (deep linking) and open the link once")
    lines, placed = [], set()
    for link in links:
        platform, services = config.platform(link.platform), Services(config.registration(link.platform))
        try:
            column = services.column(link, max((one.max_points for one in totals), default=0.0))
            known = users(platform.student, services.members(link)) if platform.student != "user_id" else None
        except (Away, Refused) as error:
            raise CourseError(f"{link.platform}: {error}; nothing was sent, run the same command again") from None
        if not column:
            lines.append(f"NO COLUMN {link.platform}: its link {link.resource} takes no grades")
        for one in totals:
            name = one.student.name if platform.student == "name" else one.student.id
            user = known.get(name) if known is not None else name
            if column and user:
                placed.add(one.student.id)
                entry = Entry(link.platform, column, user, one.student.id, task, stamp(at), score(one))
                if store.offer(entry) == "older":
                    lines.append(
                        f"OLDER {one.student.id}: the outbox has a later grade; is this machine's clock right?"
                    )
    missing = [one.student.id for one in totals if one.student.id not in placed]
    return [
        *lines,
        *(f"NOT KNOWN {student}: no roster has them, or has two (`course lti roster`)" for student in missing),
    ]


def send(config: Config, store: Store, task: str) -> None:
    """Send what waits. Who is refused stays in the outbox with the reason, and so does everybody once the platform is away."""
    scopes = {link.platform: link.scopes for link in store.links(task)}
    services: dict[str, Services] = {}
    away: dict[str, str] = {}
    with (
        sending(store.path.with_suffix(".lock")),
        Progress("sending", len(waiting := store.waiting(task)), "grades") as bar,
    ):
        for entry in waiting:
            trouble = away.get(entry.platform, "")
            if not trouble:
                if entry.platform not in services:
                    services[entry.platform] = Services(config.registration(entry.platform))
                try:
                    services[entry.platform].send(entry, scopes[entry.platform])
                except Refused as refused:
                    trouble = str(refused)
                except Away as gone:
                    trouble = away[entry.platform] = str(gone)
            store.settle(entry, trouble)
            bar.update(note=entry.student)


@contextmanager
def sending(path: Path) -> Iterator[None]:
    """One sender at a time: two could overtake each other. Raises CourseError."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CourseError(f"another run is sending ({path}): wait until it is done") from None
        yield
