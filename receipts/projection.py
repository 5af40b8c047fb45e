"""From event to rows for receipts, and the projector of the whole product."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from intake.projection import HANDLERS as INTAKE_HANDLERS
from intake.projection import Handler, keep_blob, project_event
from intake.tables import Exhibit
from integrity.errors import MalformedError
from integrity.statement import Event
from integrity.store.db import parse_time
from receipts.care_projection import HANDLERS as CARE_HANDLERS
from receipts.care_projection import remaining_row
from receipts.short_code import parse_number
from receipts.stamp_projection import HANDLERS as STAMP_HANDLERS
from receipts.tables import Receipt, ReceiptAct, ReceiptCounter, ReceiptItemRow


def project(session: Session, leaf: int, event: Event) -> None:
    """Write every row that `event` means.

    Raises:
        MalformedError: a kind of event nobody knows.
    """
    handler = HANDLERS.get(event.kind)
    if handler is None:
        raise MalformedError("event", f"unknown kind {event.kind}")
    project_event(session, leaf, event)
    handler(session, leaf, event)


def _issued(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    session.add(
        Receipt(
            id=facts["receipt"],
            number=facts["number"],
            version=facts["version"],
            code=facts["code"],
            direction=facts["direction"],
            matter_id=facts["matter"],
            counterparty=facts["counterparty"],
            state="issued",
            token_sha256=facts["token_sha256"],
            pin_required=facts["pin_required"],
            expires_at=parse_time(facts["expires_at"]),
            issued_at=event.time,
            issued_by=event.actor.login,
            content=facts["content"],
            content_sha256=event.subjects[0].digests.sha256,
            leaf=leaf,
        )
    )
    session.flush()
    for position, item in enumerate(facts["items"], start=1):
        _require_row(session, event, item)
        row = ReceiptItemRow(
            receipt_id=facts["receipt"],
            position=position,
            exhibit_id=item["exhibit"],
            name=item["name"],
            sha256=item["sha256"],
            exhibit_leaf=item["leaf"],
        )
        session.add(row)
    code = parse_number(facts["number"])
    counter = ReceiptCounter(day=code.day.isoformat(), last=code.sequence)
    session.merge(counter)


def _require_row(session: Session, event: Event, item: dict[str, Any]) -> None:
    """An exhibit that was erased later has no statement that makes its row."""
    if session.get(Exhibit, item["exhibit"]) is None:
        matter = event.facts["matter"]
        remaining_row(session, item["exhibit"], matter, item["leaf"], event.time)


def _sealed(session: Session, leaf: int, event: Event) -> None:
    receipt = _receipt(session, event)
    digests = event.subjects[0].digests
    keep_blob(session, leaf, digests.sha256, digests.sm3, event.facts["size"])
    receipt.pdf_sha256, receipt.pdf_sm3 = digests.sha256, digests.sm3
    receipt.sealed_leaf = leaf
    if receipt.state == "issued":
        receipt.state = "valid"


def _voided(session: Session, _leaf: int, event: Event) -> None:
    receipt = _receipt(session, event)
    receipt.state, receipt.void_reason = "void", event.facts["reason"]


def _act(session: Session, leaf: int, event: Event) -> None:
    facts = event.facts
    session.add(
        ReceiptAct(
            leaf=leaf,
            receipt_id=_receipt(session, event).id,
            kind=event.kind.removeprefix("receipt."),
            time=event.time,
            signer_name=facts.get("signer_name"),
            text=facts.get("text"),
        )
    )


def _receipt(session: Session, event: Event) -> Receipt:
    receipt = session.get(Receipt, event.facts["receipt"])
    if receipt is None:
        raise MalformedError("event", f"{event.kind} of an unknown receipt")
    return receipt


HANDLERS: dict[str, Handler] = (
    INTAKE_HANDLERS
    | STAMP_HANDLERS
    | CARE_HANDLERS
    | {
        "receipt.issued": _issued,
        "receipt.sealed": _sealed,
        "receipt.voided": _voided,
        "receipt.viewed": _act,
        "receipt.confirmed": _act,
        "receipt.objected": _act,
    }
)
