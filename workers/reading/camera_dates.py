"""A day out of the dates that devices and programs write beside the content."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(r"(\d{4})[:\-/](\d{2})[:\-/](\d{2})(?!\d)")
# What clocks show that nobody has set.
_UNSET = {date(1970, 1, 1), date(1980, 1, 1), date(1904, 1, 1), date(2000, 1, 1)}


def stored_day(text: str) -> str | None:
    """The day (YYYY-MM-DD) in a date of metadata, unless the clock was never set."""
    match = _DATE.search(text)
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
    return None if day in _UNSET else day.isoformat()
