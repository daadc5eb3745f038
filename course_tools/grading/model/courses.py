"""Where one assignment lives: the instructor's notebooks, and the folder that everything about its grading goes to."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_tools.paths import BANK
from course_utils.errors import UsageError
from course_utils.paths import ROOT
from course_utils.tasks import tasks

ROSTER = "roster.csv"  # beside the journal
# of course_tools: what decides the points of a submission. The rest only makes jobs or reads records
DECIDES = ("checks", "grading/model", "grading/bridge", "grading/jail", "grading/judge")


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
    def roster(self) -> Path:
        """Whom the assignment was released to, if each student has a variant."""
        return self.results / ROSTER

    @property
    def gradebook(self) -> Path:
        return self.output / "gradebook.db"

    def executed(self, student: str, notebook: str) -> Path:
        """The graded submission, where nbgrader's formgrader looks for it."""
        return self.output / "autograded" / student / self.assignment / f"{notebook}.ipynb"

    def feedback(self, student: str, notebook: str) -> Path:
        """The page for the student, where `nbgrader release_feedback` looks for it."""
        return self.output / "feedback" / student / self.assignment / f"{notebook}.html"


def find_course(root: Path, assignment: str, output: Path | None = None) -> Course:
    """The assignment in the course folder `root`: in solutions/ (ours) or source/ (nbgrader's). Raises UsageError if it is in neither."""
    for home in ("solutions", "source"):
        found = {path.stem: path.absolute() for path in sorted((root / home / assignment).glob("*.ipynb"))}
        if found:
            return Course(assignment, found, root.absolute(), (output or root).absolute())
    known = ", ".join(assignments(root))
    raise UsageError(f"unknown assignment {assignment!r}; in {root} there are: {known or 'none'}")


def assignments(root: Path) -> list[str]:
    """The names of all assignments in the course folder `root`."""
    return sorted({path.parent.name for home in ("solutions", "source") for path in root.glob(f"{home}/*/*.ipynb")})


def grader_hash(assignment: str, source: Path) -> str:
    """Changes with whatever decides the points of a submission besides itself: the instructor's notebook, the files beside it, the
    assignment's bank, `course_utils` without the other tasks' rooms and their registry, and the rooms of `course_tools` in DECIDES."""
    others = [name for name in tasks() if name != assignment]
    utils = ROOT / "course_utils"
    aside = [utils / "tasks.py", *(utils / name for name in others)]
    aside += [utils / "checks" / "fingerprints" / f"{name}.json" for name in others]
    used = [path for path in utils.rglob("*") if path.suffix in (".py", ".json")]
    used = [path for path in used if not any(path == skip or skip in path.parents for skip in aside)]
    used += [path for room in DECIDES for path in (ROOT / "course_tools" / room).rglob("*.py")]
    used += [path for path in source.parent.rglob("*") if path.suffix != ".ipynb" and path.is_file()]
    used += (BANK / assignment).rglob("*.py")
    return digest(path.name.encode() + b"\0" + path.read_bytes() for path in [source, *sorted(used)])


def digest(parts: Iterable[bytes]) -> str:
    """A hash of the parts and their borders, 16 hexadecimal digits."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]
