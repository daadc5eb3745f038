"""Reading times as people and nbgrader write them."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def parse_time(text: str, local: bool = False) -> datetime:
    """ISO 8601, or as nbgrader writes it, "2026-11-23 07:00:49 Europe/Vienna". Raises ValueError.

    local: without a zone it is this machine's, not UTC.
    """
    date, _, zone = text.rpartition(" ")
    if date and re.match(r"[A-Za-z]", zone):
        try:
            return datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone))
        except ZoneInfoNotFoundError:
            raise ValueError(f"unknown time zone {zone!r}") from None
    found = datetime.fromisoformat(date + zone if re.match(r"[+-]\d", zone) else text)
    if found.tzinfo:
        return found
    return found.astimezone() if local else found.replace(tzinfo=ZoneInfo("UTC"))
