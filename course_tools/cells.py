"""Reading a notebook's cells: headings, first lines, times and points."""

import re
from dataclasses import dataclass, field

from nbformat import NotebookNode

HEADING = re.compile(r"^#{1,4}\s+(.+?)\s*#*\s*$", re.MULTILINE)
SEEN = re.compile(r"\*\*What to see\.\*\*\s*")
MARKER = re.compile(r"^### (BEGIN|END) SOLUTION\n?", re.MULTILINE)  # around a written answer; no heading


@dataclass(frozen=True)
class CellTime:
    """Seconds that a code cell took, and where it stands: its id, section and first line."""

    id: str
    section: str
    line: str
    seconds: float


@dataclass
class Points:
    """`pending` points are given by hand, counted neither in `earned` nor in `maximum`; `lost` says where and why."""

    earned: float = 0.0
    maximum: float = 0.0
    pending: float = 0.0
    lost: list[str] = field(default_factory=list)


def sections(nb: NotebookNode) -> list[str]:
    """For each cell, the heading it stands under."""
    headings, current = [], "(before the first heading)"
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            found = HEADING.findall(MARKER.sub("", re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)))
            current = found[-1] if found else current
        headings.append(current)
    return headings


def descriptions(nb: NotebookNode) -> list[str]:
    """For each cell, what a picture in it shows, in words: the section, and what the text after it (or before it) says."""
    texts = [cell.source if cell.cell_type == "markdown" else "" for cell in nb.cells]
    found = []
    for place, section in enumerate(sections(nb)):
        after = next(filter(None, texts[place + 1 :]), "")
        before = next(filter(None, reversed(texts[:place])), "")
        words = SEEN.split(after)[1] if SEEN.match(after) else before.rstrip().split("\n\n")[-1]
        found.append(f"{section}. {plain(words)}")
    return found


def plain(markdown: str, length: int = 300) -> str:
    """The first sentences of a paragraph, up to `length` characters, without its markup."""
    text = re.sub(r"[*`$\\{}]", "", " ".join(markdown.split("\n\n")[0].split()))
    sentences = re.split(r"(?<=[.:?!])\s+", text)
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + len(sentence) > length:
            break
        kept += f" {sentence}"
    return kept


def first_line(cell: NotebookNode) -> str:
    """The first line of code that is no comment."""
    lines = [line.strip() for line in cell.source.splitlines()]
    return next((line for line in lines if line and not line.startswith(("#", "%"))), "")


def times(nb: NotebookNode) -> list[CellTime]:
    """How long each executed code cell took."""
    return [
        CellTime(cell.get("id", ""), section, first_line(cell), round(seconds, 3))
        for cell, section in zip(nb.cells, sections(nb), strict=True)
        if cell.cell_type == "code" and (seconds := cell.metadata.get("papermill", {}).get("duration")) is not None
    ]


def gives_points(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def is_graded(nb: NotebookNode) -> bool:
    """Whether any cell gives points."""
    return any(map(gives_points, nb.cells))


def points(nb: NotebookNode) -> Points:
    """Points by nbgrader's own rule; a grade cell that was not executed earns none."""
    total = Points()
    if not is_graded(nb):
        return total
    from nbgrader.utils import determine_grade  # imports for seconds

    for cell in filter(gives_points, nb.cells):
        name, worth = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
        if cell.metadata.nbgrader.get("solution") or cell.cell_type != "code":
            total.pending += worth
            continue
        total.maximum += worth
        try:
            earned = determine_grade(cell)[0] if cell.execution_count else 0.0
            reason = f"{name}: {earned:g} of {worth:g}"
        except (KeyError, ValueError) as error:  # a last line that is no text, or more than the maximum
            earned, reason = 0.0, f"{name}: nbgrader cannot grade its output ({error})"
        total.earned += earned
        if earned < worth:
            total.lost.append(reason)
    return total
