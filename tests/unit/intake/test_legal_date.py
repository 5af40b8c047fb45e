from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.legal_date import NO_DATE, LegalDate, compact, parse_compact

_DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)).map(LegalDate.of)
_MONTHS = _DAYS.map(lambda d: LegalDate(d.year, d.month))
_DATES = st.one_of(_DAYS, _MONTHS, _DAYS.map(lambda d: LegalDate(d.year)))


@given(_DATES)
def test_forms_round_trip(date: LegalDate) -> None:
    """Both written forms are read back to the same date."""
    assert parse_compact(date.compact()) == date
    assert LegalDate.from_iso(date.iso()) == date


@given(st.text(st.sampled_from("0123456789- "), max_size=10))
def test_only_its_own_form_is_read(text: str) -> None:
    """Whatever is read would be written the same way."""
    try:
        date = parse_compact(text)
    except ValueError:
        return
    assert compact(date) == text


def test_words() -> None:
    """A date is never shown more exact than it is."""
    assert LegalDate(2025, 8, 29).zh() == "2025年8月29日"
    assert LegalDate(2025, 8).zh() == "2025年8月"
    assert LegalDate(2025).zh() == "2025年"
    assert [LegalDate(2025, 8).compact(), LegalDate(2025).compact()] == [
        "20250800",
        "20250000",
    ]


def test_no_date() -> None:
    """Eight zeros mean that there is none, both ways."""
    assert compact(None) == NO_DATE
    assert parse_compact(NO_DATE) is None


@pytest.mark.parametrize(
    "parts",
    [(1899,), (2100,), (2025, 13), (2025, 0), (2025, 2, 29), (2025, None, 3), (0,)],
)
def test_impossible(parts: tuple[int, ...]) -> None:
    """A date that is in no calendar, or outside the years of a name, is no value."""
    with pytest.raises(ValueError, match=r".+"):
        LegalDate(*parts)


@pytest.mark.parametrize("parts", [(1900,), (2099, 12, 31), (2024, 2, 29)])
def test_possible_at_the_bounds(parts: tuple[int, ...]) -> None:
    """The first and the last year, and a leap day, are dates."""
    assert LegalDate(*parts).year == parts[0]


@pytest.mark.parametrize(
    "text", ["2025-8-29", "25-08-29", "2025-08-29T00", "２０２５", ""]
)
def test_other_iso_is_refused(text: str) -> None:
    """Only the form that is written is read."""
    with pytest.raises(ValueError, match=r".+"):
        LegalDate.from_iso(text)
