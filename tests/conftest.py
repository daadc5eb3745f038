"""Before any test: one thread, so that a run repeats itself to the last bit; course_utils before torch, as everywhere."""

import os
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import pytest

import course_utils  # noqa: F401

GRADING = Path(__file__).parent / "grading"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items):
    """A file goes to one worker, for its fixtures; all of grading to one, for it looks for what notebooks left on this machine."""
    for item in items:
        group = GRADING if GRADING in item.path.parents else item.path
        item.add_marker(pytest.mark.xdist_group(str(group.relative_to(Path(__file__).parent))))
