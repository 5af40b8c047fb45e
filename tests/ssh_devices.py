"""Security keys for SSH in software (OpenSSH, PROTOCOL.u2f), for tests."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integrity.ssh_wire import wire_string

COUNTER = (7).to_bytes(4, "big")


def strings(*values: bytes) -> bytes:
    """Values as SSH strings, one after the other."""
    return b"".join(map(wire_string, values))


def mpint(number: int) -> bytes:
    """A number as SSH writes it (RFC 4251)."""
    return wire_string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


@dataclass
class Ed25519Device:
    """A device with an Ed25519 key."""

    application: bytes = b"ssh:"
    key: Ed25519PrivateKey = field(
        default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"d" * 32)
    )

    @property
    def blob(self) -> bytes:
        """The public key in its wire form."""
        raw = self.key.public_key().public_bytes_raw()
        return strings(b"sk-ssh-ed25519@openssh.com", raw, self.application)

    def signature(self, message: bytes, flags: int = 1) -> bytes:
        """What the device answers, in its wire form."""
        covered = _covered(self.application, flags, b"", message)
        kind = b"sk-ssh-ed25519@openssh.com"
        return strings(kind, self.key.sign(covered)) + bytes([flags]) + COUNTER


@dataclass
class EcdsaDevice:
    """A device, or a file, with an ECDSA key."""

    application: bytes = b"ssh:"
    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    key: ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = ec.derive_private_key(12345, self.curve)

    @property
    def point(self) -> bytes:
        """The public point, uncompressed."""
        return self.key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    @property
    def blob(self) -> bytes:
        """The public key of the device in its wire form."""
        kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
        return strings(kind, b"nistp256", self.point, self.application)

    def numbers(self, covered: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
        """The two numbers of a signature."""
        r, s = decode_dss_signature(self.key.sign(covered, ec.ECDSA(algorithm)))
        return mpint(r) + mpint(s)

    def signature(self, message: bytes, flags: int = 1) -> bytes:
        """What the device answers, in its wire form."""
        covered = _covered(self.application, flags, b"", message)
        kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
        numbers = self.numbers(covered, hashes.SHA256())
        return strings(kind, numbers) + bytes([flags]) + COUNTER

    def web_signature(
        self,
        message: bytes,
        *,
        flags: int = 1,
        extensions: bytes = b"",
        origin: bytes = b"https://desk.example",
        stated_origin: bytes | None = None,
        asked: bytes | None = None,
        kind: bytes = b"webauthn.get",
    ) -> bytes:
        """What a browser makes of the answer; each part can be made wrong."""
        question = asked or message
        client = b'{"type":"%b","challenge":"%b","origin":"%b","crossOrigin":false}' % (
            kind,
            base64.urlsafe_b64encode(question).rstrip(b"="),
            origin,
        )
        covered = _covered(self.application, flags, extensions, client)
        numbers = self.numbers(covered, hashes.SHA256())
        head = strings(b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", numbers)
        tail = strings(stated_origin or origin, client, extensions)
        return head + bytes([flags]) + COUNTER + tail


def _covered(site: bytes, flags: int, extensions: bytes, message: bytes) -> bytes:
    head = hashlib.sha256(site).digest() + bytes([flags]) + COUNTER
    return head + extensions + hashlib.sha256(message).digest()
