"""Dates that an office program wrote into its file: offered, never taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workers.reading.content import Content

OFFERED = 0.3  # a template's age, or the last time somebody pressed "save"


def add_dates(properties: Any, content: Content) -> None:
    """Add the dates of core properties (an object with `created` and so on)."""
    for name in ("created", "modified", "last_printed", "lastPrinted"):
        try:
            value = getattr(properties, name, None)
        except (ValueError, TypeError):
            continue
        if isinstance(value, datetime):
            day = value.date().isoformat()
            content.add_date(day, OFFERED, value.isoformat(" "), f"office {name}")
