"""Is everything well? Facts for the health page, the probes and the gauges."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake.queue import connect_redis
from intake.services import Services, now, today
from intake.spool import FREE_FLOOR_BYTES
from intake.tables import Exhibit
from integrity.errors import CustodyError, SigningRefused
from integrity.store import sql_log
from integrity.store.log_keys import LogKeys
from integrity.store.objects import ObjectStore, folder_of
from integrity.store.transaction import LastKeyAbsent
from receipts.fixity import recent_coverage
from receipts.fixity_schedule import BUCKETS
from receipts.key_settling import home_keys
from receipts.logs import LogState, logs_of, next_log_is_due
from receipts.stamp_reads import AuthorityState, authority_states
from receipts.witness_reads import Vouching, vouching

# A reading that waits longer than this means that no worker is at work.
WAIT_TOO_LONG = dt.timedelta(minutes=10)
FIRST_RUN_WITHIN = dt.timedelta(days=2)  # of the first exhibit


@dataclass(frozen=True, slots=True)
class StoreState:
    """One of the two stores."""

    place: str
    where: str
    error: str
    free_bytes: int | None
    total_bytes: int | None

    @property
    def good(self) -> bool:
        """Reachable, the right one, and with room."""
        return not self.error and (self.free_bytes or 0) >= FREE_FLOOR_BYTES


@dataclass(frozen=True, slots=True)
class FixityState:
    """How far the daily check of stored copies is; `bad`: copies not repaired."""

    last: dt.date | None
    checked: int
    buckets: int
    oldest: dt.date | None
    overdue: int
    bad: int
    never: bool

    @property
    def good(self) -> bool:
        """No damage is left, nothing is overdue, and it has begun at all."""
        return not self.bad and not self.overdue and not self.never


@dataclass(frozen=True, slots=True)
class Health:
    """The state of the service now. None stands for "could not be found out"."""

    stores: tuple[StoreState, ...]
    same_disk: bool
    waiting: int | None
    workers: int | None
    due: int
    oldest_due: dt.datetime | None
    log_size: int
    logs: tuple[LogState, ...]
    checkpoint_size: int
    checkpoint_at: dt.datetime | None
    fingerprint: str
    keys: tuple[tuple[str, str], ...]
    can_sign: bool
    key_faults: tuple[CustodyError, ...]
    authorities: tuple[AuthorityState, ...]
    vouching: Vouching
    fixity: FixityState

    @property
    def time_known(self) -> bool:
        """Every time authority that is set answers; nothing else waits for them."""
        return all(each.good for each in self.authorities)

    @property
    def open_log(self) -> LogState:
        """The log into which the next event goes."""
        return next(log for log in self.logs if log.origin.holds(self.log_size))

    @property
    def next_log_is_due(self) -> bool:
        """It is time to begin the next log; nothing is wrong while nobody does."""
        return next_log_is_due(self.logs, now())

    @property
    def ready(self) -> bool:
        """Uploads can be accepted. The queue may be down: the sweep asks later."""
        return all(store.good for store in self.stores) and self.can_sign

    @property
    def readings_stuck(self) -> bool:
        """Somebody waits too long for a reading."""
        return self.oldest_due is not None and now() - self.oldest_due > WAIT_TOO_LONG


def health_of(services: Services) -> Health:
    """Look at everything once. Raises StoreUnavailable when the database is away."""
    log = services.log
    with log.session() as session:
        newest = sql_log.latest_checkpoint(session)
        due, oldest = _due(session)
        asked = authority_states(session, services.settings)
        seen = vouching(session, log.keys.trusted, services.settings, now())
        fixity = _fixity(session)
        size = sql_log.size(session)
        trusted = log.keys.trusted
        logs = logs_of(session, trusted)
    closing = _closing_fault(log.keys, size)
    return Health(
        stores=tuple(_stores(services)),
        same_disk=_same_disk(services),
        waiting=_waiting(services),
        workers=_workers(services),
        due=due,
        oldest_due=oldest,
        log_size=size,
        logs=logs,
        checkpoint_size=0 if newest is None else newest.size,
        checkpoint_at=None if newest is None else newest.signed_at,
        fingerprint=trusted.fingerprint(),
        keys=tuple((e.role.value, e.what()) for e in trusted.entries),
        can_sign=closing is None
        and log.keys.log is not None
        and log.keys.statement is not None,
        key_faults=(
            *home_keys(services).faults.values(),
            *(() if closing is None else (closing,)),
        ),
        authorities=asked,
        vouching=seen,
        fixity=fixity,
    )


def _closing_fault(keys: LogKeys, size: int) -> CustodyError | None:
    """Why nothing is recorded in a log that is about to close; None: it can be."""
    leaf = keys.trusted.next_entry(size)
    origin = keys.trusted.origin_at(leaf)
    if origin.end is None:
        return None
    try:
        keys.log_signer(origin.end)
    except SigningRefused as error:
        return LastKeyAbsent(origin, error.reason)
    return None


def _fixity(session: Session) -> FixityState:
    found, newest = recent_coverage(session, today())
    first = session.scalar(select(func.min(Exhibit.received_at)))
    waited = first is not None and now() - first > FIRST_RUN_WITHIN
    return FixityState(
        found.last,
        len(found.checked),
        BUCKETS,
        found.oldest,
        len(found.overdue),
        0 if newest is None else newest.bad,
        newest is None and waited,
    )


def exhibits_by_state(session: Session) -> dict[str, int]:
    """Number of exhibits in each state."""
    query = select(Exhibit.state, func.count()).group_by(Exhibit.state)
    return {row[0]: row[1] for row in session.execute(query)}


def _due(session: Session) -> tuple[int, dt.datetime | None]:
    query = select(func.count(), func.min(Exhibit.received_at))
    count, oldest = session.execute(query.where(Exhibit.reading_due.is_(True))).one()
    return count, oldest


def _stores(services: Services) -> Iterator[StoreState]:
    urls = (services.settings.store_url, services.settings.second_store_url)
    for store, url in zip(services.log.stores, urls, strict=True):
        free, total = _space(folder_of(url))
        yield StoreState(store.place, url, _identity_error(store), free, total)


def _identity_error(store: ObjectStore) -> str:
    try:
        store.check_identity()
    except CustodyError as error:
        return str(error)
    return ""


def _space(folder: Path) -> tuple[int | None, int | None]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None, None
    return usage.free, usage.total


def _same_disk(services: Services) -> bool:
    urls = (services.settings.store_url, services.settings.second_store_url)
    try:
        first, second = (folder_of(url).stat().st_dev for url in urls)
    except (OSError, CustodyError):
        return False
    return first == second


def _waiting(services: Services) -> int | None:
    try:
        return services.queue.waiting()
    except CustodyError:
        return None


def _workers(services: Services) -> int | None:
    try:
        return Worker.count(connection=connect_redis(services.settings.redis_url))
    except RedisError:
        return None
