"""The inbox of the two-person check 双人核查."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from intake.tables import Exhibit, Matter, PersonCheck
from web.reads.desk import mine, waiting_for

LIMIT = 200


@dataclass(frozen=True, slots=True)
class Inbox:
    """What `login` can do as second, as first, and what waits for somebody else."""

    second: tuple[Exhibit, ...]
    first: tuple[Exhibit, ...]
    others: tuple[Exhibit, ...]
    matters: dict[str, Matter]


def inbox_of(session: Session, login: str) -> Inbox:
    """The inbox of `login`, only from matters they are on."""
    second = tuple(exhibit for exhibit, _ in waiting_for(session, login))
    first, others = _unstarted(session, login), _started(session, login)
    ids = {e.matter_id for e in (*second, *first, *others)}
    matters = session.scalars(select(Matter).where(Matter.id.in_(ids)))
    return Inbox(second, tuple(first), tuple(others), {m.id: m for m in matters})


def disagreed(session: Session, exhibit_id: str) -> bool:
    """Tell whether the last two people counted differently."""
    query = select(PersonCheck).where(PersonCheck.exhibit_id == exhibit_id)
    last = session.scalars(query.order_by(PersonCheck.leaf.desc()).limit(2)).all()
    counted = {(half.pages, half.paper) for half in last}
    return len(counted) > 1 and not any(half.open for half in last)


def _unstarted(session: Session, login: str) -> Sequence[Exhibit]:
    half = select(PersonCheck.leaf).where(
        PersonCheck.exhibit_id == Exhibit.id, PersonCheck.open.is_(True)
    )
    query = select(Exhibit).where(
        Exhibit.state == "reviewed", Exhibit.matter_id.in_(mine(login)), ~exists(half)
    )
    return session.scalars(query.order_by(Exhibit.leaf).limit(LIMIT)).all()


def _started(session: Session, login: str) -> Sequence[Exhibit]:
    query = (
        select(Exhibit)
        .join(PersonCheck, PersonCheck.exhibit_id == Exhibit.id)
        .where(PersonCheck.open.is_(True), PersonCheck.login == login)
        .where(Exhibit.state == "reviewed", Exhibit.matter_id.in_(mine(login)))
    )
    return session.scalars(query.order_by(PersonCheck.leaf).limit(LIMIT)).all()
