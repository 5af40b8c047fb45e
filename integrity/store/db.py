"""The database: one declarative base, safe SQLite settings, one writer at a time."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, String, TypeDecorator, create_engine, event, text
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session

from integrity.canonical import time_text
from integrity.errors import StoreUnavailable

BUSY_TIMEOUT_MS = 10_000
# One number for the whole product: PostgreSQL advisory locks are per database.
WRITER_LOCK = 0x435553544F4459


class Base(DeclarativeBase):
    """Every table of the product; each lives beside the code that owns it."""


class UtcTime(TypeDecorator[dt.datetime]):
    """An aware datetime kept as RFC 3339 text in UTC, to the second.

    Text, because a projected row must compare equal on every database, and
    SQLite has no time type of its own.
    """

    impl = String(20)
    cache_ok = True

    def process_bind_param(
        self, value: dt.datetime | None, _dialect: Dialect
    ) -> str | None:
        """Aware datetime to text."""
        return None if value is None else time_text(value)

    def process_result_value(
        self, value: str | None, _dialect: Dialect
    ) -> dt.datetime | None:
        """Text to aware datetime."""
        return None if value is None else parse_time(value)


def parse_time(value: str) -> dt.datetime:
    """The aware datetime of `time_text`'s text."""
    return dt.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")


def connect(url: str) -> Engine:
    """An engine for `url`; SQLite in WAL mode with synchronous=FULL."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for reading one state of the database; changes are rolled back."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with translated(), Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that is the only writer; commits unless the block raises.

    The log is a sequence, so writers queue at the door instead of failing at
    commit: BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL.

    Raises:
        StoreUnavailable: the database cannot be reached or is full.
    """
    immediate = engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
    with translated(), Session(immediate, expire_on_commit=False) as session:
        if engine.dialect.name == "postgresql":
            statement = text("SELECT pg_advisory_xact_lock(:key)")
            session.execute(statement, {"key": WRITER_LOCK})
        yield session
        session.commit()


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's "cannot reach", "locked", "full", "damaged" into our error."""
    try:
        yield
    except IntegrityError:
        raise  # a fault of ours, not of the database
    except DatabaseError as error:
        raise StoreUnavailable("database", str(error.orig)) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling would delay BEGIN until the first
    # write, and so read a counter before holding the lock that protects it.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))
