"""Which signature lines may stand on a checkpoint of ours: those of listed keys."""

from __future__ import annotations

from integrity.cosignature import cosignatures
from integrity.errors import IntegrityError
from integrity.note import (
    COSIGNATURE,
    SignatureLine,
    VerifierKey,
    open_note,
    split_note,
)
from integrity.policy import Role, TrustedKeys


def tidied(note: bytes, trusted: TrustedKeys) -> bytes:
    """`note` without the lines that no listed key of a log or a witness made.

    A key counts whenever it was listed, so lines of before a change of keys stay. Of
    two lines by one key the first stays.

    Raises:
        MalformedError: it is no note.
    """
    text, lines = split_note(note)
    listed = trusted.keys(Role.LOG, Role.WITNESS)
    keys = {(each.key.name, each.key.key_id): each.key for each in listed}
    kept = dict[tuple[str, int], SignatureLine]()
    for line in lines:
        whose = (line.name, line.key_id)
        if whose in keys and _holds(text, line, keys[whose]):
            kept.setdefault(whose, line)
    if tuple(kept.values()) == lines:
        return note
    return _whole(text, *kept.values())


def _holds(text: str, line: SignatureLine, key: VerifierKey) -> bool:
    alone = _whole(text, line)
    try:
        if key.algorithm == COSIGNATURE:
            return bool(cosignatures(alone, [key]))
        return bool(open_note(alone, [key]).verified)
    except IntegrityError:
        return False


def _whole(text: str, *lines: SignatureLine) -> bytes:
    return f"{text}\n{''.join(line.text() for line in lines)}".encode()
