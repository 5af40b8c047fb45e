"""Readings in the database: which are due, who works on one, what came of it.

The row is the truth and the queue a hint. A worker takes a lease; only the holder
of the lease may record a result, so a worker that was thought dead and comes back
late changes nothing. Attempts are counted before the work begins: a file that
kills its reader cannot be tried for ever.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceType
from intake.give_name import next_name
from intake.legal_date import LegalDate, compact
from intake.reading import Candidate, Derivative, Reading, Unreadable
from intake.services import SYSTEM, Services, now
from intake.tables import Exhibit, ReadingTask
from intake.zone import ZONE
from integrity.digest import Digests
from integrity.statement import Subject
from integrity.store.custody_log import Transaction
from integrity.store.db import writing

LEASE = dt.timedelta(minutes=1)
MAX_ATTEMPTS = 3
# Below this confidence the type in the name is the fallback: never a guess.
TYPE_THRESHOLD = round(AUTO_CONFIDENCE * 1000)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to read one exhibit until `until`."""

    exhibit: Exhibit
    token: str


@dataclass(frozen=True, slots=True)
class KeptDerivative:
    """A derivative that is already in both stores."""

    made: Derivative
    digests: Digests
    size: int


def take_lease(services: Services, exhibit_id: str) -> Lease | None:
    """Begin an attempt, or None when nothing is due or another worker has it."""
    with writing(services.log.engine) as session:
        exhibit = session.get(Exhibit, exhibit_id)
        if exhibit is None or not exhibit.reading_due:
            return None
        task = session.get(ReadingTask, exhibit_id)
        if task is None:
            task = ReadingTask(exhibit_id=exhibit_id, attempts=0)
            session.add(task)
        if task.lease_until is not None and task.lease_until > now():
            return None
        task.attempts += 1
        task.lease, task.lease_until = secrets.token_hex(16), now() + LEASE
        return Lease(exhibit, task.lease)


def attempts(services: Services, exhibit_id: str) -> int:
    """How often reading this exhibit was begun since it was last asked for."""
    with services.log.session() as session:
        task = session.get(ReadingTask, exhibit_id)
        return 0 if task is None else task.attempts


def extend_lease(services: Services, lease: Lease) -> bool:
    """Say that the work goes on; False when the lease was lost."""
    with writing(services.log.engine) as session:
        task = session.get(ReadingTask, lease.exhibit.id)
        if task is None or task.lease != lease.token:
            return False
        task.lease_until = now() + LEASE
        return True


def give_back(services: Services, lease: Lease) -> None:
    """End an attempt that failed for no fault of the file; it is due again at once."""
    with writing(services.log.engine) as session:
        task = session.get(ReadingTask, lease.exhibit.id)
        if task is not None and task.lease == lease.token:
            task.attempts = max(0, task.attempts - 1)
            task.lease = task.lease_until = None


def due_readings(services: Services, wait: dt.timedelta) -> list[str]:
    """Exhibits whose reading is due and neither leased nor queued within `wait`."""
    with services.log.session() as session:
        query = (
            select(Exhibit.id)
            .outerjoin(ReadingTask, ReadingTask.exhibit_id == Exhibit.id)
            .where(Exhibit.reading_due.is_(True))
            .where(or_(ReadingTask.lease_until.is_(None),
                       ReadingTask.lease_until <= now()))
            .where(func.coalesce(ReadingTask.queued_at, Exhibit.received_at)
                   <= now() - wait)
            .order_by(Exhibit.leaf)
        )  # fmt: skip
        return list(session.scalars(query))


def mark_queued(services: Services, exhibit_id: str) -> None:
    """Remember that a worker was woken for this exhibit just now."""
    with writing(services.log.engine) as session:
        row = session.get(ReadingTask, exhibit_id) or ReadingTask(
            exhibit_id=exhibit_id, attempts=0
        )
        row.queued_at = now()
        session.add(row)


def record_reading(
    services: Services,
    lease: Lease,
    reading: Reading,
    derivatives: Sequence[KeptDerivative],
) -> bool:
    """Log what was read and give the proposed name; False if no longer due."""
    with services.log.transaction() as tx:
        exhibit = _still_due(tx.session, lease)
        if exhibit is None:
            return False
        services.log.stores.require(*(kept.digests.sha256 for kept in derivatives))
        media_type = reading.media_type
        kind, confidence = _proposed_type(services, reading.types)
        date, basis = _proposed_date(services, exhibit, reading)
        facts = {
            "exhibit": exhibit.id,
            "matter": exhibit.matter_id,
            "name": next_name(tx.session, exhibit, date, kind, media_type),
            "media_type": media_type,
            "type": kind.code,
            "type_confidence": confidence,
            "date": compact(date),
            "date_basis": basis,
            "pages": reading.pages,
            "engine": f"{reading.engine} {reading.engine_version}".strip(),
            "engine_options": reading.engine_options,
            # Statements hold no fractions.
            "seconds_ms": round(reading.seconds * 1000),
            "findings": [
                {"code": f.code, "detail": f.detail} for f in reading.findings
            ],
            "type_candidates": [_candidate(c) for c in reading.types],
            "date_candidates": [_candidate(c) for c in reading.dates],
            "derivatives": [_derivative(d) for d in derivatives],
            "split_candidates": [_candidate(c) for c in reading.splits],
        }
        _record(tx, exhibit, "exhibit.read", facts, reading.tools)
    return True


def record_unreadable(services: Services, lease: Lease, why: Unreadable) -> bool:
    """Log that the file is kept but could not be read, with the reason."""
    with services.log.transaction() as tx:
        exhibit = _still_due(tx.session, lease)
        if exhibit is None:
            return False
        date, basis = _undated(services, exhibit)
        kind = services.types.fallback
        facts = {
            "exhibit": exhibit.id,
            "matter": exhibit.matter_id,
            "name": next_name(tx.session, exhibit, date, kind, exhibit.media_type),
            "type": kind.code,
            "date": compact(date),
            "date_basis": basis,
            "reason": why.reason.value,
            "detail": why.detail[:500],
        }
        _record(tx, exhibit, "exhibit.unreadable", facts, {})
    return True


def _record(
    tx: Transaction,
    exhibit: Exhibit,
    kind: str,
    facts: dict[str, Any],
    tools: Mapping[str, str],
) -> None:
    subject = Subject(exhibit.id, Digests(exhibit.sha256, exhibit.sm3))
    tx.record(kind, SYSTEM, facts, (subject,), tools)
    task = tx.session.get(ReadingTask, exhibit.id)
    if task is not None:
        tx.session.delete(task)


def _still_due(session: Session, lease: Lease) -> Exhibit | None:
    task = session.get(ReadingTask, lease.exhibit.id)
    exhibit = session.get(Exhibit, lease.exhibit.id)
    if task is None or task.lease != lease.token or exhibit is None:
        return None
    return exhibit if exhibit.reading_due else None


def _proposed_type(
    services: Services, candidates: Sequence[Candidate]
) -> tuple[EvidenceType, int]:
    if candidates:
        best, confidence = candidates[0], per_mille(candidates[0].confidence)
        if confidence >= TYPE_THRESHOLD:
            return services.types.by_code(best.value), confidence
        return services.types.fallback, confidence
    return services.types.fallback, 0


def _proposed_date(
    services: Services, exhibit: Exhibit, reading: Reading
) -> tuple[LegalDate | None, str]:
    if reading.dates and reading.date_basis in ("document", "exif"):
        return LegalDate.from_iso(reading.dates[0].value), reading.date_basis
    return _undated(services, exhibit)


def _undated(services: Services, exhibit: Exhibit) -> tuple[LegalDate | None, str]:
    if services.settings.undated == "none":
        return None, "none"
    return LegalDate.of(exhibit.received_at.astimezone(ZONE).date()), "received"


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "value": candidate.value,
        "confidence": per_mille(candidate.confidence),
        "line": candidate.line[:200],
        "page": candidate.page,
        "rule": candidate.rule,
    }


def _derivative(kept: KeptDerivative) -> dict[str, Any]:
    return {
        "role": kept.made.role,
        "page": kept.made.page or 0,
        "sha256": kept.digests.sha256,
        "sm3": kept.digests.sm3,
        "size": kept.size,
        "media_type": kept.made.media_type,
        "width": kept.made.width,
        "height": kept.made.height,
    }


def per_mille(confidence: float) -> int:
    """A confidence of 0 to 1 as the whole number that statements carry."""
    return max(0, min(1000, round(confidence * 1000)))
