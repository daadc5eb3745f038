"""What was recorded once and ships in a folder of `data/`, each file held against the folder's SHA256SUMS."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.paths import ROOT, restore

Row = dict[str, str | float]


def content(folder: Path, name: str) -> bytes:
    """A file of the folder. Raises CourseError if it, or SHA256SUMS, is missing, or it is not the file that was recorded."""
    path, sums = folder / name, folder / "SHA256SUMS"
    repair = restore(folder.relative_to(ROOT).as_posix() if folder.is_relative_to(ROOT) else str(folder))
    for needed in (path, sums):
        if not needed.is_file():
            raise CourseError(f"{needed} is missing; {repair}")
    found, expected = path.read_bytes(), checksums(folder).get(name)
    if (digest := hashlib.sha256(found).hexdigest()) != expected:
        raise CourseError(f"{path} is corrupt: SHA-256 is {digest}, expected {expected}; {repair}")
    return found


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 by name of file, as SHA256SUMS lists them."""
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in map(str.split, lines)}


def rows(folder: Path, name: str) -> list[Row]:
    """The rows of `<name>.csv`: numbers as floats, names as text. Raises CourseError as `content`."""
    text = io.StringIO(content(folder, f"{name}.csv").decode(), newline="")
    return [{key: _number(value) for key, value in row.items()} for row in csv.DictReader(text)]


def write_rows(folder: Path, name: str, table: Sequence[Mapping[str, object]]) -> None:
    """Write `<name>.csv`, numbers to four places, and the folder's SHA256SUMS."""
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, table[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: round(v, 4) if isinstance(v, float) else v for key, v in row.items()} for row in table)
    write_checksums(folder)


def write_checksums(folder: Path) -> None:
    """SHA256SUMS of the folder's recorded files: tables, weights, and how they were made."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".json", ".safetensors"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _number(value: str) -> str | float:
    try:
        return float(value)
    except ValueError:
        return value
