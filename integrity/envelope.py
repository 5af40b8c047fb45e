"""DSSE v1 envelopes: an in-toto payload and one Ed25519 signature of it.

An envelope is canonical JSON, so a payload signed by a key has one envelope.
Source: secure-systems-lab/dsse, envelope.md and protocol.md.
"""

from __future__ import annotations

from collections.abc import Mapping

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

_CHECK = "statement signature"


def wrap(payload: bytes, signer: Signer) -> bytes:
    """The envelope of `payload`, signed.

    Raises:
        MalformedError: the envelope would be longer than MAX_ENVELOPE_BYTES.
    """
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    signed = {"keyid": key_id(signer.public_key), "sig": base64_text(signature)}
    envelope = canonical_json(
        {
            "payload": base64_text(payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [signed],
        }
    )
    _check_size(envelope)
    return envelope


def unwrap(envelope: bytes, keys: Mapping[str, bytes]) -> bytes:
    """The payload, once its signature by one of `keys` (id -> public key) is checked.

    Raises:
        MalformedError: the envelope is not in its one form.
        VerificationError: no key of `keys` signed it, or the signature is wrong.
    """
    _check_size(envelope)
    claimed_payload, claimed_key_id, signature = _parse(parse_canonical(envelope))
    public_key = keys.get(claimed_key_id)
    if public_key is None:
        raise VerificationError(_CHECK, "it is by an unknown key")
    if not signature_verifies(
        public_key, signature, pae(PAYLOAD_TYPE, claimed_payload)
    ):
        raise VerificationError(_CHECK, "the signature does not match")
    return claimed_payload


def _parse(claimed: object) -> tuple[bytes, str, bytes]:
    """Payload, key id and signature; nothing but their form is checked yet."""
    fields = read_object("envelope", claimed, "payload", "payloadType", "signatures")
    if fields["payloadType"] != PAYLOAD_TYPE:
        raise MalformedError("envelope", f"its payload type is not {PAYLOAD_TYPE}")
    payload = _base64_field(fields["payload"])
    signatures = read_array("envelope", fields["signatures"], 1)
    if not signatures:
        raise MalformedError("envelope", "it has no signature")
    signed = read_object("envelope", signatures[0], "keyid", "sig")
    signature = _base64_field(signed["sig"])
    if len(signature) != SIGNATURE_BYTES:
        reason = f"its signature is not {SIGNATURE_BYTES} bytes"
        raise MalformedError("envelope", reason)
    return payload, read_text("envelope", signed["keyid"]), signature


def _base64_field(claimed: object) -> bytes:
    return parse_base64("envelope", read_text("envelope", claimed, MAX_ENVELOPE_BYTES))


def _check_size(envelope: bytes) -> None:
    if len(envelope) > MAX_ENVELOPE_BYTES:
        raise MalformedError("envelope", f"longer than {MAX_ENVELOPE_BYTES} bytes")
