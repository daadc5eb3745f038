"""The answers of the solution notebook, and the embedded models they are held against."""

import pytest

from course_tools.checks.bank import reference
from course_utils.models import load_causal, load_masked


@pytest.fixture(scope="session")
def answer():
    """name -> the reference answer of that exercise."""
    return lambda name: reference(f"attention_objectives/{name}")


@pytest.fixture(scope="session")
def neox():
    return load_causal("sotu-neox")


@pytest.fixture(scope="session")
def bert():
    return load_masked("sotu-bert")
