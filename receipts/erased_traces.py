"""What the log and the stores hold of one exhibit, and what others need of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from intake.naming import parse_legal_name
from intake.tables import CustodyEvent, Exhibit, ExhibitName, NameCounter
from integrity.canonical import JsonValue
from receipts.care_tables import Certificate
from receipts.stamp_reads import files_only_of
from receipts.stamp_tables import StampRow
from receipts.tables import Receipt

READ, REPAIRED = "exhibit.read", "fixity.repaired"
PAGE = 500


def blobs_of(session: Session, exhibit_id: str) -> set[str]:
    """SHA-256 of the original, of what every reading made of it, of its stamps."""
    found = set(files_only_of(session, exhibit_id))
    exhibit = session.get(Exhibit, exhibit_id)
    if exhibit is not None and exhibit.sha256:
        found.add(exhibit.sha256)
    mine = select(CustodyEvent.facts).where(
        CustodyEvent.exhibit_id == exhibit_id, CustodyEvent.kind == READ
    )
    for facts in session.scalars(mine):
        found |= {made["sha256"] for made in facts["derivatives"]}
    return found


def named_elsewhere(
    session: Session, blobs: Collection[str], exhibit_id: str
) -> dict[str, int]:
    """Those of `blobs` that something else names, with its first leaf."""
    first: dict[str, int] = {}
    for sha256, leaf in _namings(session, blobs, exhibit_id):
        first[sha256] = min(leaf, first.get(sha256, leaf))
    return first


def leaves_of(session: Session, exhibit_id: str, gone: Collection[str]) -> list[int]:
    """Every event about the exhibit; also repairs that name a file or name of it."""
    mine = select(CustodyEvent.leaf).where(CustodyEvent.exhibit_id == exhibit_id)
    found = set(session.scalars(mine))
    words = {*gone, *_names(session, exhibit_id)}
    repairs = select(CustodyEvent.leaf, CustodyEvent.facts).where(
        CustodyEvent.kind == REPAIRED
    )
    for leaf, facts in session.execute(repairs.execution_options(yield_per=PAGE)):
        subject = str(facts.get("subject", ""))
        if any(word in subject for word in words):
            found.add(leaf)
    return sorted(found)


def last_numbers(session: Session, exhibit: Exhibit) -> list[dict[str, JsonValue]]:
    """Counters that stand at a number of this exhibit, and would fall back."""
    found: list[dict[str, JsonValue]] = []
    for name in _names(session, exhibit.id):
        parts = parse_legal_name(name)
        day = name.partition("_")[0]
        counter = session.get(NameCounter, (exhibit.matter_id, day, parts.type_zh))
        if counter is not None and counter.last == parts.sequence:
            # Each once: names of one exhibit with one date and type are one name.
            found.append({"date": day, "type": parts.type_zh, "last": parts.sequence})
    return found


def _names(session: Session, exhibit_id: str) -> list[str]:
    query = select(ExhibitName.name).where(ExhibitName.exhibit_id == exhibit_id)
    return list(session.scalars(query.order_by(ExhibitName.leaf)))


def _namings(
    session: Session, blobs: Collection[str], exhibit_id: str
) -> Iterator[tuple[str, int]]:
    other = Exhibit.id != exhibit_id
    originals = select(Exhibit.sha256, func.min(Exhibit.leaf)).where(
        Exhibit.sha256.in_(blobs), other
    )
    yield from _pairs(session, originals.group_by(Exhibit.sha256))
    yield from _derived(session, blobs, exhibit_id)
    receipts = select(Receipt.pdf_sha256, Receipt.sealed_leaf)
    yield from _pairs(session, receipts.where(Receipt.pdf_sha256.in_(blobs)))
    certificates = select(Certificate.pdf_sha256, Certificate.leaf)
    yield from _pairs(session, certificates.where(Certificate.pdf_sha256.in_(blobs)))
    of_others = StampRow.exhibit_id.is_distinct_from(exhibit_id)
    for column in (
        StampRow.query_sha256, StampRow.response_sha256, StampRow.chain_sha256,
    ):  # fmt: skip
        query = select(column, StampRow.leaf).where(column.in_(blobs), of_others)
        yield from _pairs(session, query)
    notes = select(StampRow.stamped_sha256, StampRow.leaf).where(
        StampRow.stamped_sha256.in_(blobs), StampRow.size.is_not(None)
    )
    yield from _pairs(session, notes)


def _pairs(session: Session, query: Select[Any, Any]) -> Iterator[tuple[str, int]]:
    return ((row[0], row[1]) for row in session.execute(query))


def _derived(
    session: Session, blobs: Collection[str], exhibit_id: str
) -> Iterator[tuple[str, int]]:
    """Readings of other exhibits: two files alike have page pictures alike."""
    wanted = set(blobs)
    query = select(CustodyEvent.leaf, CustodyEvent.facts).where(
        CustodyEvent.kind == READ, CustodyEvent.exhibit_id != exhibit_id
    )
    for leaf, facts in session.execute(query.execution_options(yield_per=PAGE)):
        for made in facts["derivatives"]:
            if made["sha256"] in wanted:
                yield made["sha256"], leaf
