"""The last checkpoint of a log that is closed, kept as an object of its own.

Every proof of an entry in that log needs it, and nobody can sign it again: its key is
destroyed when the next log has begun. So both stores hold it, under the number of
entries up to its end, before the first checkpoint of the next log is published.
"""

from __future__ import annotations

from integrity.errors import StoreConflict
from integrity.note import split_note
from integrity.policy import TrustedKeys
from integrity.store.blobs import TwinStores, frozen_name, read_optional


def ends_between(trusted: TrustedKeys, covered: int, size: int) -> list[int]:
    """The ends of logs after `covered` entries and before `size`, in order."""
    ends = [origin.end for origin in trusted.origins() if origin.end is not None]
    return [end for end in ends if covered < end < size]


def keep_frozen(stores: TwinStores, covered: int, note: bytes) -> None:
    """Keep the last checkpoint of a log in both stores.

    Witnesses may have added lines since it was first kept; the checkpoint is the same.

    Raises:
        StoreConflict: a store holds another one.
    """
    name = frozen_name(covered)
    for store in stores:
        kept = read_optional(store, name)
        if kept is None:
            store.put(name, [note])
        elif split_note(kept)[0] != split_note(note)[0]:
            reason = "another last checkpoint of this log is kept"
            raise StoreConflict(f"{store.place}:{name}", reason)
