"""Where things live. `ROOT` is the checkout (or the unpacked student folder) that holds `course_utils/`."""

from pathlib import Path

from course_utils.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
SOLUTIONS = ROOT / "solutions"
BANK = ROOT / "bank"
NOTEBOOKS = ROOT / "notebooks"
RUNS = ROOT / "runs"


def tasks() -> list[str]:
    """Names of the tasks in this checkout: one per written source, or per released notebook where there are no sources."""
    written = sorted(path.stem for path in SOLUTIONS.glob("*.py"))
    return written or sorted(path.parent.name for path in NOTEBOOKS.glob("*/*.ipynb"))


def restore(name: str) -> str:
    """How to get a damaged file or folder of the course back, in words: by git, or as a student who has none."""
    return f"restore it with `git checkout -- {name}`, or from the course's zip"


def require_task(name: str) -> str:
    """Return `name` if it is a task. Raises UsageError that lists the tasks there are."""
    if name not in tasks():
        raise UsageError(f"unknown task {name!r}; the tasks are: {', '.join(tasks()) or '(none found)'}")
    return name
