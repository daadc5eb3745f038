"""Google Colab and Kaggle: their badges and a first cell, where pyproject.toml names the public repository of the students' files.

    [tool.course]
    students = "OWNER/REPOSITORY"       on GitHub, with what `course student-zip` packs; never the one with solutions/, bank/ and locale/

Both keep their own PyTorch: the course is put on the path, and only what is missing altogether is installed.
"""

import tomllib
from pathlib import Path

from course_tools.build.source import Cell
from course_utils.paths import ROOT

BADGES = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/{repository}/blob/main/notebooks/{task}/{task}.ipynb)\n"
    "[![Open in Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]"
    "(https://kaggle.com/kernels/welcome?src=https://github.com/{repository}/blob/main/notebooks/{task}/{task}.ipynb)"
)
NEEDED = (
    "httpx",
    "huggingface_hub",
    "ipywidgets",
    "matplotlib",
    "numpy",
    "packaging",
    "psutil",
    "safetensors",
    "sympy",
    "tokenizers",
    "torch",
    "torchvision",
    "transformers",
)
CODE = """\
# On Google Colab and Kaggle: fetch the course, and install what is missing. Anywhere else this cell does nothing.
import os, subprocess, sys
from importlib.util import find_spec

if {{"COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE"}} & os.environ.keys():
    if not os.path.isdir("course"):
        subprocess.run(["git", "clone", "-q", "--depth=1", "https://github.com/{repository}", "course"], check=True)
    sys.path.insert(0, "course")
    if missing := [name for name in {needed} if find_spec(name) is None]:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", *missing], check=True)"""


def repository(pyproject: Path = ROOT / "pyproject.toml") -> str | None:
    """OWNER/REPOSITORY of the students' files, if pyproject.toml names it."""
    return tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {}).get("course", {}).get("students")


def with_first_cell(cells: list[Cell], task: str) -> list[Cell]:
    """The cells, with badges and first cell where there is a repository."""
    where = repository()
    if where is None:
        return cells
    cells[0].text += "\n\n" + BADGES.format(repository=where, task=task)
    setup = Cell("locked", cells[0].line, {"id": "hosted"}, text=CODE.format(repository=where, needed=NEEDED))
    return [cells[0], setup, *cells[1:]]
