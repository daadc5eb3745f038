"""What several tests of grading share."""

import pytest


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A new gradebook.db, to be copied."""
    from nbgrader.api import Gradebook

    from course_utils.grading.gradebook import stamp

    path = tmp_path_factory.mktemp("blank") / "gradebook.db"
    stamp(path)
    Gradebook(f"sqlite:///{path}").close()
    return path
