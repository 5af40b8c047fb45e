"""The ways in which dates are written, and the calendar dates they mean.

Patterns are for the form of `intake.text_normal`. They read more than the calendar
allows (2月30日), so that an impossible date is reported and not passed over.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace
from typing import Final

from intake.hanzi_numbers import parse_number
from intake.legal_date import LegalDate

_YEAR = r"(?P<y>(?:19|20)\d{2})"
_MONTHS = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_MONTH = (
    r"(?P<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_HANZI_YEAR = "(?P<y>[一二][〇零一二三四五六七八九]{3})年"
_HANZI_MONTH = r"(?P<m>[元一二三四五六七八九十]{1,3}|\d{1,2})月"
_BANKING = "〇零壹贰叁参肆伍陆柒捌玖"
_SPACED_YEAR = r"(?P<y>(?:1 ?9|2 ?0) ?\d ?\d)"
_MISREAD_SIGNS = {"O": "0", "o": "0", "Q": "0", "D": "0"} | dict.fromkeys("lI|!", "1")
_FAULTY = re.compile(  # a date in which letters stand for digits
    r"(?<![A-Za-z\d])[12lI|][90OoQD] ?[\dOoQDlI|!] ?[\dOoQDlI|!] ?(?P<sep>[年./-]) ?"
    r"[\dOoQDlI|!]{1,2} ?(?:月|(?P=sep)) ?[\dOoQDlI|!]{1,2}(?![A-Za-z\d])"
)


class Writing(enum.StrEnum):
    """How a date is written; the value is shown to the person who confirms it."""

    ARABIC = "arabic"
    HANZI = "hanzi"
    BANKING = "banking capitals"
    ENGLISH = "english"
    PASSPORT = "passport"
    YEAR_LAST = "year last"
    COMPACT = "compact"
    ARABIC_MONTH = "arabic month"
    HANZI_MONTH = "hanzi month"
    ENGLISH_MONTH = "english month"
    BARE_MONTH = "bare month"
    BLANK_MONTH = "year, blank month"
    TWO_DIGIT_YEAR = "two-digit year"


LEAST_DIGITS: Final = 3
"""Digits that a date must have of its own before letters are taken for the others."""

LABEL_ONLY: Final = frozenset({Writing.COMPACT, Writing.BARE_MONTH})
"""Writings that mean a date only directly after a label."""

_PATTERNS: Final[tuple[tuple[Writing, re.Pattern[str]], ...]] = (
    (
        Writing.ARABIC,
        re.compile(
            rf"(?<!\d){_YEAR} ?[年./-] ?(?P<m>\d{{1,2}}) ?[月./-] ?(?P<d>\d{{1,2}})"
            r"(?:(?!\d)|(?=\d\d:\d\d))[日号]?"
        ),
    ),
    (
        Writing.ARABIC,
        re.compile(
            rf"(?<!\d){_SPACED_YEAR} ?年 ?(?P<m>\d(?: ?\d)?) ?月 ?(?P<d>\d(?: ?\d)?) ?"
            "[日号]"
        ),
    ),
    (
        Writing.HANZI,
        re.compile(
            _HANZI_YEAR
            + _HANZI_MONTH
            + r"(?P<d>[一二三四五六七八九十廿卅]{1,4}|\d{1,2})[日号]"
        ),
    ),
    (
        Writing.BANKING,
        re.compile(
            rf"(?P<y>[壹贰][{_BANKING}]{{3}})年(?P<m>[{_BANKING}拾]{{1,3}})月"
            rf"(?P<d>[{_BANKING}拾]{{1,4}})日"
        ),
    ),
    (
        Writing.ENGLISH,
        re.compile(
            rf"(?i)(?<![a-z]){_MONTH}\.? ?(?P<d>\d{{1,2}})(?:st|nd|rd|th)? ?,? ?"
            rf"{_YEAR}(?!\d)"
        ),
    ),
    (
        Writing.ENGLISH,
        re.compile(
            r"(?i)(?<!\d)(?P<d>\d{1,2})(?:st|nd|rd|th)?(?: day of)?[ -]?"
            rf"{_MONTH}\.?,?[ -]?{_YEAR}(?!\d)"
        ),
    ),
    (
        Writing.PASSPORT,
        re.compile(
            rf"(?<!\d)(?P<d>\d{{1,2}}) ?(?P<m>\d{{1,2}})月(?:/?[A-Z]{{3}})? ?{_YEAR}"
            r"(?!\d)"
        ),
    ),
    (
        Writing.YEAR_LAST,
        re.compile(
            rf"(?<![\d./-])(?P<a>\d{{1,2}})[./-](?P<b>\d{{1,2}})[./-]{_YEAR}(?!\d)"
        ),
    ),
    (
        Writing.COMPACT,
        re.compile(
            r"(?<!\d)(?P<y>20\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])"
            r"(?:\d{6}|\d{4})?(?!\d)"
        ),
    ),
    (
        Writing.ARABIC_MONTH,
        re.compile(rf"(?<!\d){_YEAR}年(?P<m>\d{{1,2}})月(?!\d)"),
    ),
    (
        Writing.HANZI_MONTH,
        re.compile(_HANZI_YEAR + _HANZI_MONTH + "(?![一二三四五六七八九十])"),
    ),
    (
        Writing.ENGLISH_MONTH,
        re.compile(rf"(?i)(?<![a-z]){_MONTH}\.?,? {_YEAR}(?!\d)"),
    ),
    (
        Writing.BARE_MONTH,
        re.compile(rf"(?<![\d./-]){_YEAR}[./-](?P<m>\d{{1,2}})(?![\d./-])"),
    ),
    (
        Writing.BLANK_MONTH,
        re.compile(rf"(?<!\d){_YEAR}年[ _]{{0,9}}月[ _]{{0,9}}日"),
    ),
    (
        Writing.TWO_DIGIT_YEAR,
        re.compile(
            r"(?<![\d.])(?P<y>\d{2})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日?(?!\d)"
            r"|(?<![\d./-])(?<!\d:)(?P<y2>\d{2})(?P<s>[./-])(?P<m2>\d{1,2})(?P=s)"
            r"(?P<d2>\d{1,2})(?![\d./-])"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it stands in a text between two offsets.

    `value` is None when the calendar has no such day; `rest` then holds the part
    that is possible (year and month). `other` is the second meaning of 03/07/2019.
    `mended`: letters stood for digits (2O25), so a person must look.
    """

    start: int
    end: int
    writing: Writing
    value: LegalDate | None
    rest: LegalDate | None = None
    other: LegalDate | None = None
    mended: bool = False


def find_written(text: str) -> tuple[Written, ...]:
    """All dates in `text` in their order; a longer writing covers a shorter one."""
    misread = bytearray(len(text))
    text = _FAULTY.sub(lambda match: _mend(match, misread), text)  # keeps offsets
    taken: list[Written] = []
    covered = bytearray(len(text))
    for writing, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(covered[match.start() : match.end()]):
                continue
            found = _read(writing, match)
            if found is not None:
                faulty = any(misread[found.start : found.end])
                taken.append(replace(found, mended=True) if faulty else found)
                covered[match.start() : match.end()] = b"\1" * len(match[0])
    return tuple(sorted(taken, key=lambda found: found.start))


def _mend(match: re.Match[str], misread: bytearray) -> str:
    """The digits for which letters were read, in a date that has enough of its own."""
    mended = "".join(_MISREAD_SIGNS.get(char, char) for char in match[0])
    if mended == match[0] or sum(char.isdigit() for char in match[0]) < LEAST_DIGITS:
        return match[0]
    misread[match.start() : match.end()] = b"\1" * len(mended)
    return mended


def _read(writing: Writing, match: re.Match[str]) -> Written | None:
    if writing is Writing.YEAR_LAST:
        return _year_last(match)
    year, month, day = _numbers(match)
    if writing is Writing.TWO_DIGIT_YEAR and year is not None:
        year += 2000
    if year is None:
        return None
    value = _date(year, month, day)
    if value is None and writing is Writing.TWO_DIGIT_YEAR:
        return None  # 99.99.99 is a number of something, not a mistaken date
    rest = _date(year, month, None) or _date(year, None, None)
    return Written(match.start(), match.end(), writing, value, rest)


def _numbers(match: re.Match[str]) -> tuple[int | None, int | None, int | None]:
    groups = match.groupdict()
    year, month, day = (
        parse_number(text.replace(" ", "")) if text else None
        for text in (groups.get(k) or groups.get(f"{k}2") for k in "ymd")
    )
    if groups.get("mon"):
        month = _MONTHS.index(groups["mon"][:3].lower()) + 1
    return year, month, day


def _year_last(match: re.Match[str]) -> Written:
    """03/07/2019: day or month first? Both meanings are kept where both exist."""
    first, second, year = int(match["a"]), int(match["b"]), int(match["y"])
    meanings = [_date(year, first, second), _date(year, second, first)]
    possible = list(dict.fromkeys(m for m in meanings if m is not None))
    value = possible[0] if possible else None
    other = possible[1] if len(possible) > 1 else None
    rest = _date(year, None, None)
    return Written(match.start(), match.end(), Writing.YEAR_LAST, value, rest, other)


def _date(year: int, month: int | None, day: int | None) -> LegalDate | None:
    try:
        return LegalDate(year, month, day)
    except ValueError:
        return None
