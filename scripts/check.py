"""`make check`: what a change asks for first, in under a minute, while one exercise or one module is edited. `make test` has the last word.

    python scripts/check.py [REVISION]    # what changed since REVISION (default: the last commit)

- Python files: ruff on them; mypy if they are of course_utils or course_tools.
- an exercise (its cells in solutions/TASK.py, its probes in course_utils/TASK/checks.py or probes/, bank/TASK/ID.py): build it, and judge its answers.
- course_utils/ROOM/a.py, course_tools/ROOM/INNER/a.py: tests/ROOM/INNER/test_a.py; without one, the deepest folder of tests that there is.
- a file of tests: all of it. Otherwise only tests that are not marked slow run.
- what installs the course, what CI does, how `make` sets itself up: the test file about it (TESTS_OF).
"""

import ast
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("course_utils", "course_tools")
TESTS_OF = {
    "pyproject.toml": "tests/test_packaging.py",
    "requirements.lock": "tests/test_packaging.py",
    "environment.yml": "tests/test_packaging.py",
    ".github": "tests/test_packaging.py",
    "Makefile": "tests/test_make.py",
    "scripts": "tests/test_make.py tests/scripts",
    ".ci": "tests/test_ci.py",
    "deploy": "tests/exchange",
    ".pre-commit-config.yaml": "tests/test_ci.py",
}
NO_TEST_LEFT = 5  # pytest's exit code


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def changed(revision: str) -> list[Path]:
    """The files that differ from `revision`, new ones included, as paths in the checkout."""
    names = git("diff", "--name-only", "-z", revision) + git("ls-files", "-z", "--others", "--exclude-standard")
    return [Path(name) for name in sorted(set(names.split("\0"))) if name]


def before(path: Path, revision: str) -> str:
    """What `path` held at `revision`, "" if it was not there."""
    done = subprocess.run(["git", "show", f"{revision}:{path.as_posix()}"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


# --- exercises


def cells(source: str) -> dict[str, str]:
    """Exercise -> its answer and checks in a py:percent source."""
    found: dict[str, str] = {}
    for cell in re.split(r"^(?=# %%)", source, flags=re.MULTILINE):
        if header := re.match(r'# %% (?:answer|check) id="(\w+)"', cell):
            found[header[1]] = found.get(header[1], "") + cell
    return found


def probes(source: str) -> dict[str, str]:
    """Exercise -> its entry in PROBES, with everything of the module that this uses."""
    statements: dict[str, ast.stmt] = {}
    entries: dict[str, ast.expr] = {}
    for node in ast.parse(source).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        names += [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        if "PROBES" in names and isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            entries = {key.value: value for key, value in zip(node.value.keys, node.value.values, strict=True)}
        else:
            statements |= dict.fromkeys(names, node)

    def text(node: ast.AST, seen: set[str]) -> str:
        used = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} & statements.keys() - seen
        seen |= used
        return "\n".join([ast.unparse(node), *(text(statements[name], seen) for name in sorted(used))])

    return {exercise: text(entry, set()) for exercise, entry in entries.items()}


def exercises(path: Path, revision: str) -> set[tuple[str, str]]:
    """The (task, exercise) pairs that a change of `path` concerns."""
    match path.parts:
        case ("solutions", name) if name.endswith(".py"):
            task, read = path.stem, cells
        case ("course_utils", task, "checks.py") | ("course_utils", task, "probes", _):
            read = probes
        case ("bank", task, _):
            return {(task, path.stem)}
        case _:
            return set()
    old, new = read(before(path, revision)), read((ROOT / path).read_text(encoding="utf-8"))
    return {(task, exercise) for exercise, text in new.items() if old.get(exercise) != text}


# --- tests


def tests_of(path: Path) -> list[str]:
    """Where the tests of a module are: the mirrored file, else the deepest mirrored folder."""
    if path.parts[0] in TESTS_OF:
        return TESTS_OF[path.parts[0]].split()
    if path.parts[0] not in PACKAGES or path.suffix != ".py":
        return []
    folder = Path("tests", *path.parts[1:-1])
    if (ROOT / folder / f"test_{path.stem}.py").is_file():
        return [str(folder / f"test_{path.stem}.py")]
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    return [] if folder == Path("tests") else [str(folder)]


def is_test(path: Path) -> bool:
    return path.parts[0] == "tests" and path.name.startswith("test_") and path.suffix == ".py"


# --- all together


def commands(paths: Iterable[Path], revision: str) -> Iterator[list[str]]:
    """What to run, quickest answer first."""
    paths = [path for path in paths if (ROOT / path).is_file()]
    python = [str(path) for path in paths if path.suffix == ".py"]
    if python:
        yield ["ruff", "check", "--force-exclude", *python]
        yield ["ruff", "format", "--check", "--force-exclude", *python]
    concerned = sorted(set[tuple[str, str]]().union(*(exercises(path, revision) for path in paths)))
    sources = {path.stem for path in paths if path.match("solutions/*.py")}
    probed = {path.parts[1] for path in paths if path.parts[0] == "course_utils" and exercises(path, revision)}
    for task in sorted(sources | probed):
        mine = [exercise for of, exercise in concerned if of == task]
        yield ["course_utils.cli", "build", task, *(["--exercise", *mine] if len(mine) == 1 else [])]
    for task, exercise in concerned:
        yield ["course_utils.cli", "check", task, "--exercise", exercise]
    if any(path.startswith(PACKAGES) for path in python):
        yield ["mypy"]
    whole = {str(path) for path in paths if is_test(path)}
    if quick := sorted({test for path in paths for test in tests_of(path)} - whole):
        yield ["pytest", "-q", "-m", "quick", *quick]
    if whole:
        yield ["pytest", "-q", *sorted(whole)]


def main(revision: str = "HEAD") -> int:
    paths = changed(revision)
    if not paths:
        print(f"nothing differs from {revision}; name an older one: make check ARGS=HEAD~1")
        return 0
    failed = []
    for command in commands(paths, revision):
        shown = " ".join(command).replace("course_utils.cli", "course")
        print(f"== {shown}", flush=True)
        start = time.perf_counter()
        code = subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode
        print(f"   {time.perf_counter() - start:.1f} s", flush=True)
        if code not in (0, NO_TEST_LEFT):
            failed.append(shown)
    print("\n".join(f"FAILED {shown}" for shown in failed) or "all good so far; `make test` has the last word")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
