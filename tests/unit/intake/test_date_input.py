from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.date_input import LONGEST, parse_typed_date
from intake.errors import Refused
from intake.legal_date import LegalDate

TODAY = dt.date(2025, 9, 1)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("5.12", "2025-05-12"),
        ("12.31", "2024-12-31"),
        ("9.1", "2025-09-01"),
        ("9.2", "2024-09-02"),
        ("2.29", "2024-02-29"),
        ("0512", "2025-05-12"),
        ("二〇二三年五月十二日", "2023-05-12"),
        ("二○二三年五月", "2023-05"),
        ("贰零贰伍年零捌月贰拾玖日", "2025-08-29"),
        ("2023/5/12", "2023-05-12"),
        ("２０２３．５．１２", "2023-05-12"),
        (" 2023 5 12 ", "2023-05-12"),
        ("20230512", "2023-05-12"),
        ("20230500", "2023-05"),
        ("2023-05", "2023-05"),
        ("202305", "2023-05"),
        ("230512", "2023-05-12"),
        ("2023", "2023"),
        ("2023年", "2023"),
        ("25.8.29", "2025-08-29"),
        ("98年3月1日", "1998-03-01"),
        ("8月29号", "2025-08-29"),
        ("2025-08-29 14:03", "2025-08-29"),
        ("今天", "2025-09-01"),
        ("昨天", "2025-08-31"),
    ],
)
def test_understood(typed: str, meant: str) -> None:
    """The ways in which people type a date come to one form."""
    date = parse_typed_date(typed, TODAY)
    assert date is not None
    assert date.iso() == meant


@pytest.mark.parametrize("typed", ["无", "无日期", "None", "00000000"])
def test_there_is_no_date(typed: str) -> None:
    """A person may say that a paper has no date."""
    assert parse_typed_date(typed, TODAY) is None


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "2025-02-30", "2025-13-01", "31.12", "0230", "200512"),
        *("3/7/2019", "民国二十五年", "昨日之日", "5月", "1234.5.6"),
        *("2025-08-29-01", "99999999", "x" * 10_000, "2" * (LONGEST + 1)),
    ],
)
def test_refused(typed: str) -> None:
    """An impossible or an ambiguous date is refused in one sentence, not guessed."""
    with pytest.raises(Refused) as refusal:
        parse_typed_date(typed, TODAY)
    assert refusal.value.code == "date_bad"
    assert "\n" not in str(refusal.value)


@given(st.text(max_size=LONGEST + 2))
def test_a_date_or_a_refusal(typed: str) -> None:
    """Any text gives a date, no date, or the one refusal."""
    try:
        date = parse_typed_date(typed, TODAY)
    except Refused:
        return
    assert date is None or isinstance(date, LegalDate)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)))
def test_its_own_echo_is_understood(day: dt.date) -> None:
    """Every form in which a date is echoed can be typed again."""
    date = LegalDate.of(day)
    for echo in (date.iso(), date.compact(), date.zh()):
        assert parse_typed_date(echo, TODAY) == date
