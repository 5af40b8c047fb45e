"""From rows to the content of a receipt: only what the system knows is filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from intake.evidence_types import EvidenceTypes
from intake.services import Services
from intake.tables import Exhibit, Matter
from receipts.format import (
    Direction,
    Form,
    Language,
    MatterRef,
    ReceiptContent,
    ReceiptItem,
)
from receipts.pdf_key import PdfKey, certificate_sha256
from receipts.printable import write_out

FORMS = {"original": Form.ORIGINAL, "copy": Form.COPY}


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed for one receipt, beside matter and exhibits."""

    receipt_id: str
    number: str
    direction: Direction
    counterparty: str
    staff: str
    second_person: str | None
    issued_at: dt.datetime
    expires_at: dt.datetime
    pin_required: bool


def compose_content(
    services: Services,
    matter: Matter,
    exhibits: Sequence[Exhibit],
    terms: Terms,
    pdf_key: PdfKey,
) -> ReceiptContent:
    """The content of a first version; fields nobody stated are left for the pen."""
    types = services.types
    return ReceiptContent(
        receipt=terms.receipt_id,
        number=terms.number,
        version=1,
        replaces=None,
        direction=terms.direction,
        language=Language.CHINESE,
        firm=services.settings.firm_name,
        matter=MatterRef(matter.id, matter.number, matter.title, None),
        counterparty=terms.counterparty,
        capacity=None,
        staff=terms.staff,
        second_person=terms.second_person,
        way=None,
        comparison=None,
        handed_at=terms.issued_at,
        issued_at=terms.issued_at,
        expires_at=terms.expires_at,
        retention_until=None,
        pin_required=terms.pin_required,
        base_url=services.settings.base_url,
        seal_certificate_sha256=certificate_sha256(pdf_key),
        items=tuple(_item(types, exhibit, terms.direction) for exhibit in exhibits),
    )


def _item(types: EvidenceTypes, exhibit: Exhibit, way: Direction) -> ReceiptItem:
    kind = types.by_code(exhibit.type) if exhibit.type else types.fallback
    original_name = write_out(exhibit.original_name)[:255]
    form = FORMS.get(exhibit.paper or "", Form.ELECTRONIC)
    return ReceiptItem(
        exhibit=exhibit.id,
        title=original_name,
        type=kind.zh,
        form=form,
        copies=1,
        pages=exhibit.pages,
        condition="",
        name=exhibit.name or exhibit.id,
        original_name=original_name,
        size=exhibit.size,
        sha256=exhibit.sha256,
        sm3=exhibit.sm3,
        received_at=exhibit.received_at,
        leaf=exhibit.leaf,
        original_returned=way is Direction.RETURNED and form is Form.ORIGINAL,
    )
