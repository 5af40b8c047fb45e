"""The last checkpoint of a log that is closed, kept as an object of its own.

Every proof of an entry in that log needs it, and nobody can sign it again: its key is
destroyed when the next log has begun. So both stores hold it, under the number of
entries up to its end, before the first checkpoint of the next log is published.

Witnesses may cosign it later. All places then get the same bytes, because all proofs
of one closed log carry the same note.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrity.cosignature import cosignatures
from integrity.errors import IntegrityError, MalformedError, StoreConflict
from integrity.note import (
    MAX_SIGNATURES,
    SignatureLine,
    VerifierKey,
    split_note,
)
from integrity.policy import TrustedKeys
from integrity.store.blobs import TwinStores, frozen_name, read_optional
from integrity.store.objects import ObjectStore

_SET_ASIDE = "custody fsck --repair sets it aside"


def ends_between(trusted: TrustedKeys, covered: int, size: int) -> list[int]:
    """The ends of logs after `covered` entries and before `size`, in order."""
    ends = [origin.end for origin in trusted.origins() if origin.end is not None]
    return [end for end in ends if covered < end < size]


def keep_frozen(stores: TwinStores, covered: int, note: bytes) -> None:
    """Keep the last checkpoint of a log in both stores.

    Witnesses may have added lines since it was first kept; the checkpoint is the same.

    Raises:
        StoreConflict: a store holds something else under its name.
        StoreUnavailable: a store failed.
    """
    name = frozen_name(covered)
    for store in stores:
        kept = read_optional(store, name)
        if kept is None:
            store.put(name, [note])
        elif _text(kept) != _text(note):
            what = "no checkpoint" if _text(kept) is None else "another checkpoint"
            reason = f"{what} lies there; {_SET_ASIDE}"
            raise StoreConflict(f"{store.place}:{name}", reason)


class FrozenCopies:
    """What both stores hold of one last checkpoint, if it is one and they hold it.

    A copy with another text is left as it is: that is for the checker to judge.

    Args:
        stores: both stores.
        trusted: the public keys.
        size: number of entries, of all logs, up to its end.
        note: the checkpoint as the database keeps it.
    """

    def __init__(
        self, stores: TwinStores, trusted: TrustedKeys, size: int, note: bytes
    ) -> None:
        self._name = frozen_name(size)
        self._witnesses = trusted.witness_keys(size)
        self._found = list[tuple[ObjectStore, bytes]]()
        if all(origin.end != size for origin in trusted.origins()):
            return
        for store in (stores.second, stores.first):
            kept = read_optional(store, self._name)
            if kept is not None and _text(kept) == _text(note):
                self._found.append((store, kept))

    def join(self, note: bytes) -> bytes:
        """`note` with the lines that only a store has."""
        return joined([note, *(kept for _, kept in self._found)], self._witnesses)

    def replace(self, note: bytes) -> None:
        """Put `note` where they were read.

        Raises:
            StoreConflict: one changed meanwhile.
            StoreUnavailable, StoreIdentityError: a store failed.
        """
        for store, kept in self._found:
            if kept != note:
                store.swap(self._name, kept, note)


def joined(notes: Sequence[bytes], witnesses: Sequence[VerifierKey]) -> bytes:
    """The first of these notes of one text, with the further lines of the others.

    Of two lines by one key the first counts. A line in the name of one of
    `witnesses` that does not hold is left out, wherever it stands: it would spoil
    every proof. Lines beyond what a note may hold are left out, too; those of
    witnesses come first then.

    Raises:
        MalformedError: one is no note.
    """
    found = dict[tuple[str, int], SignatureLine]()
    for note in notes:
        for line in split_note(note)[1]:
            if _may_stand(notes[0], line, witnesses):
                found.setdefault((line.name, line.key_id), line)
    own = split_note(notes[0])[1]
    if own == tuple(found.values()):
        return notes[0]
    listed = {(key.name, key.key_id) for key in witnesses}
    lines = list(found.values())
    if len(lines) > MAX_SIGNATURES:
        # The log signed first, in every note that we ever made.
        lines[1:] = sorted(
            lines[1:], key=lambda line: (line.name, line.key_id) not in listed
        )
    body = notes[0].rpartition(b"\n\n")[0] + b"\n\n"
    chosen = lines[:MAX_SIGNATURES]
    return body + b"".join(line.text().encode("utf-8") for line in chosen)


def _may_stand(
    note: bytes, line: SignatureLine, witnesses: Sequence[VerifierKey]
) -> bool:
    named = [k for k in witnesses if (k.name, k.key_id) == (line.name, line.key_id)]
    if not named:
        return True
    text = note.rpartition(b"\n\n")[0] + b"\n\n"
    try:
        return bool(cosignatures(text + line.text().encode("utf-8"), named))
    except IntegrityError:
        return False


def _text(note: bytes) -> str | None:
    """The text of a note; None when it is none."""
    try:
        return split_note(note)[0]
    except MalformedError:
        return None
