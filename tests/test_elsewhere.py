"""What students run runs where POSIX is missing, as on Windows; simulated here by taking away what only POSIX has."""

import subprocess
import sys
import time

import pytest

from course_utils.checks import guard
from course_utils.machine import cores

# Other people's packages look at the platform's name and would miss what it promises, so they are imported first.
WITHOUT_POSIX = """
import os, signal, sys
import nbclient, papermill, psutil, torchvision, transformers
for module in ("fcntl", "grp", "pty", "pwd", "resource", "termios"):
    sys.modules[module] = None
for module, names in {os: "fork getuid kill mkfifo sched_getaffinity setsid", signal: "SIGALRM SIGKILL setitimer"}.items():
    for name in names.split():
        vars(module).pop(name, None)
from course_utils import cli
"""


def without_posix(code: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-W", "ignore", "-c", WITHOUT_POSIX + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_everything_students_get_is_imported_and_the_doctor_speaks():
    code = """
import importlib, pkgutil, course_utils
for module in pkgutil.walk_packages(course_utils.__path__, "course_utils."):
    importlib.import_module(module.name)
from course_utils import doctor
print(*doctor.device(), sep="\\n")
"""
    done = without_posix(code)
    assert done.returncode == 0, done.stderr
    assert "cores" in done.stdout


def test_grading_says_what_it_needs():
    done = without_posix('sys.exit(cli.main(["grade", "simclr"]))')
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["course grade: this system has no 'fcntl'; use Linux (on Windows: WSL)"]


def test_cores_are_counted_where_none_can_be_reserved(monkeypatch):
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert cores() == 6


class TestTimeLimitWithoutAlarm:
    @pytest.fixture(autouse=True)
    def no_alarm(self, monkeypatch):
        monkeypatch.delattr("signal.setitimer", raising=False)

    def test_a_loop_that_catches_everything_once_is_ended(self):
        def stubborn():
            try:
                while True:
                    pass
            except BaseException:
                while True:
                    pass

        with pytest.raises(guard.Hung), guard.bounded(0.05):
            stubborn()

    def test_what_ends_in_time_is_left_alone(self):
        with guard.bounded(0.05):
            answer = 6 * 7
        time.sleep(0.1)
        assert answer == 42
