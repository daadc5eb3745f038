"""Text for the language-model notebooks: State of the Union addresses, and Moby Dick as the second domain.

Each corpus is split by document, so that nothing in validation or test was seen in training.
"""

import hashlib
import json
import lzma
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_utils.errors import CourseError
from course_utils.paths import DATA, restore

EMBEDDED = DATA / "text"
CORPORA = ("sotu", "moby_dick")
SPLITS = ("train", "val", "test")

# A sentence ends at . ! or ? (and a closing quote or bracket) before a capital, a digit or an opening quote, unless
# the point belongs to an abbreviation or an initial ("Mr. Speaker", "U. S. S. Maine").
SHORT = "".join(rf"(?<!\b{word}\.)" for word in ("Mr", "Mrs", "Dr", "St", "No", "Gen", "Hon", "[A-Z]"))
SENTENCE_END = re.compile(SHORT + r"""(?:(?<=[.!?])|(?<=[.!?]["')]))\s+(?=["'(]?[A-Z0-9])""")


@dataclass(frozen=True)
class Document:
    title: str
    year: int
    text: str

    @property
    def bytes(self) -> int:
        """Length in UTF-8 bytes: what bits per byte divide by."""
        return len(self.text.encode())


@dataclass(frozen=True)
class TextCorpus:
    """Documents of one domain in three disjoint splits."""

    name: str
    train: tuple[Document, ...]
    val: tuple[Document, ...]
    test: tuple[Document, ...]

    @property
    def bytes(self) -> dict[str, int]:
        """UTF-8 bytes of each split."""
        return {split: sum(document.bytes for document in getattr(self, split)) for split in SPLITS}

    def __repr__(self) -> str:
        sizes = (f"{len(getattr(self, split))} {split} ({n / 1e6:.2f} MB)" for split, n in self.bytes.items())
        return f"{self.name}: documents {', '.join(sizes)}"


@cache
def load_text(name: str = "sotu", root: str | Path | None = None) -> TextCorpus:
    """Load a corpus.

    Args:
        name: "sotu" (233 State of the Union addresses, 1790 to 2021) or "moby_dick" (135 chapters and the epilogue).
        root: folder that holds it; default: data/text.

    Raises:
        CourseError: unknown name; file absent or not what SHA256SUMS says.
    """
    if name not in CORPORA:
        raise CourseError(f"unknown text {name!r}; the texts are: {', '.join(CORPORA)}")
    records = [
        json.loads(line) for line in lzma.decompress(_read(Path(root or EMBEDDED), f"{name}.jsonl.xz")).splitlines()
    ]

    def documents(split: str) -> tuple[Document, ...]:
        return tuple(Document(r["title"], r["year"], r["text"]) for r in records if r["split"] == split)

    return TextCorpus(name, documents("train"), documents("val"), documents("test"))


def sentences(text: str) -> list[str]:
    """Cut running text into sentences; joined with spaces they are the text again."""
    return SENTENCE_END.split(text)


def _read(root: Path, name: str) -> bytes:
    """Content of an embedded file, whose SHA-256 must be the one in SHA256SUMS."""
    repair = f"{restore('data/text')}, or make it again with `python data/text/make.py`"
    for path in (root / "SHA256SUMS", root / name):
        if not path.is_file():
            raise CourseError(f"embedded text file {path} is missing; {repair}")
    expected = dict(line.split()[::-1] for line in (root / "SHA256SUMS").read_text().splitlines()).get(name)
    content = (root / name).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise CourseError(
            f"embedded text file {root / name} is corrupt: SHA-256 is {found}, expected {expected}; {repair}"
        )
    return content
