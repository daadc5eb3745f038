"""What must survive a kill, in one SQLite file: which link is which task, and the outbox of grades.

The outbox keeps the newest grade of each student and line item, sent or not; an older one never takes its place.
"""

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass
from pathlib import Path

from course_tools.grading.results.database import transaction

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS link (platform, deployment, resource, task, lineitem, lineitems, members, scopes,"
    " PRIMARY KEY (platform, deployment, resource))",
    "CREATE TABLE IF NOT EXISTS grade (platform, lineitem, user, student, task, timestamp, score, sent, trouble,"
    " PRIMARY KEY (platform, lineitem, user))",
)


@dataclass(frozen=True)
class Link:
    """A placement of a task in a platform's course, and the addresses of its services, "" where it offers none. scopes: apart by blanks."""

    platform: str
    deployment: str
    resource: str
    task: str
    lineitem: str
    lineitems: str
    members: str
    scopes: str


@dataclass(frozen=True)
class Entry:
    """The grade of one user for one line item. timestamp: ISO 8601 in UTC, all of one length; score: JSON; trouble: why it was not taken."""

    platform: str
    lineitem: str
    user: str
    student: str
    task: str
    timestamp: str
    score: str
    sent: int = 0
    trouble: str = ""


class Store:
    """Links and outbox. Every method is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        self.path = path
        for statement in SCHEMA:
            self._ask(statement)

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return transaction(self.path, "another program may hold it")

    def _ask(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self.transaction() as database:
            return database.execute(query, values).fetchall()

    def save(self, link: Link) -> None:
        self._ask("REPLACE INTO link VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *astuple(link))

    def drop(self, resource: str) -> int:
        """Forget the links of this id, and what waits for their columns. Returns how many there were."""
        with self.transaction() as database:
            columns = "SELECT lineitem FROM link WHERE resource = ?"
            database.execute(f"DELETE FROM grade WHERE NOT sent AND lineitem IN ({columns})", (resource,))
            return database.execute("DELETE FROM link WHERE resource = ?", (resource,)).rowcount

    def links(self, task: str = "") -> list[Link]:
        """Those of a task, or all."""
        return [Link(*row) for row in self._ask("SELECT * FROM link WHERE ? IN ('', task)", task)]

    def offer(self, entry: Entry) -> str:
        """Take a grade into the outbox. Returns "new", "known" if it says nothing else, or "older", which changes nothing."""
        key = (entry.platform, entry.lineitem, entry.user)
        with self.transaction() as database:
            query = "SELECT timestamp, score FROM grade WHERE platform = ? AND lineitem = ? AND user = ?"
            old = database.execute(query, key).fetchone()
            if old and old["score"] == entry.score:
                return "known"
            if old and old["timestamp"] >= entry.timestamp:
                return "older"
            database.execute("REPLACE INTO grade VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", astuple(entry))
            return "new"

    def waiting(self, task: str) -> list[Entry]:
        rows = self._ask("SELECT * FROM grade WHERE task = ? AND NOT sent ORDER BY student", task)
        return [Entry(*row) for row in rows]

    def settle(self, entry: Entry, trouble: str = "") -> None:
        """The platform has the grade, or says why not. A newer one that came meanwhile still waits."""
        key = (entry.platform, entry.lineitem, entry.user, entry.timestamp)
        query = "UPDATE grade SET sent = ?, trouble = ? WHERE (platform, lineitem, user, timestamp) = (?, ?, ?, ?)"
        self._ask(query, int(not trouble), trouble, *key)

    def users(self, student: str) -> list[str]:
        """What platforms call a student."""
        return [user for (user,) in self._ask("SELECT DISTINCT user FROM grade WHERE student = ?", student)]

    def forget(self, student: str) -> int:
        """Returns how many grades of the student were kept."""
        return len(self._ask("DELETE FROM grade WHERE student = ? RETURNING task", student))
