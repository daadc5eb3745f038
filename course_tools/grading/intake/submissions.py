"""The files of a folder or zip of submissions, read with caps. Every one that cannot be read as it should is refused by a typed line."""

import contextlib
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from course_tools.grading.model import words
from course_tools.grading.model.notebook import Refused
from course_tools.grading.model.spreadsheet import decode
from course_utils.errors import UsageError

MB = 2**20
MAX_BYTES = 20 * MB  # of one file: a notebook of more is outputs, which are not graded
MAX_RATIO = 200  # unpacked to packed, of a member of more than a megabyte; JSON packs 5 to 20 times
MAX_FILES = 200_000


@dataclass(frozen=True)
class File:
    """One file of the submissions. parts: its path in there, in words that can be shown; modified: sorts by time; read: its bytes, or raises Refused.

    path: where it lies on this disk, None for a member of a zip.
    """

    parts: tuple[str, ...]
    modified: float
    read: Callable[[], bytes]
    path: Path | None = None

    @property
    def name(self) -> str:
        return "/".join(self.parts)

    @property
    def stem(self) -> str:
        """The last name without its ending."""
        return self.parts[-1].rpartition(".")[0]

    @property
    def is_notebook(self) -> bool:
        return self.parts[-1].lower().endswith(".ipynb")


def files(source: Path) -> list[File]:
    """The files of a folder or zip. Raises UsageError for something else."""
    if source.is_dir():
        return list(_in_folder(source))
    if not source.is_file():
        raise UsageError(f"{source} does not exist: give the folder or the zip of the submissions")
    try:
        return list(_in_zip(zipfile.ZipFile(source)))
    except zipfile.BadZipFile as error:
        raise UsageError(f"{source} is neither a folder nor a sound zip ({error}): download it again") from None


def _in_folder(root: Path) -> Iterator[File]:
    for path in sorted(root.rglob("*")):  # which does not follow links to folders
        if path.is_symlink():
            yield File(_parts(path, root), 0.0, partial(_refuse, "symlink", "is a link; only files are graded"), path)
        elif path.is_file():
            yield File(_parts(path, root), path.stat().st_mtime, partial(_read_file, path), path)


def _parts(path: Path, root: Path) -> tuple[str, ...]:
    return tuple(_shown(decode(os.fsencode(part))[0]) for part in path.relative_to(root).parts)


def _shown(name: str) -> str:
    """As a terminal, a table and a folder may have it, composed: macOS writes an umlaut as two characters."""
    return unicodedata.normalize("NFC", words.plain(name.replace("\t", " ").replace("\n", " "), "\ufffd"))


def _read_file(path: Path) -> bytes:
    try:
        if (size := path.stat().st_size) > MAX_BYTES:
            raise Refused("too_large", f"has {size / MB:.0f} MB, more than {MAX_BYTES / MB:.0f}: clear its outputs")
        return path.read_bytes()
    except OSError as error:
        raise Refused("unreadable", f"cannot be read: {error.strerror}") from None


def _in_zip(archive: zipfile.ZipFile) -> Iterator[File]:
    members = archive.infolist()
    if len(members) > MAX_FILES:
        raise UsageError(f"{archive.filename} has {len(members)} members, more than {MAX_FILES}")
    for member in members:
        if not member.is_dir():
            parts = tuple(_decoded(member).replace("\\", "/").split("/"))
            modified = float("".join(f"{number:02d}" for number in member.date_time))
            yield File(parts, modified, partial(_read_member, archive, member, parts))


def _decoded(member: zipfile.ZipInfo) -> str:
    """The name, in UTF-8 also where the zip does not say so (macOS writes it that way)."""
    name = member.filename
    if not member.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return _shown(name)


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, parts: tuple[str, ...]) -> bytes:
    if ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", parts[0]):
        raise Refused("path_traversal", "has a path that leaves its folder")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Refused("symlink", "is a link; only files are graded")
    if member.flag_bits & 0x1:
        raise Refused("encrypted", "is encrypted: ask for it without a password")
    if member.file_size > MB and member.file_size > MAX_RATIO * max(member.compress_size, 1):
        raise Refused("zip_bomb", f"grows {member.file_size / max(member.compress_size, 1):.0f} times when unpacked")
    try:
        with archive.open(member) as file:
            data = file.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        raise Refused("damaged", f"cannot be unpacked: {error}") from None
    if len(data) > MAX_BYTES:
        raise Refused("too_large", f"has more than {MAX_BYTES / MB:.0f} MB: its outputs must be cleared")
    return data


def _refuse(kind: str, text: str) -> bytes:
    raise Refused(kind, text)
