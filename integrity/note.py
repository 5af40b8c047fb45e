"""Signed notes (c2sp.org/signed-note): a text and who signed it.

Only Ed25519 (type 0x01) is verified here. Lines by other keys, such as cosignatures
of witnesses (cosignature.py), are carried along and handed back unverified.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from integrity.canonical import base64_text, parse_base64
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Signer, signature_verifies
from integrity.vkey import (
    COSIGNATURE,
    ED25519,
    KEY_ID_BYTES,
    MAX_KEY_NAME_CHARACTERS,
    MAX_VKEY_CHARACTERS,
    PASSKEY,
    VerifierKey,
    check_key_name,
    parse_vkey,
)

# Post-quantum signatures take nearly 7 kB of base64; the specification asks for
# at least 16 of them, and our texts are three lines.
MAX_NOTE_BYTES = 256 << 10
MAX_SIGNATURES = 32

__all__ = [  # the keys of notes are used together with notes
    "COSIGNATURE",
    "ED25519",
    "MAX_KEY_NAME_CHARACTERS",
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "MAX_VKEY_CHARACTERS",
    "PASSKEY",
    "Note",
    "SignatureLine",
    "VerifierKey",
    "add_signature_lines",
    "check_key_name",
    "open_note",
    "parse_vkey",
    "sign_note",
    "split_note",
]

_SIGNATURE_PREFIX = "— "
_CHECK = "note signature"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature line as it stands in a note; nothing about it is checked."""

    name: str
    key_id: int
    signature: bytes

    def text(self) -> str:
        """The line, with its newline."""
        blob = self.key_id.to_bytes(KEY_ID_BYTES, "big") + self.signature
        return f"{_SIGNATURE_PREFIX}{self.name} {base64_text(blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, the keys that were seen to have signed it, and all other lines."""

    text: str
    verified: tuple[VerifierKey, ...]
    other: tuple[SignatureLine, ...]


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
    lines = [_signed_line(signer, message).text() for signer in signers]
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
    text, lines = split_note(data)
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


def split_note(data: bytes) -> tuple[str, tuple[SignatureLine, ...]]:
    """Text and signature lines of a note, of which nothing is verified.

    The last blank line stands between them.

    Raises:
        MalformedError: not a note.
    """
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
    return text, tuple(_parse_signature_line(line) for line in lines)


def add_signature_lines(note: bytes, lines: Sequence[bytes]) -> bytes:
    """`note` with further signature lines at its end, all else byte for byte.

    Each of `lines` ends in its newline. Whether they verify is not looked at.

    Raises:
        MalformedError: not a note, not signature lines, a key that signed already,
            or more than a note may hold.
    """
    longer = note + b"".join(lines)
    text, before = split_note(note)
    longer_text, after = split_note(longer)
    if longer_text != text or len(after) != len(before) + len(lines):
        raise MalformedError("note", "what was to be added is not signature lines")
    signed = {(line.name, line.key_id) for line in before}
    for line in after[len(before) :]:
        if (line.name, line.key_id) in signed:
            raise MalformedError("note", f"{line.name} signed it already")
        signed.add((line.name, line.key_id))
    return longer


def _by_name_and_id(
    keys: Sequence[VerifierKey],
) -> dict[tuple[str, int], VerifierKey]:
    known: dict[tuple[str, int], VerifierKey] = {}
    for key in keys:
        if key.algorithm != ED25519:
            raise MalformedError("verifier keys", f"{key.name} does not sign notes")
        if known.setdefault((key.name, key.key_id), key) != key:
            raise MalformedError("verifier keys", "two share a name and an id")
    return known


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


def _signed_line(signer: Signer, message: bytes) -> SignatureLine:
    key = VerifierKey.ed25519(signer.name, signer.public_key)
    return SignatureLine(key.name, key.key_id, signer.sign(message))


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
