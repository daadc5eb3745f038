"""Search files for a person: by id and names, as they are written in text, JSON, HTML and addresses; in databases and zips too.

What is packed otherwise (pictures, other archives) is not looked into; such archives are named.
"""

import html
import json
import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from course_tools.grading.intake.collect import ARCHIVES
from course_tools.grading.intake.submissions import files
from course_tools.grading.model.notebook import Refused
from course_tools.grading.model.spreadsheet import decode
from course_utils.errors import UsageError

ALONE = ("(?<![A-Za-z0-9])", "(?![A-Za-z0-9])")
BETWEEN = r"(?:[\s_,.+-]|%20|&nbsp;)+"
SQLITE = b"SQLite format 3\0"


class Search:
    """For one person. An id is found where it stands alone, not in a number nor in one of the `others`; a name in either order, whatever its case."""

    def __init__(self, student: str, names: Iterable[str], others: Iterable[str] = ()) -> None:
        longer = [way for other in others if student in other and other != student for way in _written(other)]
        ids = f"(?P<other>{_any(longer)})|" if longer else ""
        self._id = re.compile(rf"{ALONE[0]}(?<!\d\.)(?:{ids}{_any(_written(student))})(?!\.\d){ALONE[1]}")
        spelt = [_spelt(order) for name in names for order in _orders(name.split())]
        self._names = re.compile(rf"{ALONE[0]}(?:{'|'.join(spelt)}){ALONE[1]}", re.IGNORECASE) if spelt else None

    def in_bytes(self, data: bytes) -> bool:
        text, encoding = decode(data)
        return self._in_text(text) or (encoding == "latin-1" and self._in_text(data.decode(errors="replace")))

    def _in_text(self, text: str) -> bool:
        by_id = any(not found.groupdict().get("other") for found in self._id.finditer(text))
        return by_id or bool(self._names and self._names.search(text))

    def found_in(self, path: Path) -> list[str]:
        """Where in the file: its own name, a member of a zip, or the whole. Says so where it cannot be read."""
        if path.is_symlink() or not path.is_file():
            return []
        try:
            data = path.read_bytes()
        except OSError as error:
            return [f"{path}: not searched, {error.strerror}"]
        found = [str(path)] if self.in_bytes(os.fsencode(path.name)) or self.in_bytes(data) else []
        if data.startswith(SQLITE):
            return found or [str(path) for text in _dump(path) if self.in_bytes(text)][:1]
        if data.startswith(b"PK"):
            return list(self._in_zip(path))
        if path.name.lower().endswith(ARCHIVES):
            return [f"{path}: not searched, an archive of another kind"]
        return found

    def _in_zip(self, path: Path) -> Iterator[str]:
        try:
            for member in files(path):
                try:
                    if self.in_bytes(member.name.encode()) or self.in_bytes(member.read()):
                        yield f"{path}: {member.name}"
                except Refused as refused:
                    yield f"{path}: {member.name}: not searched, {refused.text}"
        except UsageError as error:
            yield f"{path}: not searched, {error}"


def _written(text: str) -> set[str]:
    """All ways to write it."""
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")}
    return {way for form in forms for way in (form, json.dumps(form)[1:-1], html.escape(form), quote(form))}


def _any(texts: Iterable[str]) -> str:
    """A pattern for one of them, the longest first."""
    return "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))


def _spelt(words: list[str]) -> str:
    """A pattern for a name; escapes of JSON and addresses know large from small letters, so both are tried."""
    cases = ({way for case in (word, word.lower(), word.upper()) for way in _written(case)} for word in words)
    return BETWEEN.join(f"(?:{_any(ways)})" for ways in cases)


def _orders(words: list[str]) -> list[list[str]]:
    """First name first, or last name first."""
    return [words, [words[-1], *words[:-1]]] if len(words) > 1 else [words]


def _dump(path: Path) -> Iterator[bytes]:
    """A database as text: a value may lie in pieces in the file."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            yield from (line.encode() for line in database.iterdump())
    except sqlite3.Error:
        return
