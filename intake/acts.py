"""Acts that wait for two persons' signatures: propose, sign, record; cancel, expire.

What waits is the statement itself, byte for byte as it will enter the log, so what a
person signs is what is recorded. The waiting list is a working table: whoever changes
it changes nothing that anybody signed, and whoever empties it loses proposals only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from intake.access import visible_matters
from intake.errors import NotFound, Refused
from intake.ids import new_id
from intake.services import Services, now
from intake.tables import ActSignature, Matter, PendingAct
from intake.two_persons import require_own_signature, unsigned_event
from integrity.errors import CustodyError, MalformedError
from integrity.persons import PERSONS_NEEDED, PersonSignature
from integrity.statement import Actor, Event, Subject, event_of, prepare
from integrity.store.custody_log import Transaction
from integrity.store.db import writing

log = structlog.get_logger()
LIFE = dt.timedelta(days=7)
WAITING = "pending"


def _nothing_more(_services: Services, _event: Event, _leaf: int) -> None:
    """Most acts are done when they are recorded."""


def _record(
    _services: Services,
    tx: Transaction,
    payload: bytes,
    persons: Sequence[PersonSignature],
) -> int:
    return tx.record_prepared(payload, persons)


@dataclass(frozen=True, slots=True)
class ActHandler:
    """What one kind of act needs beside its signatures.

    Attributes:
        check: raises Refused while the act cannot be done; asked when it is
            proposed, at each signature, and again when it is recorded.
        after: what follows the record, outside its transaction; it may be run
            again after a crash and must then change nothing more.
        record: appends the signed statement; returns the leaf.
    """

    check: Callable[[Services, Session, Event], None]
    after: Callable[[Services, Event, int], None] = _nothing_more
    record: Callable[[Services, Transaction, bytes, Sequence[PersonSignature]], int] = (
        _record
    )


Handlers = Mapping[str, ActHandler]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants done. `subject` is the receipt, exhibit … it is about."""

    kind: str
    facts: dict[str, Any]
    subject: str
    matter: str | None = None
    subjects: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """A pending or ended act with what it says and who has signed."""

    id: str
    event: Event
    payload: bytes
    subject: str
    matter: str | None
    proposed_by: str
    proposed_at: dt.datetime
    expires_at: dt.datetime
    state: str
    signed: tuple[str, ...]
    leaf: int | None

    @property
    def missing(self) -> int:
        """How many more signatures it needs."""
        return max(0, PERSONS_NEEDED - len(self.signed))


def propose(
    services: Services, actor: Actor, proposal: Proposal, handlers: Handlers
) -> str:
    """Put an act on the waiting list; returns its id. Nothing is done yet.

    Raises:
        Refused: it cannot be done, or the same already waits.
    """
    handler = handlers[proposal.kind]
    at = now()
    event = unsigned_event(proposal.kind, actor, proposal.facts, at, proposal.subjects)
    with writing(services.log.engine) as session:
        handler.check(services, session, event)
        if (waiting := _waiting(session, proposal)) is not None:
            raise Refused("act_waits", act=waiting.id)
        row = PendingAct(
            id=new_id("a"),
            kind=proposal.kind,
            payload=prepare(event),
            subject_id=proposal.subject,
            matter_id=proposal.matter,
            proposed_by=actor.login,
            proposed_at=at,
            expires_at=at + LIFE,
            state=WAITING,
        )
        session.add(row)
        return row.id


def sign(
    services: Services,
    login: str,
    act_id: str,
    signature: PersonSignature,
    handlers: Handlers,
) -> Act:
    """Add the signature of `login`; with the last one the act is recorded and done.

    Raises:
        NotFound: no such act, or not for this person.
        Refused: not waiting any more, signed by this person already, a signature
            that is not theirs, or something that makes the act impossible.
    """
    with services.log.transaction() as tx:
        row = _act_row(tx.session, login, act_id)
        _require_waiting(row)
        handler, event = handlers.get(row.kind), event_of(row.payload)
        if handler is None:
            raise Refused("act_state", act=row.id, state="altered")
        handler.check(services, tx.session, event)
        _add_signature(services, tx.session, row, login, signature)
        persons = _counting(services, tx.session, row)
        if len(persons) >= PERSONS_NEEDED:
            row.leaf = handler.record(services, tx, row.payload, persons)
            row.state, row.ended_at, row.ended_by = "recorded", tx.now, login
        act = _act(tx.session, row)
    if act.leaf is not None:
        _finish(services, act, handler)
    return find(services, login, act.id)


def cancel(services: Services, login: str | None, act_id: str) -> None:
    """Take an act off the waiting list; anybody who may sign it may do so."""
    with writing(services.log.engine) as session:
        row = _act_row(session, login, act_id)
        _require_waiting(row)
        row.state, row.ended_at, row.ended_by = "cancelled", now(), login


def find(services: Services, login: str | None, act_id: str) -> Act:
    """One act, waiting or ended; NotFound when it is not for this person."""
    with services.log.session() as session:
        act = _readable(session, _act_row(session, login, act_id))
    if act is None:
        raise Refused("act_state", act=act_id, state="altered")
    return act


def waiting_acts(session: Session, login: str | None) -> list[Act]:
    """Every act that waits and that `login` may see, oldest first."""
    query = select(PendingAct).where(
        PendingAct.state == WAITING, PendingAct.expires_at > now()
    )
    if login is not None:
        visible = visible_matters(login).with_only_columns(Matter.id).order_by(None)
        mine = PendingAct.matter_id.in_(visible)
        query = query.where(or_(PendingAct.matter_id.is_(None), mine))
    rows = session.scalars(query.order_by(PendingAct.proposed_at, PendingAct.id))
    acts = (_readable(session, row) for row in rows)
    return [act for act in acts if act is not None]


def waiting_about(session: Session, kind: str, subject: str) -> str | None:
    """Id of the act of `kind` that waits about `subject`, if there is one."""
    row = _waiting(session, Proposal(kind, {}, subject))
    return None if row is None else row.id


def expire(services: Services) -> int:
    """End what waited too long; returns how many."""
    overdue = select(PendingAct).where(
        PendingAct.state == WAITING, PendingAct.expires_at <= now()
    )
    with services.log.session() as session:
        if session.scalar(overdue.limit(1)) is None:
            return 0
    with writing(services.log.engine) as session:
        rows = session.scalars(overdue).all()
        for row in rows:
            row.state, row.ended_at = "expired", now()
        return len(rows)


def finish_recorded(services: Services, handlers: Handlers) -> int:
    """Run what a crash left undone after the record; returns how many acts."""
    query = select(PendingAct).where(PendingAct.state == "recorded")
    with services.log.session() as session:
        left = [(row.id, _readable(session, row)) for row in session.scalars(query)]
    return sum(_finished(services, act_id, act, handlers) for act_id, act in left)


def _finished(
    services: Services, act_id: str, act: Act | None, handlers: Handlers
) -> bool:
    """Finish one act; what hinders it holds up neither the others nor the caller."""
    if act is None or act.event.kind not in handlers:
        log.warning("act.altered", act=act_id)
        return False
    try:
        _finish(services, act, handlers[act.event.kind])
    except CustodyError as error:
        log.warning("act.not_finished", act=act_id, code=error.code)
        return False
    return True


def _finish(services: Services, act: Act, handler: ActHandler) -> None:
    if act.leaf is None:
        return
    handler.after(services, act.event, act.leaf)
    with writing(services.log.engine) as session:
        session.get_one(PendingAct, act.id).state = "done"


def _waiting(session: Session, proposal: Proposal) -> PendingAct | None:
    query = select(PendingAct).where(
        PendingAct.kind == proposal.kind,
        PendingAct.subject_id == proposal.subject,
        PendingAct.state == WAITING,
        PendingAct.expires_at > now(),
    )
    return session.scalar(query.limit(1))


def _act_row(session: Session, login: str | None, act_id: str) -> PendingAct:
    row = session.get(PendingAct, act_id) if act_id.isascii() else None
    if row is not None and login is not None and row.matter_id is not None:
        visible = visible_matters(login).where(Matter.id == row.matter_id)
        row = None if session.scalar(visible) is None else row
    if row is None:
        raise NotFound("act_unknown", act=act_id[:40])
    return row


def _require_waiting(row: PendingAct) -> None:
    state = row.state
    if state == WAITING and row.expires_at <= now():
        state = "expired"
    if not _says_what_is_signed(row):
        state = "altered"
    if state != WAITING:
        raise Refused("act_state", act=row.id, state=state)


def _says_what_is_signed(row: PendingAct) -> bool:
    try:
        event = event_of(row.payload)
    except MalformedError:
        return False
    return (event.kind, event.facts.get("matter")) == (row.kind, row.matter_id)


def _add_signature(
    services: Services,
    session: Session,
    row: PendingAct,
    login: str,
    signature: PersonSignature,
) -> None:
    if session.get(ActSignature, (row.id, login)) is not None:
        raise Refused("act_signed", login=login)
    require_own_signature(services, session, login, row.payload, signature)
    session.add(
        ActSignature(
            act_id=row.id,
            login=login,
            keyid=signature.keyid,
            sig=signature.sig,
            signed_at=now(),
        )
    )
    session.flush()


def _counting(
    services: Services, session: Session, row: PendingAct
) -> list[PersonSignature]:
    """Signatures that hold now; one by a key closed meanwhile is dropped."""
    kept = []
    for signed in _signatures(session, row.id):
        signature = PersonSignature(signed.keyid, signed.sig)
        try:
            require_own_signature(
                services, session, signed.login, row.payload, signature
            )
        except Refused:
            session.delete(signed)
            continue
        kept.append(signature)
    session.flush()
    return kept


def _signatures(session: Session, act_id: str) -> Sequence[ActSignature]:
    query = select(ActSignature).where(ActSignature.act_id == act_id)
    return session.scalars(
        query.order_by(ActSignature.signed_at, ActSignature.login)
    ).all()


def _readable(session: Session, row: PendingAct) -> Act | None:
    """The act of a row; None where the row holds no statement any more."""
    try:
        return _act(session, row)
    except MalformedError:
        return None


def _act(session: Session, row: PendingAct) -> Act:
    overdue = row.state == WAITING and row.expires_at <= now()
    return Act(
        id=row.id,
        event=event_of(row.payload),
        payload=row.payload,
        subject=row.subject_id,
        matter=row.matter_id,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        state="expired" if overdue else row.state,
        signed=tuple(signed.login for signed in _signatures(session, row.id)),
        leaf=row.leaf,
    )
