"""What a bundle takes from the log: events, proofs, one checkpoint, time stamps.

The checkpoint is one that authorities stamped, where there is such a one that covers
everything and no change of keys came after it; else the newest. An event of a log that
was closed before is proved under the last checkpoint of that log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.services import Services
from intake.tables import CustodyEvent
from integrity.errors import StoreUnavailable
from integrity.origins import Origin
from integrity.policy import TrustedKeys
from integrity.proof import Proof
from integrity.store import sql_log
from integrity.store.tables import LogCheckpoint, LogKeyChange
from receipts.bundle_history import ERASED
from receipts.bundle_writer import BundleEvent
from receipts.stamp_files import StampFiles
from receipts.stamp_reads import (
    StampRecord,
    exhibit_stamps,
    lower_bound,
    stamped_checkpoint,
)


@dataclass(frozen=True, slots=True)
class Proofs:
    """Events and proofs, the checkpoint of `size` entries, and the keys then."""

    events: tuple[BundleEvent, ...]
    checkpoint: bytes
    size: int
    keys: TrustedKeys
    stamps: tuple[StampFiles, ...]


@dataclass(frozen=True, slots=True)
class _Head:
    """A checkpoint to prove under: how many entries it covers, and its note."""

    size: int
    note: bytes


def collect_proofs(
    services: Services, session: Session, exhibit_ids: Sequence[str]
) -> Proofs:
    """Leaf 0, changes of keys, beginnings of logs, and all of the exhibits.

    Raises:
        StoreUnavailable: no checkpoint was published yet, or a stamp's file is lost.
    """
    newest = sql_log.latest_checkpoint(session)
    if newest is None:
        raise StoreUnavailable("checkpoint", "none was published yet")
    keys = services.log.keys.follow(session, sql_log.state(session).key_change)
    changes = [n for n in _changes(session) if n < newest.size]
    events = _of_exhibits(session, exhibit_ids, newest.size)
    bound = _lower_bound(session, exhibit_ids, newest.size)
    stamps = {s.leaf: s for e in exhibit_ids for s in exhibit_stamps(session, e)}
    if bound is not None:
        stamps[bound.leaf] = bound
    begun = {log.first for log in keys.origins() if log.first < newest.size}
    bounds = {bound.leaf} if bound is not None else set()
    leaves = sorted({*begun, *changes, *events, *bounds})
    head, over = _newest_head(services, session, max(leaves) + 1, newest)
    heads = [(log, _head_of(session, log, head)) for log in keys.origins()]
    proved = _proved(services, session, leaves, heads, stamps)
    return Proofs(tuple(proved), head.note, head.size, keys, over)


def _newest_head(
    services: Services, session: Session, least_size: int, newest: LogCheckpoint
) -> tuple[_Head, tuple[StampFiles, ...]]:
    """The checkpoint of the bundle, and the stamps over it where there are some."""
    stamped = stamped_checkpoint(session, least_size)
    if stamped is None or any(n >= stamped.size for n in _changes(session)):
        return _Head(newest.size, newest.note), ()
    stores = services.log.stores
    over = tuple(stamp.files(stores) for stamp in stamped.stamps)
    return _Head(stamped.size, stamped.note(stores)), over


def _head_of(session: Session, log: Origin, newest: _Head) -> _Head:
    """The checkpoint for entries of this log: the last of one closed before."""
    if log.end is None or log.end >= newest.size:
        return newest
    frozen = sql_log.checkpoint_at(session, log.end)
    if frozen is None:
        raise StoreUnavailable(f"the last checkpoint of {log.name}", "missing")
    return _Head(frozen.size, frozen.note)


def _proved(
    services: Services,
    session: Session,
    leaves: Sequence[int],
    heads: Sequence[tuple[Origin, _Head]],
    stamps: dict[int, StampRecord],
) -> Iterator[BundleEvent]:
    for leaf in leaves:
        log, head = next(pair for pair in heads if pair[0].holds(leaf))
        proof = sql_log.prove(session, log, leaf, head.size)
        # The same checkpoint without cosignatures that came later than the stamp.
        proof = Proof(proof.index, proof.hashes, head.note, proof.extra)
        record = stamps.get(leaf)
        files = None if record is None else record.files(services.log.stores)
        yield BundleEvent(leaf, proof.extra, proof.serialise(), files)


def _changes(session: Session) -> list[int]:
    return list(session.scalars(select(LogKeyChange.leaf)))


def _of_exhibits(session: Session, exhibit_ids: Sequence[str], size: int) -> list[int]:
    """Every event of the exhibits; of one that was erased that event alone."""
    query = select(CustodyEvent.exhibit_id, CustodyEvent.leaf, CustodyEvent.kind).where(
        CustodyEvent.exhibit_id.in_(exhibit_ids), CustodyEvent.leaf < size
    )
    rows = session.execute(query).all()
    erased = {row.exhibit_id for row in rows if row.kind == ERASED}
    return [
        row.leaf for row in rows if row.kind == ERASED or row.exhibit_id not in erased
    ]


def _lower_bound(
    session: Session, exhibit_ids: Sequence[str], size: int
) -> StampRecord | None:
    """The newest logged stamp before the first of the exhibits came in."""
    query = select(CustodyEvent.leaf).where(
        CustodyEvent.exhibit_id.in_(exhibit_ids),
        CustodyEvent.kind == "exhibit.received",
        CustodyEvent.leaf < size,
    )
    first = session.scalar(query.order_by(CustodyEvent.leaf).limit(1))
    return None if first is None else lower_bound(session, first)
