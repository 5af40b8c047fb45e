"""From `exhibit.erased`, `fixity.checked` and `matter.certified` to rows.

After an erasure the rows are those that the log gives *without* the erased
statements, so that a replay and a restored home have the same ones.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from intake.projection import Handler, keep_blob
from intake.tables import (
    CustodyEvent,
    Derivative,
    Exhibit,
    ExhibitName,
    NameCounter,
    PersonCheck,
)
from integrity.statement import Event
from integrity.store.tables import Blob
from receipts.care_tables import Certificate, FixityRun, Tombstone
from receipts.erased_traces import blobs_of, named_elsewhere
from receipts.fixity_schedule import FIXITY_CHECKED
from receipts.stamp_tables import StampRow

ERASED_STATE = "erased"
MATTER_CERTIFIED = "matter.certified"


def remaining_row(
    session: Session, exhibit_id: str, matter_id: str, leaf: int, time: dt.datetime
) -> Exhibit:
    """The row of an exhibit of which nothing is left but that it was there.

    Receipts and bundles name it by its id. `received_at` is the moment of erasure:
    when it was received is erased with the rest.
    """
    row = session.get(Exhibit, exhibit_id)
    if row is None:
        row = Exhibit(id=exhibit_id)
        session.add(row)
    row.matter_id, row.leaf, row.received_at = matter_id, leaf, time
    row.original_name = row.sha256 = row.sm3 = row.media_type = row.received_by = ""
    row.size, row.via, row.state, row.reading_due = 0, "", ERASED_STATE, False
    row.findings, row.type_candidates, row.date_candidates = [], [], []
    for column in _EMPTY:
        setattr(row, column, None)
    session.flush()
    return row


def _erased(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    exhibit, leaves = facts["exhibit"], [named["leaf"] for named in facts["leaves"]]
    _let_go_of_blobs(session, exhibit)
    for model in (ExhibitName, Derivative, PersonCheck, StampRow):
        session.execute(delete(model).where(model.exhibit_id == exhibit))
    session.execute(delete(CustodyEvent).where(CustodyEvent.leaf.in_(leaves)))
    remaining_row(session, exhibit, facts["matter"], leaves[0], event.time)
    _burn_numbers(session, facts)
    session.add(
        Tombstone(
            exhibit_id=exhibit,
            matter_id=facts["matter"],
            leaf=leaf,
            login=event.actor.login,
            actor_name=event.actor.name,
            time=event.time,
            reason=facts["reason"],
            legal_basis=facts["legal_basis"],
            statements=len(leaves),
            blobs=facts["blobs"],
        )
    )


def _let_go_of_blobs(session: Session, exhibit: str) -> None:
    """Blobs that nothing else names go; others are kept for what else names them."""
    mine = blobs_of(session, exhibit)
    others = named_elsewhere(session, mine, exhibit)
    for sha256 in mine:
        row = session.get(Blob, sha256)
        if row is None:
            continue
        if sha256 in others:
            row.leaf = others[sha256]
        else:
            session.delete(row)
    session.flush()


def _burn_numbers(session: Session, facts: dict[str, Any]) -> None:
    """Numbers of the erased names are not given again."""
    for number in facts.get("numbers", []):
        key = (facts["matter"], number["date"], number["type"])
        counter = session.get(NameCounter, key)
        if counter is None:
            counter = NameCounter(
                matter_id=key[0], date=key[1], type_name=key[2], last=0
            )
            session.add(counter)
        counter.last = max(counter.last, number["last"])


def _checked(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    session.add(
        FixityRun(
            leaf=leaf,
            run=facts["run"],
            day=facts["day"],
            previous=facts["previous"],
            time=event.time,
            buckets=facts["buckets"],
            places=facts["places"],
        )
    )


def _certified(session: Session, leaf: int, event: Event) -> None:
    facts, digests = event.facts, event.subjects[0].digests
    keep_blob(session, leaf, digests.sha256, digests.sm3, facts["pdf_bytes"])
    session.add(
        Certificate(
            leaf=leaf,
            matter_id=facts["matter"],
            month=facts["month"],
            items=facts["items"],
            bytes=facts["bytes"],
            time=event.time,
            pdf_sha256=digests.sha256,
        )
    )


_EMPTY = (
    "parent_id", "member", "duplicate_of", "name", "type", "type_confidence", "date",
    "date_basis", "pages", "engine", "reason", "reason_detail", "paper",
    "split_candidates",
)  # fmt: skip

HANDLERS: dict[str, Handler] = {
    "exhibit.erased": _erased,
    FIXITY_CHECKED: _checked,
    MATTER_CERTIFIED: _certified,
}
