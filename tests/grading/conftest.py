"""What several tests of grading share."""

import pytest


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A new gradebook.db, to be copied; nbgrader starts a process to make one, which takes seconds."""
    from nbgrader.api import Gradebook

    path = tmp_path_factory.mktemp("blank") / "gradebook.db"
    Gradebook(f"sqlite:///{path}").close()
    return path
