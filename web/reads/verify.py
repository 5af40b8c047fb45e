"""What the verify page needs to know of the firm's own matters and receipts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import visible_matters
from intake.tables import Exhibit, Matter
from receipts.tables import Receipt
from web.reads.matter import NOT_IN_USE
from web.reads.receipt import state_of


def mine_of(session: Session, login: str) -> Sequence[Matter]:
    """The matters `login` may verify files against."""
    return session.scalars(visible_matters(login)).all()


def missing_of(session: Session, matter_id: str, held: Collection[str]) -> list[str]:
    """Names of exhibits in use of which no copy is among the digests `held`."""
    query = select(Exhibit.name, Exhibit.original_name, Exhibit.sha256).where(
        Exhibit.matter_id == matter_id,
        Exhibit.state.not_in(NOT_IN_USE),
        Exhibit.duplicate_of.is_(None),
    )
    rows = session.execute(query.order_by(Exhibit.name, Exhibit.leaf))
    return [name or original for name, original, sha256 in rows if sha256 not in held]


def receipt_state(session: Session, pdf_sha256: str) -> tuple[str, str] | None:
    """Number and state of the receipt whose sealed file these very bytes are."""
    query = select(Receipt).where(Receipt.pdf_sha256 == pdf_sha256)
    receipt = session.scalar(query)
    return None if receipt is None else (receipt.number, state_of(receipt))
