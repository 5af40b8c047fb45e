"""Erasure under the privacy law: an exhibit goes, and that it went stays.

`exhibit.erased` names every statement that is taken away by leaf and digests; then
statements and files leave the database and both stores. Every other proof, bundle
and receipt stays good, because a leaf is two digest lines and those stay.

A receipt that listed the exhibit is a paper of its own, which the other side has:
it stays with the name it gave. Copies outside (bundles handed over, backups) are not
reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import exhibit_for
from intake.acts import ActHandler, Proposal, propose
from intake.errors import Refused
from intake.learning import forget_erased_examples
from intake.matters import plain_text
from intake.search_follow import forget_erased
from intake.services import Services, now
from intake.tables import CustodyEvent, Exhibit, ReadingTask
from intake.two_persons import require_no_rule
from integrity.envelope import parse_envelope
from integrity.statement import Actor, Event, event_of
from integrity.store import sql_log
from integrity.store.blobs import blob_name
from integrity.store.db import scrub, writing
from integrity.store.erasure import ERASED, erasure_facts
from integrity.store.tables import Blob, LogStatement
from receipts.care_projection import ERASED_STATE
from receipts.care_tables import Tombstone
from receipts.erased_traces import blobs_of, last_numbers, leaves_of, named_elsewhere
from receipts.erasure_checks import MAX_ERASED_LEAVES
from receipts.tables import Receipt, ReceiptItemRow

TEXT_LIMIT = 500
# Tables that held something of the exhibit, for PostgreSQL to give back the rows.
SCRUBBED = (
    "exhibits", "custody_events", "exhibit_names", "derivatives", "person_checks",
    "stamps", "blobs", "learned_examples",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Erased:
    """An erasure as the log tells it; `receipts` name the exhibit and stay."""

    exhibit: str
    leaf: int
    statements: int
    blobs: int
    receipts: tuple[str, ...]


def propose_erasure(
    services: Services,
    actor: Actor,
    login: str | None,
    exhibit_key: str,
    reason: str,
    legal_basis: str,
) -> str:
    """Ask two persons to sign that an exhibit is erased. Returns the id of the act.

    Raises:
        NotFound, Refused: no such exhibit, erased already, asked for already, or
            its bytes are still inside an archive that is in custody.
    """
    with services.log.session() as session:
        exhibit = exhibit_for(session, login, exhibit_key)
        facts = _facts(session, exhibit, reason, legal_basis)
    proposal = Proposal(ERASED, facts, exhibit.id, exhibit.matter_id)
    return propose(services, actor, proposal, ERASURE_ACTS)


def erase_exhibit(
    services: Services,
    actor: Actor,
    login: str | None,
    exhibit_key: str,
    reason: str,
    legal_basis: str,
) -> Erased:
    """Erase an exhibit at once, by one person.

    Raises:
        NotFound, Refused: as propose_erasure, or the firm's rule wants two.
        StoreUnavailable: logged, and not yet complete; the scheduler goes on.
    """
    with services.log.transaction() as tx:
        require_no_rule(services, tx.session, ERASED)
        exhibit = exhibit_for(tx.session, login, exhibit_key)
        facts = _facts(tx.session, exhibit, reason, legal_basis)
        tx.record(ERASED, actor, facts)
    carry_out(services, _leaves(facts))
    with services.log.session() as session:
        return erased_of(session, exhibit.id)


def erased_of(session: Session, exhibit_id: str) -> Erased:
    """What is known of the erasure of an exhibit that was erased."""
    stone = session.get_one(Tombstone, exhibit_id)
    listed = (
        select(Receipt.number)
        .join(ReceiptItemRow, ReceiptItemRow.receipt_id == Receipt.id)
        .where(ReceiptItemRow.exhibit_id == exhibit_id)
        .order_by(Receipt.leaf)
    )
    numbers = tuple(session.scalars(listed))
    return Erased(exhibit_id, stone.leaf, stone.statements, stone.blobs, numbers)


def require_held(exhibit: Exhibit) -> None:
    """Refuse what needs the bytes or records of an exhibit that was erased."""
    if exhibit.state == ERASED_STATE:
        raise Refused("exhibit_erased", exhibit=exhibit.id)


def carry_out(services: Services, leaves: Sequence[int]) -> None:
    """Remove what `leaves` hold from both stores and the database.

    To be called after the erasing event is in the log, and again after a failure:
    which files go is read from the statements, so these go last.

    Raises:
        StoreUnavailable, StoreIdentityError: not complete; call it again.
    """
    services.log.stores.check_identity()
    for sha256 in sorted(_digests(services, leaves)):
        _remove_blob(services, sha256)
    forget_erased(services)
    forget_erased_examples(services)
    services.log.erase_statements(leaves)
    for table in SCRUBBED:
        scrub(services.log.engine, table)


def finish_erasures(services: Services) -> int:
    """Complete erasures that a failure left open; returns how many."""
    with services.log.session() as session:
        events = select(CustodyEvent.facts).where(CustodyEvent.kind == ERASED)
        left = [
            leaves
            for facts in session.scalars(events)
            if _has_statements(session, leaves := _leaves(facts))
        ]
    for leaves in left:
        carry_out(services, leaves)
    return len(left)


def _facts(
    session: Session, exhibit: Exhibit, reason: str, legal_basis: str
) -> dict[str, Any]:
    _require_erasable(session, exhibit)
    return {
        "exhibit": exhibit.id,
        "matter": exhibit.matter_id,
        "reason": plain_text("reason", reason, TEXT_LIMIT),
        "legal_basis": plain_text("legal_basis", legal_basis, TEXT_LIMIT),
        **_extent(session, exhibit),
        "numbers": last_numbers(session, exhibit),
    }


def _extent(session: Session, exhibit: Exhibit) -> dict[str, Any]:
    """Which statements go, and how many files."""
    mine = blobs_of(session, exhibit.id)
    gone = mine - named_elsewhere(session, mine, exhibit.id).keys()
    leaves = leaves_of(session, exhibit.id, gone)
    if len(leaves) > MAX_ERASED_LEAVES:
        raise Refused("exhibit_state", exhibit=exhibit.id, state=exhibit.state)
    texts = {n: sql_log.leaf_texts(session, n, n + 1)[0] for n in leaves}
    return {"leaves": erasure_facts(texts), "blobs": len(gone)}


def _require_erasable(session: Session, exhibit: Exhibit) -> None:
    require_held(exhibit)
    task = session.get(ReadingTask, exhibit.id)
    if task is not None and task.lease_until is not None and task.lease_until > now():
        # What the worker makes of it meanwhile would be in the stores, unnamed.
        raise Refused("exhibit_state", exhibit=exhibit.id, state="reading")
    parent = exhibit.parent_id and session.get(Exhibit, exhibit.parent_id)
    if parent and parent.state != ERASED_STATE:
        # The archive has the same bytes inside; to erase the member is not enough.
        raise Refused("erase_container", exhibit=exhibit.id, parent=parent.id)


def _check(_services: Services, session: Session, event: Event) -> None:
    """The exhibit is still what the two persons were shown."""
    facts = event.facts
    exhibit = exhibit_for(session, None, str(facts.get("exhibit")))
    _require_erasable(session, exhibit)
    now_there = _extent(session, exhibit)
    same = all(facts.get(name) == now_there[name] for name in now_there)
    burnt = all(n in facts.get("numbers", []) for n in last_numbers(session, exhibit))
    if not (same and burnt and facts.get("matter") == exhibit.matter_id):
        raise Refused("statement_stale")


def _after(services: Services, event: Event, _leaf: int) -> None:
    carry_out(services, _leaves(event.facts))


def _leaves(facts: dict[str, Any]) -> list[int]:
    return [named["leaf"] for named in facts["leaves"]]


def _digests(services: Services, leaves: Sequence[int]) -> set[str]:
    """Whatever digest the statements name that are still there."""
    found: set[str] = set()
    with services.log.session() as session:
        for leaf in leaves:
            envelope, _ = sql_log.statements(session, leaf, leaf + 1)[leaf]
            if envelope is None:
                continue
            event = event_of(parse_envelope(envelope).payload)
            found |= {subject.digests.sha256 for subject in event.subjects}
            found |= {made["sha256"] for made in event.facts.get("derivatives", [])}
    return found


def _remove_blob(services: Services, sha256: str) -> None:
    """Unless the log still names it. The writer's lock keeps a new upload waiting."""
    with writing(services.log.engine) as session:
        if session.get(Blob, sha256) is None:
            for store in services.log.stores:
                store.erase(blob_name(sha256))


def _has_statements(session: Session, leaves: Sequence[int]) -> bool:
    query = select(LogStatement.leaf).where(
        LogStatement.leaf.in_(leaves), LogStatement.envelope.is_not(None)
    )
    return session.scalar(query.limit(1)) is not None


ERASURE = ActHandler(_check, _after)
ERASURE_ACTS = {ERASED: ERASURE}
