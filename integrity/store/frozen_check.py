"""The checker's look at closed logs: each place has their last, signed checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from sqlalchemy import delete, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity.store import sql_log
from integrity.store.blobs import FROZEN, frozen_name
from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.finding import Finding, Mend, blocked, replace_object
from integrity.store.frozen import joined
from integrity.store.line_check import swap_row
from integrity.store.note_lines import tidied
from integrity.store.objects import ObjectStore
from integrity.store.tables import LogCheckpoint
from integrity.store.walk import DATABASE, Head, Opener, try_read


class FrozenCheck:
    """What is wrong with the last checkpoints of the logs that were closed.

    Args:
        log: the log.
        opened: opens a note.
        roots: the root at each announced end of a log that the database reaches.
        published: number of entries that the newest signed checkpoint covers: every
            end before it is in every place.
    """

    def __init__(
        self,
        log: CustodyLog,
        opened: Opener,
        roots: Mapping[int, bytes],
        published: int,
    ) -> None:
        self._log = log
        self._opened = opened
        origins = log.keys.trusted.origins()
        self._announced = [one.end for one in origins if one.end is not None]
        self._roots = {end: roots[end] for end in self._announced if end in roots}
        self._due = {end for end in self._roots if end < published}

    @property
    def ends(self) -> frozenset[int]:
        """The ends of the logs that another one follows in what was published."""
        return frozenset(self._due)

    def run(self, session: Session) -> Iterator[Finding]:
        """All findings."""
        for size in sorted(self._due):
            yield from self._end(session, Head(size, self._roots[size]))
        yield from self._strangers()

    def _end(self, session: Session, head: Head) -> Iterator[Finding]:
        name = frozen_name(head.size)
        notes: dict[str, object] = {DATABASE: _row(session, head.size)}
        notes |= {store.place: try_read(store, name) for store in self._log.stores}
        good = [note for note in notes.values() if self._opened(note) == head]
        best = self._joined(head, [note for note in good if isinstance(note, bytes)])
        for place, note in notes.items():
            if isinstance(note, bytes) and note in good:
                if note != best and best is not None:
                    yield self._lines(place, head.size, note, best)
                continue
            kind = "frozen_missing" if note is None else "frozen_altered"
            mend = None if best is None else self._mend(place, head.size, best)
            yield Finding(kind, place, name, mend=mend)

    def _lines(self, place: str, size: int, note: bytes, best: bytes) -> Finding:
        """A good checkpoint that lacks lines, or has some that no listed key made."""
        name = frozen_name(size)
        if tidied(note, self._log.keys.trusted) == note:
            # Under the lock of those who add lines: none is lost meanwhile.
            join = partial(self._log.add_cosignatures, size, [])
            return Finding("frozen_cosignatures", place, name, mend=join)
        mend = partial(swap_row, self._log, size, note, best)
        for store in self._log.stores:
            if store.place == place:
                mend = partial(store.swap, name, note, best)
        return Finding("checkpoint_lines", place, name, mend=mend)

    def _joined(self, head: Head, good: list[bytes]) -> bytes | None:
        """The checkpoint with the cosignatures that any of its copies has."""
        if not good:
            return None
        trusted = self._log.keys.trusted
        whole = tidied(joined(good, trusted.witness_keys(head.size)), trusted)
        return whole if self._opened(whole) == head else good[0]

    def _mend(self, place: str, size: int, good: bytes) -> Mend:
        for store in self._log.stores:
            if store.place == place:
                return partial(replace_object, store, frozen_name(size), good)
        return partial(self._rewrite_row, size, good)

    def _rewrite_row(self, size: int, good: bytes) -> None:
        with writing(self._log.engine) as session:
            session.execute(delete(LogCheckpoint).where(LogCheckpoint.size == size))
            sql_log.keep_checkpoint(session, size, good, self._log.now())

    def _strangers(self) -> Iterator[Finding]:
        """What lies among them and is no last checkpoint, or bears another's number."""
        due = {frozen_name(size) for size in self._due}
        for store in self._log.stores:
            names = {_top(name) for name in store.names(FROZEN)}
            # A folder without a file in it is not listed.
            names |= {
                name
                for name in map(frozen_name, self._announced)
                if blocked(store, name)
            }
            for name in sorted(names - due):
                if not self._is_early(store, name):
                    mend = partial(store.set_aside, name)
                    yield Finding("frozen_foreign", store.place, name, mend=mend)

    def _is_early(self, store: ObjectStore, name: str) -> bool:
        """Kept before the first checkpoint of the next log, as it should be."""
        head = self._opened(try_read(store, name))
        if head is None or head.size not in self._announced:
            return False
        root = self._roots.get(head.size, head.root)
        return name == frozen_name(head.size) and root == head.root


def _row(session: Session, size: int) -> object:
    """The note of a row as the driver gives it; None without one."""
    note = select(type_coerce(LogCheckpoint.note, NullType()))
    return session.scalar(note.where(LogCheckpoint.size == size))


def _top(name: str) -> str:
    """The object or folder right under that of the last checkpoints."""
    return "/".join(name.split("/")[: FROZEN.count("/") + 2])
