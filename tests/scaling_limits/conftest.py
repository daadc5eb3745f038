"""The answers of the solution notebook."""

import pytest

from course_tools.checks.bank import reference


@pytest.fixture(scope="session")
def answer():
    """name -> the reference answer of that exercise."""
    return lambda name: reference(f"scaling_limits/{name}")
