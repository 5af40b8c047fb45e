"""Strings and numbers of SSH: read as they are written, and no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError
from integrity.ssh_wire import WireReader, wire_string


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_strings_round_trip(values: list[bytes]) -> None:
    """Strings written one after the other are read back, and then nothing is left."""
    reader = WireReader(b"".join(map(wire_string, values)))
    assert [reader.string() for _ in values] == values
    reader.end()


@pytest.mark.parametrize(
    ("data", "number"),
    [(b"", 0), (b"\x01", 1), (b"\x7f", 127), (b"\0\x80", 128), (b"\1\0", 256)],
)
def test_numbers_of_rfc_4251(data: bytes, number: int) -> None:
    """A number is as short as it can be; a first set bit has a zero before it."""
    assert WireReader(wire_string(data)).mpint() == number


@pytest.mark.parametrize("data", [b"\0", b"\0\x01", b"\x80", b"\xff", b"\0\0\x80"])
def test_other_spelling_of_a_number(data: bytes) -> None:
    """Negative numbers and zeros that are not needed are refused."""
    with pytest.raises(MalformedError, match="negative or too long"):
        WireReader(wire_string(data)).mpint()


def test_value_that_is_not_there() -> None:
    """What ends too early, and what goes on, is refused."""
    for data in (b"", b"\0\0\0", b"\0\0\0\1", b"\xff\xff\xff\xff"):
        with pytest.raises(MalformedError, match="ends too early"):
            WireReader(data).string()
    with pytest.raises(MalformedError, match="bytes follow"):
        WireReader(b"x").end()
