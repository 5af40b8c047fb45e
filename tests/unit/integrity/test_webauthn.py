"""Passkeys: one form of key and assertion, and each step of the check."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from integrity.canonical import canonical_json
from integrity.errors import MalformedError, VerificationError
from integrity.webauthn import (
    IDENTIFIER,
    MAX_ASSERTION_BYTES,
    MAX_AUTHENTICATOR_DATA_BYTES,
    MAX_CLIENT_DATA_BYTES,
    MAX_SIGNATURE_BYTES,
    Assertion,
    Passkey,
    check_assertion,
    parse_assertion,
    parse_passkey,
)
from tests.passkeys import PRESENT, RP_ID, VERIFIED, Device

CHALLENGE = hashlib.sha256(b"what is to be signed").digest()
DEVICE = Device("wang")
MATERIAL = DEVICE.passkey.material()
ASSERTION = DEVICE.answer(CHALLENGE)
DATA = ASSERTION.serialise()

assertions = st.builds(
    Assertion,
    st.binary(min_size=1, max_size=MAX_AUTHENTICATOR_DATA_BYTES),
    st.binary(min_size=1, max_size=200),
    st.binary(min_size=1, max_size=MAX_SIGNATURE_BYTES),
)


@settings(deadline=None)  # curve arithmetic on a busy machine
@given(st.integers(1, 2**200), st.text(max_size=9))
def test_passkey_round_trip(secret: int, rp_id: str) -> None:
    """A passkey is read back from its material."""
    passkey = Device("a", secret, rp_id).passkey
    assert parse_passkey(passkey.material()) == passkey


@settings(deadline=None)  # curve arithmetic on a busy machine
@given(st.integers(0, 8 * len(MATERIAL) - 1))
def test_whatever_parses_is_another_passkey(bit: int) -> None:
    """Material with one bit changed is refused or the one form of another key."""
    changed = (int.from_bytes(MATERIAL, "big") ^ (1 << bit)).to_bytes(len(MATERIAL))
    try:
        passkey = parse_passkey(changed)
    except MalformedError:
        return
    assert passkey.material() == changed
    assert passkey != DEVICE.passkey


def test_material_is_what_the_format_says() -> None:
    """Identifier, SHA-256 of the site's id, uncompressed point: 15, 32, 65 bytes."""
    assert MATERIAL[:15] == b"webauthn-es256\x00"
    assert MATERIAL[15:47] == hashlib.sha256(RP_ID.encode()).digest()
    assert (len(MATERIAL), MATERIAL[47]) == (112, 4)


@pytest.mark.parametrize(
    ("material", "reason"),
    [
        (b"", "not an ES256 passkey"),
        (b"webauthn-es512" + MATERIAL[14:], "not an ES256 passkey"),
        (IDENTIFIER + bytes(31), "its site is not 32 bytes"),
        (MATERIAL[:-1], "its point is not 65 bytes"),
        (MATERIAL + b"\0", "its point is not 65 bytes"),
        (MATERIAL[:47] + b"\x04" + bytes(64), "no point of P-256"),
        (MATERIAL[:47] + b"\x05" + MATERIAL[48:], "no point of P-256"),
    ],
)
def test_other_material_is_refused(material: bytes, reason: str) -> None:
    """Each way of not being a passkey has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_passkey(material)


@given(assertions)
def test_assertion_round_trip(assertion: Assertion) -> None:
    """An assertion is read back from its one form."""
    assert parse_assertion(assertion.serialise()) == assertion


@settings(deadline=None)  # curve arithmetic on a busy machine
@given(st.integers(0, 8 * len(DATA) - 1))
def test_flipped_bit_of_an_assertion_is_refused(bit: int) -> None:
    """No single changed bit of a serialised assertion leaves it valid."""
    changed = (int.from_bytes(DATA, "big") ^ (1 << bit)).to_bytes(len(DATA))
    with pytest.raises((MalformedError, VerificationError)):
        check_assertion(DEVICE.passkey, parse_assertion(changed), CHALLENGE)


def test_assertion_has_the_names_of_the_standard() -> None:
    """The fields are those of AuthenticatorAssertionResponse, in base64."""
    assert json.loads(DATA) == {
        "authenticatorData": base64.b64encode(ASSERTION.authenticator_data).decode(),
        "clientDataJSON": base64.b64encode(ASSERTION.client_data_json).decode(),
        "signature": base64.b64encode(ASSERTION.signature).decode(),
    }


def test_bounds_are_those_of_every_verifier() -> None:
    """The verifiers written apart have these numbers, so they never change."""
    assert MAX_AUTHENTICATOR_DATA_BYTES == 1024
    assert MAX_CLIENT_DATA_BYTES == 4096
    assert MAX_SIGNATURE_BYTES == 72
    assert MAX_ASSERTION_BYTES == 8192


@pytest.mark.parametrize(
    ("position", "name", "limit"),
    [
        (0, "authenticator data", MAX_AUTHENTICATOR_DATA_BYTES),
        (1, "client data", MAX_CLIENT_DATA_BYTES),
        (2, "signature", MAX_SIGNATURE_BYTES),
    ],
)
def test_bounds_of_the_parts(position: int, name: str, limit: int) -> None:
    """Each part may have its bound's length; an empty or longer one is refused."""
    parts = [b"x", b"x", b"x"]
    parts[position] = b"x" * limit
    assert parse_assertion(Assertion(*parts).serialise()) == Assertion(*parts)
    for wrong in (b"", b"x" * (limit + 1)):
        parts[position] = wrong
        with pytest.raises(MalformedError, match=f"{name} is not 1 to {limit} bytes"):
            Assertion(*parts)


def test_bound_of_the_whole() -> None:
    """The largest parts fit below the bound; what is longer is not looked at."""
    largest = Assertion(
        bytes(MAX_AUTHENTICATOR_DATA_BYTES),
        bytes(MAX_CLIENT_DATA_BYTES),
        bytes(MAX_SIGNATURE_BYTES),
    )
    assert len(largest.serialise()) <= MAX_ASSERTION_BYTES
    with pytest.raises(MalformedError, match="cannot be parsed"):
        parse_assertion(b"x" * MAX_ASSERTION_BYTES)
    with pytest.raises(MalformedError, match="longer than"):
        parse_assertion(b"x" * (MAX_ASSERTION_BYTES + 1))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{}", "an object with the fields"),
        (DATA + b"\n", "canonical form"),
        (canonical_json({**json.loads(DATA), "more": 1}), "an object with the fields"),
        (canonical_json({**json.loads(DATA), "signature": 1}), "a string of at most"),
        (canonical_json({**json.loads(DATA), "signature": "A"}), "not base64"),
        (canonical_json({**json.loads(DATA), "signature": "AB=="}), "canonical form"),
    ],
)
def test_other_assertion_is_refused(data: bytes, reason: str) -> None:
    """Each way of not being an assertion has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_assertion(data)


@given(st.binary(min_size=1, max_size=40))
def test_any_question_may_be_asked(challenge: bytes) -> None:
    """The question stands in the client data in base64url without padding."""
    check_assertion(DEVICE.passkey, DEVICE.answer(challenge), challenge)


def test_question_that_ends_in_a_letter_of_its_own() -> None:
    """Only padding is taken off: `AAAX` is four letters."""
    check_assertion(DEVICE.passkey, DEVICE.answer(b"\0\0\x17"), b"\0\0\x17")


def test_assertion_that_holds() -> None:
    """Type, question, site, presence, verification and signature are as they must."""
    check_assertion(DEVICE.passkey, ASSERTION, CHALLENGE)


def test_counter_and_extensions_are_not_looked_at() -> None:
    """Authenticator data may go on after its 37 bytes; the signature covers it."""
    site = hashlib.sha256(RP_ID.encode()).digest()
    data = site + bytes([PRESENT | VERIFIED | 0x80]) + b"\0\0\0\x09" + b"\xa0"
    assertion = DEVICE.answer(CHALLENGE, authenticator_data=data)
    check_assertion(DEVICE.passkey, assertion, CHALLENGE)


STRANGER = Device("wang", 8)
SITE = hashlib.sha256(RP_ID.encode()).digest()


@pytest.mark.parametrize(
    ("assertion", "reason"),
    [
        (DEVICE.answer(CHALLENGE, kind="webauthn.create"), "not made to sign in"),
        (DEVICE.answer(CHALLENGE[::-1]), "another question"),
        (DEVICE.answer(CHALLENGE, client_data=b"{}"), "not made to sign in"),
        (DEVICE.answer(CHALLENGE, rp_id="evil.example"), "another site"),
        (DEVICE.answer(CHALLENGE, authenticator_data=SITE + b"\5\0\0\0"), "other site"),
        (DEVICE.answer(CHALLENGE, flags=VERIFIED), "nobody was present"),
        (DEVICE.answer(CHALLENGE, flags=PRESENT), "did not verify who"),
        (STRANGER.answer(CHALLENGE), "signature does not match"),
    ],
)
def test_each_step_fails_by_itself(assertion: Assertion, reason: str) -> None:
    """An assertion with one thing wrong is refused for that thing."""
    with pytest.raises(VerificationError, match=reason):
        check_assertion(DEVICE.passkey, assertion, CHALLENGE)


@pytest.mark.parametrize(
    ("client_data", "reason"),
    [
        (b"\xff", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a":NaN}', "not JSON"),
        (b"[" * MAX_CLIENT_DATA_BYTES, "not JSON"),
        (b"[]", "not an object"),
        (b"\xef\xbb\xbf{}", "not JSON"),
    ],
)
def test_client_data_of_another_form(client_data: bytes, reason: str) -> None:
    """What no browser writes as client data is malformed."""
    assertion = DEVICE.answer(CHALLENGE, client_data=client_data)
    with pytest.raises(MalformedError, match=reason):
        check_assertion(DEVICE.passkey, assertion, CHALLENGE)


def test_signature_has_one_spelling_of_its_numbers() -> None:
    """DER with a length or a zero byte too many is refused, and so is garbage."""
    message = b"m"
    signature = DEVICE.key.sign(message, ec.ECDSA(hashes.SHA256()))
    assert DEVICE.passkey.verifies(signature, message)
    assert not DEVICE.passkey.verifies(signature, b"other")
    assert not DEVICE.passkey.verifies(b"", message)
    assert not DEVICE.passkey.verifies(signature + b"\0", message)
    r, s = decode_dss_signature(signature)
    long_form = b"\x30\x81" + encode_dss_signature(r, s)[1:]
    assert not DEVICE.passkey.verifies(long_form, message)


def test_either_s_is_a_signature() -> None:
    """Devices do not care which of the two they give, and nor do we."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = decode_dss_signature(DEVICE.key.sign(b"m", ec.ECDSA(hashes.SHA256())))
    assert DEVICE.passkey.verifies(encode_dss_signature(r, order - s), b"m")


def test_passkey_of_wrong_lengths() -> None:
    """A passkey cannot be made from another hash or point."""
    point = DEVICE.passkey.point
    with pytest.raises(MalformedError, match="not 32 bytes"):
        Passkey(bytes(33), point)
    with pytest.raises(MalformedError, match="not 65 bytes"):
        Passkey(bytes(32), point[:33])
