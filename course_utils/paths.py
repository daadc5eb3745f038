"""Where things live. `ROOT` is the checkout (or the unpacked student folder) that holds `course_utils/`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
NOTEBOOKS = ROOT / "notebooks"
RUNS = ROOT / "runs"


def restore(name: str) -> str:
    """How to get a damaged file or folder of the course back, in words: by git, or as a student who has none."""
    return f"restore it with `git checkout -- {name}`, or from the course's zip"
