"""The desk: my matters with their counts, what waits for me, what arrived today."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake.access import visible_matters
from intake.tables import Exhibit, Matter, PersonCheck
from intake.zone import ZONE
from web.reads.matter import NOT_IN_USE

ARRIVED_LIMIT = 30
SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Deadline:
    """A day of a matter that comes closer: `kind` is evidence or hearing."""

    kind: str
    day: dt.date
    left: int

    @property
    def soon(self) -> bool:
        """Within a week, or past."""
        return self.left <= SOON_DAYS


@dataclass(frozen=True, slots=True)
class MatterLine:
    """A matter with the number of exhibits per state and what waits for `login`."""

    matter: Matter
    counts: Counter[str]
    waiting: int
    deadlines: tuple[Deadline, ...]

    @property
    def total(self) -> int:
        """Exhibits in use."""
        return self.counts.total() - sum(self.counts[each] for each in NOT_IN_USE)


@dataclass(frozen=True, slots=True)
class Desk:
    """The first page of one person."""

    lines: tuple[MatterLine, ...]
    waiting: int
    to_review: int
    unreadable: int
    arrived: tuple[tuple[Exhibit, Matter], ...]


def desk_of(session: Session, login: str, today: dt.date) -> Desk:
    """Everything the desk of `login` shows."""
    matters = session.scalars(visible_matters(login)).all()
    counts = _counts(session, [matter.id for matter in matters])
    waiting = Counter(e.matter_id for e, _ in waiting_for(session, login))
    lines = tuple(
        MatterLine(m, counts[m.id], waiting[m.id], deadlines_of(m, today))
        for m in matters
    )
    return Desk(
        lines=lines,
        waiting=waiting.total(),
        to_review=sum(line.counts["to_review"] for line in lines),
        unreadable=sum(line.counts["unreadable"] for line in lines),
        arrived=_arrived(session, login, today),
    )


def waiting_for(session: Session, login: str) -> Sequence[tuple[Exhibit, PersonCheck]]:
    """Exhibits that another person has checked and `login` may check second."""
    query = (
        select(Exhibit, PersonCheck)
        .join(PersonCheck, PersonCheck.exhibit_id == Exhibit.id)
        .where(PersonCheck.open.is_(True), PersonCheck.login != login)
        .where(Exhibit.state == "reviewed", Exhibit.matter_id.in_(mine(login)))
        .order_by(PersonCheck.leaf)
    )
    return [(exhibit, half) for exhibit, half in session.execute(query)]


def mine(login: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 (a generic Select)
    """A query for the ids of the matters `login` is on."""
    return visible_matters(login).with_only_columns(Matter.id).order_by(None)


def deadlines_of(matter: Matter, today: dt.date) -> tuple[Deadline, ...]:
    """The days set for a matter, with the days left; negative when past."""
    days = (("evidence", matter.evidence_deadline), ("hearing", matter.hearing))
    found = [(k, dt.date.fromisoformat(day)) for k, day in days if day is not None]
    return tuple(Deadline(k, day, (day - today).days) for k, day in found)


def _counts(session: Session, matter_ids: Sequence[str]) -> dict[str, Counter[str]]:
    query = (
        select(Exhibit.matter_id, Exhibit.state, func.count())
        .where(Exhibit.matter_id.in_(matter_ids))
        .group_by(Exhibit.matter_id, Exhibit.state)
    )
    counts: dict[str, Counter[str]] = {each: Counter() for each in matter_ids}
    for matter_id, state, number in session.execute(query):
        counts[matter_id][state] = number
    return counts


def _arrived(
    session: Session, login: str, today: dt.date
) -> tuple[tuple[Exhibit, Matter], ...]:
    midnight = dt.datetime.combine(today, dt.time(), ZONE)
    query = (
        select(Exhibit, Matter)
        .join(Matter, Matter.id == Exhibit.matter_id)
        .where(Exhibit.received_at >= midnight, Exhibit.matter_id.in_(mine(login)))
        .order_by(Exhibit.leaf.desc())
        .limit(ARRIVED_LIMIT)
    )
    return tuple((exhibit, matter) for exhibit, matter in session.execute(query))
