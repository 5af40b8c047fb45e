"""Tables of time stamps: projected ones, and what the asking itself remembers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from integrity.store.db import Base, UtcTime
from integrity.store.tables import Index as LeafNumber


class StampRow(Base):
    """A verified time stamp over a checkpoint or an exhibit (projected).

    `size` is that of the checkpoint, `exhibit_id` the exhibit: one of them is None.
    `time` is the authority's, `logged_at` ours; what was stamped and the files of the
    proof are named by SHA-256.
    """

    __tablename__ = "stamps"
    __table_args__ = (
        Index("stamps_of_exhibit", "exhibit_id", "leaf"),
        Index("stamps_by_size", "size", "leaf"),
    )

    leaf: Mapped[int] = mapped_column(LeafNumber, primary_key=True, autoincrement=False)
    size: Mapped[int | None] = mapped_column(LeafNumber)
    exhibit_id: Mapped[str | None] = mapped_column(ForeignKey("exhibits.id"))
    service: Mapped[str] = mapped_column(String(500))
    authority: Mapped[str] = mapped_column(Text)
    root_sha256: Mapped[str] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(100))
    policy: Mapped[str] = mapped_column(String(200))
    time: Mapped[dt.datetime] = mapped_column(UtcTime)
    good_until: Mapped[dt.datetime] = mapped_column(UtcTime)
    logged_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    stamped_sha256: Mapped[str] = mapped_column(String(64))
    query_sha256: Mapped[str] = mapped_column(String(64))
    response_sha256: Mapped[str] = mapped_column(String(64))
    chain_sha256: Mapped[str] = mapped_column(String(64))


class TimeAuthority(Base):
    """How an authority answered of late (working table)."""

    __tablename__ = "time_authorities"

    service: Mapped[str] = mapped_column(String(500), primary_key=True)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    trouble: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    answered_at: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    next_at: Mapped[dt.datetime | None] = mapped_column(UtcTime)


class StampRequest(Base):
    """Somebody asked for a stamp of an exhibit and waits for it (working table)."""

    __tablename__ = "stamp_requests"

    exhibit_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    service: Mapped[str] = mapped_column(String(500), primary_key=True)
    login: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(120))
    actor_role: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[dt.datetime] = mapped_column(UtcTime)
