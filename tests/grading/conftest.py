"""What several tests of grading share."""

import os

import pytest

TOKEN = "ENV-SECRET-77aa"  # in the environment of whoever grades


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A new gradebook.db, to be copied."""
    from course_tools.grading.results.database import create

    path = tmp_path_factory.mktemp("blank") / "gradebook.db"
    create(path, "default_course")
    return path


@pytest.fixture(scope="session")
def fork_server():
    """One warm fork server for all tests that grade."""
    from course_tools.grading.isolation.forkserver import kept_warm
    from course_tools.grading.jail.sandbox import available
    from course_tools.grading.model.settings import Settings

    if not available():
        pytest.skip("this machine offers no isolation (see `course doctor`)")
    os.environ["COURSE_TOKEN"] = TOKEN
    with kept_warm(Settings()):
        yield
    del os.environ["COURSE_TOKEN"]
