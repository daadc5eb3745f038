"""`make` and its set-up, in a copy of the checkout with a uv that only pretends.

- A second run does nothing; a changed lock, or a moved checkout, installs again.
- Killed half-way: no stamp, and the next run starts over; a foreign environment is never deleted.
- No suitable Python, no network: one line that says so.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TARGETS = [
    "help",
    "setup",
    "build",
    "run",
    "check",
    "test",
    "coverage",
    "lab",
    "release",
    "grade",
    "site",
    "bench",
    "gpu",
    "lock",
]

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="no make; `sudo apt-get install make` on Debian")

UV = """#!/bin/sh
[ "$1" = --version ] && exit "${UV_MISSING:-0}"
printf '%s\\n' "$*" >>"$UV_LOG"
for last; do :; done
case "$1 $2" in
venv*)
    [ -z "${UV_NO_PYTHON:-}" ] || exit 2
    mkdir -p "$last/bin"; : >"$last/pyvenv.cfg"
    printf '#!/bin/sh\\nexec "%s" "$@"\\n' "$REAL_PYTHON" >"$last/bin/python"
    printf '#!/bin/sh\\necho "course $*"\\n' >"$last/bin/course"
    chmod +x "$last/bin/python" "$last/bin/course" ;;
"pip sync")
    sleep "${UV_SLOW:-0}"
    [ -z "${UV_KILLED:-}" ] || kill -9 "$PPID"
    exit "${UV_FAILS:-0}" ;;
esac
"""


class Copy:
    """A checkout with spaces in its path, and the commands on its PATH."""

    def __init__(self, folder: Path):
        self.root = folder / "my course"
        self.bin = folder / "bin"
        self.log = folder / "uv.log"
        self.bin.mkdir()
        (self.root / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "Makefile", self.root)
        shutil.copy(ROOT / "scripts/setup.sh", self.root / "scripts")
        (self.root / "requirements.lock").write_text("torch==2.11.0\n")
        (self.root / "pyproject.toml").write_text("[project]\n")
        self.command("uv", UV)
        outer = ("VENV", "PYTHON", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # this suite may itself run under `make test`
        inherited = {name: value for name, value in os.environ.items() if name not in outer}
        self.env = inherited | {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "UV_LOG": str(self.log),
            "REAL_PYTHON": sys.executable,
        }

    def command(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen:
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.root,
            env=self.env | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def make(self, *arguments: str, **env: str) -> subprocess.CompletedProcess:
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @property
    def calls(self) -> list[str]:
        """What uv was asked to do, and then forget it."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return calls

    @property
    def ready(self) -> bool:
        return (self.root / ".venv/.course-ready").exists()


@pytest.fixture
def copy(tmp_path) -> Copy:
    return Copy(tmp_path)


def complaint(done: subprocess.CompletedProcess) -> str:
    """The one line that the set-up ends on; make's own line follows it."""
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    return lines[-1]


def test_help_lists_every_target(copy):
    done = copy.make()
    assert [line.split()[1] for line in done.stdout.splitlines()] == TARGETS
    assert all(len(line.split()) > 4 for line in done.stdout.splitlines())


def test_grade_needs_to_know_what(copy):
    done = copy.make("grade")
    assert done.returncode != 0
    assert "make grade TASK=simclr" in done.stderr
    assert copy.make("grade", "TASK=simclr", "ARGS=--jobs 2").stdout == "course grade simclr --jobs 2\n"


def test_a_second_run_installs_nothing(copy):
    first = copy.make("run")
    assert first.stdout == "course run --profile quick\n", first.stderr
    venv, sync, editable = copy.calls
    assert venv.startswith("venv") and venv.endswith("--python 3.11 .venv")
    assert sync.startswith("pip sync") and "--require-hashes" in sync and sync.endswith("requirements.lock")
    assert editable.startswith("pip install") and "--no-deps" in editable and editable.endswith("-e .")

    second = copy.make("run", "PROFILE=smoke", "TASK=simclr", "ARGS=-p seed=1")
    assert second.stdout == "course run --profile smoke simclr -p seed=1\n"
    assert second.stderr == ""
    assert copy.calls == []


def test_gpu_build_and_site_call_the_course(copy):
    assert copy.make("gpu").stdout == "course run --profile gpu\n"
    assert copy.make("build", "ARGS=--check").stdout == "course build --check\n"
    assert copy.make("site").stdout == "course site\n"
    assert copy.make("release", "TASK=simclr").stdout == "course build simclr\ncourse student-zip simclr\n"


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml", "scripts/setup.sh"])
def test_a_changed_input_installs_again(copy, changed):
    copy.make("setup")
    assert copy.calls
    with (copy.root / changed).open("a") as file:
        file.write("# changed\n")
    assert copy.make("setup").returncode == 0
    assert [call.split()[:2] for call in copy.calls] == [["pip", "sync"], ["pip", "install"]]


def test_touching_the_lock_installs_nothing(copy):
    copy.make("setup")
    assert copy.calls
    (copy.root / "requirements.lock").touch()
    copy.make("setup")
    assert copy.calls == []


def test_a_moved_checkout_installs_again(copy):
    copy.make("setup")
    assert copy.calls
    copy.root = copy.root.rename(copy.root.with_name("moved"))
    copy.make("setup")
    assert any(call.startswith("pip sync") for call in copy.calls)


def test_killed_on_the_way_leaves_no_stamp_and_starts_over(copy):
    done = copy.make("setup", UV_KILLED="yes")
    assert done.returncode != 0
    assert not copy.ready
    (copy.root / ".venv/half").touch()

    again = copy.make("setup")
    assert again.returncode == 0
    assert "did not finish" in again.stderr
    assert copy.ready
    assert not (copy.root / ".venv/half").exists()


def test_a_failed_update_is_repaired_in_place(copy):
    copy.make("setup")
    (copy.root / ".venv/mine").touch()
    (copy.root / "requirements.lock").write_text("torch==2.13.0\n")
    failed = copy.make("setup", UV_FAILS="2")
    assert "no network?" in complaint(failed)
    assert not copy.ready
    assert copy.calls

    assert copy.make("setup").returncode == 0
    assert "--reinstall" in copy.calls[0]
    assert (copy.root / ".venv/mine").exists()


def test_two_at_once_install_once(copy):
    pair = [copy.start("setup", UV_SLOW="1") for _ in range(2)]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in pair]
    # the second waits, or, had both started in the same instant, says so
    assert all(code == 0 or "just started" in errors for errors, code in ended), ended
    assert sum(call.startswith("pip sync") for call in copy.calls) == 1
    assert copy.ready


def test_another_folder_for_the_environment(copy):
    assert copy.make("run", VENV="other").returncode == 0
    assert (copy.root / "other/.course-ready").exists()
    assert not (copy.root / ".venv").exists()


def test_a_folder_that_is_no_environment_is_left_alone(copy):
    precious = copy.root / "thesis/chapter.tex"
    precious.parent.mkdir()
    precious.touch()
    assert "no virtual environment" in complaint(copy.make("setup", VENV="thesis"))
    assert precious.exists()
    assert copy.calls == []


def test_no_suitable_python(copy):
    line = complaint(copy.make("setup", UV_NO_PYTHON="yes"))
    assert line.startswith("setup: Python 3.11, 3.12 or 3.13 is needed: none found")
    assert len(copy.calls) == 3, "3.11, then any that suits, then a download"
    assert not copy.ready


def test_no_uv_and_an_old_python(copy):
    copy.command("python3", '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.6.9" && exit\nexit 1\n')
    line = complaint(copy.make("setup", UV_MISSING="1"))
    assert line == "setup: Python 3.11, 3.12 or 3.13 is needed; python3 is Python 3.6.9, too old even to fetch one"


def test_no_uv_and_no_network(copy):
    fails_on_install = '#!/bin/sh\ncase "$*" in *pip*|*venv*) exit 1 ;; esac\nexec "$REAL_PYTHON" "$@"\n'
    copy.command("python3", fails_on_install)
    assert "uv could not be installed: no network" in complaint(copy.make("setup", UV_MISSING="1"))


def test_an_environment_with_an_old_python_is_refused_and_kept(copy):
    python = copy.root / "old/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit\nexit 1\n')
    python.chmod(0o755)
    assert "old holds Python 3.9.2" in complaint(copy.make("setup", VENV="old"))
    assert python.exists()


def test_bench_with_nothing_to_run(copy):
    assert "benchmarks/ is empty" in copy.make("bench").stderr


def test_bench_runs_every_file_and_stops_at_a_failure(copy):
    (copy.root / "benchmarks").mkdir()
    (copy.root / "benchmarks/a.py").write_text("print('a ran')")
    (copy.root / "benchmarks/b.py").write_text("raise SystemExit(3)")
    (copy.root / "benchmarks/c.py").write_text("print('c ran')")
    done = copy.make("bench")
    assert "a ran" in done.stdout
    assert "c ran" not in done.stdout
    assert done.returncode != 0
