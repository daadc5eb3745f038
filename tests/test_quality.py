"""The promises that hold for the whole tree.

- ruff (lint and format) and mypy find nothing.
- No tracked file names a package registry or a path of somebody's machine, or exceeds 10 MiB; notebooks have no outputs.
- Imports keep the contracts that pyproject.toml states for import-linter, and a line against one is found.
- `course --help` is instant: it loads neither torch nor papermill.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS_CONTRACT = "No task's room is imported from outside it"
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
    """What git keeps; in a copy without its history, what git would keep."""
    if not shutil.which("git"):
        pytest.skip("no git; `sudo apt-get install git` on Debian")
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "ls-files", "-z"]
        if not (ROOT / ".git").exists():
            subprocess.run(["git", "init", "-q", folder], check=True)
            command = [
                "git",
                f"--git-dir={folder}/.git",
                f"--work-tree={ROOT}",
                *command[1:],
                "-o",
                "--exclude-standard",
            ]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def run_tool(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"


def test_ruff_lint():
    run_tool("ruff", "check", "--output-format", "concise", ".")


def test_ruff_format():
    run_tool("ruff", "format", "--check", "--output-format", "concise", ".")


@pytest.mark.slow(35)
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


def lint_imports(folder: Path) -> subprocess.CompletedProcess:
    """import-linter with the contracts of pyproject.toml on the packages in `folder`."""
    program = "from importlinter.cli import lint_imports_command as command; command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A copy of the packages and their settings."""
    folder = tmp_path_factory.mktemp("sources")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in ("course_utils", "course_tools"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@contextmanager
def planted(file: Path, line: str) -> Iterator[None]:
    """`file` with another line, as long as the context lasts."""
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(before, encoding="utf-8")


def test_imports_keep_the_contracts_of_pyproject():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("course_utils/simclr/train.py", "from course_utils.infonce import bound", ROOMS_CONTRACT),
        ("course_utils/simclr/train.py", "from course_utils import infonce", ROOMS_CONTRACT),
        ("course_utils/simclr/train.py", "from ..infonce import bound", ROOMS_CONTRACT),
        ("course_utils/checks/check.py", "def late():\n    import course_utils.simclr.train", ROOMS_CONTRACT),
        ("course_utils/data/text.py", "from course_utils.pythia_scaling import fits", ROOMS_CONTRACT),
        ("course_tools/cells.py", "from course_utils.pythia_scaling import fits", ROOMS_CONTRACT),
        ("course_utils/simclr/train.py", "from course_utils.cli import main", ROOMS_CONTRACT),
        ("course_utils/models/load.py", "from course_utils.checks import Probe", "Data and models stand below"),
        ("course_tools/grading/jail/server.py", "import course_tools.grading.model.records", "The jail imports only"),
        ("course_tools/grading/bridge/wire.py", "from course_tools.grading import judge", "The jail imports only"),
        ("course_tools/grading/results/scores.py", "import course_tools.grading.judge.host", "never touch what runs"),
        ("course_tools/grading/intake/collect.py", "import course_tools.grading.results.late", "The grader's rooms"),
        ("course_utils/session.py", "def late():\n    import course_tools.run", "What students import knows nothing"),
    ],
)
def test_an_import_against_a_contract_is_found(sources, file, line, broken):
    with planted(sources / file, line):
        done = lint_imports(sources)
    assert done.returncode == 1, done.stdout + done.stderr
    assert broken in done.stdout.partition("Broken contracts")[2]


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
