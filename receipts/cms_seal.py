"""The CMS seal on a bundle: one detached SignedData in one form (RFC 5652).

A reader never interprets it. Of all its bytes only three things can vary for a given
certificate and content: the signing time and the two numbers of the ECDSA signature.
The reader takes those, writes the whole message anew and compares, so that no byte of
the seal is free. The signature's s is the lower of its two values.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.errors import MalformedError, VerificationError

MAX_SEAL_BYTES = 16 << 10
WHAT = "CMS seal"

_SEQUENCE, _SET, _INTEGER, _OCTETS = 0x30, 0x31, 0x02, 0x04
_CONTEXT_0 = 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_LONG_LENGTH = 0x80
# SEC 2, section 2.4.2
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_FIRST_YEAR, _UTC_TIME_UNTIL = 1950, 2050  # RFC 5652, section 11.3


def _tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element (X.690, sections 8.1 and 10.1)."""
    body = b"".join(parts)
    size = len(body)
    if size < _LONG_LENGTH:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_LENGTH | len(octets)]) + octets + body


def _oid(text: str) -> bytes:
    first, second, *rest = (int(arc) for arc in text.split("."))
    body = bytes([40 * first + second])
    for arc in rest:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | (arc & 0x7F))
        body += bytes(reversed(groups))
    return _tlv(0x06, body)


_DATA = _oid("1.2.840.113549.1.7.1")
_SIGNED_DATA = _oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE = _oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = _oid("1.2.840.113549.1.9.4")
_SIGNING_TIME = _oid("1.2.840.113549.1.9.5")
_SHA256 = _tlv(_SEQUENCE, _oid("2.16.840.1.101.3.4.2.1"))  # RFC 5754: no parameters
_ECDSA_SHA256 = _tlv(_SEQUENCE, _oid("1.2.840.10045.4.3.2"))  # RFC 5758: likewise


def seal_cms(
    content: bytes,
    certificate: x509.Certificate,
    sign: Callable[[bytes], bytes],
    at: dt.datetime,
) -> bytes:
    """The seal over `content`, DER.

    Args:
        content: what is sealed; it is not inside.
        certificate: of the P-256 key that signs; it is inside.
        sign: the ECDSA signature with SHA-256, DER, of a message.
        at: aware signing time; parts of a second are dropped.

    Raises:
        MalformedError: a certificate or time that no seal of ours can carry.
        SigningRefused: the key cannot be used.
    """
    attributes = _attributes(content, at)
    signature = _low(sign(_tlv(_SET, attributes)))
    return _message(certificate, attributes, signature)


def check_cms_seal(
    seal: bytes, content: bytes, certificate: x509.Certificate
) -> dt.datetime:
    """The signing time of a seal that holds; the certificate's dates include it.

    Whose certificate it is, the caller decides.

    Raises:
        MalformedError: the seal is not in its one form.
        VerificationError: it is not one over `content` by that certificate's key.
    """
    if len(seal) > MAX_SEAL_BYTES:
        raise MalformedError(WHAT, f"longer than {MAX_SEAL_BYTES} bytes")
    at = _claimed_time(seal)
    signature = _claimed_signature(seal)
    attributes = _attributes(content, at)
    if _message(certificate, attributes, signature) != seal:
        reason = "it is not the one message of this certificate over these bytes"
        raise VerificationError(WHAT, reason)
    _check_signature(certificate, signature, _tlv(_SET, attributes))
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise VerificationError(WHAT, "the certificate was not valid at signing time")
    return at


def _attributes(content: bytes, at: dt.datetime) -> bytes:
    """The signed attributes, sorted as DER sorts a SET OF (X.690, section 11.6)."""
    digest = hashlib.sha256(content).digest()
    values = {
        _CONTENT_TYPE: _DATA,
        _SIGNING_TIME: _time(at),
        _MESSAGE_DIGEST: _tlv(_OCTETS, digest),
    }
    return b"".join(
        sorted(_tlv(_SEQUENCE, oid, _tlv(_SET, value)) for oid, value in values.items())
    )


def _message(
    certificate: x509.Certificate, attributes: bytes, signature: bytes
) -> bytes:
    signer = _tlv(
        _SEQUENCE,
        _tlv(_INTEGER, b"\x01"),
        _tlv(_SEQUENCE, certificate.issuer.public_bytes(), _serial(certificate)),
        _SHA256,
        _tlv(_CONTEXT_0, attributes),
        _ECDSA_SHA256,
        _tlv(_OCTETS, signature),
    )
    signed = _tlv(
        _SEQUENCE,
        _tlv(_INTEGER, b"\x01"),
        _tlv(_SET, _SHA256),
        _tlv(_SEQUENCE, _DATA),
        _tlv(_CONTEXT_0, certificate.public_bytes(Encoding.DER)),
        _tlv(_SET, signer),
    )
    return _tlv(_SEQUENCE, _SIGNED_DATA, _tlv(_CONTEXT_0, signed))


def _serial(certificate: x509.Certificate) -> bytes:
    number = certificate.serial_number
    return _tlv(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _time(at: dt.datetime) -> bytes:
    utc = at.astimezone(dt.UTC)
    if utc.year < _FIRST_YEAR:
        raise MalformedError(WHAT, "its signing time is out of range")
    text = f"{utc:%Y%m%d%H%M%SZ}".encode("ascii")
    if utc.year < _UTC_TIME_UNTIL:
        return _tlv(_UTC_TIME, text[2:])
    return _tlv(_GENERALIZED_TIME, text)


def _claimed_time(seal: bytes) -> dt.datetime:
    """The time behind the last mark of a signing time; comparing judges the rest."""
    start = seal.rfind(_SIGNING_TIME) + len(_SIGNING_TIME) + 2
    tag, length = seal[start : start + 1], seal[start + 1 : start + 2]
    text = seal[start + 2 : start + 2 + int.from_bytes(length, "big")]
    century = "20" if text[:2] < b"50" else "19"
    prefix = century if tag == bytes([_UTC_TIME]) else ""
    try:
        written = prefix + text.decode("ascii")
        return dt.datetime.strptime(written, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError as error:
        raise MalformedError(WHAT, "it has no signing time") from error


def _claimed_signature(seal: bytes) -> bytes:
    """What follows the last name of the algorithm, up to the end."""
    _, found, rest = seal.rpartition(_ECDSA_SHA256 + bytes([_OCTETS]))
    try:
        r, s = decode_dss_signature(rest[1:])
    except ValueError as error:
        raise MalformedError(WHAT, "it has no ECDSA signature") from error
    if not found or not (0 < r < _P256_ORDER and 0 < s <= _P256_ORDER // 2):
        raise MalformedError(WHAT, "its signature is not in its lower form")
    return encode_dss_signature(r, s)


def _low(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _P256_ORDER - s))


def _check_signature(
    certificate: x509.Certificate, signature: bytes, message: bytes
) -> None:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(
        key.curve, ec.SECP256R1
    ):
        raise MalformedError(WHAT, "its certificate is not of a P-256 key")
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise VerificationError(WHAT, "the signature does not match") from error
