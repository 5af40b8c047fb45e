"""Proofs that carry all a verifier needs, in one form, and bend nowhere."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Ed25519Signer
from integrity.merkle import (
    MAX_PROOF_HASHES,
    MAX_TREE_SIZE,
    leaf_hash,
    node_hash,
)
from integrity.note import MAX_NOTE_BYTES, VerifierKey
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.proof import (
    MAX_EXTRA_BYTES,
    MAX_PROOF_BYTES,
    Proof,
    parse_proof,
    proven_entry,
    verify_proof,
)

ORIGIN = "firm.example/custody"
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"l" * 32))
KEY = VerifierKey.ed25519(ORIGIN, SIGNER.public_key)
LEFT, RIGHT = leaf_hash(b"left"), leaf_hash(b"right")
HEAD = Checkpoint(ORIGIN, 2, node_hash(LEFT, RIGHT))
PROOF = Proof(1, (LEFT,), sign_checkpoint(HEAD, SIGNER), b"envelope")
TEXT = PROOF.serialise()
GOLDEN = (
    "c2sp.org/tlog-proof@v1\n"
    "extra ZW52ZWxvcGU=\n"
    "index 1\n"
    "AZYrFIfeRanVdiIXMNFrcanKT0FdDcCfF8gpJBadVpk=\n"
    "\n"
    "firm.example/custody\n"
    "2\n"
    "GHTNKZxGol8psBHCaNxtTHOp1w5gHWjT4e7jWaUK5tw=\n"
    "\n"
    "— firm.example/custody "
    "fHt2bQ/JhxxG18GKEX0zdraADUzJgsNsWrbFZgOQLbtWDtxg9p7+7iYzLpDl"
    "TiqGIb5GsjvDVYHV6M/WZ0JuiaLMDQI=\n"
)

hashes = st.binary(min_size=32, max_size=32)
proofs = st.builds(
    Proof,
    st.integers(0, MAX_TREE_SIZE - 1),
    st.lists(hashes, max_size=5).map(tuple),
    st.binary(min_size=1, max_size=50),
    st.binary(max_size=50),
)


@given(proofs)
def test_proof_round_trip(proof: Proof) -> None:
    """A proof is read back from its bytes, whatever checkpoint it carries."""
    assert parse_proof(proof.serialise()) == proof


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_whatever_parses_has_these_bytes(start: bytes, end: bytes) -> None:
    """Every byte string that parses is the one form of its proof."""
    for data in (start, b"c2sp.org/tlog-proof@v1\nindex 0\n" + start + b"\n\n" + end):
        try:
            proof = parse_proof(data)
        except MalformedError:
            continue
        assert proof.serialise() == data


def test_golden_proof() -> None:
    """The first release wrote these bytes; every later one must verify them."""
    assert GOLDEN.encode() == TEXT
    assert verify_proof(parse_proof(TEXT), b"right", [KEY], ORIGIN) == HEAD


def test_entry_of_a_later_log() -> None:
    """It is numbered from the first entry of its log, which the keys tell."""
    start = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    old = VerifierKey.ed25519("firm.example/old", b"o" * 32)
    lines = (old, 0, 100, start, None), (KEY, 101, None, start, None)
    trusted = TrustedKeys(tuple(TrustedKey(Role.LOG, *line) for line in lines))
    assert proven_entry(PROOF, b"right", trusted) == 101
    with pytest.raises(VerificationError):
        proven_entry(PROOF, b"left", trusted)
    with pytest.raises(VerificationError, match="another log"):
        proven_entry(PROOF, b"right", TrustedKeys(trusted.entries[:1]))


def test_proof_without_extra_has_no_extra_line() -> None:
    """Nothing to carry means no line, as the specification wants it."""
    plain = dataclasses.replace(PROOF, extra=b"")
    assert plain.serialise() == TEXT.replace(b"extra ZW52ZWxvcGU=\n", b"")
    assert parse_proof(plain.serialise()) == plain


def test_extra_is_not_part_of_what_is_proved() -> None:
    """The extra line is authenticated by nothing here; the caller's leaf is."""
    other = dataclasses.replace(PROOF, extra=b"other")
    assert verify_proof(other, b"right", [KEY], ORIGIN) == HEAD


@given(st.integers(0, 8 * len(TEXT) - 1))
def test_flipped_bit_is_refused(bit: int) -> None:
    """No single changed bit of a proof proves the same leaf with the same extra."""
    number = int.from_bytes(TEXT, "big") ^ (1 << bit)
    try:
        proof = parse_proof(number.to_bytes(len(TEXT), "big"))
        verify_proof(proof, b"right", [KEY], ORIGIN)
    except (MalformedError, VerificationError):
        return
    assert proof.extra != PROOF.extra
    assert dataclasses.replace(proof, extra=PROOF.extra) == PROOF


@pytest.mark.parametrize(
    ("proof", "leaf", "reason"),
    [
        (PROOF, b"left", "does not lead to the root"),
        (dataclasses.replace(PROOF, index=0), b"right", "does not lead to the root"),
        (dataclasses.replace(PROOF, index=2), b"right", "no leaf of that number"),
        (dataclasses.replace(PROOF, hashes=()), b"right", "too short"),
        (dataclasses.replace(PROOF, hashes=(LEFT, LEFT)), b"right", "too long"),
        (dataclasses.replace(PROOF, hashes=(RIGHT,)), b"right", "lead to the root"),
    ],
)
def test_proof_of_something_else(proof: Proof, leaf: bytes, reason: str) -> None:
    """Another leaf, number or path proves nothing."""
    with pytest.raises(VerificationError, match=reason):
        verify_proof(proof, leaf, [KEY], ORIGIN)


def test_checkpoint_is_checked_before_the_path() -> None:
    """A stranger's key, another origin or no checkpoint end the check at once."""
    with pytest.raises(VerificationError, match="none is by a key we know"):
        verify_proof(PROOF, b"left", [], ORIGIN)
    with pytest.raises(VerificationError, match="of another log"):
        verify_proof(PROOF, b"left", [KEY], "other.example")
    bare = dataclasses.replace(PROOF, checkpoint=HEAD.text().encode())
    with pytest.raises(MalformedError, match="note"):
        verify_proof(bare, b"right", [KEY], ORIGIN)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no blank line"),
        (TEXT.partition(b"\n\n")[0] + b"\n", "no blank line"),
        (TEXT.partition(b"\n\n")[0] + b"\n\n", "checkpoint is not 1 to"),
        (TEXT.replace(b"@v1", b"@v2"), "first line"),
        (b"\n" + TEXT, "first line"),
        (b"\xef\xbb\xbf" + TEXT, "not ASCII"),
        (TEXT.replace(b"extra ZW52ZWxvcGU=", b"extra "), "extra line is empty"),
        (TEXT.replace(b"extra ZW52ZWxvcGU=", b"extra"), "no index line"),
        (TEXT.replace(b"extra ZW52", b"extra  ZW52"), "not base64"),
        (TEXT.replace(b"cGU=", b"cGV="), "canonical form"),
        (TEXT.replace(b"index 1\n", b""), "no index line"),
        (b"c2sp.org/tlog-proof@v1\n\n" + PROOF.checkpoint, "no index line"),
        (TEXT.replace(b"index 1", b"index 01"), "not a decimal"),
        (TEXT.replace(b"index 1", b"index -1"), "not a decimal"),
        (TEXT.replace(b"index 1", b"index "), "not a decimal"),
        (TEXT.replace(b"index 1", b"index 1 "), "not a decimal"),
        (TEXT.replace(b"index 1", b"index 1\r"), "not a decimal"),
        (TEXT.replace(b"index 1", b"index %d" % MAX_TREE_SIZE), "out of range"),
        (TEXT.replace(b"index 1", b"index 1\nAA=="), "a hash is not 32 bytes"),
        (TEXT.replace(b"index 1", b"index 1\nAA"), "not base64"),
        (TEXT.replace(b"index 1", b"index 1\nindex 1"), "not base64"),
    ],
)
def test_other_form_is_refused(data: bytes, reason: str) -> None:
    """Each way of not being a proof has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_proof(data)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"index": -1}, "index is out of range"),
        ({"index": MAX_TREE_SIZE}, "index is out of range"),
        ({"hashes": (b"",)}, "a hash is not 32 bytes"),
        ({"checkpoint": b""}, "checkpoint is not 1 to"),
    ],
)
def test_value_that_no_proof_can_carry(changes: dict[str, Any], reason: str) -> None:
    """A proof that would not be read back cannot be made."""
    with pytest.raises(MalformedError, match=reason):
        dataclasses.replace(PROOF, **changes)


def test_bounds() -> None:
    """The largest proof is written and read; one thing more in it is refused."""
    most = Proof(
        MAX_TREE_SIZE - 1,
        (LEFT,) * MAX_PROOF_HASHES,
        b"c" * MAX_NOTE_BYTES,
        b"e" * MAX_EXTRA_BYTES,
    )
    data = most.serialise()
    assert len(data) <= MAX_PROOF_BYTES
    assert parse_proof(data) == most
    with pytest.raises(MalformedError, match=f"more than {MAX_PROOF_HASHES}"):
        dataclasses.replace(most, hashes=(*most.hashes, LEFT))
    with pytest.raises(MalformedError, match=f"more than {MAX_PROOF_HASHES}"):
        parse_proof(TEXT.replace(b"index 1", b"index 1" + b"\nAA==" * 64))
    with pytest.raises(MalformedError, match="checkpoint is not 1 to"):
        dataclasses.replace(most, checkpoint=most.checkpoint + b"c")
    with pytest.raises(MalformedError, match="extra data is longer"):
        dataclasses.replace(most, extra=most.extra + b"e")
    with pytest.raises(MalformedError, match="no blank line"):
        parse_proof(b"x" * MAX_PROOF_BYTES)
    with pytest.raises(MalformedError, match="longer than"):
        parse_proof(b"x" * (MAX_PROOF_BYTES + 1))
