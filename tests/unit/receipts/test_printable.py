"""receipts.printable: nothing hides in what we print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receipts.printable import is_visible, write_out


@pytest.mark.parametrize(
    "character",
    ["\u202e", "\u200f", "\u2066", "\u200b", "\ufeff", "\x00", "\n", "\x7f", "\u2028",
     "\u00ad", "\U000e0041"],
)  # fmt: skip
def test_hiding_characters_are_named(character: str) -> None:
    """Controls, bidirectional and zero-width characters become their code point."""
    assert not is_visible(f"a{character}b")
    assert write_out(f"a{character}b") == f"a<U+{ord(character):04X}>b"


def test_names_stay_as_they_are() -> None:
    """Chinese, accents and rare characters are visible; NFD becomes NFC."""
    assert write_out("欧阳𠮷 café") == "欧阳𠮷 café"
    assert write_out("cafe\u0301") == "café"


@given(st.text(max_size=600))
def test_what_is_written_out_is_visible_and_short(text: str) -> None:
    """Whatever comes in, the result hides nothing and has at most 255 characters."""
    shown = write_out(text)
    assert is_visible(shown)
    assert len(shown) <= 255


def test_the_limit_is_marked() -> None:
    """255 characters stay, of 256 the last visible one is an ellipsis."""
    assert write_out("a" * 255) == "a" * 255
    assert write_out("a" * 256) == "a" * 254 + "…"
