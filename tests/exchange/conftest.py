"""These tests make users of the machine, so they are collected where that can be: by root on Linux; a hub also needs its proxy."""

import pytest

from tests.exchange import hub, people, reach

collect_ignore = []
if not people.possible:
    collect_ignore += ["test_attacks.py", "test_boxes.py"]
if not (people.possible and hub.PROXY and reach.reachable()):
    collect_ignore += ["test_hub.py", "test_lti_login.py"]


@pytest.fixture(scope="module")
def users():
    """A folder with their homes, and role -> name of the user."""
    with people.people() as made:
        yield made
