from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.legal_date import LegalDate
from intake.naming import (
    EXTENSIONS,
    LAST_SEQUENCE,
    LONGEST_NAME,
    LONGEST_TYPE,
    BadName,
    LegalName,
    extension_for,
    legal_name,
    parse_legal_name,
)

DAY = LegalDate(2025, 8, 29)
_LETTERS = st.characters(categories=["Lo", "Ll", "Nd"], max_codepoint=0x9FFF)
_TYPES = st.text(_LETTERS, min_size=1, max_size=LONGEST_TYPE).map(
    lambda text: unicodedata.normalize("NFC", text)[:LONGEST_TYPE]
)
_DATES = st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)).map(
    LegalDate.of
)


@pytest.mark.parametrize(
    ("date", "sequence", "name"),
    [
        (DAY, 1, "20250829_合同_001.pdf"),
        (DAY, 999, "20250829_合同_999.pdf"),
        (DAY, 1000, "20250829_合同_1000.pdf"),
        (LegalDate(2025, 8), 12, "20250800_合同_012.pdf"),
        (LegalDate(2025), 1, "20250000_合同_001.pdf"),
        (None, 1, "00000000_合同_001.pdf"),
    ],
)
def test_names(date: LegalDate | None, sequence: int, name: str) -> None:
    """Date, type and number stand as the rule says; numbers grow past 999."""
    assert legal_name(date, "合同", sequence, "pdf") == name
    assert parse_legal_name(name) == LegalName(date, "合同", sequence, "pdf")


@given(_DATES, _TYPES, st.integers(1, LAST_SEQUENCE), st.sampled_from(["pdf", "jpg"]))
def test_round_trip(
    date: LegalDate | None, type_zh: str, sequence: int, extension: str
) -> None:
    """A name is read back to its parts, is NFC and fits every file system."""
    name = legal_name(date, type_zh, sequence, extension)
    assert len(name.encode()) <= LONGEST_NAME < 255
    assert unicodedata.is_normalized("NFC", name)
    assert str(parse_legal_name(name)) == name


@given(st.text(st.sampled_from("0123456789_合同.pdf-/"), max_size=40))
def test_only_names_are_read(text: str) -> None:
    """Whatever is read as a name would be written exactly so."""
    try:
        name = parse_legal_name(text)
    except BadName:
        return
    assert str(name) == text


@pytest.mark.parametrize(
    "type_zh",
    [
        *("", "a/b", "a\\b", "合 同", "合同_补充", "..", "合同.", "a:b", "a\x00"),
        *("合\u202e同", "e\u0301", "<合同>", "合" * (LONGEST_TYPE + 1), "²"),
    ],
)
def test_types_that_may_not_enter(type_zh: str) -> None:
    """Nothing that separates, hides or has two spellings enters a name."""
    with pytest.raises(BadName):
        legal_name(DAY, type_zh, 1, "pdf")


def test_longest_type_fits() -> None:
    """The longest type that is allowed makes a name under 255 bytes."""
    assert len(legal_name(DAY, "合" * LONGEST_TYPE, LAST_SEQUENCE, "a" * 10)) < 255


def test_four_byte_letters_are_counted_in_bytes() -> None:
    """A rare ideograph has four bytes; forty of them still fit."""
    assert len(legal_name(DAY, "𠮷" * LONGEST_TYPE, 1, "pdf").encode()) <= LONGEST_NAME


@pytest.mark.parametrize("sequence", [0, -1, LAST_SEQUENCE + 1])
def test_numbers_out_of_bounds(sequence: int) -> None:
    """Numbers begin at 1 and have an end."""
    with pytest.raises(BadName):
        legal_name(DAY, "合同", sequence, "pdf")


@pytest.mark.parametrize("extension", ["", "PDF", "tar.gz", "p f", "a" * 11, "pdf\n"])
def test_extensions_that_may_not_enter(extension: str) -> None:
    """An extension is short, lower-case and plain."""
    with pytest.raises(BadName):
        legal_name(DAY, "合同", 1, extension)


@pytest.mark.parametrize(
    "text",
    [
        *("20250829_合同_01.pdf", "20250829_合同_0001.pdf", "20250829_合同_001.PDF"),
        *("20250230_合同_001.pdf", "2025829_合同_001.pdf", "合同.pdf", ""),
        *("20250829_合同_001.pdf\n", "20250829_a_b_001.pdf", "20250829_合同_000.pdf"),
        *("../20250829_合同_001.pdf", "x" * 100_000),
    ],
)
def test_other_names_are_refused(text: str) -> None:
    """What the rule would not write is no legal name, and one sentence says why."""
    with pytest.raises(BadName) as refusal:
        parse_legal_name(text)
    assert len(str(refusal.value)) < 400


def test_extension_from_the_content() -> None:
    """The extension comes from the media type, whatever its case or parameters."""
    assert extension_for("application/pdf") == "pdf"
    assert extension_for("Text/HTML; charset=utf-8") == "html"
    assert extension_for("application/x-unheard-of") == "bin"


def test_every_extension_may_stand_in_a_name() -> None:
    """No row of the table makes a name that is then refused."""
    for extension in EXTENSIONS.values():
        assert legal_name(None, "合同", 1, extension).endswith(extension)
