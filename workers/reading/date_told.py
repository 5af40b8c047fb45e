"""Dates that a sentence or the rows of a table speak of, and that close no paper.

"On 30 January, in the evening, I saw…" is no date of the statement in which it stands,
and neither is the day of the third exhibit in a list of exhibits, however near to the
end of the paper both may be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from intake.text_normal import NormalPage
from workers.reading.date_patterns import Written

LEAST_ROWS: Final = 2  # lines in which dates stand beneath each other, among words

_GOES_ON = re.compile(r"^[\u4e00-\u9fff\d():]{1,30}?[,。;、]")
_WENT_BEFORE = re.compile(r"[,;][\u4e00-\u9fff]{0,12}$")
_SIGNED = re.compile("签[字名章署订]|盖章|日期|时间|落款|甲方|乙方|丙方|代表|[:]")
_WORDS = re.compile(r"[\u4e00-\u9fff]{2}|[A-Za-z]{3}")


def told_dates(page: NormalPage, written: Sequence[Written]) -> frozenset[int]:
    """Which of the dates on a page, by their number, are only spoken of."""
    around = [_around(page, date) for date in written]
    cells = {
        number
        for number, (before, after) in enumerate(around)
        if _is_cell(before, after)
    }
    lines = {page.line_number(written[number].start) for number in cells}
    rows = cells if len(lines) >= LEAST_ROWS else set()
    prose = {number for number, words in enumerate(around) if _is_prose(*words)}
    return frozenset(prose | rows)


def _around(page: NormalPage, date: Written) -> tuple[str, str]:
    """What stands before and after the date in its own line."""
    start, end = page.line_span(page.line_number(date.start))
    return page.text[start : date.start].strip(), page.text[date.end : end].strip()


def _is_prose(before: str, after: str) -> bool:
    """Whether a sentence goes on behind the date, or ran up to it."""
    if _GOES_ON.match(after) and not _SIGNED.search(after[:4]):
        return True
    return _WENT_BEFORE.search(before) is not None and not _SIGNED.search(before[-12:])


def _is_cell(before: str, after: str) -> bool:
    """Whether words stand on both sides, and none of them belongs to a signature."""
    if _SIGNED.search(before) or _SIGNED.search(after):
        return False
    return _WORDS.search(before) is not None and _WORDS.search(after) is not None
