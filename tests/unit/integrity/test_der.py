"""One DER value, with lengths in their shortest form, within bounds."""

from __future__ import annotations

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from integrity.der import MAX_DEPTH, require_der
from integrity.errors import MalformedError

LIMIT = 4096


def refused(data: bytes, limit: int = LIMIT) -> str:
    """Why `data` is refused."""
    with pytest.raises(MalformedError) as error:
        require_der("value", data, limit)
    return error.value.reason


@given(st.recursive(
    st.integers() | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
))  # fmt: skip
def test_what_an_encoder_writes_is_accepted(value: object) -> None:
    """Every value that asn1crypto writes passes, and no prefix of it does."""
    data = encoded(value)
    require_der("value", data, len(data))
    for end in range(0, len(data), max(1, len(data) // 7)):
        refused(data[:end])
    refused(data + b"\0")


def encoded(value: object) -> bytes:
    """Integers, strings and sequences in DER."""
    if isinstance(value, int):
        return bytes(core.Integer(value).dump())
    if isinstance(value, bytes):
        return bytes(core.OctetString(value).dump())
    assert isinstance(value, list)
    parts = b"".join(map(encoded, value))
    return bytes(core.Sequence(contents=parts).dump())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "bytes long"),
        (b"\x30", "too early"),
        (b"\x30\x02\x05", "too early"),
        (b"\x30\x80\x00\x00", "shortest"),
        (b"\x04\x81\x01a", "shortest"),
        (b"\x04\x82\x00\x80" + b"a" * 128, "shortest"),
        (b"\x04\x82\x01", "shortest"),
        (b"\x04\x82\x80", "shortest"),
        (b"\x24\x03\x04\x01a", "pieces"),
        (b"\x10\x00", "pieces"),
        (b"\x1f\x81\x01\x00", "several bytes"),
        (b"\x05\x00\x05\x00", "follow"),
        (b"\x30\x03\x04\x05a", "too early"),
    ],
)
def test_every_other_form_is_refused(data: bytes, reason: str) -> None:
    """BER's other spellings, and what is cut off or goes on."""
    assert reason in refused(data)


def test_bounds() -> None:
    """The length and the depth that are allowed, and one more of each."""
    value = b"\x04\x02ab"
    require_der("value", value, 4)
    assert "1 to 3 bytes" in refused(value, 3)
    require_der("value", nested(MAX_DEPTH - 1), LIMIT)
    assert "deeper" in refused(nested(MAX_DEPTH))


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_every_length_has_one_form(length: int) -> None:
    """A string of any length passes as the encoder writes it, and is then whole."""
    data = encoded(bytes(length))
    require_der("value", data, len(data))
    assert "too early" in refused(data[:-1], len(data)) or length == 0


def nested(depth: int) -> bytes:
    """An empty sequence inside `depth` others."""
    data = b"\x30\x00"
    for _ in range(depth):
        data = core.Sequence(contents=data).dump()
    return data


def test_the_order_of_a_set_is_left_alone() -> None:
    """Real authorities write sets of certificates as they please."""
    require_der("value", b"\x31\x06\x02\x01\x02\x02\x01\x01", LIMIT)
