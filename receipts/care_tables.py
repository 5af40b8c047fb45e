"""Tables of erasure, fixity runs and certificates (all projected)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from integrity.store.db import Base, UtcTime
from integrity.store.tables import Index as LeafNumber


class Tombstone(Base):
    """An exhibit that was erased under the law: by whom, when, on which ground."""

    __tablename__ = "tombstones"

    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id"), primary_key=True)
    matter_id: Mapped[str] = mapped_column(ForeignKey("matters.id"))
    leaf: Mapped[int] = mapped_column(LeafNumber)
    login: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(120))
    time: Mapped[dt.datetime] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    statements: Mapped[int] = mapped_column(Integer)
    blobs: Mapped[int] = mapped_column(Integer)


class FixityRun(Base):
    """One run of the daily check of stored copies; `day` is the firm's."""

    __tablename__ = "fixity_runs"
    __table_args__ = (Index("fixity_by_day", "day"),)

    leaf: Mapped[int] = mapped_column(LeafNumber, primary_key=True, autoincrement=False)
    run: Mapped[int] = mapped_column(Integer)
    day: Mapped[str] = mapped_column(String(10))
    previous: Mapped[int | None] = mapped_column(LeafNumber)
    time: Mapped[dt.datetime] = mapped_column(UtcTime)
    buckets: Mapped[list[int]] = mapped_column(JSON)
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class Certificate(Base):
    """A monthly certificate of one matter; the PDF is the blob `pdf_sha256`."""

    __tablename__ = "certificates"
    __table_args__ = (Index("certificates_of_matter", "matter_id", "month"),)

    leaf: Mapped[int] = mapped_column(LeafNumber, primary_key=True, autoincrement=False)
    matter_id: Mapped[str] = mapped_column(ForeignKey("matters.id"))
    month: Mapped[str] = mapped_column(String(7))
    items: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(LeafNumber)
    time: Mapped[dt.datetime] = mapped_column(UtcTime)
    pdf_sha256: Mapped[str] = mapped_column(String(64))
