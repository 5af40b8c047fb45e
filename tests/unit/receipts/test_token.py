"""receipts.token: 128 random bits, one spelling, a lenient reader."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError
from receipts.token import (
    ALPHABET,
    LENGTH,
    decode,
    encode,
    new_token,
    same_token,
    token_sha256,
)

EXAMPLE = "00041061050r3gg28a1c60t3gf"


@given(st.binary(min_size=16, max_size=16))
def test_a_token_holds_its_bits(value: bytes) -> None:
    """16 bytes give 26 symbols, whose number in base 32 is the bytes' number."""
    token = encode(value)
    assert len(token) == LENGTH
    number = 0
    for symbol in token:
        number = number * 32 + ALPHABET.index(symbol)
    assert number.to_bytes(16, "big") == value
    assert decode(token) == token


def test_the_spelling_never_changes() -> None:
    """The golden token: addresses on papers carry it."""
    assert encode(bytes(range(16))) == EXAMPLE
    expected = hashlib.sha256(EXAMPLE.encode()).hexdigest()
    assert token_sha256(EXAMPLE) == expected


def test_two_new_tokens_differ() -> None:
    """Each token is drawn anew, and is one."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {decode(token) for token in tokens} == tokens


@pytest.mark.parametrize(
    "typed",
    [
        EXAMPLE.upper(),
        EXAMPLE.replace("0", "o").replace("1", "l"),
        EXAMPLE.replace("0", "O").replace("1", "I"),
        "0004-1061-050r-3gg2-8a1c-60t3-gf",
        f"  {EXAMPLE}\n",
        EXAMPLE.ljust(64),
        f"{EXAMPLE[:13]} {EXAMPLE[13:]}",
    ],
)
def test_typing_is_forgiven(typed: str) -> None:
    """Case, look-alikes, hyphens and spaces do not matter."""
    assert decode(typed) == EXAMPLE
    assert same_token(typed, token_sha256(EXAMPLE))


@pytest.mark.parametrize(
    "claimed",
    ["", EXAMPLE[:-1], EXAMPLE + "0", EXAMPLE[:-1] + "u", "8" + EXAMPLE[1:],
     EXAMPLE[:-1] + "é", EXAMPLE.ljust(65), EXAMPLE[:-1] + "\x00",
     EXAMPLE[:-1] + "\u212a"],
)  # fmt: skip
def test_everything_else_is_refused(claimed: str) -> None:
    """Length, alphabet and 128 bits are checked; nothing else matches a digest.

    The last one is the sign of the kelvin, which is a `k` in lower case.
    """
    with pytest.raises(MalformedError):
        decode(claimed)
    assert not same_token(claimed, token_sha256(EXAMPLE))


def test_another_token_is_another() -> None:
    """A digest is that of one token only."""
    assert same_token(EXAMPLE, token_sha256(EXAMPLE))
    assert not same_token(EXAMPLE, token_sha256("0" * LENGTH))


def test_the_largest_token_is_read() -> None:
    """All bits set: the first symbol is 7."""
    assert decode("7" + "z" * 25) == encode(b"\xff" * 16)


def test_16_bytes_make_a_token() -> None:
    """Fewer or more bytes are refused."""
    for size in (0, 15, 17):
        with pytest.raises(MalformedError):
            encode(bytes(size))
