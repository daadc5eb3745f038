"""`course lti serve`, `roster`, `links` and `push`. Exit codes: 0, done; 3, grades wait in the outbox or have no place in it, which are listed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from course_tools.grading.command import course_root, opened, shortened
from course_tools.grading.results.scores import totals
from course_tools.lti.conversation import kept
from course_tools.lti.platforms import Config, load
from course_tools.lti.push import queue, send
from course_tools.lti.services import Away, Refused, Services
from course_tools.lti.store import Link, Store
from course_utils.errors import CourseError, UsageError
from course_utils.tables import text_table


@contextmanager
def office(what: str, output: str | None) -> Iterator[tuple[Config, Store]]:
    """What lti.toml says and what is kept, in grading/lti/, which nobody else may read; `what`.log there has the conversation."""
    root = course_root()
    place = (Path(output) if output else root) / "grading" / "lti"
    config = load(root, place / "key.pem")
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o700)
    with kept(place / f"{what}.log"):
        yield config, Store(place / "store.db")


def serve_command(address: str, port: int, output: str | None = None) -> int:
    """Serve until interrupted; behind a proxy that speaks https."""
    with office("serve", output) as (config, store):
        asyncio.run(_serve(config, store, address, port))
    return 0


async def _serve(config: Config, store: Store, address: str, port: int) -> None:
    from course_tools.lti.serve import Tool

    config.registered  # noqa: B018  (makes the key, or says that it is damaged)
    try:
        Tool(config, store, course_root()).listen(port, address, xheaders=True)
    except OSError as error:
        raise UsageError(f"cannot listen on {address}:{port}: {error.strerror}") from None
    print(f"login: {config.url}/lti/login\nlaunch, redirect and deep linking: {config.url}/lti/launch")
    print(f"key set: {config.url}/lti/jwks\nlistening on {address}:{port}", flush=True)
    await asyncio.Event().wait()


def roster_command(output: str | None = None) -> int:
    """Print who is in each course that a link was launched from."""
    with office("roster", output) as (config, store):
        courses = {(link.platform, link.members): link for link in store.links() if link.members}
        rows = [row for link in courses.values() for row in _rows(config, link)]
    if not courses:
        raise UsageError("no platform has told where its roster is: allow names and roles there, and open a link once")
    print(text_table(("platform", "student", "name", "roles", "status"), sorted(rows)))
    return 0


def _rows(config: Config, link: Link) -> list[tuple[str, ...]]:
    said = config.platform(link.platform).student, "name", "status"
    try:
        members = Services(config.registration(link.platform), link).members()
    except (Away, Refused) as error:
        raise CourseError(f"{link.platform}: {error}") from None
    rows: list[tuple[str, ...]] = []
    for one in members:
        student, name, status = (str(one.get(field, "")) for field in said)
        roles = ", ".join(sorted(role.rpartition("#")[2] for role in one.get("roles", [])))
        rows.append((link.platform, student, name, roles, status))
    return rows


def links_command(drop: str | None = None, output: str | None = None) -> int:
    """Print the links that were opened so far; `drop` one that the platform no longer has."""
    with office("links", output) as (_, store):
        if drop and not store.drop(drop):
            raise UsageError(f"no link has the id {drop!r}: `course lti links` lists them")
        links = store.links()
    rows = sorted((one.platform, one.task, one.resource, one.lineitem or one.lineitems or "none") for one in links)
    print(text_table(("platform", "task", "link", "column for grades"), rows))
    return 0


def push_command(task: str, output: str | None = None) -> int:
    """Send the grades of a task that are new since the last time, and those that waited."""
    with office("push", output) as (config, store):
        with opened(task, output) as (_, found):
            at, every = datetime.now(UTC), totals(found)  # while the journal is ours: what is later is newer
        lines = queue(config, store, task, every, at)
        before = len(store.waiting(task))
        send(config, store, task)
        left = store.waiting(task)
    print(f"{before - len(left)} grades sent, {len(every)} students, {len(left)} wait in the outbox: {store.path}")
    lines += [f"WAITS {entry.student} ({entry.platform}): {entry.trouble}" for entry in left]
    for line in shortened(lines):
        print(line)
    return 3 if lines else 0
