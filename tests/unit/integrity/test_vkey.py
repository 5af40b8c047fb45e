"""Verifier keys: one spelling, three types of key, an id that belongs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrity.errors import MalformedError
from integrity.keys import Ed25519Signer
from integrity.vkey import (
    COSIGNATURE,
    ED25519,
    MAX_KEY_NAME_CHARACTERS,
    MAX_VKEY_CHARACTERS,
    PASSKEY,
    VerifierKey,
    parse_vkey,
)
from tests.bundle_factory import signer, verifier_key
from tests.passkeys import Device

FIRM: Ed25519Signer = signer("example.com/日志", 1)
FIRM_KEY = verifier_key(FIRM)
DEVICE_KEY = Device("wang").vkey

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "not 1 to"),
        ("n" * (MAX_KEY_NAME_CHARACTERS + 1), "not 1 to"),
        ("a b", "space or a plus"),
        ("a+b", "space or a plus"),
        ("a\u2003b", "space or a plus"),
        ("a\x00b", "control character"),
        ("a\ud800", "surrogate"),
        (chr(0xDFFF), "surrogate"),
    ],
)
def test_key_name_that_no_note_can_carry(name: str, reason: str) -> None:
    """A key with such a name neither verifies nor signs."""
    with pytest.raises(MalformedError, match=reason):
        VerifierKey.ed25519(name, FIRM.public_key)


@given(
    names,
    st.sampled_from([ED25519, COSIGNATURE]),
    st.binary(min_size=32, max_size=32),
)
def test_vkey_round_trip(name: str, algorithm: int, public_key: bytes) -> None:
    """A verifier key is read back from its text, of one spelling."""
    key = VerifierKey.of(name, algorithm, public_key)
    assert parse_vkey(key.text()) == key


@settings(deadline=None)  # curve arithmetic on a busy machine
@given(names, st.integers(1, 2**200))
def test_vkey_of_a_passkey_round_trip(name: str, secret: int) -> None:
    """A passkey's key is read back from its text."""
    key = Device(name, secret).vkey
    assert parse_vkey(key.text()) == key


@pytest.mark.parametrize("key", [FIRM_KEY, DEVICE_KEY], ids=["firm", "device"])
def test_whatever_parses_has_this_text(key: VerifierKey) -> None:
    """A text with one bit changed is refused or the one form of another key."""
    data = key.text().encode()
    for bit in range(8 * len(data)):
        changed = (int.from_bytes(data, "big") ^ (1 << bit)).to_bytes(len(data))
        try:
            text = changed.decode()
            other = parse_vkey(text)
        except (UnicodeDecodeError, MalformedError):
            continue
        assert other.text() == text
        assert other != key


def test_key_id_covers_name_type_and_key() -> None:
    """The id is that of signed-note, so one key has another id in each type."""
    for algorithm in (ED25519, COSIGNATURE):
        key = VerifierKey.of("w", algorithm, FIRM.public_key)
        digest = hashlib.sha256(b"w\n" + bytes([algorithm]) + FIRM.public_key)
        assert key.key_id == int.from_bytes(digest.digest()[:4])
    material = b"\xff" + DEVICE_KEY.public_key
    digest = hashlib.sha256(b"wang\n" + material)
    assert DEVICE_KEY.key_id == int.from_bytes(digest.digest()[:4])


@pytest.mark.parametrize(
    ("algorithm", "public_key", "reason"),
    [
        (0x00, bytes(32), "not one we verify"),
        (0x02, bytes(32), "not one we verify"),
        (0x06, bytes(1312), "not one we verify"),
        (ED25519, bytes(31), "not 32 bytes"),
        (COSIGNATURE, bytes(33), "not 32 bytes"),
        (PASSKEY, bytes(32), "not an ES256 passkey"),
        (PASSKEY, DEVICE_KEY.public_key + b"x", "not 65 bytes"),
    ],
)
def test_key_of_another_type(algorithm: int, public_key: bytes, reason: str) -> None:
    """A type we do not verify, or a key that is none of its type, is refused."""
    with pytest.raises(MalformedError, match=reason):
        VerifierKey.of("w", algorithm, public_key)


def test_longest_vkey() -> None:
    """The longest name fits into a vkey; a longer text is not looked at."""
    key = VerifierKey.ed25519("n" * MAX_KEY_NAME_CHARACTERS, FIRM.public_key)
    assert parse_vkey(key.text()) == key
    with pytest.raises(MalformedError, match="three parts"):
        parse_vkey("n" * MAX_VKEY_CHARACTERS)
    with pytest.raises(MalformedError, match="longer than"):
        parse_vkey("n" * (MAX_VKEY_CHARACTERS + 1))


GOOD_NAME, GOOD_ID, GOOD_KEY = FIRM_KEY.text().split("+", 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "three parts"),
        (f"{GOOD_NAME}+{GOOD_ID}", "three parts"),
        (f"{GOOD_NAME}+{GOOD_ID.upper()}0+{GOOD_KEY}", "8 lower-case hex"),
        (f"{GOOD_NAME}+0x{GOOD_ID[2:]}+{GOOD_KEY}", "8 lower-case hex"),
        (f"{GOOD_NAME}+00000000+{GOOD_KEY}", "does not belong"),
        (f"other+{GOOD_ID}+{GOOD_KEY}", "does not belong"),
        (f"{GOOD_NAME}+{GOOD_ID}+", "holds no key"),
        (f"{GOOD_NAME}+{GOOD_ID}+{GOOD_KEY}\n", "canonical form|not base64"),
        (f"{GOOD_NAME}+{GOOD_ID}+AQ==", "not 32 bytes"),
        (f"{GOOD_NAME}+{GOOD_ID}+B{GOOD_KEY[1:]}", "not one we verify"),
        (f"+{GOOD_ID}+{GOOD_KEY}", "not 1 to"),
    ],
)
def test_other_vkey_is_refused(text: str, reason: str) -> None:
    """Each way of not being a verifier key has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_vkey(text)
