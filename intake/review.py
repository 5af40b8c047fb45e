"""What people decide about an exhibit: review, two-person check, withdrawal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import exhibit_for
from intake.date_input import parse_typed_date
from intake.errors import Refused
from intake.give_name import next_name
from intake.learning import learn
from intake.legal_date import LegalDate, compact, parse_compact
from intake.matters import plain_text
from intake.receive import ask_for_reading
from intake.services import Services, now, today
from intake.settings import ENGINES
from intake.tables import Exhibit, PersonCheck, ReadingTask
from intake.two_persons import (
    require_no_rule,
    require_own_signature,
    unsigned_event,
)
from integrity.envelope import parse_envelope
from integrity.persons import PersonSignature
from integrity.statement import Actor, Event, event_of, prepare
from integrity.store import sql_log

PAPER = ("original", "copy", "electronic")
MAX_PAGES = 100_000
CONDITION_LIMIT = 500
REVIEWABLE = ("to_review", "reviewed", "checked", "unreadable")
CHECKABLE = ("reviewed",)
CHECKED = "exhibit.checked"
CHECK_LIFE = dt.timedelta(minutes=15)  # from counting to the touch of a passkey


@dataclass(frozen=True, slots=True)
class CheckForm:
    """What one person counted and saw."""

    pages: int | None = None
    paper: str | None = None
    condition: str = ""


def review(
    services: Services, actor: Actor, login: str | None, key: str, type_: str, date: str
) -> str:
    """Confirm or correct type and date; empty means "as proposed". Returns the id.

    Raises:
        Refused: unknown type, impossible date, or a state that has nothing to
            review; the exhibit stays as it was.
    """
    with services.log.transaction() as tx:
        exhibit = exhibit_for(tx.session, login, key)
        _require_state(exhibit, REVIEWABLE)
        code = type_ or exhibit.type or services.types.fallback.code
        kind = services.types.by_name(code)
        legal_date, basis = _reviewed_date(exhibit, date)
        facts = {
            "exhibit": exhibit.id,
            "matter": exhibit.matter_id,
            "name": next_name(
                tx.session, exhibit, legal_date, kind, exhibit.media_type
            ),
            "type": kind.code,
            "date": compact(legal_date),
            "date_basis": basis,
        }
        tx.record("exhibit.reviewed", actor, facts)
        exhibit_id = exhibit.id
    learn(services, exhibit_id)
    return exhibit_id


def check(
    services: Services, actor: Actor, login: str | None, key: str, form: CheckForm
) -> str:
    """One person's half of the two-person check. Returns the exhibit id.

    Two halves by different people that agree make the exhibit `checked`; two that
    differ are both recorded and open it again.

    Raises:
        Refused: not reviewed yet, the same person twice, or no page count; or the
            firm's rule wants the half signed (see prepare_check).
    """
    with services.log.transaction() as tx:
        require_no_rule(services, tx.session, CHECKED)
        exhibit = exhibit_for(tx.session, login, key)
        facts = _seen(tx.session, actor, exhibit, form)
        first = open_half(tx.session, exhibit.id)
        counted = (facts["pages"], facts["paper"])
        agrees = None if first is None else (first.pages, first.paper) == counted
        tx.record(CHECKED, actor, facts | {"agrees": agrees})
        return exhibit.id


def prepare_check(
    services: Services, actor: Actor, login: str | None, key: str, form: CheckForm
) -> bytes:
    """The statement of one person's half, for that person to sign.

    It says what this person counted and nothing of the other's count, so nobody can
    feel for the right answer by preparing several.

    Raises:
        Refused, NotFound: see check.
    """
    with services.log.session() as session:
        exhibit = exhibit_for(session, login, key)
        facts = _seen(session, actor, exhibit, form)
    return prepare(unsigned_event(CHECKED, actor, facts, now()))


def record_check(
    services: Services,
    actor: Actor,
    login: str | None,
    payload: bytes,
    signature: PersonSignature,
) -> str:
    """Record a half that its person signed. Returns the exhibit id.

    Raises:
        Refused: `payload` is not what prepare_check would make of it now, or is
            older than CHECK_LIFE; or the signature is not the actor's.
        MalformedError: `payload` is no statement.
    """
    claimed = event_of(payload)
    with services.log.transaction() as tx:
        exhibit = exhibit_for(tx.session, login, str(claimed.facts.get("exhibit")))
        again = _prepared_again(tx.session, actor, exhibit, claimed)
        known = _is_recorded(tx.session, exhibit, payload)
        if again != payload or known or not _is_fresh(claimed.time, tx.now):
            raise Refused("statement_stale")
        require_own_signature(services, tx.session, actor.login, payload, signature)
        tx.record_prepared(payload, (signature,))
        return exhibit.id


def open_half(session: Session, exhibit_id: str) -> PersonCheck | None:
    """The half that waits for a second person, if there is one."""
    query = select(PersonCheck).where(
        PersonCheck.exhibit_id == exhibit_id, PersonCheck.open.is_(True)
    )
    return session.scalar(query.order_by(PersonCheck.leaf.desc()).limit(1))


def withdraw(
    services: Services, actor: Actor, login: str | None, key: str, reason: str
) -> str:
    """Take an exhibit out of use, with a reason; nothing of it is deleted."""
    with services.log.transaction() as tx:
        exhibit = exhibit_for(tx.session, login, key)
        if exhibit.state in ("withdrawn", "erased"):
            raise _state_refused(exhibit)
        text = plain_text("reason", reason, CONDITION_LIMIT)
        facts = {"exhibit": exhibit.id, "matter": exhibit.matter_id, "reason": text}
        tx.record("exhibit.withdrawn", actor, facts)
        return exhibit.id


def read_again(
    services: Services,
    actor: Actor,
    login: str | None,
    key: str,
    engine: str | None = None,
) -> str:
    """Ask for a new reading of an unreadable or not yet reviewed exhibit.

    Args:
        services: the home.
        actor: who asks.
        login: whose exhibits may be named; None for all.
        key: the exhibit's id or name.
        engine: the OCR engine to read it with; None for the firm's.
    """
    if engine is not None and engine not in ENGINES:
        wanted = ", ".join(ENGINES)
        raise Refused("choice_bad", field="engine", value=engine[:40], wanted=wanted)
    with services.log.transaction() as tx:
        exhibit = exhibit_for(tx.session, login, key)
        _require_state(exhibit, ("unreadable", "to_review"))
        facts = {"exhibit": exhibit.id, "matter": exhibit.matter_id}
        facts["engine"] = engine or ""
        tx.record("exhibit.reread", actor, facts)
        task = tx.session.get(ReadingTask, exhibit.id)
        if task is not None:
            tx.session.delete(task)
        exhibit_id = exhibit.id
    ask_for_reading(services, exhibit_id)
    return exhibit_id


def _reviewed_date(exhibit: Exhibit, typed: str) -> tuple[LegalDate | None, str]:
    if not typed.strip():
        proposed = parse_compact(exhibit.date or "00000000")
        return proposed, exhibit.date_basis or "none"
    legal_date = parse_typed_date(typed, today())
    if compact(legal_date) == exhibit.date and exhibit.date_basis == "document":
        return legal_date, "document"
    return legal_date, "none" if legal_date is None else "manual"


def _seen(
    session: Session, actor: Actor, exhibit: Exhibit, form: CheckForm
) -> dict[str, Any]:
    """What one person saw, as facts; refused when this person may not check now."""
    _require_state(exhibit, CHECKABLE)
    first = open_half(session, exhibit.id)
    if first is not None and first.login == actor.login:
        raise Refused("same_person", login=actor.login)
    pages, paper = _counted(exhibit, form)
    return {
        "exhibit": exhibit.id,
        "matter": exhibit.matter_id,
        "pages": pages,
        "paper": paper,
        "condition": form.condition.strip()[:CONDITION_LIMIT],
    }


def _prepared_again(
    session: Session, actor: Actor, exhibit: Exhibit, claimed: Event
) -> bytes:
    """What we would let `actor` sign now, had they counted what `claimed` says.

    Compared byte for byte, so nothing of what comes back is believed.
    """
    seen = claimed.facts
    pages, paper, condition = (seen.get(k) for k in ("pages", "paper", "condition"))
    form = CheckForm(
        pages if isinstance(pages, int) else None,
        paper if isinstance(paper, str) else None,
        condition if isinstance(condition, str) else "",
    )
    facts = _seen(session, actor, exhibit, form)
    return prepare(
        unsigned_event(CHECKED, actor, facts, claimed.time, salt=claimed.salt)
    )


def _is_recorded(session: Session, exhibit: Exhibit, payload: bytes) -> bool:
    """Whether this very statement was recorded: a signature is good for one half."""
    query = select(PersonCheck.leaf).where(PersonCheck.exhibit_id == exhibit.id)
    return any(
        parse_envelope(sql_log.statement(session, leaf)).payload == payload
        for leaf in session.scalars(query)
    )


def _is_fresh(made: dt.datetime, at: dt.datetime) -> bool:
    return made <= at <= made + CHECK_LIFE


def _counted(exhibit: Exhibit, form: CheckForm) -> tuple[int | None, str | None]:
    pages = exhibit.pages if form.pages is None else form.pages
    if form.pages is not None and not 1 <= form.pages <= MAX_PAGES:
        raise Refused("pages_needed")
    if form.paper is not None and form.paper not in PAPER:
        wanted = " | ".join(PAPER)
        raise Refused("choice_bad", field="paper", value=form.paper, wanted=wanted)
    return pages, form.paper


def _require_state(exhibit: Exhibit, allowed: tuple[str, ...]) -> None:
    if exhibit.state not in allowed:
        raise _state_refused(exhibit)


def _state_refused(exhibit: Exhibit) -> Refused:
    label = exhibit.name or exhibit.id
    return Refused("exhibit_state", exhibit=label, state=exhibit.state)
