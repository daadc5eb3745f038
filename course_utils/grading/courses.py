"""Where one assignment lives: the instructor's notebooks, and the folder that everything about its grading goes to."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_utils.errors import UsageError
from course_utils.paths import BANK, ROOT, tasks

# modules that only make jobs or read records: they do not change what a submission is worth
AROUND = {"command", "courses", "database", "feedback", "gradebook", "intake", "items", "items_page", "journal", "late"}
AROUND |= {"layouts", "moodle", "records", "scores", "submissions", "tables", "untrusted"}
HEADING = re.compile(r"^#{1,4}\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Course:
    """One assignment. sources: notebook -> the instructor's file; root: the course's folder; output: where results go."""

    assignment: str
    sources: Mapping[str, Path]
    root: Path
    output: Path

    @property
    def results(self) -> Path:
        return self.output / "grading" / self.assignment

    @property
    def journal(self) -> Path:
        return self.results / "journal.jsonl"

    @property
    def gradebook(self) -> Path:
        return self.output / "gradebook.db"

    def executed(self, student: str, notebook: str) -> Path:
        """The graded submission, where nbgrader's formgrader looks for it."""
        return self.output / "autograded" / student / self.assignment / f"{notebook}.ipynb"

    def feedback(self, student: str, notebook: str) -> Path:
        """The page for the student, where `nbgrader release_feedback` looks for it."""
        return self.output / "feedback" / student / self.assignment / f"{notebook}.html"


@dataclass(frozen=True)
class MasterCell:
    """A cell of the instructor's notebook that nbgrader knows: answers are `solution`, checks and manual answers are `grade`.

    section: the heading it stands under.
    """

    name: str
    cell_type: str
    grade: bool
    solution: bool
    task: bool
    locked: bool
    points: float
    source: str
    section: str

    @property
    def worth(self) -> bool:
        """Whether it gives points."""
        return self.grade or self.task


def master_cells(path: Path) -> list[MasterCell]:
    """The nbgrader cells of an instructor's notebook, in order."""
    found, section = [], ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown" and (headings := HEADING.findall("".join(cell["source"]))):
            section = headings[-1]
        if mark := cell["metadata"].get("nbgrader"):
            flags = {flag: bool(mark.get(flag)) for flag in ("grade", "solution", "task", "locked")}
            points, source = float(mark.get("points", 0)), "".join(cell["source"])
            found.append(
                MasterCell(mark["grade_id"], cell["cell_type"], **flags, points=points, source=source, section=section)
            )
    return found


def find_course(root: Path, assignment: str, output: Path | None = None) -> Course:
    """The assignment in the course folder `root`: in solutions/ (ours) or source/ (nbgrader's). Raises UsageError if it is in neither."""
    for home in ("solutions", "source"):
        found = {path.stem: path.absolute() for path in sorted((root / home / assignment).glob("*.ipynb"))}
        if found:
            return Course(assignment, found, root.absolute(), (output or root).absolute())
    known = sorted({path.parent.name for home in ("solutions", "source") for path in root.glob(f"{home}/*/*.ipynb")})
    raise UsageError(f"unknown assignment {assignment!r}; in {root} there are: {', '.join(known) or 'none'}")


def grader_hash(assignment: str, source: Path) -> str:
    """Changes with whatever decides the points of a submission besides itself: the instructor's notebook, the files beside it, the
    assignment's bank, and this package without the other tasks' rooms and what lies around grading."""
    package = ROOT / "course_utils"
    others = [name for name in tasks() if name != assignment]
    aside = [package / name for name in (*others, "notebooks", "cli.py", "doctor.py")]
    aside += [package / "checks" / "fingerprints" / f"{name}.json" for name in others]
    aside += [package / "grading" / f"{name}.py" for name in AROUND]
    used = [path for path in package.rglob("*") if path.suffix in (".py", ".json")]
    used = [path for path in used if not any(path == skip or skip in path.parents for skip in aside)]
    used += [path for path in source.parent.rglob("*") if path.suffix != ".ipynb" and path.is_file()]
    used += (BANK / assignment).rglob("*.py")
    return digest(path.name.encode() + b"\0" + path.read_bytes() for path in [source, *sorted(used)])


def digest(parts: Iterable[bytes]) -> str:
    """A hash of the parts and their borders, 16 hexadecimal digits."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]
