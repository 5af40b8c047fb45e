"""The database: one declarative base, safe SQLite settings, one writer at a time."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Pool, String, TypeDecorator, create_engine, event, text
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from integrity.canonical import time_text
from integrity.errors import StoreUnavailable
from integrity.store.durable import sync_directory, sync_file

BUSY_TIMEOUT_MS = 10_000
# One number for the whole product: PostgreSQL advisory locks are per database.
WRITER_LOCK = 0x435553544F4459
# Threads of one process queue here: the database would let them sleep and guess.
_DOORS: WeakKeyDictionary[Pool, threading.Lock] = WeakKeyDictionary()


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
def writing(engine: Engine, *, lazily: bool = False) -> Iterator[Session]:
    """A session that is the only writer; commits unless the block raises.

    The log is a sequence, so writers queue at the door instead of failing at
    commit: BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL.

    With `lazily` what was committed is durable only after `make_durable`: many
    commits then share one wait for the disk. Whoever answers for it must call that.

    Raises:
        StoreUnavailable: the database cannot be reached or is full.
    """
    immediate = engine.execution_options(
        sqlite_begin="BEGIN IMMEDIATE",
        sqlite_synchronous="NORMAL" if lazily else "FULL",
    )
    with (
        _door(engine),
        translated(),
        Session(immediate, expire_on_commit=False) as session,
    ):
        if engine.dialect.name == "postgresql":
            statement = text("SELECT pg_advisory_xact_lock(:key)")
            session.execute(statement, {"key": WRITER_LOCK})
            if lazily:
                session.execute(text("SET LOCAL synchronous_commit = off"))
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
    except PoolTimeout as error:
        raise StoreUnavailable("database", "too many at once") from error


def make_durable(engine: Engine) -> None:
    """Return when everything that was committed before the call is on the disk.

    SQLite: its write-ahead log holds the commits, and whoever syncs that file syncs
    them all; what has left it for the database was synced by SQLite before.
    PostgreSQL: a commit that waits flushes all commits before it.

    Raises:
        StoreUnavailable: it cannot be told.
    """
    if engine.dialect.name == "postgresql":
        with translated(), engine.begin() as connection:
            connection.exec_driver_sql("SELECT pg_current_xact_id()")
        return
    if not engine.url.database:
        return  # in memory
    database = Path(engine.url.database)
    log = database.with_name(f"{database.name}-wal")
    try:
        if log.exists():
            sync_file(log)
        sync_directory(database.parent)
    except OSError as error:
        raise StoreUnavailable("database", error.strerror or "error") from error


class Direct:
    """Statements handed to the driver as they are written, within a session.

    For the few that run at every event: there SQLAlchemy takes longer to prepare a
    statement than the database to run it. Values are named, `:value`.
    """

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self._dialect = connection.dialect
        self._driver = connection.connection

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            StoreUnavailable: as `translated`.
        """
        # Closed at once: one that is left open would be ended by whichever thread
        # comes to collect it, while another uses its connection.
        with self._translated(), contextlib.closing(self._driver.cursor()) as cursor:
            cursor.execute(self._written(query), values)
            return list(cursor.fetchall())

    def write(self, statement: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Run a statement for each of `rows`.

        Raises:
            StoreUnavailable: as `translated`.
        """
        with self._translated(), contextlib.closing(self._driver.cursor()) as cursor:
            cursor.executemany(self._written(statement), rows)

    def _written(self, query: str) -> str:
        return query if self._dialect.name == "sqlite" else _percent_style(query)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        driver = self._dialect.loaded_dbapi
        try:
            yield
        except driver.IntegrityError:
            raise
        except driver.DatabaseError as error:
            raise StoreUnavailable("database", str(error)) from error


@lru_cache
def _percent_style(query: str) -> str:
    """`:value` as psycopg wants it; our few statements hold no other colon."""
    return re.sub(r":(\w+)", r"%(\1)s", query)


def scrub(engine: Engine, table: str) -> None:
    """Let nothing of rows erased from `table` stay behind in the database's files.

    SQLite overwrites what it frees (`secure_delete`); here its write-ahead log is
    emptied. PostgreSQL gives back the dead rows, and its own write-ahead log follows
    its settings. Backups are not reached. Nothing is raised when it cannot be done
    now: the rows are erased, and the next one scrubs again.
    """
    with contextlib.suppress(DatabaseError, PoolTimeout, sqlite3.Error):
        if engine.dialect.name == "sqlite":
            raw = engine.raw_connection()
            with contextlib.closing(raw):
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        alone = engine.execution_options(isolation_level="AUTOCOMMIT")
        with alone.connect() as connection:
            connection.exec_driver_sql(f"VACUUM {table}")


@contextmanager
def _door(engine: Engine) -> Iterator[None]:
    door = _DOORS.setdefault(engine.pool, threading.Lock())
    if not door.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
        raise StoreUnavailable("database", "another writer does not come to an end")
    try:
        yield
    finally:
        door.release()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling would delay BEGIN until the first
    # write, and so read a counter before holding the lock that protects it.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-8000",  # kilobytes: the tree's right edge of a long log stays
        "secure_delete=ON",  # what the law wants erased is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    # Of this connection, until its next transaction says otherwise.
    wanted = options.get("sqlite_synchronous", "FULL")
    connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
    connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))
