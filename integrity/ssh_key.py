"""Public keys and signatures in the wire form of SSH (RFC 4253, RFC 5656, RFC 8332).

What we sign ourselves is Ed25519 (RFC 8709). Keys of other types are verified too, so
that a signature made with any key of today's OpenSSH can be judged: RSA with SHA-2,
ECDSA, and the keys of security devices (OpenSSH, PROTOCOL.u2f). Of the last no touch
is asked for: whether one was wanted is a rule of whoever trusts the key. DSA and RSA
with SHA-1 verify nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from integrity.errors import MalformedError
from integrity.keys import signature_verifies
from integrity.ssh_wire import WireReader, wire_string

MAX_PUBLIC_KEY_BYTES = 4096  # RSA of 16384 bits, the most OpenSSH takes
MAX_SIGNATURE_BYTES = 8192  # as much, or an assertion with its client data
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 16384

_ED25519 = b"ssh-ed25519"
_RSA = b"ssh-rsa"
_SK_ED25519 = b"sk-ssh-ed25519@openssh.com"
_SK_ECDSA = b"sk-ecdsa-sha2-nistp256@openssh.com"
_SK_WEBAUTHN = b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
_SHA256 = hashes.SHA256()
_CURVES: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    b"nistp256": (ec.SECP256R1(), _SHA256),
    b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
    b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_ATTESTED, _EXTENDED = 0x40, 0x80  # flags of authenticator data (Web Authentication)

_Verifier: TypeAlias = Callable[[WireReader, WireReader, bytes], bool]
"""Key and signature, each behind its type, and the message."""


def ed25519_blob(public_key: bytes) -> bytes:
    """The wire form of an Ed25519 public key (32 raw bytes)."""
    return wire_string(_ED25519) + wire_string(public_key)


def ed25519_signature(signature: bytes) -> bytes:
    """The wire form of an Ed25519 signature (64 raw bytes)."""
    return wire_string(_ED25519) + wire_string(signature)


def public_line(key_blob: bytes) -> str:
    """Type and base64 of a key, as in a `.pub` file.

    Raises:
        MalformedError: the key is not in its wire form.
    """
    kind = WireReader(key_blob).string().decode("ascii", "replace")
    return f"{kind} {base64.b64encode(key_blob).decode('ascii')}"


def ssh_signature_verifies(key_blob: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` (wire form) is that of `key_blob` over `message`.

    A key of an unknown type, or a signature of another type, verifies nothing.

    Raises:
        MalformedError: key or signature is not in its wire form.
    """
    if len(key_blob) > MAX_PUBLIC_KEY_BYTES or len(signature) > MAX_SIGNATURE_BYTES:
        raise MalformedError("SSH signature", "its key or value is too long")
    key, signed = WireReader(key_blob), WireReader(signature)
    verifier = _VERIFIERS.get((key.string(), signed.string()))
    return verifier is not None and verifier(key, signed, message)


def _ed25519(key: WireReader, signed: WireReader, message: bytes) -> bool:
    public_key, signature = key.string(), signed.string()
    key.end()
    signed.end()
    return signature_verifies(public_key, signature, message)


def _rsa(
    algorithm: hashes.HashAlgorithm, key: WireReader, signed: WireReader, message: bytes
) -> bool:
    exponent, modulus, signature = key.mpint(), key.mpint(), signed.string()
    key.end()
    signed.end()
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        return False
    try:
        public_key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        public_key.verify(signature, message, padding.PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError):
        return False
    return True


def _ecdsa(curve: bytes, key: WireReader, signed: WireReader, message: bytes) -> bool:
    point = _point(key, curve)
    key.end()
    signature = _dss(signed.string())
    signed.end()
    return _ecdsa_holds(curve, point, signature, message)


def _sk_ed25519(key: WireReader, signed: WireReader, message: bytes) -> bool:
    public_key, application = key.string(), key.string()
    key.end()
    signature, flags_and_counter = signed.string(), signed.take(5)
    signed.end()
    covered = _of_device(application, flags_and_counter, b"", message)
    return signature_verifies(public_key, signature, covered)


def _sk_ecdsa(key: WireReader, signed: WireReader, message: bytes) -> bool:
    point, application = _point(key, b"nistp256"), key.string()
    key.end()
    signature, flags_and_counter = _dss(signed.string()), signed.take(5)
    signed.end()
    covered = _of_device(application, flags_and_counter, b"", message)
    return _ecdsa_holds(b"nistp256", point, signature, covered)


def _sk_webauthn(key: WireReader, signed: WireReader, message: bytes) -> bool:
    """A device reached through a browser: it signs what the browser asked."""
    point, application = _point(key, b"nistp256"), key.string()
    key.end()
    signature, flags_and_counter = _dss(signed.string()), signed.take(5)
    origin, client_data, extensions = (signed.string() for _ in range(3))
    signed.end()
    flags = flags_and_counter[0]
    if flags & _ATTESTED or bool(flags & _EXTENDED) != bool(extensions):
        return False
    challenge = base64.urlsafe_b64encode(message).rstrip(b"=")
    begin = b'{"type":"webauthn.get","challenge":"%b","origin":"%b"' % (
        challenge,
        origin,
    )
    if b'"' in origin or not client_data.startswith(begin):
        return False
    covered = _of_device(application, flags_and_counter, extensions, client_data)
    return _ecdsa_holds(b"nistp256", point, signature, covered)


def _of_device(
    application: bytes, flags_and_counter: bytes, extensions: bytes, message: bytes
) -> bytes:
    """What a security device signs for `message` (PROTOCOL.u2f)."""
    site, digest = hashlib.sha256(application), hashlib.sha256(message)
    return site.digest() + flags_and_counter + extensions + digest.digest()


def _point(key: WireReader, curve: bytes) -> bytes:
    if key.string() != curve:
        raise MalformedError("SSH public key", "it is on another curve than it says")
    return key.string()


def _dss(blob: bytes) -> bytes:
    """The two numbers of an ECDSA signature, as DER."""
    reader = WireReader(blob)
    r, s = reader.mpint(), reader.mpint()
    reader.end()
    return encode_dss_signature(r, s)


def _ecdsa_holds(curve: bytes, point: bytes, signature: bytes, message: bytes) -> bool:
    elliptic, algorithm = _CURVES[curve]
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(elliptic, point)
        key.verify(signature, message, ec.ECDSA(algorithm))
    except (InvalidSignature, ValueError):
        return False
    return True


_VERIFIERS: dict[tuple[bytes, bytes], _Verifier] = {
    (_ED25519, _ED25519): _ed25519,
    (_RSA, b"rsa-sha2-256"): partial(_rsa, _SHA256),
    (_RSA, b"rsa-sha2-512"): partial(_rsa, hashes.SHA512()),
    (_SK_ED25519, _SK_ED25519): _sk_ed25519,
    (_SK_ECDSA, _SK_ECDSA): _sk_ecdsa,
    (_SK_ECDSA, _SK_WEBAUTHN): _sk_webauthn,
    **{
        (b"ecdsa-sha2-" + curve, b"ecdsa-sha2-" + curve): partial(_ecdsa, curve)
        for curve in _CURVES
    },
}
