"""The firm's logs one by one: how far each is, and its newest checkpoint."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.tables import CustodyEvent
from integrity.checkpoint import Checkpoint, claimed_checkpoint
from integrity.origins import Origin
from integrity.policy import TrustedKeys
from integrity.store import sql_log
from integrity.store.tables import LogCheckpoint
from receipts.next_log import segment_of

# Thirteen months: a firm that begins a log each year is a month late by then.
DUE_AFTER = dt.timedelta(days=396)


@dataclass(frozen=True, slots=True)
class LogState:
    """One log as it stands.

    Attributes:
        origin: its name, and which entries it holds.
        segment: the part of its name by which files and pages find it; "" for the
            first log.
        entries: how many it has.
        begun_at: time of its first event; None while it is only announced.
        note: its newest published checkpoint, of a closed log the frozen one; None
            before the first.
    """

    origin: Origin
    segment: str
    entries: int
    begun_at: dt.datetime | None
    note: bytes | None

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What its note says."""
        return None if self.note is None else claimed_checkpoint(self.note)

    @property
    def frozen(self) -> Checkpoint | None:
        """Its last checkpoint, once that is signed."""
        newest = self.checkpoint
        if newest is None or self.origin.covered(newest) != self.origin.end:
            return None
        return newest

    @property
    def state(self) -> str:
        """`announced`, `open` or `closed`."""
        if self.frozen is not None:
            return "closed"
        return "announced" if self.begun_at is None else "open"


def logs_of(session: Session, trusted: TrustedKeys) -> tuple[LogState, ...]:
    """Every log, oldest first, one that is only announced too."""
    origins, size = trusted.origins(), sql_log.size(session)
    return tuple(
        _state(session, origin, segment_of(origins, origin), size) for origin in origins
    )


def log_called(logs: tuple[LogState, ...], name: str) -> LogState:
    """The log of this name or segment; "" for the newest one that has begun.

    Raises:
        Refused: there is none.
    """
    if not name:
        return [log for log in logs if log.begun_at is not None or log is logs[0]][-1]
    for log in logs:
        if name in {log.origin.name, log.segment}:
            return log
    raise Refused("log_unknown", name=name[:80])


def checkpoints_of(origin: Origin) -> Select[LogCheckpoint]:
    """The kept checkpoints of one log, the newest first; one each of some sizes."""
    query = select(LogCheckpoint).where(LogCheckpoint.size > origin.first)
    if origin.end is not None:
        query = query.where(LogCheckpoint.size <= origin.end)
    return query.order_by(LogCheckpoint.size.desc())


def next_log_is_due(logs: tuple[LogState, ...], at: dt.datetime) -> bool:
    """Whether the newest log is so old that it is time to begin the next one."""
    begun = logs[-1].begun_at
    return begun is not None and at - begun > DUE_AFTER


def _state(session: Session, origin: Origin, segment: str, size: int) -> LogState:
    begun = select(CustodyEvent.time).where(CustodyEvent.leaf == origin.first)
    newest = sql_log.head_checkpoint(session, origin)
    end = size if origin.end is None else min(size, origin.end)
    return LogState(
        origin,
        segment,
        max(0, end - origin.first),
        session.scalar(begun),
        None if newest is None else newest.note,
    )
