"""From event to rows: the only code that writes projected tables of intake.

Each function uses nothing but the event and rows that earlier events made, so a
replay of the log gives the same rows again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from intake.legal_date import compact
from intake.naming import parse_legal_name
from intake.tables import (
    CustodyEvent,
    Derivative,
    Exhibit,
    ExhibitName,
    Matter,
    Member,
    NameCounter,
    PersonCheck,
    User,
)
from integrity.errors import MalformedError
from integrity.statement import Event
from integrity.store.db import Base
from integrity.store.direct import Direct

Handler = Callable[[Session, int, Event], None]

_EVENTS = Base.metadata.tables[CustodyEvent.__tablename__]
_EXHIBITS = Base.metadata.tables[Exhibit.__tablename__]
_KEEP_BLOB = (
    "INSERT INTO blobs (sha256, sm3, size, leaf) VALUES (:sha256, :sm3, :size, :leaf)"
    " ON CONFLICT (sha256) DO NOTHING"
)


def project_event(session: Session, leaf: int, event: Event) -> None:
    """The row that every event has, whatever its kind."""
    facts = event.facts
    row = {
        "leaf": leaf,
        "kind": event.kind,
        "time": event.time,
        "facts": facts,
        "login": event.actor.login,
        "actor_name": event.actor.name,
        "actor_role": event.actor.role,
        "matter_id": facts.get("matter"),
        "exhibit_id": facts.get("exhibit"),
        "receipt_id": facts.get("receipt"),
    }
    # At every event: not through the unit of work, which takes longer than the rest.
    Direct(session).insert(_EVENTS, row)


def keep_blob(session: Session, leaf: int, sha256: str, sm3: str, size: int) -> None:
    """List bytes that both stores must hold from now on."""
    row = {"sha256": sha256, "sm3": sm3, "size": size, "leaf": leaf}
    Direct(session).write(_KEEP_BLOB, [row])


def _ignore(_session: Session, _leaf: int, _event: Event) -> None:
    """Events whose only row is the event itself."""


def _user_added(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    row = User(login=facts["login"], name=facts["name"], role=facts["role"], leaf=leaf)
    session.add(row)


def _matter_opened(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    session.add(
        Matter(
            id=facts["matter"],
            number=facts["number"],
            title=facts["title"],
            client=facts["client"],
            opponents=facts["opponents"],
            evidence_deadline=facts["evidence_deadline"],
            hearing=facts["hearing"],
            opened_at=event.time,
            leaf=leaf,
        )
    )
    session.flush()
    for member in facts["members"]:
        _add_member(session, facts["matter"], member)


def _matter_joined(session: Session, _leaf: int, event: Event) -> None:
    _add_member(session, event.facts["matter"], event.facts)


def _add_member(session: Session, matter_id: str, facts: dict[str, Any]) -> None:
    row = Member(matter_id=matter_id, login=facts["login"], role=facts["role"])
    session.merge(row)


def _received(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    digests = event.subjects[0].digests
    keep_blob(session, leaf, digests.sha256, digests.sm3, facts["size"])
    row = {
        "id": facts["exhibit"],
        "matter_id": facts["matter"],
        "original_name": facts["original_name"],
        "sha256": digests.sha256,
        "sm3": digests.sm3,
        "size": facts["size"],
        "media_type": facts["media_type"],
        "via": facts["via"],
        "parent_id": facts["parent"],
        "member": facts["member"],
        "duplicate_of": facts["duplicate_of"],
        "received_at": event.time,
        "received_by": event.actor.login,
        "leaf": leaf,
        "state": "received",
        "reading_due": True,
        "findings": [],
        "type_candidates": [],
        "date_candidates": [],
    }
    Direct(session).insert(_EXHIBITS, row)


def _read(session: Session, leaf: int, event: Event) -> None:
    exhibit, facts = _exhibit(session, event), event.facts
    exhibit.state, exhibit.reading_due = "to_review", False
    exhibit.reason = exhibit.reason_detail = None
    exhibit.type, exhibit.type_confidence = facts["type"], facts["type_confidence"]
    exhibit.date, exhibit.date_basis = facts["date"], facts["date_basis"]
    exhibit.pages, exhibit.engine = facts["pages"], facts["engine"]
    exhibit.media_type = facts["media_type"]
    exhibit.findings = facts["findings"]
    exhibit.type_candidates = facts["type_candidates"]
    exhibit.date_candidates = facts["date_candidates"]
    # Readings of before looked for no second paper.
    exhibit.split_candidates = facts.get("split_candidates")
    _give_name(session, leaf, exhibit, facts["name"])
    session.execute(delete(Derivative).where(Derivative.exhibit_id == exhibit.id))
    for made in facts["derivatives"]:
        _derived(session, leaf, exhibit.id, made)


def _derived(
    session: Session, leaf: int, exhibit_id: str, made: dict[str, Any]
) -> None:
    keep_blob(session, leaf, made["sha256"], made["sm3"], made["size"])
    session.add(
        Derivative(
            exhibit_id=exhibit_id,
            role=made["role"],
            page=made["page"],
            sha256=made["sha256"],
            size=made["size"],
            media_type=made["media_type"],
            width=made["width"],
            height=made["height"],
        )
    )


def _unreadable(session: Session, leaf: int, event: Event) -> None:
    exhibit, facts = _exhibit(session, event), event.facts
    exhibit.state, exhibit.reading_due = "unreadable", False
    exhibit.reason, exhibit.reason_detail = facts["reason"], facts["detail"]
    exhibit.type, exhibit.type_confidence = facts["type"], 0
    exhibit.date, exhibit.date_basis = facts["date"], facts["date_basis"]
    _give_name(session, leaf, exhibit, facts["name"])


def _reread(session: Session, _leaf: int, event: Event) -> None:
    exhibit = _exhibit(session, event)
    exhibit.state, exhibit.reading_due = "received", True
    if "engine" in event.facts:
        # Until it is read: the engine that was asked for, if one was.
        exhibit.engine = event.facts["engine"] or None


def _reviewed(session: Session, leaf: int, event: Event) -> None:
    exhibit, facts = _exhibit(session, event), event.facts
    exhibit.state, exhibit.reading_due = "reviewed", False
    exhibit.type, exhibit.type_confidence = facts["type"], 1000
    exhibit.date, exhibit.date_basis = facts["date"], facts["date_basis"]
    _give_name(session, leaf, exhibit, facts["name"])
    _close_round(session, exhibit.id)


def _checked(session: Session, leaf: int, event: Event) -> None:
    exhibit, facts = _exhibit(session, event), event.facts
    agrees = _agreement(session, exhibit, event)
    session.add(
        PersonCheck(
            leaf=leaf,
            exhibit_id=exhibit.id,
            login=event.actor.login,
            time=event.time,
            pages=facts["pages"],
            paper=facts["paper"],
            condition=facts["condition"],
            open=True,
        )
    )
    session.flush()
    if agrees is True:
        exhibit.state = "checked"
        exhibit.pages, exhibit.paper = facts["pages"], facts["paper"]
    elif agrees is False:
        exhibit.state = "reviewed"
        _close_round(session, exhibit.id)


def _agreement(session: Session, exhibit: Exhibit, event: Event) -> bool | None:
    """Whether two halves agree; None while there is one.

    A half that its person signs says only what that person saw, or signing would
    show the other's count; then the rows say whether the two agree.
    """
    facts = event.facts
    if "agrees" in facts:
        stated: bool | None = facts["agrees"]
        return stated
    first = session.scalar(
        select(PersonCheck)
        .where(PersonCheck.exhibit_id == exhibit.id, PersonCheck.open.is_(True))
        .order_by(PersonCheck.leaf.desc())
        .limit(1)
    )
    if first is None or first.login == event.actor.login:
        return None
    return (first.pages, first.paper) == (facts["pages"], facts["paper"])


def _withdrawn(session: Session, _leaf: int, event: Event) -> None:
    exhibit = _exhibit(session, event)
    exhibit.state, exhibit.reading_due = "withdrawn", False
    exhibit.reason, exhibit.reason_detail = "WITHDRAWN", event.facts["reason"]


def _close_round(session: Session, exhibit_id: str) -> None:
    halves = update(PersonCheck).where(PersonCheck.exhibit_id == exhibit_id)
    session.execute(halves.values(open=False))


def _give_name(session: Session, leaf: int, exhibit: Exhibit, name: str | None) -> None:
    if name is None or name == exhibit.name:
        return
    exhibit.name = name
    if session.get(ExhibitName, (exhibit.matter_id, name)) is not None:
        return  # one of its own earlier names, taken up again
    row = ExhibitName(
        matter_id=exhibit.matter_id, name=name, exhibit_id=exhibit.id, leaf=leaf
    )
    session.add(row)
    parts = parse_legal_name(name)
    counter = NameCounter(
        matter_id=exhibit.matter_id,
        date=compact(parts.date),
        type_name=parts.type_zh,
        last=parts.sequence,
    )
    session.merge(counter)


def _exhibit(session: Session, event: Event) -> Exhibit:
    exhibit = session.get(Exhibit, event.facts["exhibit"])
    if exhibit is None:
        raise MalformedError("event", f"{event.kind} of an unknown exhibit")
    return exhibit


HANDLERS: dict[str, Handler] = {
    "firm.initialised": _ignore,
    "keys.changed": _ignore,
    "keys.compromised": _ignore,
    "keys.lost": _ignore,
    "user.added": _user_added,
    "matter.opened": _matter_opened,
    "matter.joined": _matter_joined,
    "exhibit.received": _received,
    "exhibit.read": _read,
    "exhibit.unreadable": _unreadable,
    "exhibit.reread": _reread,
    "exhibit.reviewed": _reviewed,
    "exhibit.checked": _checked,
    "exhibit.withdrawn": _withdrawn,
    "bundle.exported": _ignore,
    "fixity.repaired": _ignore,
    "log.continued": _ignore,
}
