"""Late policies, against the arithmetic written out."""

import pytest

from course_tools.grading.results.late import Late, parse_late
from course_utils.errors import UsageError

DAY, HOUR = 86400, 3600


@pytest.mark.parametrize(
    ("text", "seconds", "points", "share", "penalty"),
    [
        ("none", 9 * DAY, 8, 1, 0),
        ("10%/day", -5, 8, 1, 0),
        ("10%/day", 0, 8, 1, 0),
        ("10%/day", 1, 8, 1, 1),  # of 10 points
        ("10%/day", DAY, 8, 1, 1),
        ("10%/day", DAY + 1, 8, 1, 2),
        ("10%/day", 30 * DAY, 8, 1, 8),  # never below zero
        ("12.5 % / day", 1, 8, 1, 1.25),
        ("2/day", DAY + 1, 8, 1, 4),
        ("2/day", DAY + 1, 8, 0.25, 1),  # this notebook has a quarter of the points
        ("10%/day, grace 2 h", 2 * HOUR, 8, 1, 0),
        ("10%/day, grace 30min", 31 * 60, 8, 1, 1),
        ("10%/day, grace 1 d", 2 * DAY + 1, 8, 1, 2),
        ("10%/day, at most 15%", 9 * DAY, 8, 1, 1.5),
        ("10%/day,grace 1 h,at most 50 %", 9 * DAY, 8, 1, 5),
        ("zero", 1, 8, 1, 8),
        ("zero, grace 1 h", HOUR, 8, 1, 0),
    ],
)
def test_penalty_on_ten_points(text, seconds, points, share, penalty):
    assert parse_late(text).penalty(seconds, points, 10, share) == penalty


@pytest.mark.parametrize("text", ["", "10", "10%", "10%/week", "-1/day", "10%/day grace 1h", "10%/day, grace", "nil"])
def test_what_is_no_policy(text):
    with pytest.raises(UsageError, match="--late"):
        parse_late(text)


def test_reading_a_policy():
    assert parse_late("10%/day, grace 30 min, at most 50%") == Late(0.1, True, 1800, 0.5)
    assert parse_late("2/day") == Late(2, percent=False)
