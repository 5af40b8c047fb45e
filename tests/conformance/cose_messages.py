"""COSE_Sign1 and COSE_Sign of others (RFC 9052, section 4), judged with a given key.

The product writes and reads one COSE form only (receipts/claim.py); this reader is
for the vectors, and shares with the product what a signature covers.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

SIGN1_TAG, SIGN_TAG = 18, 98
_CWT_TAG = 61  # RFC 8392 lets it stand around a message
_ALGORITHM, _CRITICAL = 1, 2
_ECDSA = {-7: hashes.SHA256, -35: hashes.SHA384, -36: hashes.SHA512}
_PSS = {-37: hashes.SHA256, -38: hashes.SHA384, -39: hashes.SHA512}
_EDDSA = -8
_CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}


class NotVerified(Exception):
    """No such message, or its signature does not hold."""


def read_sign1(message: bytes) -> tuple[bytes, Mapping[Any, Any], bytes, bytes]:
    """Protected bytes, unprotected map, payload, signature; the tag may be missing."""
    value = _decode(message)
    if isinstance(value, cbor2.CBORTag) and value.tag == _CWT_TAG:
        value = value.value
    if isinstance(value, cbor2.CBORTag):
        if value.tag != SIGN1_TAG:
            raise NotVerified(f"tag {value.tag} is not that of COSE_Sign1")
        value = value.value
    return _four(value, bytes)


def open_sign1(message: bytes, key: Any, external: bytes = b"") -> bytes:
    """The payload of a COSE_Sign1, once `key` has signed it."""
    protected, unprotected, payload, signature = read_sign1(message)
    signed = sig_structure("Signature1", (protected,), external, payload)
    _verify(key, _algorithm(protected, unprotected), signature, signed)
    return payload


def open_sign(message: bytes, keys: list[Any], external: bytes = b"") -> bytes:
    """The payload of a COSE_Sign, once each of `keys` has signed it, in order."""
    value = _decode(message)
    if not isinstance(value, cbor2.CBORTag) or value.tag != SIGN_TAG:
        raise NotVerified("it is not a tagged COSE_Sign")
    body, _, payload, signatures = _four(value.value, list)
    if len(signatures) != len(keys):
        raise NotVerified("another number of signatures")
    for key, part in zip(keys, signatures, strict=True):
        protected, unprotected, signature = part
        parts = (body, protected)
        signed = sig_structure("Signature", parts, external, payload)
        _verify(key, _algorithm(protected, unprotected), signature, signed)
    return payload


def sig_structure(
    context: str, protected: tuple[bytes, ...], external: bytes, payload: bytes
) -> bytes:
    """What the signature covers; an empty protected map counts as no bytes."""
    headers = [b"" if part == b"\xa0" else part for part in protected]
    return cbor2.dumps([context, *headers, external, payload], canonical=True)


def vector_key(fields: dict[str, str]) -> Any:
    """The public key of a vector's JSON: EC or OKP, base64url or hex."""
    x = _number(fields, "x")
    if fields["kty"] == "OKP":
        kinds = {
            "Ed25519": ed25519.Ed25519PublicKey,
            "Ed448": ed448.Ed448PublicKey,
        }
        return kinds[fields["crv"]].from_public_bytes(x)
    point = b"\x04" + x + _number(fields, "y")
    curve = _CURVES[fields["crv"]]()
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)


def _number(fields: dict[str, str], name: str) -> bytes:
    if f"{name}_hex" in fields:
        return bytes.fromhex(fields[f"{name}_hex"])
    text = fields[name]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decode(data: bytes) -> Any:
    try:
        return cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise NotVerified("it is not CBOR") from error


def _four(value: Any, last: type) -> tuple[bytes, Mapping[Any, Any], bytes, Any]:
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        raise NotVerified("it is not an array of four")
    protected, unprotected, payload, end = value
    if last is list and isinstance(end, tuple):
        end = list(end)
    kinds = ((protected, bytes), (unprotected, Mapping), (payload, bytes), (end, last))
    if not all(isinstance(part, kind) for part, kind in kinds):
        raise NotVerified("its parts are of other types")
    return protected, unprotected, payload, end


def _algorithm(protected: bytes, unprotected: Mapping[Any, Any]) -> int:
    header = _decode(protected) if protected else {}
    if not isinstance(header, Mapping) or header.keys() & unprotected.keys():
        raise NotVerified("its headers are not two disjoint maps")
    if _CRITICAL in header:
        raise NotVerified("a critical header is not known here")
    algorithm = header.get(_ALGORITHM, unprotected.get(_ALGORITHM))
    if not isinstance(algorithm, int):
        raise NotVerified("no algorithm that is known here")
    return algorithm


def _verify(key: Any, algorithm: int, signature: bytes, signed: bytes) -> None:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _ECDSA:
            key.verify(_der(key, signature), signed, ec.ECDSA(_ECDSA[algorithm]()))
        elif isinstance(key, rsa.RSAPublicKey) and algorithm in _PSS:
            digest = _PSS[algorithm]()
            scheme = padding.PSS(padding.MGF1(digest), digest.digest_size)
            key.verify(signature, signed, scheme, digest)
        elif algorithm == _EDDSA and hasattr(key, "public_bytes_raw"):
            key.verify(signature, signed)
        else:
            raise NotVerified(f"algorithm {algorithm!r} does not go with the key")
    except InvalidSignature as error:
        raise NotVerified("the signature does not match") from error


def _der(key: ec.EllipticCurvePublicKey, signature: bytes) -> bytes:
    half = (key.key_size + 7) // 8
    if len(signature) != 2 * half:
        raise NotVerified("the signature has another length")
    parts = (signature[:half], signature[half:])
    return encode_dss_signature(*(int.from_bytes(part, "big") for part in parts))
