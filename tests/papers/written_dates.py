"""A day as papers write it."""

from __future__ import annotations

from datetime import date

_NUMERALS = "〇一二三四五六七八九"


def arabic(day: date) -> str:
    """2025年8月9日."""
    return f"{day.year}年{day.month}月{day.day}日"


def padded(day: date) -> str:
    """2025年08月09日."""
    return f"{day.year}年{day.month:02}月{day.day:02}日"


def dashed(day: date) -> str:
    """2025-08-09."""
    return day.isoformat()


def dotted(day: date) -> str:
    """2025.8.9."""
    return f"{day.year}.{day.month}.{day.day}"


def slashed(day: date) -> str:
    """2025/08/09."""
    return f"{day:%Y/%m/%d}"


def numerals(day: date) -> str:
    """二〇二五年八月九日."""
    year = "".join(_NUMERALS[int(digit)] for digit in str(day.year))
    return f"{year}年{_small(day.month)}月{_small(day.day)}日"


def _small(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _NUMERALS[tens] + "十"
    return head + (_NUMERALS[ones] if ones else "")
