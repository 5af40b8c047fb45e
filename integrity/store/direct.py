"""Statements handed to the driver as they are written, within a session.

For the few that run at every event: there SQLAlchemy takes longer to prepare a
statement than the database to run it.

On PostgreSQL each statement is a journey to the server and back. What is written
here therefore waits until something is read, or SQLAlchemy runs a statement of its
own, or the transaction is committed, and then makes the journey together, in order.
Until then a refusal by the server is not seen: at the latest the commit raises it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Engine, Table, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import Session

from integrity.errors import StoreUnavailable

Row = Mapping[str, object]
CONNECTION = "custody connection"
ANSWER = "custody answer"  # (query, rows): asked when the transaction began
_WAITING = "custody waiting writes"
_SAVEPOINT = "SAVEPOINT unit"
_JOINED = 8  # rows inserted by one statement; bounds how many of those there are


class Direct:
    """A session's connection to the database; values are named, `:value`."""

    def __init__(self, session: Session) -> None:
        # A session takes longer to give its connection than to run a statement.
        known: Connection | None = session.info.get(CONNECTION)
        if known is None or known.closed:
            known = session.connection()
        self._connection = known

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            StoreUnavailable: the database cannot be reached or is full.
        """
        connection = self._connection
        asked, answer = connection.info.pop(ANSWER, (None, []))
        if asked == query and not values:
            return list(answer)
        send_waiting(connection)
        # Closed at once: one that is left open would be ended by whichever thread
        # comes to collect it, while another uses its connection.
        with (
            refusals_translated(connection.dialect),
            contextlib.closing(connection.connection.cursor()) as cursor,
        ):
            cursor.execute(_written(connection.dialect.name, query), values)
            return list(cursor.fetchall())

    def write(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement for each of `rows`, now or soon.

        Raises:
            StoreUnavailable: as `rows`.
        """
        connection = self._connection
        connection.info.pop(ANSWER, None)
        waiting = connection.info.setdefault(_WAITING, [])
        waiting.extend((statement, row) for row in rows)
        if connection.dialect.name == "sqlite":  # no journey to spare
            send_waiting(connection)

    def insert(self, table: Table, row: Row) -> None:
        """As `write`, of one row whose values are those of the columns' types."""
        made = _insert(table, self._connection.dialect, tuple(row))
        values = dict(row)
        for name, convert in made.conversions:
            values[name] = convert(values[name])
        self.write(made.statement, [values])


def send_with_commit(engine: Engine) -> None:
    """Let what waits be sent before whatever must come after it."""
    event.listen(engine, "before_cursor_execute", _before_statement)
    event.listen(engine, "commit", _commit)
    event.listen(engine, "rollback", _forget)


def send_waiting(connection: Connection) -> None:
    """Run what `Direct.write` was given, if that has not been done yet.

    Raises:
        StoreUnavailable: the database cannot be reached or is full.
    """
    waiting = connection.info.pop(_WAITING, None)
    if waiting:
        with refusals_translated(connection.dialect):
            _run(connection, waiting)


def mark(session: Session) -> None:
    """What is done in the session from here on can be taken back."""
    Direct(session).write(_SAVEPOINT, [{}])


def settle(session: Session) -> None:
    """Run what waits: whatever is refused after this was not written before it.

    Raises:
        StoreUnavailable: the database cannot be reached or is full.
    """
    send_waiting(session.info[CONNECTION])


def go_back(session: Session) -> None:
    """Take back what was done since `mark`.

    Raises:
        StoreUnavailable: the transaction is over.
    """
    connection: Connection = session.info[CONNECTION]
    waiting = connection.info.pop(_WAITING, [])
    connection.info.pop(ANSWER, None)
    if (_SAVEPOINT, {}) in waiting:
        return  # it was never sent, and nothing after it
    with (
        refusals_translated(connection.dialect),
        contextlib.closing(connection.connection.cursor()) as cursor,
    ):
        cursor.execute("ROLLBACK TO SAVEPOINT unit")


@contextmanager
def refusals_translated(dialect: Dialect) -> Iterator[None]:
    """Turn what the driver itself raises into our error, but not faults of ours."""
    driver = dialect.loaded_dbapi
    try:
        yield
    except driver.IntegrityError:
        raise
    except driver.DatabaseError as error:
        raise StoreUnavailable("database", str(error)) from error


def _commit(connection: Connection) -> None:
    """Send what waits and the commit in one journey; SQLAlchemy then has none."""
    waiting = connection.info.pop(_WAITING, None)
    if not waiting:
        return
    driver: Any = connection.connection.driver_connection
    with refusals_translated(connection.dialect), driver.pipeline():
        _run(connection, waiting)
        driver.commit()


def _before_statement(connection: Connection, *_statement: object) -> None:
    connection.info.pop(ANSWER, None)
    send_waiting(connection)


def _forget(connection: Connection) -> None:
    if not connection.invalidated:  # else what it had is gone with it
        connection.info.pop(_WAITING, None)
        connection.info.pop(ANSWER, None)


def _run(connection: Connection, waiting: Sequence[tuple[str, Row]]) -> None:
    joined = _joined if connection.dialect.name == "postgresql" else _each
    with contextlib.closing(connection.connection.cursor()) as cursor:
        for statement, values in joined(waiting):
            cursor.execute(statement, values)


def _each(waiting: Sequence[tuple[str, Row]]) -> Sequence[tuple[str, Row]]:
    return waiting


def _joined(waiting: Sequence[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    """The same, where rows that are inserted one after the other are one statement."""
    for inserts, some in groupby(waiting, lambda one: one[0].startswith("INSERT INTO")):
        while inserts and len(rows := list(islice(some, _JOINED))) > 1:
            statements = tuple(statement for statement, _ in rows)
            values = {
                f"{name}_{number}": value
                for number, (_, row) in enumerate(rows)
                for name, value in row.items()
            }
            yield _join(statements), values
        rest = rows if inserts else some
        yield from ((_percent_style(statement), row) for statement, row in rest)


@lru_cache(1024)
def _join(inserts: tuple[str, ...]) -> str:
    """One statement of several: none sees what another inserts, and none needs to."""
    *others, last = (
        re.sub(r":(\w+)", rf"%(\1_{number})s", insert)
        for number, insert in enumerate(inserts)
    )
    named = ", ".join(f"w{number} AS ({one})" for number, one in enumerate(others))
    return f"WITH {named} {last}"


def _written(dialect: str, query: str) -> str:
    return query if dialect == "sqlite" else _percent_style(query)


@lru_cache
def _percent_style(query: str) -> str:
    """`:value` as psycopg wants it; our few statements hold no other colon."""
    return re.sub(r":(\w+)", r"%(\1)s", query)


@dataclass(frozen=True, slots=True)
class _Insert:
    statement: str
    conversions: tuple[tuple[str, Callable[[Any], object]], ...]


@lru_cache
def _insert(table: Table, dialect: Dialect, names: tuple[str, ...]) -> _Insert:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    values = ", ".join(f":{name}" for name in names)
    into = f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({values})"  # noqa: S608
    types = ((name, table.columns[name].type.dialect_impl(dialect)) for name in names)
    found = ((name, kind.bind_processor(dialect)) for name, kind in types)
    needed = tuple((name, convert) for name, convert in found if convert is not None)
    return _Insert(into, needed)
