"""The history of an exhibit: each custody event with what it changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from intake.tables import CustodyEvent

FOLLOWED = ("name", "type", "date")


@dataclass(frozen=True, slots=True)
class Step:
    """One event; `changed` gives old and new value of what it changed."""

    leaf: int
    time: dt.datetime
    kind: str
    login: str
    actor_name: str
    facts: dict[str, Any]
    changed: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)


def history_of(
    session: Session, exhibit_id: str, receipts: Sequence[str]
) -> list[Step]:
    """Every event of an exhibit and of the receipts that list it, oldest first."""
    query = select(CustodyEvent).where(
        or_(
            CustodyEvent.exhibit_id == exhibit_id,
            CustodyEvent.receipt_id.in_(receipts),
        )
    )
    return list(_steps(session.scalars(query.order_by(CustodyEvent.leaf))))


def _steps(events: Sequence[CustodyEvent] | Iterator[CustodyEvent]) -> Iterator[Step]:
    known: dict[str, str | None] = dict.fromkeys(FOLLOWED)
    for event in events:
        changed = {}
        for name in FOLLOWED:
            if name not in event.facts or not event.kind.startswith("exhibit."):
                continue
            if event.facts[name] != known[name]:
                changed[name] = (known[name], event.facts[name])
                known[name] = event.facts[name]
        yield Step(
            event.leaf, event.time, event.kind, event.login, event.actor_name,
            event.facts, changed,
        )  # fmt: skip
