"""Generate everything that is derived from `solutions/<task>.py`, byte for byte the same each time.

    solutions/<task>.py -> solutions/<task>/<task>.ipynb                  all answers, nbgrader metadata, no outputs
                        -> notebooks/<task>/<task>.ipynb                  what students get, by nbgrader's own release step
                        -> course_utils/checks/fingerprints/<task>.json   numbers and hints behind the public checks
    course_utils/tasks.py -> the lists of tasks in README.md and docs/index.md
    locale/<language>/<task>.po -> the same notebooks in that language, and what its checks say (course_tools/translate/make.py)

Nothing else is released. `course build --check` builds into a temporary folder and fails on any difference.
"""

import filecmp
import hashlib
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_tools.build import listing, source
from course_tools.build.hosted import with_first_cell
from course_tools.build.source import Cell
from course_tools.paths import LOCALE, SOLUTIONS
from course_utils.errors import CourseError, UsageError
from course_utils.paths import NOTEBOOKS, ROOT
from course_utils.tasks import chosen

# nbgrader's kinds of cells: (grade, solution, locked)
GRADER_FLAGS = {
    "parameters": (False, False, True),
    "locked": (False, False, True),
    "answer": (False, True, False),
    "check": (True, False, True),
    "[markdown] manual": (True, True, False),
}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def notebook(path: Path) -> NotebookNode:
    """The solution notebook of a source file, in memory. Raises SourceError for a source that breaks the rules."""
    cells = with_first_cell(source.read(path), path.stem)
    node = new_notebook(
        cells=[_cell(cell) for cell in cells],
        metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}},
    )
    used: Counter[str] = Counter()
    for cell in node.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or hashlib.sha1(cell.source.encode()).hexdigest()[:12]
        used[name] += 1
        cell.id = name if used[name] == 1 else f"{name}-{used[name]}"
    nbformat.validate(node)
    return node


def _cell(cell: Cell) -> NotebookNode:
    metadata: dict[str, Any] = {}
    text = cell.text
    if cell.kind in GRADER_FLAGS:
        grade, solution, locked = GRADER_FLAGS[cell.kind]
        metadata["nbgrader"] = {
            "grade": grade,
            "grade_id": _grade_id(cell),
            "locked": locked,
            "schema_version": 3,
            "solution": solution,
            "task": False,
        } | ({"points": cell.points} if grade else {})
    if cell.kind == "parameters":
        metadata["tags"] = ["parameters"]
    if cell.facts:
        metadata["course"] = cell.facts
    if cell.stub is not None:
        metadata["course"] = {"stub": cell.stub}
    if cell.hidden:
        text = (
            f"# Hidden tests, {cell.points} point{'s' * (cell.points != 1)}: they run when your notebook is graded.\n"
            f"### BEGIN HIDDEN TESTS\n{_as_hidden(text)}\n### END HIDDEN TESTS"
        )
    make = new_code_cell if cell.cell_type == "code" else new_markdown_cell
    return make(text, metadata=metadata)


def _grade_id(cell: Cell) -> str:
    """Answers keep the exercise's name; checks are `<name>_check` and `<name>_hidden`."""
    name = cell.options.get("id", cell.kind)
    return name + ("_hidden" if cell.hidden else "_check" if cell.kind == "check" else "")


def _as_hidden(text: str) -> str:
    return text.rstrip().removesuffix(")") + ', suite="grading")'


def points(path: Path) -> dict[str, dict[str, int]]:
    """exercise -> {"public": points, "grading": points}, as written in a source file."""
    found: dict[str, dict[str, int]] = {}
    for cell in source.read(path):
        if cell.kind == "check":
            found.setdefault(cell.options["id"], {})["grading" if cell.hidden else "public"] = cell.points
    return found


def write(node: NotebookNode, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(node) + "\n", encoding="utf-8")


def build(task: str, out: Path) -> None:
    """Build one task's notebooks below `out` (as solutions/, notebooks/ and locale/). Raises CourseError if an answer would leak."""
    from course_tools.build.release import leaks, release

    solution = notebook(SOLUTIONS / f"{task}.py")
    write(solution, out / "solutions" / task / f"{task}.ipynb")
    released = release(task, out)
    if leaked := leaks(solution, released):
        raise CourseError(f"the released {task} notebook holds lines of the solution or of hidden tests: {leaked[:3]}")
    write(released, out / "notebooks" / task / f"{task}.ipynb")
    if _is_translated(task):
        from course_tools.translate import make

        for language, answers, handed_out in make.notebooks(task, solution, released):
            write(answers, out / "locale" / language / task / f"{task}.ipynb")
            write(handed_out, out / "notebooks" / language / task / f"{task}.ipynb")


def build_command(names: list[str], check: bool = False, exercise: str | None = None) -> int:
    """`course build [--check]`: exit code 0, or 1 with the list of files that differ from their sources.

    exercise: compute only its fingerprints, which takes most of the time, and keep those of the others.
    """
    wanted = chosen(names)
    if exercise and (len(wanted) > 1 or exercise not in points(SOLUTIONS / f"{wanted[0]}.py")):
        raise UsageError(
            f"--exercise {exercise}: name the one task that has it, as in `course build simclr --exercise nt_xent`"
        )
    stale: list[str] = []
    with tempfile.TemporaryDirectory(prefix="course-build-") as folder:
        for task in wanted:
            build(task, Path(folder))
            stale += _settle(Path(folder), task, check)
            stale += _settle_fingerprints(task, check, exercise)
            stale += _settle_catalogues(task, check)
            print(
                f"{'checked' if check else 'built'} {task}" + (f", of the checks only {exercise}" if exercise else "")
            )
    stale += _settle_lists(check)
    if check and stale:
        print("\n".join(f"differs from its source: {path}" for path in stale), file=sys.stderr)
        print("run `course build` and commit the result; generated files are never edited", file=sys.stderr)
        return 1
    return 0


def _settle(folder: Path, task: str, check: bool) -> list[str]:
    """Compare or install both folders of a task, extra files included. Returns the paths that differed."""
    differing = []
    languages = [path.relative_to(folder / "locale").parts[0] for path in folder.glob(f"locale/*/{task}")]
    places = {"solutions": SOLUTIONS, "notebooks": NOTEBOOKS}
    for language in languages:
        places |= {f"notebooks/{language}": NOTEBOOKS / language, f"locale/{language}": LOCALE / language}
    for kind, home in places.items():
        made, kept = folder / kind / task, home / task
        left = {
            p.name
            for p in kept.glob("*")
            if p.name != ".ipynb_checkpoints" and p.suffixes[-2:] != [".progress", ".json"]
        }
        names = {p.name for p in made.iterdir()} | left
        for name in sorted(names):
            if (made / name).is_file() and (kept / name).is_file() and filecmp.cmp(made / name, kept / name, False):
                continue
            differing.append(str((kept / name).relative_to(ROOT)))
            if check:
                continue
            if not (made / name).exists():
                raise CourseError(
                    f"{kept / name} is not generated and would be released; move it out of {kind}/{task}/"
                )
            kept.mkdir(parents=True, exist_ok=True)
            (kept / name).write_bytes((made / name).read_bytes())
    return differing


def _is_translated(task: str) -> bool:
    return any(LOCALE.glob(f"*/{task}.po"))


def _settle_catalogues(task: str, check: bool) -> list[str]:
    """As `_settle`, of what checks say in other languages."""
    if not _is_translated(task):
        return []
    from course_tools.translate import make

    made = make.catalogues(task, notebook(SOLUTIONS / f"{task}.py")) | make.shared_catalogues()
    differing = {path: content for path, content in made.items() if not path.is_file() or path.read_bytes() != content}
    for path, content in differing.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return [str(path.relative_to(ROOT)) for path in differing]


def _settle_lists(check: bool) -> list[str]:
    """Compare or write the lists of tasks in the pages. Returns the paths that differed."""
    differing = listing.stale()
    for path, text in differing.items():
        if not check:
            path.write_text(text, encoding="utf-8")
    return [str(path.relative_to(ROOT)) for path in differing]


def _settle_fingerprints(task: str, check: bool, exercise: str | None) -> list[str]:
    """As `_settle`, but numbers may differ by rounding: they are computed, and CPUs round differently."""
    from course_tools.checks.fingerprints import agree, dumps, make
    from course_utils.checks import fingerprints

    worth = points(SOLUTIONS / f"{task}.py")
    path = fingerprints.FOLDER / f"{task}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    fresh = make(task, {exercise: worth[exercise]} if exercise else worth)
    if exercise:
        both = kept | fresh
        fresh = {name: both[name] for name in worth if name in both}
    if kept and agree(kept, json.loads(dumps(fresh))):
        return []
    if not check:
        path.parent.mkdir(exist_ok=True)
        path.write_text(dumps(fresh), encoding="utf-8")
        fingerprints.load.cache_clear()
    return [str(path.relative_to(ROOT))]
