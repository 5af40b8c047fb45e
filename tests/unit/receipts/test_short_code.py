"""receipts.short_code: what it carries, and that it notices every slip it promises."""

from __future__ import annotations

import datetime as dt
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError
from receipts.short_code import (
    ALPHABET,
    FIRST_DAY,
    MAX_DAYS,
    MAX_SEQUENCE,
    ShortCode,
    decode,
    parse_number,
)

LAST_DAY = FIRST_DAY + dt.timedelta(days=MAX_DAYS)
CODES = st.builds(
    ShortCode,
    st.dates(min_value=FIRST_DAY, max_value=LAST_DAY),
    st.integers(min_value=1, max_value=MAX_SEQUENCE),
)
EXAMPLE = ShortCode(dt.date(2025, 8, 29), 7)


@given(CODES)
def test_a_code_names_its_receipt(code: ShortCode) -> None:
    """Whatever is encoded decodes to the same day and number, and prints XXXX-XXXX."""
    text = code.text()
    assert re.fullmatch(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", text)
    assert decode(text) == code


def test_the_code_never_changes() -> None:
    """The golden code of a receipt: papers out there carry it."""
    assert EXAMPLE.text() == "42M2-29L6"
    assert EXAMPLE.number == "R20250829-0007"


@pytest.mark.parametrize("typed", ["42M2-29L7", "42M2-2L96", "52M2-29L6"])
def test_a_misread_code_is_told_as_such(typed: str) -> None:
    """A symbol misread, two exchanged: it says that it was misread."""
    with pytest.raises(MalformedError, match="misread"):
        decode(typed)


def test_no_symbol_is_mistaken_for_another() -> None:
    """The alphabet has 32 symbols and none of 0, O, 1, I."""
    assert len(set(ALPHABET)) == 32
    assert not set("0O1I") & set(ALPHABET)


@given(CODES, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_every_single_wrong_symbol_is_noticed(
    code: ShortCode, place: int, other: str
) -> None:
    """Any one symbol replaced by any other makes the code invalid."""
    symbols = list(code.text().replace("-", ""))
    if symbols[place] == other:
        return
    symbols[place] = other
    with pytest.raises(MalformedError, match="misread"):
        decode("".join(symbols))


@given(CODES)
def test_every_exchange_of_two_symbols_is_noticed(code: ShortCode) -> None:
    """Neighbours or not: two different symbols exchanged make the code invalid."""
    symbols = code.text().replace("-", "")
    for first, second in itertools.combinations(range(8), 2):
        if symbols[first] != symbols[second]:
            swapped = list(symbols)
            swapped[first], swapped[second] = symbols[second], symbols[first]
            with pytest.raises(MalformedError, match="misread"):
                decode("".join(swapped))


@given(CODES, st.data())
def test_any_two_wrong_symbols_are_noticed(
    code: ShortCode, data: st.DataObject
) -> None:
    """The distance of the code is 3."""
    symbols = list(code.text().replace("-", ""))
    places = st.lists(st.integers(0, 7), min_size=2, max_size=2, unique=True)
    for place in data.draw(places):
        others = [symbol for symbol in ALPHABET if symbol != symbols[place]]
        symbols[place] = data.draw(st.sampled_from(others))
    with pytest.raises(MalformedError, match="misread"):
        decode("".join(symbols))


@pytest.mark.parametrize(
    "typed",
    [
        "42m2-29l6",
        "42M229L6",
        " 42M2 29L6 ",
        "４２Ｍ２－２９Ｌ６",
        "42M2-29L6".ljust(32),
    ],
)
def test_typing_is_forgiven(typed: str) -> None:
    """Case, spaces, the hyphen and full-width forms do not matter."""
    assert decode(typed) == EXAMPLE


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("42M2-29L", "7 symbols"),
        ("42M2-29L66", "9 symbols"),
        ("", "0 symbols"),
        ("42M0-29L6", "0 never occurs"),
        ("42MO-29L6", "O never occurs"),
        ("42M1-29L6", "1 never occurs"),
        ("42MI-29L6", "I never occurs"),
        ("42M2-29L#", r"U\+0023"),
        ("4" * 33, "too long"),
    ],
)
def test_each_refusal_says_why(typed: str, reason: str) -> None:
    """Length, confusable symbols and foreign symbols are named."""
    with pytest.raises(MalformedError, match=reason):
        decode(typed)


@pytest.mark.parametrize(
    ("day", "sequence"),
    [
        (FIRST_DAY - dt.timedelta(days=1), 1),
        (LAST_DAY + dt.timedelta(days=1), 1),
        (FIRST_DAY, 0),
        (FIRST_DAY, MAX_SEQUENCE + 1),
    ],
)
def test_what_does_not_fit_is_refused(day: dt.date, sequence: int) -> None:
    """One beyond each bound is refused."""
    with pytest.raises(MalformedError):
        ShortCode(day, sequence)


@pytest.mark.parametrize(
    ("day", "sequence"), [(FIRST_DAY, 1), (LAST_DAY, MAX_SEQUENCE)]
)
def test_the_bounds_themselves_fit(day: dt.date, sequence: int) -> None:
    """The first day and the last, the first receipt of a day and the last."""
    code = ShortCode(day, sequence)
    assert decode(code.text()) == code


def test_a_code_of_number_zero_is_refused() -> None:
    """Eight times the first symbol has fitting checks, and names no receipt."""
    with pytest.raises(MalformedError, match="sequence 0"):
        decode("2222-2222")


@given(CODES)
def test_numbers_print_back(code: ShortCode) -> None:
    """A receipt number parses to its code, however many digits it has."""
    assert parse_number(code.number) == code


@pytest.mark.parametrize(
    "number",
    ["", "R", "R2025829-0007", "R20250829-7", "R20250829-00007", "X20250829-0007",
     "R20250230-0001", "R20250829-+007", "R20250829-0007 ", "R20250829-٠٠٠٧"],
)  # fmt: skip
def test_other_spellings_of_a_number_are_refused(number: str) -> None:
    """A number has one spelling."""
    with pytest.raises(MalformedError):
        parse_number(number)
