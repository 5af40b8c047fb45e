from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.legal_date import LegalDate
from workers.reading.date_patterns import Writing, find_written

_DIGITS = "〇一二三四五六七八九"
_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_DAYS = st.dates(dt.date(1949, 10, 1), dt.date(2099, 12, 31))


def _hanzi(number: int) -> str:
    tens, ones = divmod(number, 10)
    ten = {0: "", 1: "十"}.get(tens, f"{_DIGITS[tens]}十")
    return ten + (_DIGITS[ones] if ones else "")


def _banking(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return f"零{_CAPITALS[ones]}"
    return f"{_CAPITALS[tens]}拾" + (_CAPITALS[ones] if ones else "")


def _writings(day: dt.date) -> dict[Writing, list[str]]:
    y, m, d = day.year, day.month, day.day
    hanzi = "".join(_DIGITS[int(c)] for c in str(y))
    capitals = "".join(_CAPITALS[int(c)] for c in str(y))
    return {
        Writing.ARABIC: [
            *(f"{y}年{m}月{d}日", f"{y}-{m:02}-{d:02}", f"{y}.{m}.{d}", f"{y}/{m}/{d}"),
            f"{y}-{m:02}-{d:02} 12:34:56",
        ],
        Writing.HANZI: [f"{hanzi}年{_hanzi(m)}月{_hanzi(d)}日"],
        Writing.BANKING: [f"{capitals}年{_banking(m)}月{_banking(d)}日"],
        Writing.ENGLISH: [day.strftime("%B %d, %Y"), day.strftime("%d %b %Y")],
        Writing.PASSPORT: [f"{d:02} {m}月/JAN {y}"],
    }


@given(_DAYS)
def test_every_writing_of_every_day(day: dt.date) -> None:
    """Each way to write a day is read as that day, once."""
    for writing, texts in _writings(day).items():
        for text in texts:
            (found,) = find_written(f"甲方 {text} 乙方")
            assert (found.writing, found.value) == (writing, LegalDate.of(day))


@pytest.mark.parametrize(
    ("text", "writing", "iso"),
    [
        ("2025年8月", Writing.ARABIC_MONTH, "2025-08"),
        ("二〇二五年八月", Writing.HANZI_MONTH, "2025-08"),
        ("March 2019", Writing.ENGLISH_MONTH, "2019-03"),
        ("2025-03", Writing.BARE_MONTH, "2025-03"),
        ("2025年月日", Writing.BLANK_MONTH, "2025"),
        ("25年8月29日", Writing.TWO_DIGIT_YEAR, "2025-08-29"),
        ("25.8.29", Writing.TWO_DIGIT_YEAR, "2025-08-29"),
        ("20250829", Writing.COMPACT, "2025-08-29"),
        ("20250829123456", Writing.COMPACT, "2025-08-29"),
        ("25/12/2018", Writing.YEAR_LAST, "2018-12-25"),
        ("the 11th day of August, 2020", Writing.ENGLISH, "2020-08-11"),
        ("Jul. 3rd, 2019", Writing.ENGLISH, "2019-07-03"),
        ("August 3 , 2014", Writing.ENGLISH, "2014-08-03"),
        ("二〇二五年元月三日", Writing.HANZI, "2025-01-03"),
        ("二〇二五年十月廿九日", Writing.HANZI, "2025-10-29"),
        ("贰零贰伍年零壹拾月叁拾壹日", Writing.BANKING, "2025-10-31"),
    ],
)
def test_other_writings(text: str, writing: Writing, iso: str) -> None:
    """Months, blanks, stamps and English forms mean no more than they say."""
    (found,) = find_written(text)
    assert found.value is not None
    assert (found.writing, found.value.iso()) == (writing, iso)


def test_day_or_month_first() -> None:
    """03/07/2019 has two meanings and both are kept; 05/05/2019 has one."""
    (found,) = find_written("03/07/2019")
    assert (found.value, found.other) == (LegalDate(2019, 3, 7), LegalDate(2019, 7, 3))
    (same,) = find_written("05/05/2019")
    assert (same.value, same.other) == (LegalDate(2019, 5, 5), None)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("2025年2月30日", "2025-02"),
        ("2025-13-01", "2025"),
        ("二〇二三年二月二十九日", "2023-02"),
        ("31/31/2019", "2019"),
    ],
)
def test_no_such_day(text: str, rest: str) -> None:
    """A day that no calendar has is found, without a value but with its rest."""
    (found,) = find_written(text)
    assert found.value is None
    assert found.rest is not None
    assert found.rest.iso() == rest


@pytest.mark.parametrize(
    "text",
    ["1234567890", "010-12345678", "3.1.2", "99.99.99", "12:30:45", "192.168.10.10"],
)
def test_no_dates(text: str) -> None:
    """Numbers of other things are not dates."""
    assert find_written(text) == ()


@given(st.text(st.sampled_from("0123456789年月日.-/ 一二〇十壹贰零拾Maych,")))
def test_spans_do_not_overlap(text: str) -> None:
    """Each part of a text is read as one date at most, in order."""
    found = find_written(text)
    for one, next_one in itertools.pairwise(found):
        assert one.start < one.end <= next_one.start
