"""The signed claim in the QR code: a COSE_Sign1 (RFC 9052, section 4.2) with EdDSA.

The claim comes after `#` in the address, so no server sees it; with the public key
anyone can tell, offline, whether a paper names a receipt of this firm.

Form: tag 18, protected header `{1: -8, 4: kid}` (EdDSA of RFC 9053; kid is the raw
32-byte SHA-256 of the public key), empty unprotected header, payload, signature. The
payload is the map `{1: number, 2: direction, 3: issued at, 4: content digest}`:
text, 1 received or 2 returned, seconds since 1970, 32 bytes. All of it is CBOR in core
deterministic form (RFC 8949, section 4.2.1).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import cbor2

from integrity.errors import MalformedError, VerificationError
from integrity.keys import SIGNATURE_BYTES, Signer, key_id, signature_verifies
from receipts.format import Direction, ReceiptContent
from receipts.short_code import parse_number
from receipts.strict_fields import whole_seconds

# A claim is about 190 bytes; anything longer would not fit a QR code we draw.
MAX_CLAIM_BYTES = 512
MAX_SECONDS = 253402300799  # 9999-12-31T23:59:59Z

_WHAT = "receipt claim"
_SIGN1_TAG = 18
_ALGORITHM, _KID = 1, 4
_EDDSA = -8
_NUMBER, _DIRECTION, _ISSUED_AT, _DIGEST = 1, 2, 3, 4
_DIRECTION_CODES = {Direction.RECEIVED: 1, Direction.RETURNED: 2}
_DIRECTIONS = {code: direction for direction, code in _DIRECTION_CODES.items()}


@dataclass(frozen=True, slots=True)
class Claim:
    """What the QR code asserts: this receipt, with this content, from then.

    `issued_at` is aware, in whole seconds; `content_sha256` is lower-case hex.
    """

    number: str
    direction: Direction
    issued_at: dt.datetime
    content_sha256: str

    @classmethod
    def of(cls, content: ReceiptContent) -> Claim:
        """The claim that belongs to a receipt's content."""
        return cls(
            number=content.number,
            direction=content.direction,
            issued_at=whole_seconds(content.issued_at),
            content_sha256=content.digests().sha256,
        )


def sign_claim(claim: Claim, signer: Signer) -> bytes:
    """The claim as COSE_Sign1 bytes, signed with the statement key."""
    protected = _encode({_ALGORITHM: _EDDSA, _KID: _kid(signer.public_key)})
    payload = _payload(claim)
    signature = signer.sign(sig_structure(protected, payload))
    return _message(protected, payload, signature)


def open_claim(untrusted_claim: bytes, keys: Mapping[str, bytes]) -> Claim:
    """The claim, once one of `keys` (key id in hex: public key) has signed it.

    Raises:
        MalformedError: not the one form described above.
        VerificationError: no such key, or the signature does not hold.
    """
    protected, payload, signature = _parts(untrusted_claim)
    public_key = keys.get(_claimed_kid(protected).hex())
    if public_key is None:
        raise VerificationError("claim signature", "it is signed by an unknown key")
    message = sig_structure(protected, payload)
    if not signature_verifies(public_key, signature, message):
        raise VerificationError("claim signature", "the signature does not match")
    return _read_payload(payload)


def claim_text(claim: bytes) -> str:
    """The claim in base64url without padding, as it stands after `#`."""
    return base64.urlsafe_b64encode(claim).rstrip(b"=").decode("ascii")


def parse_claim_text(untrusted_text: str) -> bytes:
    """The bytes of `claim_text`; MalformedError unless it prints back the same."""
    if len(untrusted_text) > 2 * MAX_CLAIM_BYTES or not untrusted_text.isascii():
        raise MalformedError(_WHAT, "it is not base64url")
    padding = "=" * (-len(untrusted_text) % 4)
    try:
        claim = base64.urlsafe_b64decode(untrusted_text + padding)
    except binascii.Error as error:
        raise MalformedError(_WHAT, "it is not base64url") from error
    if claim_text(claim) != untrusted_text:
        raise MalformedError(_WHAT, "it is not canonical base64url")
    return claim


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """What a COSE_Sign1 signature covers (RFC 9052, section 4.4), no external data."""
    return _encode(["Signature1", protected, b"", payload])


def _kid(public_key: bytes) -> bytes:
    return bytes.fromhex(key_id(public_key))


def _payload(claim: Claim) -> bytes:
    parse_number(claim.number)
    seconds = int(claim.issued_at.timestamp())
    return _encode(
        {
            _NUMBER: claim.number,
            _DIRECTION: _DIRECTION_CODES[claim.direction],
            _ISSUED_AT: seconds,
            _DIGEST: bytes.fromhex(claim.content_sha256),
        }
    )


def _message(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return _encode(cbor2.CBORTag(_SIGN1_TAG, [protected, {}, payload, signature]))


def _parts(untrusted_claim: bytes) -> tuple[bytes, bytes, bytes]:
    """Protected header, payload and signature of the one COSE_Sign1 form we read."""
    if len(untrusted_claim) > MAX_CLAIM_BYTES:
        raise MalformedError(_WHAT, f"it is longer than {MAX_CLAIM_BYTES} bytes")
    tagged = _decode(untrusted_claim)
    if not isinstance(tagged, cbor2.CBORTag) or tagged.tag != _SIGN1_TAG:
        raise MalformedError(_WHAT, "it is not a COSE_Sign1 message")
    try:
        protected, unprotected, payload, signature = tagged.value
    except (TypeError, ValueError) as error:
        raise MalformedError(_WHAT, "it is not a COSE_Sign1 message") from error
    if not isinstance(unprotected, Mapping) or len(unprotected):
        raise MalformedError(_WHAT, "it has an unprotected header")
    if not all(isinstance(part, bytes) for part in (protected, payload, signature)):
        raise MalformedError(_WHAT, "it is not a COSE_Sign1 message")
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedError(_WHAT, f"a signature is {SIGNATURE_BYTES} bytes")
    if _message(protected, payload, signature) != untrusted_claim:
        raise MalformedError(_WHAT, "it is not in deterministic form")
    return protected, payload, signature


def _claimed_kid(protected: bytes) -> bytes:
    header = _map(protected, {_ALGORITHM, _KID})
    kid = header[_KID]
    if header[_ALGORITHM] != _EDDSA or not _is_sha256(kid):
        raise MalformedError(_WHAT, "its header does not say EdDSA and a key id")
    if _encode({_ALGORITHM: _EDDSA, _KID: kid}) != protected:
        raise MalformedError(_WHAT, "its header is not in deterministic form")
    return kid


def _read_payload(payload: bytes) -> Claim:
    fields = _map(payload, {_NUMBER, _DIRECTION, _ISSUED_AT, _DIGEST})
    number, code = fields[_NUMBER], fields[_DIRECTION]
    seconds, digest = fields[_ISSUED_AT], fields[_DIGEST]
    if not isinstance(number, str):
        raise MalformedError(_WHAT, "its number is not a receipt number")
    if type(code) is not int or code not in _DIRECTIONS:
        raise MalformedError(_WHAT, "its direction is neither 1 nor 2")
    if type(seconds) is not int or not 0 <= seconds <= MAX_SECONDS:
        raise MalformedError(_WHAT, "its time is not seconds since 1970")
    if not _is_sha256(digest):
        raise MalformedError(_WHAT, "its content digest is not 32 bytes")
    issued_at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    claim = Claim(number, _DIRECTIONS[code], issued_at, digest.hex())
    if _payload(claim) != payload:
        raise MalformedError(_WHAT, "its payload is not in deterministic form")
    return claim


def _is_sha256(value: object) -> TypeGuard[bytes]:
    return isinstance(value, bytes) and len(value) == hashlib.sha256().digest_size


def _map(encoded: bytes, keys: set[int]) -> Mapping[Any, Any]:
    value = _decode(encoded)
    if not isinstance(value, Mapping) or set(value) != keys:
        raise MalformedError(_WHAT, "its fields are not the ones expected")
    return value


def _encode(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def _decode(encoded: bytes) -> Any:
    try:
        return cbor2.loads(encoded)
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError) as error:
        raise MalformedError(_WHAT, "it is not CBOR") from error
