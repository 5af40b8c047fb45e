"""Cosignatures of witnesses (c2sp.org/tlog-cosignature), the Ed25519 kind.

A witness says: at this time, this was the largest checkpoint of this log that I had
seen, and all I had seen of it before is in it. The line is one more signature line
of the checkpoint, of type 0x04: eight bytes of POSIX time and the signature.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from integrity.errors import MalformedError, VerificationError
from integrity.keys import SIGNATURE_BYTES, Signer, signature_verifies
from integrity.note import COSIGNATURE, SignatureLine, VerifierKey, split_note

MAX_POSIX_TIME = 253_402_300_799  # 9999-12-31T23:59:59Z, the last time we can write

_TIME_BYTES = 8
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CHECK = "cosignature"


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that holds: whose it is, and the time the witness states.

    `time` is in UTC with whole seconds. It is the witness's word, not a time stamp.
    """

    key: VerifierKey
    time: dt.datetime


def witness_key(name: str, public_key: bytes) -> VerifierKey:
    """The verifier key of a witness (32 raw bytes of Ed25519, type 0x04).

    Raises:
        MalformedError: the name is not a key name, or it is no such key.
    """
    return VerifierKey.of(name, COSIGNATURE, public_key)


def cosign(text: str, signer: Signer, at: dt.datetime) -> bytes:
    """The signature line by which a witness cosigns a checkpoint.

    Args:
        text: the text of the checkpoint's note, with its last newline.
        signer: the key of the witness; its name stands in the line.
        at: aware time of the cosignature; parts of a second are dropped.

    Returns:
        The line with its newline, for `note.add_signature_lines`.

    Raises:
        MalformedError: a time before 1970, or a name that no note can carry.
        SigningRefused: the signer refuses.
    """
    key = witness_key(signer.name, signer.public_key)
    seconds = (at - _EPOCH) // dt.timedelta(seconds=1)
    if seconds < 0:
        raise MalformedError("cosignature", "its time is before 1970")
    signature = signer.sign(cosigned_message(text, seconds))
    blob = seconds.to_bytes(_TIME_BYTES, "big") + signature
    return SignatureLine(key.name, key.key_id, blob).text().encode("utf-8")


def cosignatures(note: bytes, keys: Sequence[VerifierKey]) -> tuple[Cosignature, ...]:
    """The cosignatures of `keys` in `note`, in the order of its lines.

    Lines by other keys are not looked at.

    Args:
        note: the checkpoint; whether its log signed it is not checked here.
        keys: verifier keys of witnesses.

    Raises:
        MalformedError: not a note, a key that is no witness's, two that share name
            and id, or one that cosigned twice.
        VerificationError: a line by one of `keys` does not hold: then the note was
            altered, and nothing of it is to be believed.
    """
    if any(key.algorithm != COSIGNATURE for key in keys):
        raise MalformedError("witness key", "its type is not that of cosignatures")
    known = {(key.name, key.key_id): key for key in keys}
    if len(known) != len(set(keys)):
        raise MalformedError("witness keys", "two share a name and an id")
    text, lines = split_note(note)
    found = dict[VerifierKey, Cosignature]()
    for line in lines:
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if key in found:
            raise MalformedError("note", f"{key.name} cosigned it twice")
        found[key] = _checked(key, line.signature, text)
    return tuple(found.values())


def cosigned_message(text: str, seconds: int) -> bytes:
    """What a cosignature of the note text `text` at POSIX time `seconds` covers."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _checked(key: VerifierKey, blob: bytes, text: str) -> Cosignature:
    if len(blob) != _TIME_BYTES + SIGNATURE_BYTES:
        raise VerificationError(_CHECK, f"that of {key.name} has another length")
    seconds = int.from_bytes(blob[:_TIME_BYTES], "big")
    if seconds > MAX_POSIX_TIME:
        raise VerificationError(_CHECK, f"that of {key.name} has no possible time")
    message = cosigned_message(text, seconds)
    if not signature_verifies(key.public_key, blob[_TIME_BYTES:], message):
        raise VerificationError(_CHECK, f"that of {key.name} does not match")
    return Cosignature(key, dt.datetime.fromtimestamp(seconds, dt.UTC))
