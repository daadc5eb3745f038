"""The badges and the first cell for Colab and Kaggle: only where a repository is named, and without effect anywhere else."""

import os
import shutil
import subprocess
import sys

import pytest

from course_tools.build import generate, hosted
from course_tools.paths import SOLUTIONS

SOURCE = SOLUTIONS / "simclr.py"
HOSTS = ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE")


@pytest.fixture
def named(monkeypatch):
    monkeypatch.setattr(hosted, "repository", lambda: "someone/students")


def test_without_a_repository_there_is_no_trace_of_them(monkeypatch):
    monkeypatch.setattr(hosted, "repository", lambda: None)
    page = str(generate.notebook(SOURCE)).lower()
    assert "colab" not in page and "kaggle" not in page


def test_the_repository_is_read_from_pyproject(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.course]\nstudents = "someone/students"\n')
    assert hosted.repository(tmp_path / "pyproject.toml") == "someone/students"
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert hosted.repository(tmp_path / "pyproject.toml") is None


def test_the_badges_open_this_notebook_and_the_cell_is_locked(named):
    title, setup, *_ = generate.notebook(SOURCE).cells
    path = "someone/students/blob/main/notebooks/simclr/simclr.ipynb)"
    colab, kaggle = title.source.splitlines()[-2:]
    assert colab.endswith(f"colab.research.google.com/github/{path}")
    assert kaggle.endswith(f"kaggle.com/kernels/welcome?src=https://github.com/{path}")
    assert setup.metadata.nbgrader.locked and setup.metadata.nbgrader.grade_id == "hosted"


def run(code: str, folder, **environment: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", *HOSTS)}
    return subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=folder, env=clean | environment, capture_output=True, text=True
    )


def test_elsewhere_the_cell_does_nothing(named, tmp_path):
    done = run(generate.notebook(SOURCE).cells[1].source, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not shutil.which("git"), reason="no git; `sudo apt-get install git` on Debian")
@pytest.mark.parametrize("host", HOSTS)
def test_on_a_host_it_fetches_the_course_once(named, host, tmp_path, monkeypatch):
    published = tmp_path / "github/someone/students"
    (published / "course_utils").mkdir(parents=True)
    (published / "course_utils/__init__.py").touch()
    for command in (["init"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-m", "x"]):
        subprocess.run(["git", "-C", str(published), *command], check=True, capture_output=True)
    monkeypatch.setattr(hosted, "NEEDED", ("json",))
    code = generate.notebook(SOURCE).cells[1].source + "\nimport course_utils\nprint(course_utils.__file__)"
    redirected = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/github/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    (tmp_path / "content").mkdir()
    for _ in range(2):
        done = run(code, tmp_path / "content", **redirected, **{host: "set"})
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip().endswith("course/course_utils/__init__.py")
