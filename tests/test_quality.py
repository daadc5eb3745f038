"""The promises that hold for the whole tree.

- ruff (lint and format) and mypy find nothing.
- No tracked file names a package registry or a path of somebody's machine, or exceeds 10 MiB; notebooks have no outputs.
- Imports go downward: no task room imports another, and nothing below the rooms imports one.
- `course --help` is instant: it loads neither torch nor papermill.
"""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {path.parent.name for path in (ROOT / "course_utils").glob("*/checks.py")}  # the tasks'
LIMIT = 10 * 2**20

# in pieces, so that this file does not name what it forbids
HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "ana" + "conda.org",
    "ana" + "conda.com",
    "deb." + "debian.org",
    "download." + "pytorch.org",
]
MACHINE_PATH = re.compile(rb"(?<![\w.:~$}-])/(?:work|root|home|Users)/(?!jovyan)[\w.-]")


def tracked() -> list[Path]:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def run_tool(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"


def test_ruff_lint():
    run_tool("ruff", "check", "--output-format", "concise", ".")


def test_ruff_format():
    run_tool("ruff", "format", "--check", "--output-format", "concise", ".")


def test_mypy():
    run_tool("mypy")


def test_no_registry_host_is_named():
    pattern = re.compile("|".join(map(re.escape, HOSTS)).encode())
    named = [f"{p.relative_to(ROOT)}: {m[0].decode()}" for p in tracked() if (m := pattern.search(p.read_bytes()))]
    assert not named


def test_no_machine_path_is_named():
    named = [f"{p.relative_to(ROOT)}: {m[0]!r}" for p in tracked() if (m := MACHINE_PATH.search(p.read_bytes()))]
    assert not named


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        (b"open('/wor" + b"k/main/x')", True),
        (b"cd /roo" + b"t/course", True),
        (b"a/work/of", False),
        (b"see $HOME/wor" + b"k/x and ~/wor" + b"k/x", False),
        (b"https://example.org/work/x", False),
    ],
)
def test_machine_path_pattern(text, hit):
    assert bool(MACHINE_PATH.search(text)) == hit


def test_no_large_file():
    large = {str(p.relative_to(ROOT)): size for p in tracked() if (size := p.stat().st_size) > LIMIT}
    assert not large


def test_notebooks_are_committed_without_outputs():
    dirty = []
    for path in tracked():
        if path.suffix == ".ipynb" and path.relative_to(ROOT).parts[0] in ("notebooks", "solutions"):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
                dirty.append(str(path.relative_to(ROOT)))
    assert not dirty


# --- imports


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything that the file imports, inside functions too."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            start = ".".join(part for part in (base, node.module) if part)
            yield node.lineno, start
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def room_of(dotted: str) -> str:
    """The room in course_utils that a dotted name lies in, or ''."""
    parts = dotted.split(".")
    return parts[1] if parts[0] == "course_utils" and len(parts) > 1 else ""


def forbidden(room: str) -> set[str]:
    if room in ROOMS:
        return ROOMS - {room} | {"notebooks", "grading", "cli"}
    if room in ("data", "models"):
        return ROOMS | {"checks", "notebooks", "grading", "cli"}
    return ROOMS - {"simclr"} if room == "large_batch" else ROOMS  # which stands on that one


def wrong_imports(files: list[Path]) -> list[str]:
    return sorted(
        {
            f"{path.relative_to(ROOT)}:{line} imports {room_of(name)}"
            for path in files
            for line, name in imports(path)
            if room_of(name) in forbidden(path.relative_to(ROOT).with_suffix("").parts[1])
        }
    )


def test_imports_go_downward():
    files = sorted((ROOT / "course_utils").rglob("*.py"))
    assert files
    assert not wrong_imports(files)


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("simclr", "from course_utils.infonce import bound"),
        ("simclr", "from course_utils import infonce"),
        ("simclr", "from ..infonce import bound"),
        ("checks", "def late():\n    import course_utils.simclr.loss"),
        ("grading", "from course_utils.pythia_scaling.fit import fit"),
    ],
)
def test_a_sideways_import_is_found(tmp_path, monkeypatch, room, line):
    file = tmp_path / "course_utils" / room / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text(line)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert wrong_imports([file])


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["build", "--help"], ["check", "--help"], ["grade", "--help"]]
)
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from course_utils.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'papermill', 'nbgrader', 'numpy', 'matplotlib', 'IPython'} & set(sys.modules)\n"
        "sys.exit(f'loaded {sorted(heavy)}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage: course" in done.stdout
