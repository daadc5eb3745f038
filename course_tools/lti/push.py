"""From what `course grade` decided to the platform, through the outbox."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from filelock import FileLock, Timeout

from course_tools.grading.results.scores import Total
from course_tools.lti.platforms import Config
from course_tools.lti.services import Away, Refused, Services, stamp
from course_tools.lti.store import Entry, Store
from course_utils.errors import CourseError, UsageError
from course_utils.progress import Progress


def score(total: Total) -> str:
    """What a platform is told: a score only where the grade is complete, as in `course export`; without one a platform clears an earlier score."""
    said: dict[str, Any]
    if total.lacks:
        state = "Failed" if total.failed else "PendingManual"
        said = {"activityProgress": "Submitted", "gradingProgress": state, "comment": total.lacks}
    else:
        said = {"activityProgress": "Completed", "gradingProgress": "FullyGraded"}
        said |= {"scoreGiven": round(max(total.points, 0.0), 4), "scoreMaximum": total.max_points}
        said["comment"] = f"{total.points:g} of {total.max_points:g} points"
    if total.penalty:
        said["comment"] += f"; {total.penalty:g} points were taken off for lateness"
    return json.dumps(said, sort_keys=True)


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
    lines, placed, worth = [], set(), max((one.max_points for one in totals), default=0.0)
    for link in links:
        field, services = config.platform(link.platform).student, Services(config.registration(link.platform), link)
        try:
            column = services.column(worth)
            known = users(field, services.members()) if field != "user_id" else {}
        except (Away, Refused) as error:
            raise CourseError(f"{link.platform}: {error}; nothing was sent, run the same command again") from None
        if not column:
            lines.append(f"NO COLUMN {link.platform}: its link {link.resource} takes no grades")
            continue
        for one in totals:
            id, name = one.student.id, one.student.name
            if user := id if field == "user_id" else known.get(name if field == "name" else id):
                placed.add(id)
                if store.offer(Entry(link.platform, column, user, id, task, stamp(at), score(one))) == "older":
                    lines.append(f"OLDER {id}: the outbox has a later grade; is this machine's clock right?")
    missing = [one.student.id for one in totals if one.student.id not in placed]
    return lines + [f"NOT KNOWN {id}: no roster has them, or has two (`course lti roster`)" for id in missing]


def send(config: Config, store: Store, task: str) -> None:
    """Send what waits. Who is refused stays in the outbox with the reason, and so does everybody once the platform is away.

    One sender at a time, or two could overtake each other: raises CourseError.
    """
    try:
        alone = FileLock(store.path.with_suffix(".lock")).acquire(blocking=False)
    except Timeout:
        raise CourseError(f"another run is sending what waits in {store.path}: wait until it is done") from None
    with alone, Progress("sending", len(waiting := store.waiting(task)), "grades") as bar:
        services = {link.platform: Services(config.registration(link.platform), link) for link in store.links(task)}
        for entry in waiting:
            try:
                services[entry.platform].send(entry)
                store.settle(entry)
            except (Away, Refused) as trouble:
                store.settle(entry, str(trouble))
            bar.update(note=entry.student)
