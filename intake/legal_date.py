"""The date in a legal name: a year, perhaps a month, perhaps a day.

Papers are dated "2025年8月29日", but a payslip bears a month and an old deed only a
year; a date must not be made more exact than the paper is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

NO_DATE = "00000000"
FIRST_YEAR, LAST_YEAR = 1900, 2099  # what the eight digits of a name may say

_COMPACT = re.compile(r"\d{8}", re.ASCII)
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class LegalDate:
    """A calendar date, a month or a year.

    Raises:
        ValueError: for a date that is in no calendar, a day without a month, or a
            year outside 1900 to 2099.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(f"the year {self.year} is not one of 1900 to 2099")
        if self.month is None and self.day is not None:
            raise ValueError("a day needs a month")
        date(self.year, self.month or 1, self.day or 1)
        if self.month == 0 or self.day == 0:
            raise ValueError("months and days count from 1")

    def compact(self) -> str:
        """Eight digits for the name: `20250829`, `20250800` or `20250000`."""
        return f"{self.year:04}{self.month or 0:02}{self.day or 0:02}"

    def iso(self) -> str:
        """ISO 8601: `2025-08-29`, `2025-08` or `2025`."""
        parts = (self.month, self.day)
        return f"{self.year:04}" + "".join(f"-{p:02}" for p in parts if p is not None)

    def zh(self) -> str:
        """As it is echoed in Chinese: `2025年8月29日`, `2025年8月` or `2025年`."""
        month = "" if self.month is None else f"{self.month}月"
        day = "" if self.day is None else f"{self.day}日"
        return f"{self.year}年{month}{day}"

    def first_day(self) -> date:
        """The first calendar day that this date may mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def of(cls, day: date) -> LegalDate:
        """The calendar day `day`."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def from_iso(cls, text: str) -> LegalDate:
        """Read what `iso` wrote, and nothing else.

        Raises:
            ValueError: for any other text.
        """
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = (None if g is None else int(g) for g in match.groups())
        return cls(year or 0, month, day)


def compact(legal_date: LegalDate | None) -> str:
    """Eight digits for the name; `00000000` when there is no date."""
    return NO_DATE if legal_date is None else legal_date.compact()


def parse_compact(text: str) -> LegalDate | None:
    """Read what `compact` wrote; `00000000` is None.

    Raises:
        ValueError: for anything that is not eight digits of a possible date.
    """
    if _COMPACT.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not eight digits")
    if text == NO_DATE:
        return None
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    return LegalDate(year, month or None, day or None)
