"""What lateness costs.

10%/day              a tenth of the notebook's points for each day begun after the deadline
2/day, grace 30 min  two points a day of the whole assignment; the first half hour is free
10%/day, at most 50%
zero                 late is nothing
none                 late is as good as in time
"""

import math
import re
from dataclasses import dataclass

from course_utils.errors import UsageError

DAY = 86400.0
UNITS = {"min": 60.0, "h": 3600.0, "d": DAY}
NUMBER = r"(\d+(?:\.\d+)?)"


@dataclass(frozen=True)
class Late:
    """A late policy. rate: of all points per day begun if `percent`, else points per day; most: share of the points it takes at most."""

    rate: float
    percent: bool = True
    grace: float = 0.0
    most: float = 1.0

    def penalty(self, seconds: float, points: float, max_points: float, share: float = 1.0) -> float:
        """Points taken from a notebook with `points` of `max_points`, handed in `seconds` after the deadline.

        share: of the assignment's points, how many are this notebook's; a rate in points is divided accordingly.
        """
        if seconds <= self.grace:
            return 0.0
        if math.isinf(self.rate):
            return points
        days = math.ceil((seconds - self.grace) / DAY)
        full = days * self.rate * (max_points if self.percent else share)
        return round(min(full, self.most * max_points, points), 4)


def parse_late(text: str) -> Late:
    """The policy that `text` describes. Raises UsageError for what it does not understand."""
    first, *rest = (part.strip() for part in text.split(","))
    if first == "none":
        policy = Late(0.0)
    elif first == "zero":
        policy = Late(math.inf)
    elif found := re.fullmatch(rf"{NUMBER}\s*(%?)\s*/\s*day", first):
        percent = bool(found[2])
        policy = Late(float(found[1]) / (100 if percent else 1), percent)
    else:
        raise UsageError(f'--late {text!r}: begin with "none", "zero", "10%/day" or "2/day"')
    fields = {"grace": policy.grace, "most": policy.most}
    for part in rest:
        if found := re.fullmatch(rf"grace {NUMBER}\s*(min|h|d)", part):
            fields["grace"] = float(found[1]) * UNITS[found[2]]
        elif found := re.fullmatch(rf"at most {NUMBER}\s*%", part):
            fields["most"] = float(found[1]) / 100
        else:
            raise UsageError(f'--late {text!r}: {part!r} is neither "grace 30 min" (min, h, d) nor "at most 50%"')
    return Late(policy.rate, policy.percent, **fields)
