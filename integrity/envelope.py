"""DSSE v1 envelopes: an in-toto payload, our signature of it, and persons' ones.

An envelope is canonical JSON. The first signature is by a statement key; after it
come those of persons, by key id, so the same signatures make the same envelope.
Source: secure-systems-lab/dsse, envelope.md and protocol.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrity.canonical import (
    base64_text,
    canonical_json,
    pae,
    parse_base64,
    parse_canonical,
)
from integrity.errors import MalformedError, VerificationError
from integrity.keys import SIGNATURE_BYTES, Signer, key_id, signature_verifies
from integrity.shape import read_array, read_object, read_text

PAYLOAD_TYPE = "application/vnd.in-toto+json"

# An envelope travels in the `extra` line of a proof, which is kept small enough
# to open in an editor; 1 MiB holds the reading of well over a thousand pages.
MAX_ENVELOPE_BYTES = 1 << 20
MAX_PERSONS = 8  # two are asked for; room for a committee
MAX_PERSON_SIGNATURE_BYTES = 8 << 10  # a passkey's is its assertion, below 8 KiB

_CHECK = "statement signature"
_KEY_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PersonSignature:
    """One entry of `signatures`: the id of a key, and what it signed with.

    The bytes are an Ed25519 signature or the assertion of a passkey (webauthn.py).
    """

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an envelope holds; its form is checked, none of its signatures."""

    payload: bytes
    statement: PersonSignature
    persons: tuple[PersonSignature, ...]


def wrap(
    payload: bytes, signer: Signer, persons: Sequence[PersonSignature] = ()
) -> bytes:
    """The envelope of `payload`, signed, with the signatures of `persons`.

    Raises:
        MalformedError: the envelope would be longer than MAX_ENVELOPE_BYTES, or no
            envelope can carry these persons' signatures.
    """
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    ours = PersonSignature(key_id(signer.public_key), signature)
    ordered = sorted(persons, key=lambda person: person.keyid)
    _check_persons(ours, ordered)
    envelope = canonical_json(
        {
            "payload": base64_text(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"keyid": signed.keyid, "sig": base64_text(signed.sig)}
                for signed in (ours, *ordered)
            ],
        }
    )
    _check_size(envelope)
    return envelope


def unwrap(envelope: bytes, keys: Mapping[str, bytes]) -> bytes:
    """The payload, once its signature by one of `keys` (id -> public key) is checked.

    That is the first signature; those of persons are for `persons.py` to judge.

    Raises:
        MalformedError: the envelope is not in its one form.
        VerificationError: no key of `keys` signed it, or the signature is wrong.
    """
    claimed = parse_envelope(envelope)
    public_key = keys.get(claimed.statement.keyid)
    if public_key is None:
        raise VerificationError(_CHECK, "it is by an unknown key")
    message = pae(PAYLOAD_TYPE, claimed.payload)
    if not signature_verifies(public_key, claimed.statement.sig, message):
        raise VerificationError(_CHECK, "the signature does not match")
    return claimed.payload


def signatures_of(envelope: bytes) -> tuple[PersonSignature, ...]:
    """Every signature in `envelope`, the statement key's first; none is verified.

    Raises:
        MalformedError: the envelope is not in its one form.
    """
    claimed = parse_envelope(envelope)
    return (claimed.statement, *claimed.persons)


def parse_envelope(envelope: bytes) -> Envelope:
    """What `envelope` holds; nothing but its form is checked.

    Raises:
        MalformedError: it is not in its one form.
    """
    _check_size(envelope)
    fields = read_object(
        "envelope",
        parse_canonical(envelope),
        *("payload", "payloadType", "signatures"),
    )
    if fields["payloadType"] != PAYLOAD_TYPE:
        raise MalformedError("envelope", f"its payload type is not {PAYLOAD_TYPE}")
    payload = _base64_field(fields["payload"])
    signatures = read_array("envelope", fields["signatures"], 1 + MAX_PERSONS)
    if not signatures:
        raise MalformedError("envelope", "it has no signature")
    statement, *persons = (_signature(claimed) for claimed in signatures)
    if len(statement.sig) != SIGNATURE_BYTES:
        reason = f"its signature is not {SIGNATURE_BYTES} bytes"
        raise MalformedError("envelope", reason)
    _check_persons(statement, persons)
    return Envelope(payload, statement, tuple(persons))


def _signature(claimed: object) -> PersonSignature:
    signed = read_object("envelope", claimed, "keyid", "sig")
    signature = _base64_field(signed["sig"])
    return PersonSignature(read_text("envelope", signed["keyid"]), signature)


def _check_persons(
    statement: PersonSignature, persons: Sequence[PersonSignature]
) -> None:
    if len(persons) > MAX_PERSONS:
        raise MalformedError("envelope", f"more than {MAX_PERSONS} persons signed it")
    ids = [person.keyid for person in persons]
    if not all(_KEY_ID.fullmatch(keyid) for keyid in ids):
        raise MalformedError("envelope", "a person's key id is not 64 hex digits")
    if ids != sorted(set(ids)) or statement.keyid in ids:
        raise MalformedError("envelope", "its persons are not in order, each once")
    for person in persons:
        if not 0 < len(person.sig) <= MAX_PERSON_SIGNATURE_BYTES:
            raise MalformedError(
                "envelope", "a person's signature is empty or too long"
            )


def _base64_field(claimed: object) -> bytes:
    return parse_base64("envelope", read_text("envelope", claimed, MAX_ENVELOPE_BYTES))


def _check_size(envelope: bytes) -> None:
    if len(envelope) > MAX_ENVELOPE_BYTES:
        raise MalformedError("envelope", f"longer than {MAX_ENVELOPE_BYTES} bytes")
