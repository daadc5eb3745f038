"""What several tests of grading share."""

import os

import pytest

TOKEN = "ENV-SECRET-77aa"  # in the environment of whoever grades


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
