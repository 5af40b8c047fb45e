"""OpenTimestamps proofs: read whole or not at all, every operation carried out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity import opentimestamps as ots
from integrity.errors import MalformedError
from integrity.opentimestamps import (
    HEADER,
    Attestation,
    AttestationKind,
    DetachedProof,
    parse_opentimestamps,
)

DIGEST = hashlib.sha256(b"hello").digest()
BITCOIN = bytes.fromhex("0588960d73d71901")
LITECOIN = bytes.fromhex("06869a0d73d71b45")
PENDING = bytes.fromhex("83dfe30d2ef90c8e")
SHA256, APPEND, PREPEND, FORK = b"\x08", b"\xf0", b"\xf1", b"\xff"


def number(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def block(data: bytes) -> bytes:
    return number(len(data)) + data


def attested(tag: bytes, payload: bytes) -> bytes:
    return b"\x00" + tag + block(payload)


def proof(steps: bytes, digest: bytes = DIGEST, function: int = 8) -> bytes:
    return HEADER + b"\x01" + bytes([function]) + digest + steps


BLOCK_7 = attested(BITCOIN, number(7))


def commitments(data: bytes) -> list[bytes | None]:
    return [each.commitment for each in parse_opentimestamps(data).attestations]


def test_operations_are_carried_out() -> None:
    """Each operation gives what its definition says, one after the other."""
    steps = APPEND + block(b"a") + PREPEND + block(b"p") + SHA256 + BLOCK_7
    assert commitments(proof(steps)) == [hashlib.sha256(b"p" + DIGEST + b"a").digest()]
    assert commitments(proof(b"\xf2" + BLOCK_7)) == [DIGEST[::-1]]
    assert commitments(proof(b"\xf3" + BLOCK_7)) == [DIGEST.hex().encode()]
    assert commitments(proof(b"\x02" + BLOCK_7)) == [hashlib.sha1(DIGEST).digest()]
    ripemd = hashlib.new("ripemd160", DIGEST).digest()
    assert commitments(proof(b"\x03" + BLOCK_7)) == [ripemd]


def test_behind_keccak_the_value_is_not_known() -> None:
    """It is well formed, and what follows has no commitment to compare."""
    (found,) = parse_opentimestamps(proof(b"\x67" + SHA256 + BLOCK_7)).attestations
    assert found.commitment is None
    assert found.root_text() == ""
    assert parse_opentimestamps(proof(BLOCK_7, DIGEST, 0x67)).algorithm == "keccak256"


def test_forks_begin_from_the_value_before_them() -> None:
    """Both paths of a fork start at the same value, nested ones too."""
    inner = FORK + APPEND + block(b"1") + BLOCK_7 + APPEND + block(b"2") + BLOCK_7
    steps = FORK + SHA256 + BLOCK_7 + APPEND + block(b"x") + inner
    hashed = hashlib.sha256(DIGEST).digest()
    expected = [hashed, DIGEST + b"x1", DIGEST + b"x2"]
    assert commitments(proof(steps)) == expected


def test_attestations_say_what_they_hold() -> None:
    """Height, address or nothing, by kind; unknown kinds are carried along."""
    address = b"https://a.example-1.org:8443/x_y"
    steps = (
        *(FORK, attested(BITCOIN, number(358391))),
        *(FORK, attested(LITECOIN, number(0))),
        *(FORK, attested(PENDING, block(address))),
        attested(b"\x01" * 8, b"anything"),
    )
    found = parse_opentimestamps(proof(b"".join(steps))).attestations
    assert found == (
        Attestation(AttestationKind.BITCOIN, DIGEST, 358391, "", BITCOIN.hex()),
        Attestation(AttestationKind.LITECOIN, DIGEST, 0, "", LITECOIN.hex()),
        Attestation(
            AttestationKind.PENDING, DIGEST, None, address.decode(), PENDING.hex()
        ),
        Attestation(AttestationKind.UNKNOWN, DIGEST, None, "", "01" * 8),
    )
    assert found[0].root_text() == DIGEST[::-1].hex()


def test_parts_may_be_empty() -> None:
    """An unknown attestation that says nothing, and a calendar without an address."""
    for steps in (attested(b"\x01" * 8, b""), attested(PENDING, block(b""))):
        (found,) = parse_opentimestamps(proof(steps)).attestations
        assert (found.address, found.height) == ("", None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut off"),
        (b"x" * 80, "begin"),
        (HEADER + b"\x02\x08" + DIGEST + BLOCK_7, "version"),
        (HEADER + b"\x01\x09" + DIGEST + BLOCK_7, "unknown function"),
        (proof(BLOCK_7)[:-1], "cut off"),
        (proof(BLOCK_7) + b"\x00", "follow its end"),
        (proof(b"\x09" + BLOCK_7), "unknown operation"),
        (proof(FORK + FORK + BLOCK_7), "unknown operation"),
        (proof(APPEND + block(b"") + BLOCK_7), "fitting length"),
        (proof(attested(BITCOIN, b"\x87\x00")), "shortest form"),
        (proof(attested(BITCOIN, b"\xff" * 9 + b"\x01")), "too large"),
        (proof(attested(BITCOIN, b"\x07\x07")), "end of an attestation"),
        (proof(attested(BITCOIN, b"")), "cut off"),
        (proof(attested(PENDING, block(b"http://a?b"))), "other characters"),
        (proof(attested(PENDING, block(b"a") + b"b")), "end of an attestation"),
    ],
)
def test_anything_else_is_malformed(data: bytes, reason: str) -> None:
    """Each refusal says what is wrong, and gives nothing back."""
    with pytest.raises(MalformedError, match=reason):
        parse_opentimestamps(data)


@dataclass(frozen=True)
class Bound:
    """A proof at a bound, and the next one over it."""

    inside: bytes
    outside: bytes


def filled(size: int) -> bytes:
    """A proof of `size` bytes: unknown attestations, the last as long as it takes."""
    piece = attested(b"\x01" * 8, bytes(4000))
    start = proof(b"")
    start += (FORK + piece) * ((size - len(start)) // len(FORK + piece) - 1)
    longer = size - len(start) - len(piece)
    whole = start + attested(b"\x01" * 8, bytes(4000 + longer))
    assert len(whole) == size
    return whole


def bounds() -> dict[str, Bound]:
    argument = ots.MAX_MESSAGE_BYTES - len(DIGEST)
    fork = FORK + BLOCK_7
    address = ots.MAX_ADDRESS_BYTES
    return {
        "argument": Bound(
            proof(SHA256 + APPEND + block(b"a" * argument) + BLOCK_7),
            proof(APPEND + block(b"a" * (argument + 1)) + BLOCK_7),
        ),
        "depth": Bound(
            proof(SHA256 * ots.MAX_DEPTH + BLOCK_7),
            proof(SHA256 * (ots.MAX_DEPTH + 1) + BLOCK_7),
        ),
        "attestations": Bound(
            proof(fork * (ots.MAX_ATTESTATIONS - 1) + BLOCK_7),
            proof(fork * ots.MAX_ATTESTATIONS + BLOCK_7),
        ),
        "paths": Bound(
            proof((FORK + SHA256) * 256 + BLOCK_7 * 257),
            proof((FORK + SHA256) * 257 + BLOCK_7 * 258),
        ),
        "attestation": Bound(
            proof(attested(b"\x01" * 8, bytes(ots.MAX_ATTESTATION_BYTES))),
            proof(attested(b"\x01" * 8, bytes(ots.MAX_ATTESTATION_BYTES + 1))),
        ),
        "address": Bound(
            proof(attested(PENDING, block(b"a" * address))),
            proof(attested(PENDING, block(b"a" * (address + 1)))),
        ),
        "hexlify": Bound(
            proof(b"\xf3" * 6 + BLOCK_7),
            proof(b"\xf3" * 8 + BLOCK_7),
        ),
        "unknown value": Bound(
            proof(b"\x67" + APPEND + block(bytes(ots.MAX_MESSAGE_BYTES)) + BLOCK_7),
            proof(b"\x67" + APPEND + block(bytes(ots.MAX_MESSAGE_BYTES + 1)) + BLOCK_7),
        ),
        "whole": Bound(filled(ots.MAX_PROOF_BYTES), filled(ots.MAX_PROOF_BYTES + 1)),
    }


@pytest.mark.parametrize("name", list(bounds()))
def test_bounds_hold_on_both_sides(name: str) -> None:
    """What a bound allows is read, one more is refused."""
    bound = bounds()[name]
    assert parse_opentimestamps(bound.inside).digest == DIGEST
    with pytest.raises(MalformedError) as error:
        parse_opentimestamps(bound.outside)
    assert name != "whole" or "longer than" in error.value.reason


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_malformed(data: bytes) -> None:
    """Behind a sound beginning nothing makes the parser fail otherwise."""
    try:
        found = parse_opentimestamps(proof(data))
    except MalformedError:
        return
    assert isinstance(found, DetachedProof)
    assert found.attestations


@given(st.data())
def test_no_byte_is_free_to_leave_out(data: st.DataObject) -> None:
    """A proof cut anywhere is malformed."""
    whole = proof(APPEND + block(b"nonce") + SHA256 + FORK + BLOCK_7 + BLOCK_7)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MalformedError):
        parse_opentimestamps(whole[:cut])
