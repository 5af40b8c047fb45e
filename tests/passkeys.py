"""A security device in software: passkeys and their assertions, for tests."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integrity.vkey import PASSKEY, VerifierKey
from integrity.webauthn import Assertion, Passkey

RP_ID = "desk.example"
PRESENT, VERIFIED = 0x01, 0x04


@dataclass
class Device:
    """One passkey of one person at one site, the same in every run."""

    login: str
    secret: int = 7
    rp_id: str = RP_ID
    key: ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = ec.derive_private_key(self.secret, ec.SECP256R1())

    @property
    def passkey(self) -> Passkey:
        """The public key with its site."""
        point = self.key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return Passkey(hashlib.sha256(self.rp_id.encode()).digest(), point)

    @property
    def vkey(self) -> VerifierKey:
        """As it stands in `trust/keys`."""
        return VerifierKey.of(self.login, PASSKEY, self.passkey.material())

    def answer(
        self,
        challenge: bytes,
        *,
        flags: int = PRESENT | VERIFIED,
        kind: str = "webauthn.get",
        rp_id: str | None = None,
        client_data: bytes | None = None,
        authenticator_data: bytes | None = None,
    ) -> Assertion:
        """The assertion over `challenge`; each part can be made wrong on purpose."""
        asked = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        stated = {"type": kind, "challenge": asked, "origin": f"https://{self.rp_id}"}
        client = client_data or json.dumps(stated).encode()
        site = hashlib.sha256((rp_id or self.rp_id).encode()).digest()
        data = authenticator_data or site + bytes([flags]) + bytes(4)
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return Assertion(data, client, signature)
