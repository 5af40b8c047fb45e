"""Dates as people type them: loosely. They are echoed in one form before use.

A person who types "5.12" sees "2025年5月12日" and agrees or not, so a missing year
may be filled in here; a date *read from a paper* is never completed like this.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from intake.errors import Refused
from intake.hanzi_numbers import parse_number
from intake.legal_date import NO_DATE, LegalDate, parse_compact
from intake.text_normal import normalise

LONGEST = 40  # characters; no way of writing a date needs more

_SHORT_YEAR, _FULL_YEAR, _SIX = 2, 4, 6  # digits

_NONE = frozenset({"无", "无日期", "没有日期", "none", "no date", NO_DATE})
_DAYS_BACK = {"今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "前天": 2}
_NUMBER = "[0-9〇零一二三四五六七八九十廿卅元壹贰叁肆伍陆柒捌玖拾]{1,4}"
_IN_WORDS = re.compile(
    rf"(?:(?P<y>{_NUMBER})年)?"
    rf"(?:(?P<m>{_NUMBER})月份?)?"
    rf"(?:(?P<d>{_NUMBER})[日号]?)?"
)
_SEPARATED = re.compile(r"[0-9]{1,4}(?:[-./ ][0-9]{1,4}){1,2}")
_SOLID = re.compile(r"[0-9]{4}|[0-9]{6}|[0-9]{8}")
_TIME = re.compile(r"(?<=.)[T ]?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?$")


def parse_typed_date(text: str, today: date) -> LegalDate | None:
    """The date a person meant; None when they said that there is none (无, 00000000).

    Understood: 5.12 · 25.5.12 · 2023/5/12 · 20230512 · 2023-05 · 2023 · 0512 ·
    2023年5月12日 · 二〇二三年五月十二日 · 今天. Without a year it is the latest
    such day not after `today`.

    Raises:
        Refused: `date_bad` for anything else, impossible days included.
    """
    claimed = normalise(text[: LONGEST + 1]).strip().lower()
    claimed = _TIME.sub("", claimed)
    if not claimed or len(text) > LONGEST:
        raise _refused(text)
    if claimed in _NONE:
        return None
    if claimed in _DAYS_BACK:
        return LegalDate.of(today - timedelta(days=_DAYS_BACK[claimed]))
    try:
        return _read(claimed, today)
    except ValueError as error:
        raise _refused(text) from error


def _refused(text: str) -> Refused:
    return Refused("date_bad", date=text[:LONGEST])


def _read(claimed: str, today: date) -> LegalDate | None:
    readers: tuple[tuple[re.Pattern[str], _Reader], ...] = (
        (_SOLID, _solid),
        (_SEPARATED, _separated),
        (_IN_WORDS, _in_words),
    )
    for pattern, reader in readers:
        match = pattern.fullmatch(claimed)
        if match is not None:
            return reader(match, today)
    raise ValueError("not a way of writing a date")


_Reader = Callable[[re.Match[str], date], LegalDate | None]


def _solid(match: re.Match[str], today: date) -> LegalDate | None:
    digits = match[0]
    if len(digits) == len(NO_DATE):
        return parse_compact(digits)
    if len(digits) == _SIX:
        return _six_digits(digits, today)
    if digits[:2] in {"19", "20"}:
        return LegalDate(int(digits))
    return _without_year(int(digits[:2]), int(digits[2:]), today)


def _six_digits(digits: str, today: date) -> LegalDate:
    """YYYYMM or YYMMDD; what could be both (200512) is refused, not guessed."""
    first, second, third = (int(digits[i : i + 2]) for i in (0, 2, 4))
    readings = [
        (int(digits[:4]), third, None),
        (_century(first, today), second, third),
    ]
    possible = [parts for parts in readings if _is_date(*parts)]
    if len(possible) != 1:
        raise ValueError(f"{digits} has {len(possible)} readings")
    return LegalDate(*possible[0])


def _is_date(year: int, month: int, day: int | None) -> bool:
    try:
        LegalDate(year, month, day)
    except ValueError:
        return False
    return True


def _separated(match: re.Match[str], today: date) -> LegalDate:
    first, second, *third = re.split(r"[-./ ]", match[0])
    if third:
        return LegalDate(_year(first, today), int(second), int(third[0]))
    if len(first) == _FULL_YEAR:
        return LegalDate(int(first), int(second))
    return _without_year(int(first), int(second), today)


def _in_words(match: re.Match[str], today: date) -> LegalDate:
    year, month, day = (_number(match[name]) for name in "ymd")
    if year is None and month is not None and day is not None:
        return _without_year(month, day, today)
    if year is None or (month is None and day is not None):
        raise ValueError("the year or the month is missing")
    if len(match["y"]) <= _SHORT_YEAR:
        year = _century(year, today)
    return LegalDate(year, month, day)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    value = parse_number(text)
    if value is None:
        raise ValueError(f"{text!r} is not a number")
    return value


def _year(digits: str, today: date) -> int:
    """Two or four digits that stand first; 3/7/2019 does not say what comes first."""
    if len(digits) == _SHORT_YEAR:
        return _century(int(digits), today)
    if len(digits) != _FULL_YEAR:
        raise ValueError("the year does not stand first, or not in full")
    return int(digits)


def _century(two_digits: int, today: date) -> int:
    """25 is 2025, 98 is 1998: the latest such year not after next year."""
    year = 2000 + two_digits
    return year if year <= today.year + 1 else year - 100


def _without_year(month: int, day: int, today: date) -> LegalDate:
    """The latest such day not after `today`; 2.29 looks back to a leap year."""
    for year in range(today.year, today.year - 8, -1):
        try:
            found = LegalDate(year, month, day)
        except ValueError:
            continue
        if found.first_day() <= today:
            return found
    raise ValueError(f"there is no day {month}.{day}")
