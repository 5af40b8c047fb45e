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
from integrity.store.finding import Finding, Mend, replace_object
from integrity.store.tables import LogCheckpoint
from integrity.store.walk import DATABASE, Head, Opener, try_read


class FrozenCheck:
    """What is wrong with the last checkpoints of the logs that were closed.

    Args:
        log: the log.
        opened: opens a note.
        ends: number of entries and root at the end of each closed log that another
            one follows in the published checkpoint: from then on every place has it.
    """

    def __init__(
        self, log: CustodyLog, opened: Opener, ends: Mapping[int, bytes]
    ) -> None:
        self._log = log
        self._opened = opened
        self._ends = ends

    def run(self, session: Session) -> Iterator[Finding]:
        """All findings."""
        for size, root in self._ends.items():
            yield from self._end(session, Head(size, root))
        yield from self._strangers()

    def _end(self, session: Session, head: Head) -> Iterator[Finding]:
        name = frozen_name(head.size)
        notes: dict[str, object] = {DATABASE: _row(session, head.size)}
        notes |= {store.place: try_read(store, name) for store in self._log.stores}
        good = [note for note in notes.values() if self._opened(note) == head]
        for place, note in notes.items():
            if note not in good:
                kind = "frozen_missing" if note is None else "frozen_altered"
                mend = self._mend(place, head.size, good[0]) if good else None
                yield Finding(kind, place, name, mend=mend)

    def _mend(self, place: str, size: int, good: object) -> Mend | None:
        if not isinstance(good, bytes):
            return None
        for store in self._log.stores:
            if store.place == place:
                return partial(replace_object, store, frozen_name(size), good)
        return partial(self._rewrite_row, size, good)

    def _rewrite_row(self, size: int, good: bytes) -> None:
        with writing(self._log.engine) as session:
            session.execute(delete(LogCheckpoint).where(LogCheckpoint.size == size))
            sql_log.keep_checkpoint(session, size, good, self._log.now())

    def _strangers(self) -> Iterator[Finding]:
        """Objects among them that are no checkpoint, or bear another's number."""
        due = {frozen_name(size) for size in self._ends}
        for store in self._log.stores:
            for name in store.names(FROZEN):
                found = self._opened(try_read(store, name))
                if name in due or (found and frozen_name(found.size) == name):
                    continue
                mend = partial(store.set_aside, name)
                yield Finding("frozen_foreign", store.place, name, mend=mend)


def _row(session: Session, size: int) -> object:
    """The note of a row as the driver gives it; None without one."""
    note = select(type_coerce(LogCheckpoint.note, NullType()))
    return session.scalar(note.where(LogCheckpoint.size == size))
