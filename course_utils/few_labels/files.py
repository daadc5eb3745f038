"""What `data/few_labels/` holds: a pretrained encoder, and a table with real outliers. Each file is checked against its checksum."""

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from course_utils.errors import CourseError
from course_utils.paths import DATA, restore

FOLDER = DATA / "few_labels"


def read(name: str, folder: Path = FOLDER) -> bytes:
    """Content of a file. Raises CourseError if it is missing, or is not the file that was recorded."""
    path = folder / name
    repair = restore("data/few_labels")
    if not path.is_file():
        raise CourseError(f"{path} is missing; {repair}")
    content = path.read_bytes()
    sums = [line.split() for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    found, expected = hashlib.sha256(content).hexdigest(), {file: digest for digest, file in sums}.get(name)
    if found != expected:
        raise CourseError(f"{path} is corrupt: SHA-256 is {found}, expected {expected}; {repair}")
    return content


@dataclass(frozen=True)
class Calls:
    """Telephone calls by year: years (n,), millions of calls (n,), both float64."""

    years: Tensor
    millions: Tensor


def telephone_calls(folder: Path = FOLDER) -> Calls:
    """International calls from Belgium, 1950 to 1973 (Rousseeuw & Leroy 1987, table 2 on page 26). Raises CourseError as `read`."""
    rows = list(csv.DictReader(io.StringIO(read("phones.csv", folder).decode())))
    columns = (torch.tensor([float(row[name]) for row in rows], dtype=torch.float64) for name in ("year", "millions"))
    return Calls(*columns)
