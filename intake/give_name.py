"""Giving a legal name: the counter moves in the transaction that uses it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.evidence_types import EvidenceType
from intake.legal_date import LegalDate, compact
from intake.naming import extension_for, legal_name, parse_legal_name
from intake.tables import Exhibit, ExhibitName, NameCounter


def next_name(
    session: Session,
    exhibit: Exhibit,
    date: LegalDate | None,
    kind: EvidenceType,
    media_type: str,
) -> str:
    """The legal name of `exhibit` with this date and type.

    A name the exhibit bears or bore with the same date and type is taken up
    again; otherwise the next number of matter, date and type, which is given
    once and never reused. The caller holds the writer lock, so no number is
    skipped or given twice.
    """
    for name in _own_names(session, exhibit):
        parts = parse_legal_name(name)
        if (parts.date, parts.type_zh) == (date, kind.zh):
            return name
    key = (exhibit.matter_id, compact(date), kind.zh)
    counter = session.get(NameCounter, key)
    sequence = 1 if counter is None else counter.last + 1
    return legal_name(date, kind.zh, sequence, extension_for(media_type))


def _own_names(session: Session, exhibit: Exhibit) -> list[str]:
    query = select(ExhibitName.name).where(
        ExhibitName.matter_id == exhibit.matter_id,
        ExhibitName.exhibit_id == exhibit.id,
    )
    return list(session.scalars(query.order_by(ExhibitName.leaf.desc())))
