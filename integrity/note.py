"""Signed notes (c2sp.org/signed-note): a text and who signed it.

Only Ed25519 (type 0x01) is verified. Lines by other keys, such as cosignatures
of witnesses, are carried along and handed back unverified.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from integrity.canonical import base64_text, parse_base64
from integrity.errors import MalformedError, VerificationError
from integrity.keys import PUBLIC_KEY_BYTES, Signer, signature_verifies

ED25519 = 0x01  # signature type identifier byte of signed-note

KEY_ID_BYTES = 4
# Post-quantum signatures take nearly 7 kB of base64; the specification asks for
# at least 16 of them, and our texts are three lines.
MAX_NOTE_BYTES = 256 << 10
MAX_SIGNATURES = 32
MAX_KEY_NAME_CHARACTERS = 256
MAX_VKEY_CHARACTERS = 512  # name, 8 hex digits, 44 base64 characters

_SIGNATURE_PREFIX = "— "
_CHECK = "note signature"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key that verifies notes, known by its name and key id.

    Raises:
        MalformedError: a bad name, an algorithm we do not verify, a key of the
            wrong length, or an id that does not belong to the key.
    """

    name: str
    key_id: int
    algorithm: int
    public_key: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if self.algorithm != ED25519:
            raise MalformedError("verifier key", "its algorithm is not Ed25519")
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            reason = f"its public key is not {PUBLIC_KEY_BYTES} bytes"
            raise MalformedError("verifier key", reason)
        if self.key_id != _key_id(self.name, self.public_key):
            raise MalformedError("verifier key", "its id does not belong to the key")

    @classmethod
    def ed25519(cls, name: str, public_key: bytes) -> VerifierKey:
        """The verifier key of an Ed25519 public key (32 raw bytes)."""
        return cls(name, _key_id(name, public_key), ED25519, public_key)

    def text(self) -> str:
        """The vkey: name, hex key id and base64 key, joined by `+`."""
        material = bytes([self.algorithm]) + self.public_key
        return f"{self.name}+{self.key_id:08x}+{base64_text(material)}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line as it stands in a note."""

    name: str
    key_id: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text, the keys that were seen to have signed it, and all other lines."""

    text: str
    verified: tuple[VerifierKey, ...]
    other: tuple[SignatureLine, ...]


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


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """A note of `text`, with one signature line for each of `signers`.

    Raises:
        MalformedError: the text does not end in a newline or holds control
            characters; no signers; a key name that no note can carry.
    """
    _check_text(text)
    if not signers:
        raise MalformedError("note", "it needs a signature")
    message = _encode(text)
    lines = [_signature_line(signer, message) for signer in signers]
    note = message + _encode("\n" + "".join(lines))
    _check_bounds(note, len(lines))
    return note


def open_note(data: bytes, keys: Sequence[VerifierKey]) -> Note:
    """The note in `data`, signed by at least one of `keys`.

    Lines by unknown keys are not looked at, as the specification demands.

    Raises:
        MalformedError: not a note, or two of `keys` share name and id.
        VerificationError: none of `keys` signed it, or a line by one of them does
            not verify: then nothing of the note is to be believed.
    """
    known = _by_name_and_id(keys)
    text, lines = _split(data)
    verified, other = list[VerifierKey](), list[SignatureLine]()
    for line in lines:
        key = known.get((line.name, line.key_id))
        if key is None:
            other.append(line)
            continue
        if key in verified:
            raise MalformedError("note", f"{key.name} signed it twice")
        if not signature_verifies(key.public_key, line.signature, _encode(text)):
            raise VerificationError(_CHECK, f"that of {key.name} does not match")
        verified.append(key)
    if not verified:
        raise VerificationError(_CHECK, "none is by a key we know")
    return Note(text, tuple(verified), tuple(other))


def check_key_name(name: str) -> None:
    """Raise MalformedError unless `name` can name a key of a note."""
    if not 0 < len(name) <= MAX_KEY_NAME_CHARACTERS:
        reason = f"not 1 to {MAX_KEY_NAME_CHARACTERS} characters"
        raise MalformedError("key name", reason)
    if "+" in name or any(character.isspace() for character in name):
        raise MalformedError("key name", "it holds a space or a plus sign")
    if _CONTROL.search(name):
        raise MalformedError("key name", "it holds a control character")


def _key_id(name: str, public_key: bytes) -> int:
    """First four bytes of SHA-256(name || LF || type || key), big endian."""
    material = _encode(name) + b"\n" + bytes([ED25519]) + public_key
    return int.from_bytes(hashlib.sha256(material).digest()[:KEY_ID_BYTES], "big")


def _by_name_and_id(
    keys: Sequence[VerifierKey],
) -> dict[tuple[str, int], VerifierKey]:
    known: dict[tuple[str, int], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise MalformedError("verifier keys", "two share a name and an id")
    return known


def _split(data: bytes) -> tuple[str, list[SignatureLine]]:
    """Text and signature lines; the last blank line stands between them."""
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedError("note", f"longer than {MAX_NOTE_BYTES} bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("note", "it is not UTF-8") from error
    text, blank, block = whole.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise MalformedError("note", "it does not end in a block of signature lines")
    _check_text(text := text + "\n")
    lines = block[:-1].split("\n")
    _check_bounds(data, len(lines))
    return text, [_parse_signature_line(line) for line in lines]


def _parse_signature_line(line: str) -> SignatureLine:
    if not line.startswith(_SIGNATURE_PREFIX):
        raise MalformedError("note", "a signature line does not begin with a dash")
    name, _, encoded = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
    check_key_name(name)
    blob = parse_base64("note signature", encoded)
    if len(blob) <= KEY_ID_BYTES:
        raise MalformedError("note signature", "it is too short")
    key_id = int.from_bytes(blob[:KEY_ID_BYTES], "big")
    return SignatureLine(name, key_id, blob[KEY_ID_BYTES:])


def _signature_line(signer: Signer, message: bytes) -> str:
    key = VerifierKey.ed25519(signer.name, signer.public_key)
    blob = key.key_id.to_bytes(KEY_ID_BYTES, "big") + signer.sign(message)
    return f"{_SIGNATURE_PREFIX}{key.name} {base64_text(blob)}\n"


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise MalformedError("note", "its text does not end in a newline")
    if _CONTROL.search(text):
        raise MalformedError("note", "it holds a control character")


def _check_bounds(note: bytes, signatures: int) -> None:
    if len(note) > MAX_NOTE_BYTES:
        raise MalformedError("note", f"longer than {MAX_NOTE_BYTES} bytes")
    if signatures > MAX_SIGNATURES:
        raise MalformedError("note", f"more than {MAX_SIGNATURES} signatures")


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedError("note", "it holds a lone surrogate") from error
