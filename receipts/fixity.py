"""The daily check of stored copies: read again, hashed again, mended, logged.

Each run takes the files that are due, in both stores, and says in the log how many
it read at each place and what was wrong. What one copy lacks is mended from the other
by the code of fsck. A run is gentle: it rests as long as it works.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.services import SYSTEM, Services, now, today
from integrity.errors import CustodyError, StoreUnavailable
from integrity.statement import open_statement
from integrity.store.blobs import blob_name
from integrity.store.fsck import Finding, blob_findings
from integrity.store.tables import Blob
from receipts.care_tables import FixityRun
from receipts.fixity_schedule import (
    BUCKETS,
    FIXITY_CHECKED,
    PREFIXES,
    Coverage,
    Run,
    buckets_due,
    coverage,
    prefixes_of,
    run_of,
)

PAGE = 100  # files known at a time
LONGEST_REST = 5.0  # seconds
AFTER_FAILURE = dt.timedelta(hours=1)

log = structlog.get_logger()
Rest = Callable[[float], object]


@dataclass(slots=True)
class PlaceTally:
    """What a run found at one place. `missing`: absent, or not to be read."""

    place: str
    objects: int = 0
    bytes: int = 0
    missing: int = 0
    altered: int = 0
    repaired: int = 0

    def facts(self) -> dict[str, int | str]:
        """As the event tells it."""
        return {
            "place": self.place,
            "objects": self.objects,
            "bytes": self.bytes,
            "missing": self.missing,
            "altered": self.altered,
            "repaired": self.repaired,
        }


@dataclass(slots=True)
class Outcome:
    """A run that was logged, with every finding in words of fsck."""

    leaf: int
    day: dt.date
    buckets: Sequence[int]
    places: Sequence[PlaceTally]
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Nothing is left unrepaired."""
        return all(finding.repaired for finding in self.findings)


class DailyFixity:
    """Checks what is due, if no run was logged today; for the scheduler.

    After a failure it waits an hour: a try may have read much in vain.
    """

    def __init__(self) -> None:
        self._not_before: dt.datetime | None = None

    def __call__(self, services: Services) -> Outcome | None:
        """One try; raises what run_fixity raises."""
        if self._not_before is not None and now() < self._not_before:
            return None
        self._not_before = now() + AFTER_FAILURE
        done = run_fixity(services)
        self._not_before = None
        return done


def run_fixity(
    services: Services,
    *,
    day: dt.date | None = None,
    everything: bool = False,
    rest: Rest = time.sleep,
) -> Outcome | None:
    """Check what is due on `day` (today), or everything; None when nothing is due.

    Raises:
        StoreUnavailable, StoreIdentityError: a store is away. Nothing is logged:
            the day shows as a gap until a later run makes up for it.
        Refused: another run was logged meanwhile.
    """
    on = day or today()
    with services.log.session() as session:
        last = _newest(session)
        before = None if last is None else (last.leaf, last.run)
        last_day = None if last is None else dt.date.fromisoformat(last.day)
    buckets = list(range(BUCKETS)) if everything else buckets_due(last_day, on)
    if not buckets:
        return None
    services.log.stores.check_identity()
    places = [PlaceTally(store.place) for store in services.log.stores]
    findings = list(_check(services, buckets, places, rest))
    leaf = _record(services, before, on, buckets, places, findings)
    return Outcome(leaf, on, buckets, places, findings)


def runs_of(services: Services) -> Iterator[Run]:
    """Every run, read from its verified statement and nothing else.

    Raises:
        VerificationError, MalformedError: a statement is not what was logged.
    """
    with services.log.session() as session:
        leaves = list(session.scalars(select(FixityRun.leaf).order_by(FixityRun.leaf)))
    trusted = services.log.keys.trusted
    for leaf in leaves:
        envelope = services.log.statement(leaf)
        yield run_of(leaf, open_statement(envelope, trusted.statement_keys(leaf)))


def recent_coverage(session: Session, on: dt.date) -> tuple[Coverage, Run | None]:
    """Coverage by the rows of the last half year, and the newest run; for health."""
    edge = (on - dt.timedelta(days=2 * BUCKETS)).isoformat()
    query = select(FixityRun).where(FixityRun.day >= edge).order_by(FixityRun.leaf)
    rows = list(session.scalars(query))
    newest = _newest(session)
    if not rows and newest is not None:
        rows = [newest]
    runs = [
        Run(
            row.leaf,
            row.run,
            dt.date.fromisoformat(row.day),
            row.previous,
            frozenset(row.buckets),
            tuple(row.places),
        )
        for row in rows
    ]
    return coverage(runs, on), runs[-1] if runs else None


def _newest(session: Session) -> FixityRun | None:
    return session.scalar(select(FixityRun).order_by(FixityRun.leaf.desc()).limit(1))


def _check(
    services: Services,
    buckets: Sequence[int],
    places: Sequence[PlaceTally],
    rest: Rest,
) -> Iterator[Finding]:
    for sha256, size in _due_blobs(services, buckets):
        began = time.monotonic()
        found = list(blob_findings(services.log.stores, sha256))
        if found and not _still_named(services, sha256):
            continue  # erased meanwhile
        for place in places:
            place.objects += 1
            place.bytes += size
        yield from [_mended(services, sha256, f, places) for f in found]
        rest(min(time.monotonic() - began, LONGEST_REST))


def _due_blobs(services: Services, buckets: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Digest and size of each file that is due, a page at a time."""
    for bucket in buckets:
        first, end = prefixes_of(bucket)
        after, until = f"{first:04x}", f"{end:04x}" if end < PREFIXES else "g"
        while True:
            query = select(Blob.sha256, Blob.size).where(
                Blob.sha256 > after, Blob.sha256 < until
            )
            with services.log.session() as session:
                page = session.execute(query.order_by(Blob.sha256).limit(PAGE)).all()
            yield from ((row.sha256, row.size) for row in page)
            if len(page) < PAGE:
                break
            after = page[-1].sha256


def _mended(
    services: Services, sha256: str, finding: Finding, places: Sequence[PlaceTally]
) -> Finding:
    (place,) = (each for each in places if each.place == finding.place)
    if finding.finding == "blob_altered":
        place.altered += 1
    else:
        place.missing += 1
    try:
        if finding.mend is None:
            raise StoreUnavailable(f"blob {sha256[:16]}", "no whole copy")
        finding.mend()
    except (CustodyError, OSError) as error:
        log.warning(
            "fixity.lost", place=finding.place, blob=sha256[:16], why=str(error)
        )
        return finding
    if not _still_named(services, sha256):
        for store in services.log.stores:
            store.erase(blob_name(sha256))  # what was erased does not come back
    place.repaired += 1
    return finding.mended()


def _still_named(services: Services, sha256: str) -> bool:
    with services.log.session() as session:
        return session.get(Blob, sha256) is not None


def _record(
    services: Services,
    before: tuple[int, int] | None,
    on: dt.date,
    buckets: Sequence[int],
    places: Sequence[PlaceTally],
    findings: Sequence[Finding],
) -> int:
    previous, run = (None, 0) if before is None else before
    facts = {
        "run": run + 1,
        "day": on.isoformat(),
        "previous": previous,
        "buckets": list(buckets),
        "places": [place.facts() for place in places],
    }
    with services.log.transaction() as tx:
        for finding in findings:
            if finding.repaired:
                told = {
                    "finding": finding.finding,
                    "place": finding.place,
                    "subject": finding.subject,
                }
                tx.record("fixity.repaired", SYSTEM, told)
        newest = _newest(tx.session)
        if (None if newest is None else newest.leaf) != previous:
            raise Refused("fixity_meanwhile")
        return tx.record(FIXITY_CHECKED, SYSTEM, facts)
