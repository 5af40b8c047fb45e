"""The checker's look at the kept checkpoints: of this history, and none was taken away.

Most sizes are known from their row alone, so whether one of those was deleted nobody
can tell, and nothing needs it. A row is missing where a store still has the checkpoint,
or where an event names it, as a time stamp does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from sqlalchemy import delete, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity.errors import CustodyError
from integrity.store import sql_log
from integrity.store.checkpoint_check import Newest
from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.finding import Finding
from integrity.store.judgement import PAGE, Judgement
from integrity.store.tables import LogCheckpoint
from integrity.store.walk import DATABASE, Head

NamedCheckpoints = Callable[[Session], Iterable[tuple[int, str]]]
"""From projected rows: the size of a checkpoint, and the SHA-256 of its note's blob."""


def no_checkpoints(_session: Session) -> Iterable[tuple[int, str]]:
    """No event names a checkpoint."""
    return ()


class CheckpointRows:
    """What is wrong with the rows of checkpoints, those at the `ends` of logs left out.

    Args:
        judgement: what the log is.
        session: the one that the walk read.
        ends: sizes at which a log was closed (frozen_check.py).
    """

    def __init__(
        self, judgement: Judgement, session: Session, ends: Collection[int]
    ) -> None:
        self._judgement = judgement
        self._session = session
        self._ends = ends

    def foreign(self) -> Iterator[Finding]:
        """Every checkpoint we ever signed is a prefix of the one history."""
        if self._judgement.walked.broken is not None:
            return
        outside = select(LogCheckpoint.size).where(
            (LogCheckpoint.size > self._judgement.leaves) | (LogCheckpoint.size < 1)
        )
        strange = self._session.scalars(outside)
        sizes = {*self._judgement.walked.checkpoints, *strange}
        for size in sorted(sizes.difference(self._ends)):
            forget = partial(_forget, self._judgement.log, size)
            mend = forget if self._judgement.sure else None
            yield Finding("checkpoint_row", DATABASE, f"size {size}", mend=mend)

    def lost(self, seen: Newest, named: Iterable[tuple[int, str]]) -> Iterator[Finding]:
        """Rows that were there: of what the first store has, and of what events name.

        Args:
            seen: what each place had before the walk; the first store gets a
                checkpoint only when its row is kept.
            named: see NamedCheckpoints.
        """
        told = set[int]()
        first = self._judgement.opened(seen.first)
        if first is not None and self._judgement.confirms(first):
            told.add(first.size)
            yield from self._lost(first.size, seen.first)
        for size, sha256 in named:
            if size not in told:
                told.add(size)
                yield from self._lost(size, sha256)

    def _lost(self, size: int, source: bytes | str | None) -> Iterator[Finding]:
        row = select(LogCheckpoint.size).where(LogCheckpoint.size == size)
        if size in self._ends or self._session.scalar(row) is not None:
            return
        note = self._blob(source) if isinstance(source, str) else source
        keep = None
        if note is not None and self._judgement.sure and self._is_ours(size, note):
            keep = partial(_keep, self._judgement.log, size, note)
        yield Finding("checkpoint_row_missing", DATABASE, f"size {size}", mend=keep)

    def _blob(self, sha256: str) -> bytes | None:
        try:
            with self._judgement.log.stores.open_blob(sha256) as stream:
                return stream.read()
        except (CustodyError, OSError):
            return None

    def _is_ours(self, size: int, note: bytes) -> bool:
        """Whether it is signed and of this history, by the stored nodes."""
        origin = self._judgement.log.keys.trusted.origin_covering(size)
        try:
            root = sql_log.head(self._session, origin, size).root
        except CustodyError:
            return False
        return self._judgement.opened(note) == Head(size, root)

    def notes(self) -> Iterator[tuple[int, bytes]]:
        """Size and note of every row that is good so far."""
        bad = {*self._judgement.walked.checkpoints, *self._ends}
        query = select(
            LogCheckpoint.size, type_coerce(LogCheckpoint.note, NullType())
        ).order_by(LogCheckpoint.size)
        rows: Iterator[tuple[int, object]]
        rows = iter(self._session.execute(query.execution_options(yield_per=PAGE)))
        for size, found in rows:
            if size not in bad and isinstance(found, bytes):
                yield size, found


def _forget(log: CustodyLog, size: int) -> None:
    """The newest one stands in the second store and is kept again from there."""
    with writing(log.engine) as session:
        session.execute(delete(LogCheckpoint).where(LogCheckpoint.size == size))


def _keep(log: CustodyLog, size: int, note: bytes) -> None:
    with writing(log.engine) as session:
        if sql_log.checkpoint_at(session, size) is None:
            sql_log.keep_checkpoint(session, size, note, log.now())
