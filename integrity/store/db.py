"""The database: one declarative base, safe SQLite settings, one writer at a time."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Engine, Pool, String, TypeDecorator, create_engine, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DatabaseError, DisconnectionError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from integrity.canonical import time_text
from integrity.errors import StoreUnavailable
from integrity.store.durable import sync_directory, sync_file

BUSY_TIMEOUT_MS = 10_000
# One number for the whole product: PostgreSQL advisory locks are per database.
WRITER_LOCK = 0x435553544F4459
PING_AFTER_S = 1.0  # a connection that was used a moment ago is still there
# Without anything written PostgreSQL commits, but waits for no disk: this writes a
# record that nobody reads.
_WAITING_COMMIT = "SELECT pg_logical_emit_message(true, 'custody', '')"
_ONE_WRITER = f"BEGIN; SELECT pg_advisory_xact_lock({WRITER_LOCK})"
# Threads of one process queue here: the database would let them sleep and guess.
_DOORS: WeakKeyDictionary[Pool, Door] = WeakKeyDictionary()

# How a transaction begins; each statement is a journey to the database and back.
_BEGIN: dict[str, dict[str, tuple[str, ...]]] = {
    "sqlite": {
        "plain": ("PRAGMA synchronous=FULL", "BEGIN"),
        "read": ("BEGIN",),
        "write": ("PRAGMA synchronous=FULL", "BEGIN IMMEDIATE"),
        "write lazily": ("PRAGMA synchronous=NORMAL", "BEGIN IMMEDIATE"),
    },
    "postgresql": {
        "plain": ("BEGIN",),
        "read": ("BEGIN ISOLATION LEVEL REPEATABLE READ",),
        "write": (_ONE_WRITER,),
        "write lazily": (f"{_ONE_WRITER}; SET LOCAL synchronous_commit = off",),
    },
}


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
    event.listen(engine, "begin", _begin)
    return engine


class Door:
    """Lets one writer in at a time; of those who queue, one stands at the door."""

    def __init__(self) -> None:
        self._queue = threading.Lock()
        self._inside = threading.Lock()

    @contextmanager
    def passed(self, *, ahead: bool) -> Iterator[None]:
        """Be the one inside while the block runs."""
        if ahead:
            _take(self._inside)
        else:
            _take(self._queue)
            try:
                _take(self._inside)
            finally:
                self._queue.release()
        try:
            yield
        finally:
            self._inside.release()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for reading one state of the database; changes are rolled back."""
    with translated(), Session(engine) as session:
        session.connection(execution_options={"transaction": "read"})
        yield session


@contextmanager
def writing(
    engine: Engine, *, lazily: bool = False, ahead: bool = False
) -> Iterator[Session]:
    """A session that is the only writer; commits unless the block raises.

    The log is a sequence, so writers queue at the door instead of failing at
    commit: BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL.

    With `lazily` what was committed is durable only after `make_durable`: many
    commits then share one wait for the disk. Whoever answers for it must call that.
    Whoever goes `ahead` does not queue, but is next: others wait for the outcome.

    Raises:
        StoreUnavailable: the database cannot be reached or is full.
    """
    begin = {"transaction": "write lazily" if lazily else "write"}
    door = _DOORS.setdefault(engine.pool, Door())
    with (
        door.passed(ahead=ahead),
        translated(),
        Session(engine, expire_on_commit=False) as session,
    ):
        session.connection(execution_options=begin)
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
    PostgreSQL: a commit that wrote something waits, and so flushes all before it.

    Raises:
        StoreUnavailable: it cannot be told.
    """
    if engine.dialect.name == "postgresql":
        with translated(), engine.begin() as connection:
            connection.exec_driver_sql(_WAITING_COMMIT)
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
        written = self._written(statement)
        with self._translated(), contextlib.closing(self._driver.cursor()) as cursor:
            for row in rows:
                cursor.execute(written, row)

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
    refusals = (DatabaseError, PoolTimeout, sqlite3.Error, psycopg.Error)
    with contextlib.suppress(*refusals):
        sqlite = engine.dialect.name == "sqlite"
        scrubbing = "PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else f"VACUUM {table}"
        with contextlib.closing(engine.raw_connection()) as raw:
            raw.cursor().execute(scrubbing)


def _take(lock: threading.Lock) -> None:
    if not lock.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
        raise StoreUnavailable("database", "another writer does not come to an end")


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


def _begin(connection: Connection) -> None:
    options: dict[str, Any] = dict(connection.get_execution_options())
    kind = options.get("transaction", "plain")
    # With parameters, if only none, PostgreSQL takes one statement at a time.
    bare = {"no_parameters": True}
    for statement in _BEGIN[connection.dialect.name][kind]:
        connection.exec_driver_sql(statement, execution_options=bare)


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
