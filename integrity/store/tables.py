"""Tables of the custody log itself, and the list of bytes it commits to."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from integrity.store.db import Base, UtcTime

# SQLite numbers rows by INTEGER; elsewhere a log may outgrow 32 bits.
Index = BigInteger().with_variant(Integer, "sqlite")


class LogStatement(Base):
    """The signed envelope behind leaf number `leaf`, byte for byte.

    Of an erased statement nothing is left but its leaf text: two digest lines.
    """

    __tablename__ = "log_statements"

    leaf: Mapped[int] = mapped_column(Index, primary_key=True, autoincrement=False)
    envelope: Mapped[bytes | None] = mapped_column(LargeBinary)
    leaf_text: Mapped[bytes | None] = mapped_column(LargeBinary)


class LogKeyChange(Base):
    """The leaf of an event that changed the log's keys.

    Only where to look: what the keys are is read from the verified statement.
    """

    __tablename__ = "log_key_changes"

    leaf: Mapped[int] = mapped_column(Index, primary_key=True, autoincrement=False)


class LogNode(Base):
    """A complete node of the RFC 6962 tree; level 0 holds the leaf hashes."""

    __tablename__ = "log_nodes"

    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(Index, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogCheckpoint(Base):
    """A checkpoint that was signed and stands in the second store."""

    __tablename__ = "log_checkpoints"

    size: Mapped[int] = mapped_column(Index, primary_key=True, autoincrement=False)
    note: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[dt.datetime] = mapped_column(UtcTime)


class Blob(Base):
    """Bytes that a statement names and both stores must hold (projected)."""

    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    sm3: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Index)
    leaf: Mapped[int] = mapped_column(Index)
