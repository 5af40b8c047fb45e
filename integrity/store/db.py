"""The database: one declarative base, safe SQLite settings, one writer at a time."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Engine, Pool, String, TypeDecorator, create_engine, event, text
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DatabaseError, DisconnectionError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from integrity.canonical import time_text
from integrity.errors import StoreUnavailable
from integrity.store.beginning import begin
from integrity.store.direct import CONNECTION, send_with_commit
from integrity.store.door import Door
from integrity.store.durable import sync_directory, sync_file

BUSY_TIMEOUT_MS = 10_000
PING_AFTER_S = 1.0  # a connection that was used a moment ago is still there
# Without anything written PostgreSQL commits, but waits for no disk: this writes a
# record that nobody reads.
_WAITING_COMMIT = "SELECT pg_logical_emit_message(true, 'custody', '')"
# Whatever a server is set to: what is answered for was waited for.
_NEVER_HASTY = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
# Threads of one process queue here: the database would let them sleep and guess.
_DOORS: WeakKeyDictionary[Pool, Door] = WeakKeyDictionary()


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
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _ping_unused)
    event.listen(engine, "begin", begin)
    send_with_commit(engine)
    return engine


@contextmanager
def reading(engine: Engine, *, asking: str | None = None) -> Iterator[Session]:
    """A session for reading one state of the database; changes are rolled back.

    Where it is known that the query `asking` comes first, it is sent along.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    with _session(engine, "read", asking) as session:
        yield session
        # Read only there, so nothing is kept; after a rollback the driver would
        # prepare each of its statements anew.
        if engine.dialect.name == "postgresql":
            session.info[CONNECTION].connection.commit()


@contextmanager
def writing(
    engine: Engine,
    *,
    lazily: bool = False,
    ahead: bool = False,
    asking: str | None = None,
) -> Iterator[Session]:
    """A session that is the only writer; commits unless the block raises.

    The log is a sequence, so writers queue at the door instead of failing at
    commit: BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL.

    With `lazily` what was committed is durable only after `make_durable`: many
    commits then share one wait for the disk. Whoever answers for it must call that.
    Whoever goes `ahead` does not queue, but is next: others wait for the outcome.
    Where it is known that the query `asking` comes first, it is sent along.

    Raises:
        StoreUnavailable: the database cannot be reached or is full.
    """
    kind = "write lazily" if lazily else "write"
    door = _DOORS.setdefault(engine.pool, Door())
    with (
        door.passed(ahead=ahead),
        _session(engine, kind, asking) as session,
    ):
        yield session
        if session.in_transaction():  # something went through the unit of work
            session.commit()
        _commit(session.info[CONNECTION])


def _commit(connection: Connection) -> None:
    try:
        connection.commit()
    except BaseException:
        # SQLAlchemy holds this transaction to be over and would not roll it back:
        # it would go on in the pool, with the lock of the one writer.
        connection.invalidate()
        raise


@contextmanager
def _session(engine: Engine, kind: str, asking: str | None) -> Iterator[Session]:
    """A session on a connection whose transaction has begun."""
    options = {"transaction": kind, "asking": asking}
    with translated(), engine.connect().execution_options(**options) as connection:
        connection.begin()
        with joined(connection) as session:
            yield session


@contextmanager
def joined(connection: Connection) -> Iterator[Session]:
    """A session on a connection whose transaction is somebody else's to end."""
    with Session(
        connection, expire_on_commit=False, join_transaction_mode="rollback_only"
    ) as session:
        session.info[CONNECTION] = connection
        yield session


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's "cannot reach", "locked", "full", "damaged" into our error."""
    try:
        yield
    except (IntegrityError, psycopg.IntegrityError):
        raise  # a fault of ours, not of the database
    except DatabaseError as error:
        raise StoreUnavailable("database", str(error.orig)) from error
    except psycopg.DatabaseError as error:
        raise StoreUnavailable("database", str(error)) from error
    except PoolTimeout as error:
        raise StoreUnavailable("database", "too many at once") from error


def make_durable(engine: Engine) -> None:
    """Return when everything that was committed before the call is on the disk.

    SQLite: its write-ahead log holds the commits, and whoever syncs that file syncs
    them all; what has left it for the database was synced by SQLite before.
    PostgreSQL: a commit that wrote something waits, and so flushes all before it.

    Raises:
        StoreUnavailable: it cannot be told.
    """
    if engine.dialect.name == "postgresql":
        # No transaction is begun for it, so it is one journey: it is one by itself.
        with translated(), contextlib.closing(engine.raw_connection()) as raw:
            raw.cursor().execute(_WAITING_COMMIT)
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


def let_commit_wait(session: Session) -> None:
    """Let the commit of a lazy session wait for the disk after all.

    A PostgreSQL server may be killed alone, between a lazy commit and `make_durable`.
    SQLite's commits are lost with the machine only, and nobody is left to answer.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL synchronous_commit = on"))


def scrub(engine: Engine, table: str) -> None:
    """Let nothing of rows erased from `table` stay behind in the database's files.

    SQLite overwrites what it frees (`secure_delete`); here its write-ahead log is
    emptied. PostgreSQL gives back the dead rows, and its own write-ahead log follows
    its settings. Backups are not reached. Nothing is raised when it cannot be done
    now: the rows are erased, and the next one scrubs again.
    """
    refusals = (DatabaseError, PoolTimeout, sqlite3.Error, psycopg.Error)
    with contextlib.suppress(*refusals):
        sqlite = engine.dialect.name == "sqlite"
        scrubbing = "PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else f"VACUUM {table}"
        with contextlib.closing(engine.raw_connection()) as raw:
            raw.cursor().execute(scrubbing)


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


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True  # the transaction is begun by us, as on SQLite
    connection.execute(_NEVER_HASTY)


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping_unused(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask whether the server is still there; the pool connects anew if it is not."""
    now = time.monotonic()
    used: float = record.info.get("used", now)
    if now - used < PING_AFTER_S:
        return
    try:
        connection.execute("SELECT 1")
    except psycopg.Error as error:
        raise DisconnectionError from error
