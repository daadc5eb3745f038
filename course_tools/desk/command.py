"""From a graded assignment to a link that a browser opens."""

import asyncio
import csv
import getpass
import secrets
from pathlib import Path

from course_tools.desk.answers import Sample
from course_tools.desk.desk import Desk
from course_tools.desk.pages import Pages
from course_tools.grading.command import opened
from course_utils.errors import UsageError
from course_utils.progress import Progress

PORT = 8890  # the same each time, so that a page that was left open goes on when its desk is back
COLUMNS = ("student", "question", "text")


def desk_command(
    assignment: str,
    port: int = PORT,
    reader: str = "",
    blind: str = "",
    second: float = 0.2,
    hide_names: bool = False,
    requests: str | None = None,
    output: str | None = None,
) -> int:
    """Serve the desk until it is interrupted; with `requests`, take over that CSV of regrade requests first.

    blind: name of a second reader, who sees a share `second` of the answers without what they were given.
    """
    if not 0 < second <= 1:
        raise UsageError(f"--second {second:g} is no share: a number above 0 and up to 1, such as 0.2")
    if blind and requests:
        raise UsageError("--requests is for the desk that grades: a blind reader does not see them")
    sample = Sample(blind, second) if blind else None
    with opened(assignment, output) as (course, _):
        desk = Desk.open(course, blind or reader or getpass.getuser(), sample)
    if requests:
        print(f"{take_requests(desk, Path(requests))} requests in {requests} are on the list")
    contents = desk.contents()
    with Progress("reading", len(desk.questions), "questions") as bar:
        waiting = 0
        for question in desk.questions:
            waiting += desk.answers(question, contents).waiting
            bar.update()
    print(f"{waiting} answers to read, as {desk.reader}")
    try:
        asyncio.run(serve(desk, hide_names, port))
    except KeyboardInterrupt:
        print("closed; all that was given is in the gradebook and in the journal")
    return 0


async def serve(desk: Desk, hide_names: bool, port: int) -> None:
    """Until it is cancelled. Raises UsageError if something else listens there."""
    from course_tools.desk.server import LARGEST, application

    token = secrets.token_urlsafe(24)
    app = application(desk, Pages(desk, hide_names), port, token)
    try:
        app.listen(port, "127.0.0.1", max_body_size=LARGEST)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}; is another desk open? Then choose another port") from None
    print(f"open http://127.0.0.1:{port}/?token={token}\nCtrl-C closes it", flush=True)
    await asyncio.Event().wait()


def take_requests(desk: Desk, path: Path) -> int:
    """Note each line's request, as many as there are. Raises UsageError, before any is noted, for a line that cannot be one."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    if missing := [name for name in COLUMNS if not rows or name not in rows[0]]:
        raise UsageError(f"{path} needs the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}")
    wanted = [(desk.question(row["question"] or ""), row["student"] or "", row["text"] or "") for row in rows]
    desk.ask(*wanted)
    return len(wanted)
