"""Passkeys: the public key of one, and the assertion it signs a statement with.

The signature of a passkey (W3C Web Authentication, Level 2) covers what the browser
says of the page and of the question asked; the question is a digest of what is to
be signed. Only ECDSA over P-256 with SHA-256 (COSE algorithm -7) is verified, which
every authenticator offers.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from integrity.canonical import (
    base64_text,
    canonical_json,
    parse_base64,
    parse_canonical,
)
from integrity.errors import MalformedError, VerificationError
from integrity.shape import read_object, read_text

IDENTIFIER = b"webauthn-es256\x00"
RP_HASH_BYTES = 32
POINT_BYTES = 65  # SEC 1, uncompressed: 04 || x || y
MAX_AUTHENTICATOR_DATA_BYTES = 1024  # 37 bytes; extensions add a few dozen
MAX_CLIENT_DATA_BYTES = 4096  # type, challenge, origin, and what browsers add
MAX_SIGNATURE_BYTES = 72  # DER of two integers of 33 bytes
# Base64 of the three, and the names of the fields.
MAX_ASSERTION_BYTES = 8 << 10

_FLAGS = 32  # offset in authenticatorData: RP ID hash, flags, counter (4 bytes)
_HEAD_BYTES = 37
_USER_PRESENT, _USER_VERIFIED = 0x01, 0x04
_CHECK = "passkey signature"


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey: SHA-256 of its relying party's id, and its P-256 point (SEC 1).

    Raises:
        MalformedError: a hash of another length, or no point of the curve.
    """

    rp_id_hash: bytes
    point: bytes

    def __post_init__(self) -> None:
        if len(self.rp_id_hash) != RP_HASH_BYTES:
            raise MalformedError("passkey", f"its site is not {RP_HASH_BYTES} bytes")
        if len(self.point) != POINT_BYTES:
            raise MalformedError("passkey", f"its point is not {POINT_BYTES} bytes")
        self._public_key()

    def material(self) -> bytes:
        """The key as it stands in a verifier key after the type byte."""
        return IDENTIFIER + self.rp_id_hash + self.point

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` is the key's ECDSA signature of `message`, in DER.

        OpenSSL takes no other spelling of the two numbers than DER's.
        """
        try:
            self._public_key().verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True

    def _public_key(self) -> ec.EllipticCurvePublicKey:
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), self.point
            )
        except ValueError as error:
            raise MalformedError("passkey", "it is no point of P-256") from error


def parse_passkey(material: bytes) -> Passkey:
    """The passkey whose `material()` is exactly `material`.

    Raises:
        MalformedError: anything else.
    """
    if not material.startswith(IDENTIFIER):
        raise MalformedError("passkey", "it is not an ES256 passkey")
    rest = material.removeprefix(IDENTIFIER)
    return Passkey(rest[:RP_HASH_BYTES], rest[RP_HASH_BYTES:])


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an authenticator answers: the fields of AuthenticatorAssertionResponse.

    Raises:
        MalformedError: a field is empty or longer than its bound.
    """

    authenticator_data: bytes
    client_data_json: bytes
    signature: bytes

    def __post_init__(self) -> None:
        for name, value, limit in (
            (
                "authenticator data",
                self.authenticator_data,
                MAX_AUTHENTICATOR_DATA_BYTES,
            ),
            ("client data", self.client_data_json, MAX_CLIENT_DATA_BYTES),
            ("signature", self.signature, MAX_SIGNATURE_BYTES),
        ):
            if not 0 < len(value) <= limit:
                reason = f"its {name} is not 1 to {limit} bytes"
                raise MalformedError("passkey assertion", reason)

    def serialise(self) -> bytes:
        """The one form it has in an envelope: canonical JSON of base64 fields."""
        return canonical_json(
            {
                "authenticatorData": base64_text(self.authenticator_data),
                "clientDataJSON": base64_text(self.client_data_json),
                "signature": base64_text(self.signature),
            }
        )


def parse_assertion(data: bytes) -> Assertion:
    """The assertion whose `serialise()` is exactly `data`.

    Raises:
        MalformedError: anything else.
    """
    if len(data) > MAX_ASSERTION_BYTES:
        reason = f"longer than {MAX_ASSERTION_BYTES} bytes"
        raise MalformedError("passkey assertion", reason)
    names = ("authenticatorData", "clientDataJSON", "signature")
    fields = read_object("passkey assertion", parse_canonical(data), *names)
    return Assertion(*(_bytes_of(fields[name]) for name in names))


def check_assertion(passkey: Passkey, assertion: Assertion, challenge: bytes) -> None:
    """Check that the holder of `passkey`, present and verified, signed `challenge`.

    The steps are those of Web Authentication, section 7.2, that need no server:
    type, challenge, relying party, user present, user verified, signature.

    Raises:
        VerificationError: one of them fails.
        MalformedError: the client data is no JSON object.
    """
    client = _client_data(assertion.client_data_json)
    if client.get("type") != "webauthn.get":
        raise VerificationError(_CHECK, "it was not made to sign in or sign")
    if client.get("challenge") != _base64url(challenge):
        raise VerificationError(_CHECK, "it answers another question")
    data = assertion.authenticator_data
    if len(data) < _HEAD_BYTES or data[:RP_HASH_BYTES] != passkey.rp_id_hash:
        raise VerificationError(_CHECK, "it was made for another site")
    if not data[_FLAGS] & _USER_PRESENT:
        raise VerificationError(_CHECK, "nobody was present")
    if not data[_FLAGS] & _USER_VERIFIED:
        raise VerificationError(_CHECK, "the device did not verify who was present")
    signed = data + hashlib.sha256(assertion.client_data_json).digest()
    if not passkey.verifies(assertion.signature, signed):
        raise VerificationError(_CHECK, "the signature does not match")


def _client_data(data: bytes) -> dict[str, Any]:
    """CollectedClientData; a browser writes it, so it has no canonical form."""
    try:
        claimed = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError("passkey client data", "it is not JSON") from error
    if not isinstance(claimed, dict):
        raise MalformedError("passkey client data", "it is not an object")
    return claimed


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _bytes_of(claimed: object) -> bytes:
    text = read_text("passkey assertion", claimed, MAX_ASSERTION_BYTES)
    return parse_base64("passkey assertion", text)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
