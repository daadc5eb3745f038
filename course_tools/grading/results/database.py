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
OF_THE_DISK = {
    sqlite3.SQLITE_FULL: "free some space, then run the same again",
    sqlite3.SQLITE_READONLY: "give this account the right to write there",
    sqlite3.SQLITE_CANTOPEN: "give this account the right to write there",
}


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
    try:
        connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    except sqlite3.Error as error:
        raise failure(path, error, advice) from None
    with closing(connection) as database:
        database.row_factory = sqlite3.Row
        try:
            database.execute("PRAGMA secure_delete = ON")
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise failure(path, error, advice) from None
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")


def failure(path: Path, error: sqlite3.Error, advice: str) -> CourseError:
    """What a person reads of it. advice: where it is not the disk's fault."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return CourseError(f"{path}: {error}; {OF_THE_DISK.get(code, advice)}")


def create(path: Path, course: str) -> None:
    """An empty gradebook, by nbgrader, there whole or not at all. It is first given the version of its schema; nbgrader would start `alembic` to ask for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    spec = find_spec("nbgrader")
    assert spec is not None and spec.origin is not None
    texts = [file.read_text(encoding="utf-8") for file in Path(spec.origin).parent.glob("alembic/versions/*.py")]
    versions, older = (
        {found[1] for text in texts if (found := re.search(rf"^{name} = ['\"](\w+)['\"]", text, re.MULTILINE))}
        for name in ("revision", "down_revision")
    )
    heads = versions - older
    partial = path.with_name(f".{path.name}.part")
    partial.unlink(missing_ok=True)
    if len(heads) == 1:  # else nbgrader had better say itself
        with closing(sqlite3.connect(partial)) as database, database:
            database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            database.execute("INSERT INTO alembic_version VALUES (?)", (heads.pop(),))
    from nbgrader.api import Gradebook

    try:
        Gradebook(f"sqlite:///{partial}", course).close()
    except Exception as error:
        if isinstance(cause := getattr(error, "orig", None), sqlite3.Error):  # as SQLAlchemy's errors keep it
            raise failure(path, cause, "run the same again") from None
        raise
    partial.replace(path)


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
