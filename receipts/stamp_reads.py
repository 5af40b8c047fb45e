"""What is known of time stamps: for bundles, for lists, for health.

Two moments, never mixed. *Existed before*: a stamp over a checkpoint or an exhibit
shows that what it covers was there at the authority's time. *Logged after*: a stamp
that is itself a leaf shows that every later leaf was added after that time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.settings import Settings
from intake.tables import Exhibit
from integrity.store.blobs import TwinStores
from receipts.stamp_files import StampFiles
from receipts.stamp_tables import StampRow, TimeAuthority
from receipts.time_authority import authorities

IN_A_BUNDLE = 2  # authorities whose stamps of one checkpoint a bundle has room for
TOO_MANY_FAILURES = 3


@dataclass(frozen=True, slots=True)
class StampRecord:
    """One logged stamp; `size` for a checkpoint, `exhibit_id` for an exhibit."""

    leaf: int
    size: int | None
    exhibit_id: str | None
    service: str
    authority: str
    root_sha256: str
    serial: str
    policy: str
    time: dt.datetime
    good_until: dt.datetime
    logged_at: dt.datetime
    stamped_sha256: str
    query_sha256: str
    response_sha256: str
    chain_sha256: str

    def files(self, stores: TwinStores) -> StampFiles:
        """The files from the stores.

        Raises:
            StoreUnavailable: neither store has a whole copy.
        """
        names = (self.query_sha256, self.response_sha256, self.chain_sha256)
        return StampFiles(*(_blob(stores, sha256) for sha256 in names))


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """A checkpoint with stamps by one or two authorities, the earliest first."""

    size: int
    sha256: str
    stamps: tuple[StampRecord, ...]

    def note(self, stores: TwinStores) -> bytes:
        """The signed note that was stamped, from the stores."""
        return _blob(stores, self.sha256)


@dataclass(frozen=True, slots=True)
class AuthorityState:
    """How one authority of the settings answers."""

    service: str
    failed: int
    trouble: str | None
    detail: str | None
    answered_at: dt.datetime | None
    next_at: dt.datetime | None

    @property
    def good(self) -> bool:
        """It answered the last time, or has only just stopped to."""
        return self.failed < TOO_MANY_FAILURES


def stamped_checkpoint(session: Session, least_size: int) -> StampedCheckpoint | None:
    """The newest stamped checkpoint of at least `least_size` leaves.

    One with stamps by two authorities goes before a newer one with a single stamp:
    proof by two is the policy, and the older checkpoint covers the same leaves.
    """
    query = select(StampRow).where(StampRow.size >= least_size).order_by(StampRow.leaf)
    by_note: dict[tuple[int, str], list[StampRecord]] = {}
    for row in session.scalars(query):
        by_note.setdefault((row.size or 0, row.stamped_sha256), []).append(_record(row))
    found = [
        StampedCheckpoint(size, sha256, _one_each(stamps))
        for (size, sha256), stamps in by_note.items()
    ]
    # By leaf at last: of two notes of one size, the later has more witnesses' lines.
    return max(
        found,
        key=lambda each: (len(each.stamps), each.size, each.stamps[-1].leaf),
        default=None,
    )


def stamped_notes(session: Session) -> Iterator[tuple[int, str]]:
    """The size of each stamped checkpoint, and the SHA-256 of the note kept with it."""
    query = select(StampRow.size, StampRow.stamped_sha256).order_by(StampRow.leaf)
    rows = session.execute(query)
    yield from ((size, sha256) for size, sha256 in rows if size is not None)


def lower_bound(session: Session, leaf: int) -> StampRecord | None:
    """The newest `log.stamped` before `leaf`: the leaf was logged after its time."""
    query = select(StampRow).where(StampRow.size.is_not(None), StampRow.leaf < leaf)
    row = session.scalar(query.order_by(StampRow.leaf.desc()).limit(1))
    return None if row is None else _record(row)


def exhibit_stamps(session: Session, exhibit_id: str) -> tuple[StampRecord, ...]:
    """Every stamp over the bytes of an exhibit, in the log's order."""
    query = select(StampRow).where(StampRow.exhibit_id == exhibit_id)
    return tuple(map(_record, session.scalars(query.order_by(StampRow.leaf))))


def files_only_of(session: Session, exhibit_id: str) -> frozenset[str]:
    """SHA-256 of the files that this exhibit's stamps name and no other stamp does.

    They tell the digest of the original, so they go when it is erased.
    """
    mine, others = set[str](), set[str]()
    for row in session.scalars(select(StampRow)):
        place = mine if row.exhibit_id == exhibit_id else others
        place |= {row.query_sha256, row.response_sha256, row.chain_sha256}
    return frozenset(mine - others)


def all_stamps(session: Session) -> tuple[StampRecord, ...]:
    """Every stamp, in the log's order."""
    return tuple(
        map(_record, session.scalars(select(StampRow).order_by(StampRow.leaf)))
    )


def logged_after(session: Session, stamp: StampRecord) -> dt.datetime | None:
    """After which proven time the thing that was stamped had come into the log.

    None for a checkpoint, which is about many leaves, and where no stamp is older.
    """
    exhibit = stamp.exhibit_id and session.get(Exhibit, stamp.exhibit_id)
    before = lower_bound(session, exhibit.leaf) if exhibit else None
    return None if before is None else before.time


def authority_states(
    session: Session, settings: Settings
) -> tuple[AuthorityState, ...]:
    """One state for each authority of the settings, in their order."""
    return tuple(
        _state(each.service, session.get(TimeAuthority, each.service))
        for each in authorities(settings)
    )


def _state(service: str, row: TimeAuthority | None) -> AuthorityState:
    if row is None:
        return AuthorityState(service, 0, None, None, None, None)
    return AuthorityState(
        service, row.failed, row.trouble, row.detail, row.answered_at, row.next_at
    )


def _one_each(stamps: list[StampRecord]) -> tuple[StampRecord, ...]:
    """One stamp by each authority, at most two, by the authority's time."""
    by_authority: dict[tuple[str, str], StampRecord] = {}
    for stamp in sorted(stamps, key=lambda each: (each.time, each.leaf)):
        by_authority.setdefault((stamp.authority, stamp.root_sha256), stamp)
    return tuple(by_authority.values())[:IN_A_BUNDLE]


def _record(row: StampRow) -> StampRecord:
    return StampRecord(
        *(getattr(row, name) for name in StampRecord.__dataclass_fields__)
    )


def _blob(stores: TwinStores, sha256: str) -> bytes:
    with stores.open_blob(sha256) as stream:
        return stream.read()
