"""The lists of tasks in README.md and docs/index.md are the registry's."""

import shutil

import pytest

from course_tools.build import listing
from course_utils import tasks
from course_utils.paths import ROOT
from course_utils.tasks import TASKS, Task


@pytest.fixture
def pages(tmp_path):
    """Copies of the pages with lists."""
    (tmp_path / "docs").mkdir()
    for name in listing.PAGES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_damaged_list_is_mended_and_the_rest_kept(pages):
    assert listing.stale(pages) == {}
    path = pages / "README.md"
    right = path.read_text()
    path.write_text(right.replace("| `simclr` |", "| `simclear` |"))
    assert listing.stale(pages) == {path: right}


def test_one_more_task_is_one_more_row_everywhere(pages, monkeypatch):
    monkeypatch.setattr(tasks, "NOTEBOOKS", pages)
    monkeypatch.setattr(Task, "opening", ["# 7 · Demo: more", "", "5 minutes · 3 points"])
    monkeypatch.setattr(listing, "TASKS", (*TASKS, Task("demo", "one thing", core=False)))
    found = {path.name: text for path, text in listing.stale(pages).items()}
    assert "| `demo` (extension) | one thing | 5 minutes · 3 points |" in found["README.md"]
    assert "| [Demo](notebooks/demo) (extension) | one thing | 5 minutes · 3 points |" in found["index.md"]
    assert f"notebooks/{TASKS[-1].name}\nnotebooks/demo\n" in found["index.md"]
