"""What the firm and the counterparty see of a receipt."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from intake.services import now
from intake.tables import Derivative, Exhibit, Matter
from receipts.client import PIN_TRIES
from receipts.issue import receipt_for
from receipts.tables import Receipt, ReceiptAccess, ReceiptAct, ReceiptItemRow
from web.reads.exhibit import PICTURES


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a receipt; `pages` counts the pictures a client may see."""

    position: int
    name: str
    type: str
    exhibit_id: str
    sha256: str
    sm3: str
    size: int
    pages: int


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt with its items and what the counterparty did."""

    receipt: Receipt
    matter: Matter
    items: tuple[Item, ...]
    acts: tuple[ReceiptAct, ...]
    state: str
    locked: bool

    def last(self, kind: str) -> ReceiptAct | None:
        """The newest act of this kind."""
        found = [act for act in self.acts if act.kind == kind]
        return found[-1] if found else None


def staff_page(session: Session, login: str, number: str) -> ReceiptPage:
    """A receipt for a member of its matter; NotFound for everyone else."""
    return page_of(session, receipt_for(session, login, number))


def page_of(session: Session, receipt: Receipt) -> ReceiptPage:
    """Everything about `receipt`; the caller has checked who asks."""
    acts = select(ReceiptAct).where(ReceiptAct.receipt_id == receipt.id)
    return ReceiptPage(
        receipt=receipt,
        matter=session.get_one(Matter, receipt.matter_id),
        items=tuple(_items(session, receipt)),
        acts=tuple(session.scalars(acts.order_by(ReceiptAct.leaf))),
        state=state_of(receipt),
        locked=is_locked(session, receipt),
    )


def state_of(receipt: Receipt) -> str:
    """`issued`, `valid`, `void`, or `expired` for a link past its day."""
    if receipt.state == "valid" and receipt.expires_at <= now():
        return "expired"
    return receipt.state


def is_locked(session: Session, receipt: Receipt) -> bool:
    """Tell whether too many wrong PINs have closed the link."""
    if not receipt.pin_required:
        return False
    access = session.get(ReceiptAccess, receipt.id)
    return access is None or access.pin_hash is None or access.failed >= PIN_TRIES


def item_exhibit(session: Session, receipt_id: str, position: int) -> Exhibit | None:
    """The exhibit on line `position`; only lines of this receipt can be named."""
    row = session.get(ReceiptItemRow, (receipt_id, position))
    return None if row is None else session.get(Exhibit, row.exhibit_id)


def _items(session: Session, receipt: Receipt) -> list[Item]:
    rows = select(ReceiptItemRow).where(ReceiptItemRow.receipt_id == receipt.id)
    items = session.scalars(rows.order_by(ReceiptItemRow.position)).all()
    counts = _picture_counts(session, [item.exhibit_id for item in items])
    stated = receipt.content["items"]
    return [
        Item(
            row.position,
            row.name,
            line["type"],
            row.exhibit_id,
            row.sha256,
            line["sm3"],
            line["size"],
            counts.get(row.exhibit_id, 0),
        )
        for row, line in zip(items, stated, strict=True)
    ]


def _picture_counts(session: Session, exhibit_ids: list[str]) -> dict[str, int]:
    query = (
        select(Derivative.exhibit_id, func.count())
        .where(Derivative.exhibit_id.in_(exhibit_ids))
        .where(Derivative.role.in_(("page", "still")))
        .where(Derivative.media_type.in_(PICTURES))
        .group_by(Derivative.exhibit_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}
