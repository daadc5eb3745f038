"""`course forget`: what would be removed; with --yes, removed and searched for. Exit codes: 0, nothing is left; 3, something is, and is listed."""

from collections.abc import Iterator
from pathlib import Path

from course_tools.grading.command import LISTED, course_root
from course_tools.grading.model.records import STUDENT_ID
from course_tools.privacy.exchange import traces
from course_tools.privacy.kept import Kept, kept
from course_tools.privacy.traces import Search
from course_utils.errors import UsageError
from course_utils.progress import Progress

OUTPUTS = ("submitted", "autograded", "feedback", "grading")
BESIDE = ("gradebook.db*", ".nbgrader.log", "*.zip", "*.csv")


def forget_command(student: str, names: list[str], output: str | None = None, yes: bool = False) -> int:
    """Remove `student` from what the course keeps, and search every file there for the id, the names known of it, and `names`."""
    if not STUDENT_ID.fullmatch(student):
        raise UsageError(f"{student!r} is no student's id: it would be the name of a folder in submitted/")
    root = course_root()
    place = (Path(output) if output else root).absolute()
    with kept(student, root, place) as found:
        known = sorted({*names, *found.names()})
        search = Search(student, [*known, *found.pseudonyms()], found.others())
        print(f"{student}, known as: {', '.join(known) or 'nothing else'}")
        lines = list(plan(found, search)) or ["nothing: no place knows this id"]
        print("\n".join(f"{'removing' if yes else 'would remove'}: {line}" for line in lines))
        if not yes:
            print("nothing was changed: add --yes")
            return 0
        found.remove(search)
        return prove(search, student, sorted(outputs(root, place)), found.exchange)


def plan(found: Kept, search: Search) -> Iterator[str]:
    """A line for each thing."""
    for path in found.own():
        yield f"{path}{'/' if path.is_dir() else ''}"
    for path in found.derived(search):
        yield f"{path} (`course export`, `class`, `feedback`, `similar` or `grade` makes it again)"
    for path in found.rosters():
        yield f"a line of {path}"
    if rows := found.rows():
        yield f"{rows} rows of {found.gradebook}"
    if users := found.users():
        yield f"the grades for {len(users)} users of platforms in {found.outbox}"
    for journal in found.journals:
        if entries := journal.entries_about(found.student):
            yield f"{entries} entries of {journal.path}"


def outputs(root: Path, output: Path) -> set[Path]:
    """Every file that may hold persons: below the folders that results go to, and beside them."""
    found = {path for place in {root, output} for name in OUTPUTS for path in (place / name).rglob("*")}
    found |= {path for place in {root, output} for pattern in BESIDE for path in place.glob(pattern)}
    return {path for path in found if path.is_symlink() or path.is_file()}


def prove(search: Search, student: str, paths: list[Path], exchange: Path | None = None) -> int:
    """Search them all, and the exchange. Returns the exit code."""
    left = list(traces(exchange, search)) if exchange else []
    with Progress("searching", len(paths), "files") as bar:
        for path in paths:
            left += search.found_in(path)
            bar.update(note=path.name)
    for line in left[:LISTED]:
        print(f"LEFT {line}")
    if left:
        print(f"{len(left)} files still mention {student}, or could not be searched: read docs/privacy.md")
        return 3
    print(f"nothing of {student} is left in {len(paths)} files{f' and in {exchange}' if exchange else ''}")
    return 0
