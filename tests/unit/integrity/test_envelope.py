"""Envelopes: the service's signature first, then persons' ones in one order."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.canonical import canonical_json
from integrity.envelope import (
    MAX_PERSON_SIGNATURE_BYTES,
    MAX_PERSONS,
    PAYLOAD_TYPE,
    PersonSignature,
    parse_envelope,
    signatures_of,
    unwrap,
    wrap,
)
from integrity.errors import MalformedError
from integrity.keys import key_id
from tests.bundle_factory import signer

SERVICE = signer("statement", 1)
SERVICE_ID = key_id(SERVICE.public_key)
KEYS = {SERVICE_ID: SERVICE.public_key}
FIRST, SECOND = (
    PersonSignature("0a" * 32, b"a" * 64),
    PersonSignature("0b" * 32, b"passkey's answer"),
)
ENVELOPE = wrap(b"payload", SERVICE, [SECOND, FIRST])

persons = st.lists(
    st.builds(
        PersonSignature,
        st.binary(min_size=32, max_size=32).map(bytes.hex),
        st.binary(min_size=1, max_size=99),
    ),
    max_size=MAX_PERSONS,
    unique_by=lambda person: person.keyid,
)


@given(st.binary(max_size=99), persons)
def test_envelope_round_trip(payload: bytes, signed: list[PersonSignature]) -> None:
    """Payload and signatures are read back, and make the same bytes again."""
    envelope = wrap(payload, SERVICE, signed)
    parsed = parse_envelope(envelope)
    assert parsed.payload == payload == unwrap(envelope, KEYS)
    assert parsed.persons == tuple(sorted(signed, key=lambda person: person.keyid))
    assert wrap(parsed.payload, SERVICE, parsed.persons) == envelope


@given(st.integers(0, 8 * len(ENVELOPE) - 1))
def test_whatever_parses_has_these_bytes(bit: int) -> None:
    """An envelope with one bit changed is refused, or the one form of another."""
    data = (int.from_bytes(ENVELOPE, "big") ^ (1 << bit)).to_bytes(len(ENVELOPE))
    try:
        parsed = parse_envelope(data)
    except MalformedError:
        return
    signatures = [
        {"keyid": signed.keyid, "sig": base64.b64encode(signed.sig).decode()}
        for signed in (parsed.statement, *parsed.persons)
    ]
    fields = {
        "payload": base64.b64encode(parsed.payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": signatures,
    }
    assert canonical_json(fields) == data


def test_signatures_stand_in_their_order() -> None:
    """The statement key's comes first, the others by key id."""
    ids = [signed.keyid for signed in signatures_of(ENVELOPE)]
    assert ids == [SERVICE_ID, FIRST.keyid, SECOND.keyid]


def test_envelope_without_persons_is_that_of_the_first_release() -> None:
    """Nobody's signature leaves no trace in the bytes."""
    fields = json.loads(wrap(b"payload", SERVICE))
    assert fields.keys() == {"payload", "payloadType", "signatures"}
    assert [signed["keyid"] for signed in fields["signatures"]] == [SERVICE_ID]
    assert wrap(b"payload", SERVICE, []) == wrap(b"payload", SERVICE)


def test_bounds_are_those_of_every_verifier() -> None:
    """The verifiers written apart have these numbers, so they never change."""
    assert (MAX_PERSONS, MAX_PERSON_SIGNATURE_BYTES) == (8, 8192)


def test_persons_bound() -> None:
    """As many persons as the bound sign, one more does not."""
    most = [PersonSignature(f"{number:064x}", b"s") for number in range(MAX_PERSONS)]
    assert len(signatures_of(wrap(b"", SERVICE, most))) == 1 + MAX_PERSONS
    more = [*most, PersonSignature("f" * 64, b"s")]
    with pytest.raises(MalformedError, match=f"more than {MAX_PERSONS} persons"):
        wrap(b"", SERVICE, more)


def test_person_signature_bound() -> None:
    """A person's signature has one byte at least and its bound at most."""
    longest = PersonSignature(FIRST.keyid, bytes(MAX_PERSON_SIGNATURE_BYTES))
    assert parse_envelope(wrap(b"", SERVICE, [longest])).persons == (longest,)
    for wrong in (b"", bytes(MAX_PERSON_SIGNATURE_BYTES + 1)):
        with pytest.raises(MalformedError, match="empty or too long"):
            wrap(b"", SERVICE, [PersonSignature(FIRST.keyid, wrong)])


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        ([FIRST, FIRST], "in order, each once"),
        ([PersonSignature(SERVICE_ID, b"s")], "in order, each once"),
        ([PersonSignature("0A" * 32, b"s")], "not 64 hex digits"),
        ([PersonSignature("0a" * 31, b"s")], "not 64 hex digits"),
    ],
)
def test_signatures_that_no_envelope_can_carry(
    signed: list[PersonSignature], reason: str
) -> None:
    """What would not be read again is not written."""
    with pytest.raises(MalformedError, match=reason):
        wrap(b"", SERVICE, signed)


def _changed(change: Callable[[list[dict[str, Any]]], object]) -> bytes:
    fields = json.loads(ENVELOPE)
    change(fields["signatures"])
    return canonical_json(fields)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_changed(lambda s: s.reverse()), "not 64 bytes"),
        (_changed(lambda s: s.append(s.pop(1))), "in order, each once"),
        (_changed(lambda s: s.append(s[2])), "in order, each once"),
        (_changed(lambda s: s[1].update(keyid="z")), "not 64 hex digits"),
        (_changed(lambda s: s[1].update(sig="")), "empty or too long"),
        (_changed(lambda s: s[1].update(sig="A")), "not base64"),
        (_changed(lambda s: s[1].pop("sig")), "an object with the fields"),
        (_changed(lambda s: s.extend(s[2:] * MAX_PERSONS)), "an array of at most 9"),
    ],
)
def test_other_signatures_are_refused(data: bytes, reason: str) -> None:
    """Each way of not being in the one form has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_envelope(data)
