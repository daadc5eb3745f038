"""nbgrader's database: made by nbgrader, its rows written in SQL, because importing nbgrader takes longer than all of them."""

import re
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError

Row = dict[str, Any]


@contextmanager
def opened(path: Path, course: str) -> Iterator[sqlite3.Connection]:
    """One transaction on nbgrader's database, made if it is not there. Raises CourseError if it is not as this nbgrader makes it."""
    if not path.exists():
        create(path, course)
    with transaction(path, "another program may hold it, or it needs `nbgrader db upgrade`") as database:
        database.execute("INSERT OR IGNORE INTO course (id) VALUES (?)", (course,))
        yield database


@contextmanager
def transaction(path: Path, advice: str) -> Iterator[sqlite3.Connection]:
    """All or nothing, on the disk at the end. What is deleted is overwritten. Raises CourseError with `advice` for an error of the database."""
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as database:
        database.row_factory = sqlite3.Row
        try:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise CourseError(f"{path}: {error}; {advice}") from None
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")


def create(path: Path, course: str) -> None:
    """An empty gradebook, by nbgrader. It is first given the version of its schema; nbgrader would start `alembic` to ask for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = find_spec("nbgrader")
    assert spec is not None and spec.origin is not None
    texts = [file.read_text() for file in Path(spec.origin).parent.glob("alembic/versions/*.py")]
    versions, older = (
        {found[1] for text in texts if (found := re.search(rf"^{name} = ['\"](\w+)['\"]", text, re.MULTILINE))}
        for name in ("revision", "down_revision")
    )
    heads = versions - older
    if len(heads) == 1:  # else nbgrader had better say itself
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            database.execute("INSERT INTO alembic_version VALUES (?)", (heads.pop(),))
    from nbgrader.api import Gradebook

    Gradebook(f"sqlite:///{path}", course).close()


def settle(
    database: sqlite3.Connection, table: str, keys: list[str], rows: list[Row], new: Row | None = None
) -> dict[tuple[str, ...], str]:
    """Insert or update `rows`, which all have the same columns, by their `keys`; returns key -> id. new: columns of inserted rows only."""
    if not rows:
        return {}
    columns = list(rows[0])
    query = f"SELECT id AS row_id, {', '.join(columns)} FROM {table}"
    present = {tuple(row[key] for key in keys): row for row in database.execute(query)}
    ids, added, changed = {}, [], []
    for row in rows:
        key = tuple(row[name] for name in keys)
        old = present.get(key)
        ids[key] = old["row_id"] if old else row.get("id") or uuid.uuid4().hex
        if old is None:
            added.append({"id": ids[key]} | row | (new or {}))
        elif any(old[name] != row[name] for name in columns):
            changed.append(row | {"row_id": ids[key]})
    if added:
        names = list(added[0])
        places = ", ".join(f":{name}" for name in names)
        database.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", added)
    settings = ", ".join(f"{name} = :{name}" for name in columns)
    database.executemany(f"UPDATE {table} SET {settings} WHERE id = :row_id", changed)
    return ids


def stamp(text: str) -> str | None:
    """nbgrader's databases hold UTC without a zone."""
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def seconds(extension: str | None) -> float:
    """nbgrader keeps a duration as a time after 1970."""
    return (datetime.fromisoformat(extension) - datetime(1970, 1, 1)).total_seconds() if extension else 0.0
