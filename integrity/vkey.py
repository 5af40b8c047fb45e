"""Verifier keys (vkeys of c2sp.org/signed-note): a name and one public key.

    <name>+<8 hex digits of the key id>+<base64 of the type byte and the key>

Three types of key are known: Ed25519, the Ed25519 cosignatures of witnesses, and
passkeys, which sign statements only and stand under the type that signed-note
keeps for types of one's own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from integrity.canonical import base64_text, parse_base64
from integrity.errors import MalformedError
from integrity.keys import PUBLIC_KEY_BYTES
from integrity.webauthn import parse_passkey

# Signature type identifier bytes of signed-note.
ED25519 = 0x01
COSIGNATURE = 0x04
PASSKEY = 0xFF

KEY_ID_BYTES = 4
MAX_KEY_NAME_CHARACTERS = 256
MAX_VKEY_CHARACTERS = 512  # name, 8 hex digits, at most 152 base64 characters

_CONTROL = re.compile(r"[\x00-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that verifies signatures, known by its name and key id.

    `public_key` is what follows the type byte: 32 bytes of Ed25519, or the material
    of a passkey (webauthn.py).

    Raises:
        MalformedError: a bad name, an algorithm we do not verify, a key that is none
            of its algorithm, or an id that does not belong to the key.
    """

    name: str
    key_id: int
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        _check_material(self.algorithm, self.public_key)
        if self.key_id != _key_id(self.name, self.algorithm, self.public_key):
            raise MalformedError("verifier key", "its id does not belong to the key")

    @classmethod
    def of(cls, name: str, algorithm: int, public_key: bytes) -> VerifierKey:
        """The verifier key of a public key, with its id computed."""
        return cls(name, _key_id(name, algorithm, public_key), algorithm, public_key)

    @classmethod
    def ed25519(cls, name: str, public_key: bytes) -> VerifierKey:
        """The verifier key of an Ed25519 public key (32 raw bytes)."""
        return cls.of(name, ED25519, public_key)

    def text(self) -> str:
        """The vkey: name, hex key id and base64 key, joined by `+`."""
        material = bytes([self.algorithm]) + self.public_key
        return f"{self.name}+{self.key_id:08x}+{base64_text(material)}"


def parse_vkey(text: str) -> VerifierKey:
    """The verifier key written as `text`.

    Raises:
        MalformedError: see VerifierKey; or `text` is not its one spelling.
    """
    if len(text) > MAX_VKEY_CHARACTERS:
        reason = f"longer than {MAX_VKEY_CHARACTERS} characters"
        raise MalformedError("verifier key", reason)
    name, plus, rest = text.partition("+")
    claimed_id, second_plus, material_text = rest.partition("+")
    if not plus or not second_plus:
        raise MalformedError("verifier key", "it has not three parts")
    if not _KEY_ID.fullmatch(claimed_id):
        raise MalformedError("verifier key", "its id is not 8 lower-case hex digits")
    material = parse_base64("verifier key", material_text)
    if not material:
        raise MalformedError("verifier key", "it holds no key")
    return VerifierKey(name, int(claimed_id, 16), material[0], material[1:])


def check_key_name(name: str) -> None:
    """Raise MalformedError unless `name` can name a key of a note."""
    if not 0 < len(name) <= MAX_KEY_NAME_CHARACTERS:
        reason = f"not 1 to {MAX_KEY_NAME_CHARACTERS} characters"
        raise MalformedError("key name", reason)
    if "+" in name or any(character.isspace() for character in name):
        raise MalformedError("key name", "it holds a space or a plus sign")
    if _CONTROL.search(name):
        raise MalformedError("key name", "it holds a control character")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise MalformedError("key name", "it holds a lone surrogate")


def _check_material(algorithm: int, public_key: bytes) -> None:
    if algorithm == PASSKEY:
        parse_passkey(public_key)
    elif algorithm not in {ED25519, COSIGNATURE}:
        raise MalformedError("verifier key", "its algorithm is not one we verify")
    elif len(public_key) != PUBLIC_KEY_BYTES:
        reason = f"its public key is not {PUBLIC_KEY_BYTES} bytes"
        raise MalformedError("verifier key", reason)


def _key_id(name: str, algorithm: int, public_key: bytes) -> int:
    """First four bytes of SHA-256(name || LF || type || key), big endian."""
    # A name that cannot be encoded is refused by name afterwards.
    encoded = name.encode("utf-8", "surrogatepass")
    material = encoded + b"\n" + bytes([algorithm]) + public_key
    return int.from_bytes(hashlib.sha256(material).digest()[:KEY_ID_BYTES], "big")
