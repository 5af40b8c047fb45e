"""When to stamp: after new leaves, before a stamp grows old, after trouble later.

And when a log was closed: its last checkpoint has a stamp of its own. Sizes are the
number of entries that a checkpoint covers, those of earlier logs included.

Nothing here asks anybody or writes anything; the clock is passed in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake.tables import CustodyEvent
from integrity.digest import digest_bytes
from integrity.store.tables import LogCheckpoint
from receipts.stamp_projection import LOG_STAMPED
from receipts.stamp_tables import StampRow, TimeAuthority

FIRST_RETRY = dt.timedelta(minutes=1)
LONGEST_RETRY = dt.timedelta(hours=1)
# How long before its end a stamp is renewed, and how often at most: an authority
# whose own certificates live shorter than that must not be asked all day.
RENEWAL_LEAD = dt.timedelta(days=90)
RENEWAL_EVERY = dt.timedelta(days=1)
# Witnesses add their lines to a checkpoint just after it is published; a stamp covers
# the note with the lines that it has then.
SETTLED_AFTER = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Target:
    """A checkpoint to be stamped."""

    size: int
    note: bytes


def retry_after(failed: int) -> dt.timedelta:
    """How long to leave an authority alone after `failed` failures in a row."""
    doublings = min(failed - 1, 10)  # beyond that it is longer than the longest
    return min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)


def may_ask(session: Session, service: str, at: dt.datetime) -> bool:
    """Whether the pause after its last failure is over."""
    row = session.get(TimeAuthority, service)
    return row is None or row.next_at is None or row.next_at <= at


def due_for_renewal(session: Session, at: dt.datetime) -> tuple[StampRow, ...]:
    """Stamps that end soon, or have ended, and that no later stamp has taken over.

    A stamp over a checkpoint that covers an older stamp's leaf renews it: query,
    response and chain of the older one are named in that leaf.
    """
    edge = at + RENEWAL_LEAD
    lasting = select(func.max(StampRow.size)).where(StampRow.good_until > edge)
    covered = session.scalar(lasting) or 0
    ending = select(StampRow).where(
        StampRow.good_until <= edge, StampRow.leaf >= covered
    )
    return tuple(session.scalars(ending.order_by(StampRow.leaf)))


def closing_target(
    session: Session, service: str, at: dt.datetime, ends: Sequence[int]
) -> Target | None:
    """The last checkpoint of the log closed last, unless this authority stamped it.

    Args:
        session: a session for reading.
        service: the authority.
        at: aware time.
        ends: sizes at which a log is, or will be, closed.
    """
    closed = select(LogCheckpoint).where(
        LogCheckpoint.size.in_(ends), LogCheckpoint.signed_at <= at - SETTLED_AFTER
    )
    last = session.scalar(closed.order_by(LogCheckpoint.size.desc()).limit(1))
    if last is None:
        return None
    stamped = select(StampRow.leaf).where(
        StampRow.service == service, StampRow.size == last.size
    )
    if session.scalar(stamped.limit(1)) is not None:
        return None
    return Target(last.size, last.note)


def due_target(
    session: Session, service: str, at: dt.datetime, every: dt.timedelta
) -> Target | None:
    """The checkpoint that this authority should stamp now, if any.

    That it has new leaves counts without those that log a stamp: an idle log would
    otherwise be stamped for ever. An authority that comes late stamps the checkpoint
    that the others have stamped, while it still covers all that is new.
    """
    newest = _newest_settled(session, at)
    if newest is None:
        return None
    last = _last_stamp(session, service)
    fresh = _last_fresh_leaf(session, newest.size)
    if last is None or (fresh >= (last.size or 0) and last.logged_at + every <= at):
        return _stamped_by_others(session, fresh) or Target(newest.size, newest.note)
    renew = last.logged_at + max(every, RENEWAL_EVERY) <= at
    if renew and due_for_renewal(session, at):
        return Target(newest.size, newest.note)
    return None


def _newest_settled(session: Session, at: dt.datetime) -> LogCheckpoint | None:
    settled = select(LogCheckpoint).where(LogCheckpoint.signed_at <= at - SETTLED_AFTER)
    return session.scalar(settled.order_by(LogCheckpoint.size.desc()).limit(1))


def _stamped_by_others(session: Session, fresh: int) -> Target | None:
    """The newest stamped checkpoint that covers `fresh`, as it was stamped."""
    covering = select(StampRow).where(StampRow.size > fresh)
    stamp = session.scalar(covering.order_by(StampRow.leaf.desc()).limit(1))
    kept = session.get(LogCheckpoint, stamp.size) if stamp is not None else None
    if stamp is None or kept is None:
        return None
    same = digest_bytes(kept.note).sha256 == stamp.stamped_sha256
    return Target(kept.size, kept.note) if same else None


def _last_stamp(session: Session, service: str) -> StampRow | None:
    query = select(StampRow).where(
        StampRow.service == service, StampRow.size.is_not(None)
    )
    return session.scalar(query.order_by(StampRow.leaf.desc()).limit(1))


def _last_fresh_leaf(session: Session, size: int) -> int:
    query = select(func.max(CustodyEvent.leaf)).where(
        CustodyEvent.kind != LOG_STAMPED, CustodyEvent.leaf < size
    )
    last = session.scalar(query)
    return -1 if last is None else last
