"""receipts.claim: a COSE_Sign1 in exactly one form."""

from __future__ import annotations

import datetime as dt

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError, VerificationError
from integrity.keys import key_id
from receipts.claim import (
    MAX_CLAIM_BYTES,
    MAX_SECONDS,
    Claim,
    claim_text,
    open_claim,
    parse_claim_text,
    sig_structure,
    sign_claim,
)
from receipts.format import Direction
from tests.receipt_examples import AT, STATEMENTS, STRANGER, content, digest_of

CLAIM = Claim.of(content())
SIGNED = sign_claim(CLAIM, STATEMENTS)
KEYS = {key_id(STATEMENTS.public_key): STATEMENTS.public_key}
KID = bytes.fromhex(key_id(STATEMENTS.public_key))


def forged(protected: object, payload: object, tag: int = 18, **more: object) -> bytes:
    """A claim of other parts, each encoded as given and signed rightly."""
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    body = payload if isinstance(payload, bytes) else cbor2.dumps(payload)
    signature = more.get("signature", STATEMENTS.sign(sig_structure(header, body)))
    parts = [header, more.get("unprotected", {}), body, signature]
    return cbor2.dumps(cbor2.CBORTag(tag, parts))


HEADER = {1: -8, 4: KID}
PAYLOAD = {1: "R20250829-0007", 2: 1, 3: int(AT.timestamp()), 4: bytes(32)}


def test_a_claim_opens_with_its_key() -> None:
    """What was signed comes back."""
    assert open_claim(SIGNED, KEYS) == CLAIM


def test_the_bytes_never_change() -> None:
    """The golden claim: papers out there carry it."""
    claim = Claim("R20250829-0007", Direction.RETURNED, AT, "ab" * 32)
    assert sign_claim(claim, STATEMENTS).hex() == GOLDEN


GOLDEN = (
    "d2845826a201270458206a3803d5f059902a1c6dafbc9ba4729212f7caac08634cc3ae76b27529f0"
    "3827a0583ca4016e5232303235303832392d303030370202031a68b142aa045820ababababababab"
    "ababababababababababababababababababababababababab5840a42c45a6f88f5a2f98f2281b10"
    "7d2b5f57455f8a78d19cc0fdfc26c336adb0bf6f59e9b7719612f8a4580e00a63d63a29af3072db7"
    "a1e8355a2c347cadee2203"
)


def test_the_form_built_here_is_accepted() -> None:
    """The builder of the refused forms below builds the accepted one, too."""
    assert open_claim(forged(HEADER, PAYLOAD), KEYS).number == "R20250829-0007"


@pytest.mark.parametrize(
    "claim",
    [
        b"",
        b"\xff",
        b"\xd2",
        SIGNED + b"\x00",
        SIGNED[:-1],
        b"\x00" * (MAX_CLAIM_BYTES + 1),
        forged(HEADER, PAYLOAD, tag=17),
        cbor2.dumps([b"", {}, b"", bytes(64)]),
        cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b""])),
        cbor2.dumps(cbor2.CBORTag(18, 5)),
        forged(HEADER, PAYLOAD, unprotected={4: KID}),
        forged(HEADER, PAYLOAD, unprotected=[]),
        forged(HEADER, PAYLOAD, signature=bytes(63)),
        forged(HEADER, PAYLOAD, signature="x" * 64),
        forged({4: KID, 1: -8}, PAYLOAD),
        forged({1: -7, 4: KID}, PAYLOAD),
        forged({1: -8}, PAYLOAD),
        forged({1: -8, 4: KID, 3: 0}, PAYLOAD),
        forged({1: -8, 4: KID[:8]}, PAYLOAD),
        forged({1: -8, 4: "x" * 32}, PAYLOAD),
        forged(HEADER, {**PAYLOAD, 1: "R20250829-7"}),
        forged(HEADER, {**PAYLOAD, 1: b"R20250829-0007"}),
        forged(HEADER, {**PAYLOAD, 2: 0}),
        forged(HEADER, {**PAYLOAD, 2: 3}),
        forged(HEADER, {**PAYLOAD, 2: True}),
        forged(HEADER, {**PAYLOAD, 3: -1}),
        forged(HEADER, {**PAYLOAD, 3: 253402300800}),
        forged(HEADER, {**PAYLOAD, 3: 1.0}),
        forged(HEADER, {**PAYLOAD, 4: bytes(31)}),
        forged(HEADER, {**PAYLOAD, 5: 0}),
        forged(HEADER, dict(reversed(PAYLOAD.items()))),
        forged(HEADER, [1]),
        forged(HEADER, b"\xff"),
        forged(HEADER, b"\xbf\x01\x02\xff"),
    ],
    ids=digest_of,
)
def test_every_other_form_is_malformed(claim: bytes) -> None:
    """Other tags, headers, orders, lengths and types, though rightly signed."""
    with pytest.raises(MalformedError):
        open_claim(claim, KEYS)


def test_a_strangers_claim_is_refused() -> None:
    """An unknown key and a key that did not sign are two reasons."""
    with pytest.raises(VerificationError, match="unknown key"):
        open_claim(sign_claim(CLAIM, STRANGER), KEYS)
    with pytest.raises(VerificationError, match="does not match"):
        open_claim(SIGNED, {key_id(STATEMENTS.public_key): STRANGER.public_key})


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_no_byte_of_a_claim_is_free(place: int, flip: int) -> None:
    """Any one byte changed is refused."""
    changed = bytearray(SIGNED)
    changed[place] ^= flip
    with pytest.raises((MalformedError, VerificationError)):
        open_claim(bytes(changed), KEYS)


@given(
    st.builds(
        Claim,
        st.just("R20250829-0007"),
        st.sampled_from(Direction),
        st.datetimes(
            min_value=dt.datetime(1970, 1, 1),  # noqa: DTZ001  # naive by its contract
            timezones=st.just(dt.UTC),
        ).map(lambda moment: moment.replace(microsecond=0)),
        st.binary(min_size=32, max_size=32).map(bytes.hex),
    )
)
def test_claims_round_trip(claim: Claim) -> None:
    """Every claim opens to itself, and its text parses to its bytes."""
    signed = sign_claim(claim, STATEMENTS)
    assert open_claim(signed, KEYS) == claim
    assert parse_claim_text(claim_text(signed)) == signed


@pytest.mark.parametrize("seconds", [0, MAX_SECONDS])
def test_the_first_and_the_last_second_can_be_claimed(seconds: int) -> None:
    """From the beginning of 1970 to the end of 9999."""
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    claim = Claim("R20250829-0007", Direction.RECEIVED, at, "ab" * 32)
    assert open_claim(sign_claim(claim, STATEMENTS), KEYS) == claim


@pytest.mark.parametrize("unprotected", [{4: KID}, []])
def test_an_unprotected_header_is_refused_as_that(unprotected: object) -> None:
    """Nobody signed it, so there must be none, and it must be a map."""
    with pytest.raises(MalformedError, match="has an unprotected header"):
        open_claim(forged(HEADER, PAYLOAD, unprotected=unprotected), KEYS)


@pytest.mark.parametrize(("excess", "reason"), [(0, "COSE_Sign1"), (1, "longer than")])
def test_a_claim_is_bounded_before_it_is_read(excess: int, reason: str) -> None:
    """Up to the bound it is what the claim holds that is refused."""
    with pytest.raises(MalformedError, match=reason):
        open_claim(bytes(MAX_CLAIM_BYTES + excess), KEYS)


def test_text_of_a_claim_is_bounded() -> None:
    """Twice the characters that a claim has bytes are read, not a group more."""
    longest = "A" * 2 * MAX_CLAIM_BYTES
    assert claim_text(parse_claim_text(longest)) == longest
    with pytest.raises(MalformedError):
        parse_claim_text(f"{longest}AAAA")


@pytest.mark.parametrize(
    ("claim", "text"), [(b"\x5d\x75\xd7", "XXXX"), (b"\xff\xfe", "__4"), (b"\0", "AA")]
)
def test_only_padding_is_left_out(claim: bytes, text: str) -> None:
    """The text ends as its last byte has it."""
    assert claim_text(claim) == text
    assert parse_claim_text(text) == claim


@pytest.mark.parametrize("text", ["é", "A", "AB", "AA==", "A A", "AA+/", "A" * 1025])
def test_other_base64_is_refused(text: str) -> None:
    """Padding, other alphabets, left-over bits, blanks and over-length."""
    with pytest.raises(MalformedError):
        parse_claim_text(text)
