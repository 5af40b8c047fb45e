"""What a bundle takes from the log: events, proofs, one checkpoint, time stamps.

The checkpoint is one that authorities stamped, where there is such a one that covers
everything and no change of keys came after it; else the newest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.services import Services
from intake.tables import CustodyEvent
from integrity.errors import StoreUnavailable
from integrity.policy import TrustedKeys
from integrity.proof import Proof
from integrity.store import sql_log
from integrity.store.tables import LogKeyChange
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
    """Events and proofs under one checkpoint of `size`, and the keys at that size."""

    events: tuple[BundleEvent, ...]
    checkpoint: bytes
    size: int
    keys: TrustedKeys
    stamps: tuple[StampFiles, ...]


def collect_proofs(
    services: Services, session: Session, exhibit_ids: Sequence[str]
) -> Proofs:
    """Leaf 0, the changes of keys, and all that is to be told of the exhibits.

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
    leaves = sorted({0, *changes, *events, *([bound.leaf] if bound else [])})
    size, note = newest.size, newest.note
    over: tuple[StampFiles, ...] = ()
    stamped = stamped_checkpoint(session, max(leaves) + 1)
    if stamped is not None and not any(n >= stamped.size for n in _changes(session)):
        stores = services.log.stores
        size, note = stamped.size, stamped.note(stores)
        over = tuple(stamp.files(stores) for stamp in stamped.stamps)
    return Proofs(
        tuple(_proved(services, session, leaves, size, note, stamps)),
        note,
        size,
        keys,
        over,
    )


def _proved(
    services: Services,
    session: Session,
    leaves: Sequence[int],
    size: int,
    note: bytes,
    stamps: dict[int, StampRecord],
) -> Iterator[BundleEvent]:
    for leaf in leaves:
        proof = sql_log.prove(session, leaf, size)
        # The same checkpoint without cosignatures that came later than the stamp.
        proof = Proof(proof.index, proof.hashes, note, proof.extra)
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
