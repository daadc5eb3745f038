"""What students get: one zip with the released notebooks, `course_utils`, the data and a README, the same bytes each time.

Nothing of `solutions/` is read into it, and a notebook that is out of date or holds a line of an answer is refused.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.build import generate
from course_tools.build.release import leaks
from course_tools.paths import SOLUTIONS
from course_utils.errors import CourseError
from course_utils.paths import NOTEBOOKS, ROOT
from course_utils.tasks import TASKS, Task, chosen, tasks

FOLDER = "learning-at-scale"  # what the zip unpacks to
CONTINUED = " \\"
FILES = ("LICENSE", "LICENSE-content", "environment.yml", "pyproject.toml")
REMAINS = {"__pycache__", ".ipynb_checkpoints", "cache"}  # what running leaves behind; data/cache
NBGRADER_CONFIG = """\
# What the Validate button of JupyterLab needs to know: on a slow machine a cell may take minutes.
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "learning-at-scale"
c.Execute.timeout = 600
c.ExecutePreprocessor.timeout = 600
"""
README = """\
# Learning at Scale

| notebook | open | time and points |
|---|---|---|
{rows}

Begin with the first. An extension is for those who want more, unless your lecturer says otherwise.

## Set up, once

You need Python 3.11, 3.12 or 3.13, a network, and 2 to 6 GB of disk (PyTorch). In this folder:

    python3 -m venv .venv
    .venv/bin/python -m pip install -c constraints.txt -e .
    .venv/bin/course doctor          # is everything here, and how long will each notebook take?
    .venv/bin/jupyter lab            # opens in the browser; leave this terminal open

On Windows write `py -3.11 -m venv .venv`, then `.venv\\Scripts\\` for `.venv/bin/`. With conda instead:
`conda env create -f environment.yml`, `conda activate learning-at-scale`, `course doctor`, `jupyter lab`.

## Work

- Run the cells in order (Shift+Enter). Replace `raise NotImplementedError` by your answer, and run that cell before its check. What needs
  an answer that is not written yet is left out, and says so in one line; everything else runs.
- Back another day, or after a restart of the kernel: put the cursor where you want to go on, then Run > Run All Above Selected Cell.
- The check below an answer says what is wrong. Run it as often as you like: only what you hand in is graded, and hidden tests (other sizes,
  seeds and extreme values) decide the rest of the points.
- `lab.progress()` in a cell, or `.venv/bin/course progress` in a second terminal, says where you stand and what comes next.
- The `profile` in the first code cell sets the size: `"smoke"` takes seconds, `"quick"` minutes on a laptop, `"gpu"` needs one. Change it
  and run from the top; grading has its own.
- Before you hand in: Kernel > Restart Kernel and Run All Cells, then the Validate button, then save. Leave the check cells and the
  names of files and cells as they are.
- Hand in the notebook, `notebooks/<task>/<task>.ipynb`.

## Help

- `No module named course_utils`: the notebook runs in another Python. Start JupyterLab from this folder with the command above.
- `NameError` in a cell that you did not touch: a cell above it has not been run since the kernel started.
- Anything else that looks like ours: `.venv/bin/course doctor` names what is missing and how to mend it.
"""


def handout(wanted: list[str], path: Path) -> list[str]:
    """Write the zip with the notebooks of these tasks; returns the names in it. Raises CourseError for a notebook not fit to release."""
    files = dict(sorted(_files(wanted)))
    try:
        _pack(files, path)
    except OSError as error:
        raise CourseError(f"{path}: cannot be written ({error.strerror}); choose another place with -o FILE") from None
    return list(files)


def _pack(files: dict[str, bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}")  # of 1980: when it was packed must not show
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)


def _files(wanted: list[str]) -> Iterator[tuple[str, bytes]]:
    """Names in the zip, and what they hold."""
    rows = []
    for task in TASKS:
        if task.name in wanted:
            require_fit(task)
            name = task.notebook.relative_to(ROOT).as_posix()
            title = task.title if task.core else f"{task.title} (extension)"
            rows.append(f"| {title} | `{name}` | {task.sums} |")
            yield name, task.notebook.read_bytes()
            for path in sorted(NOTEBOOKS.glob(f"*/{task.name}/{task.name}.ipynb")):
                translated = nbformat.read(path, 4)
                _require_no_answer(task, path, translated)
                name = path.relative_to(ROOT).as_posix()
                rows.append(
                    f"| {translated.cells[0].source.splitlines()[0].removeprefix('# ')} | `{name}` | {task.sums} |"
                )
                yield name, path.read_bytes()
    yield "README.md", README.format(rows="\n".join(rows)).encode()
    yield "constraints.txt", constraints((ROOT / "requirements.lock").read_text(encoding="utf-8")).encode()
    yield "nbgrader_config.py", NBGRADER_CONFIG.encode()
    for name in FILES:
        yield name, (ROOT / name).read_bytes()
    for path in [*(ROOT / "course_utils").rglob("*"), *(ROOT / "data").rglob("*")]:
        place = path.relative_to(ROOT)
        if path.is_file() and not REMAINS & set(place.parts) and not path.name.startswith("."):
            yield place.as_posix(), path.read_bytes()


def require_fit(task: Task) -> None:
    """Raises CourseError if the released notebook is out of date or holds what it must not."""
    solution = generate.notebook(SOLUTIONS / f"{task.name}.py")
    built = SOLUTIONS / task.name / f"{task.name}.ipynb"
    if not task.notebook.is_file() or not built.is_file() or nbformat.read(built, 4) != solution:
        raise CourseError(f"the notebooks of {task.name} are not up to date: run `course build {task.name}`")
    _require_no_answer(task, task.notebook, nbformat.read(task.notebook, 4))


def _require_no_answer(task: Task, path: Path, released: NotebookNode) -> None:
    if leaked := leaks(generate.notebook(SOLUTIONS / f"{task.name}.py"), released):
        raise CourseError(f"{path} holds lines of the solution or of hidden tests: {leaked[:3]}")


def constraints(lock: str) -> str:
    """The lock without hashes: versions for what pip installs anyway, so students need no development tools."""
    return "".join(f"{line.rstrip(CONTINUED)}\n" for line in lock.splitlines() if not line.startswith(" "))


def handout_command(names: list[str], output: str | None) -> int:
    """`course student-zip`: write the zip and say where it is."""
    wanted = chosen(names)
    named = [] if wanted == tasks() else wanted
    path = Path(output or ROOT / "build" / f"{'-'.join([FOLDER, *named])}.zip")
    packed = handout(wanted, path)
    print(f"{path}: {len(packed)} files, {path.stat().st_size / 1e6:.1f} MB; notebooks: {', '.join(wanted)}")
    return 0
