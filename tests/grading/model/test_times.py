"""Times as people and nbgrader write them."""

import pytest

from course_tools.grading.model.times import parse_time


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-23T07:00:00+01:00", "2026-11-23T07:00:00+01:00"),
        ("2026-11-23 07:00", "2026-11-23T07:00:00+00:00"),
        ("2026-11-23 07:00:49.123456 UTC", "2026-11-23T07:00:49.123456+00:00"),
        ("2026-07-23 07:00:49 Europe/Vienna", "2026-07-23T07:00:49+02:00"),
        ("2026-11-23 07:00:49 +0100", "2026-11-23T07:00:49+01:00"),
        ("2026-11-23 07:00:49+01:00", "2026-11-23T07:00:49+01:00"),
        ("2026-11-23", "2026-11-23T00:00:00+00:00"),
    ],
)
def test_times(text, iso):
    assert parse_time(text).isoformat() == iso


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-11-23 07:00 Mars/Olympus", "1 2 3 4"])
def test_what_is_no_time(text):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_time(text)
