"""What several tests of grading share."""

import pytest


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A new gradebook.db, to be copied."""
    from course_utils.grading.database import create

    path = tmp_path_factory.mktemp("blank") / "gradebook.db"
    create(path, "default_course")
    return path
