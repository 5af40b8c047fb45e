"""Tables of receipts: projected ones, and the working table of the client link."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from intake.tables import PROJECTED as INTAKE_PROJECTED
from integrity.store.db import Base, UtcTime
from integrity.store.tables import Index as LeafNumber
from receipts.care_tables import Certificate, FixityRun, Tombstone
from receipts.stamp_tables import StampRow


class Receipt(Base):
    """A 《证据交接确认书》 (projected). `issued` → `valid` when sealed → `void`."""

    __tablename__ = "receipts"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    version: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    direction: Mapped[str] = mapped_column(String(20))
    matter_id: Mapped[str] = mapped_column(ForeignKey("matters.id"))
    counterparty: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    pin_required: Mapped[bool] = mapped_column(Boolean)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    issued_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    issued_by: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_sha256: Mapped[str] = mapped_column(String(64))
    leaf: Mapped[int] = mapped_column(LeafNumber)
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    pdf_sm3: Mapped[str | None] = mapped_column(String(64))
    sealed_leaf: Mapped[int | None] = mapped_column(LeafNumber)
    void_reason: Mapped[str | None] = mapped_column(Text)


class ReceiptItemRow(Base):
    """One exhibit on a receipt, as it was when the receipt was issued (projected)."""

    __tablename__ = "receipt_items"
    __table_args__ = (Index("receipts_of_exhibit", "exhibit_id"),)

    receipt_id: Mapped[str] = mapped_column(ForeignKey("receipts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False
    )
    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id"))
    name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    exhibit_leaf: Mapped[int] = mapped_column(LeafNumber)


class ReceiptAct(Base):
    """What the counterparty did: viewed, confirmed or objected (projected)."""

    __tablename__ = "receipt_acts"
    __table_args__ = (Index("acts_of_receipt", "receipt_id", "leaf"),)

    leaf: Mapped[int] = mapped_column(LeafNumber, primary_key=True, autoincrement=False)
    receipt_id: Mapped[str] = mapped_column(ForeignKey("receipts.id"))
    kind: Mapped[str] = mapped_column(String(20))
    time: Mapped[dt.datetime] = mapped_column(UtcTime)
    signer_name: Mapped[str | None] = mapped_column(String(200))
    text: Mapped[str | None] = mapped_column(Text)


class ReceiptCounter(Base):
    """Last receipt sequence of a day (projected)."""

    __tablename__ = "receipt_counters"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class ReceiptAccess(Base):
    """PIN and tries of a client link (working table; not in the log).

    A six-digit PIN can be found from any hash by trying, so even its hash stays
    out of statements, which leave the firm in bundles.
    """

    __tablename__ = "receipt_access"

    receipt_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    pin_hash: Mapped[str | None] = mapped_column(String(255))
    failed: Mapped[int] = mapped_column(Integer, default=0)


PROJECTED = (
    *INTAKE_PROJECTED, Receipt, ReceiptItemRow, ReceiptAct, ReceiptCounter,
    StampRow, Tombstone, FixityRun, Certificate,
)  # fmt: skip
