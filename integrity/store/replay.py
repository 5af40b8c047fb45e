"""Replay the log into an empty database and compare it with the live one.

Both are read row by row in the order of their keys, so neither has to fit in memory.

The tables are a projection of the log, so whatever differs was not written by an
event: each row is named by table and key, each differing column by its name. Live
values are taken as the driver gives them, because an edited cell may hold anything.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Engine,
    String,
    Table,
    collate,
    create_engine,
    delete,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.event import listen
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity.errors import CustodyError
from integrity.statement import Event
from integrity.store.db import Base, UtcTime, parse_time
from integrity.store.transaction import Projector

Key = tuple[Any, ...]
BATCH = 500


class ReplayError(CustodyError):
    """An event does not fit the ones before it; `leaf` names it."""

    code = "replay"

    def __init__(self, leaf: int) -> None:
        super().__init__(f"Event {leaf} does not fit the ones before it.")
        self.leaf = leaf


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the driver gives it."""

    key: Key
    values: dict[str, Any]

    def rank(self) -> tuple[tuple[int, Any], ...]:
        """Where it stands in the order of keys."""
        return tuple(_rank(part) for part in self.key)


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row that is not what the log says it should be."""

    table: Table
    key: Key
    columns: tuple[str, ...]
    live: dict[str, Any] | None
    replayed: dict[str, Any] | None

    @property
    def subject(self) -> str:
        """The row in words: `exhibits[e0123] columns name, state`."""
        key = ",".join(str(part) for part in self.key)
        columns = f" columns {', '.join(self.columns)}" if self.columns else ""
        return f"{self.table.name}[{key}]{columns}"


def empty_database(folder: Path) -> Engine:
    """A private database in `folder` with every table of the product.

    On disk, because a log may be larger than the memory; never durable.
    """
    engine = create_engine(f"sqlite:///{folder / 'replay.db'}")
    listen(engine, "connect", _forgetful)
    Base.metadata.create_all(engine)
    return engine


class Replay:
    """Events projected one after another into a session of an empty database."""

    def __init__(self, session: Session, project: Projector) -> None:
        self.session = session
        self._project = project
        self._since = 0

    def add(self, leaf: int, event: Event) -> None:
        """Project the next event; leaves that were erased are left out.

        Raises:
            ReplayError: it names something that no earlier event made.
        """
        try:
            self._project(self.session, leaf, event)
            self.session.flush()
        except (CustodyError, SQLAlchemyError, KeyError, TypeError, ValueError,
                IndexError, AttributeError) as error:  # fmt: skip
            self.session.rollback()
            raise ReplayError(leaf) from error
        self._since += 1
        if self._since % BATCH == 0:
            self.session.commit()
            self.session.expunge_all()


def compare_rows(
    live: Session, replayed: Session, tables: Sequence[Table]
) -> Iterator[RowDifference]:
    """Every row of `tables` that differs, is missing or should not be there."""
    for table in tables:
        for wanted, found in _side_by_side(_rows(replayed, table), _rows(live, table)):
            difference = _compare(table, found, wanted)
            if difference is not None:
                yield difference


def mend_row(session: Session, difference: RowDifference) -> None:
    """Make the live row what the log says; the caller owns the transaction."""
    table = difference.table
    columns = tuple(table.primary_key.columns)
    where = [
        column == value for column, value in zip(columns, difference.key, strict=True)
    ]
    if difference.replayed is None:
        session.execute(delete(table).where(*where))
        return
    values = {
        name: _typed(table.columns[name], value)
        for name, value in difference.replayed.items()
    }
    if difference.live is None:
        session.execute(insert(table).values(**values))
    else:
        # Other rows may refer to this one, so it is changed in its place.
        session.execute(update(table).where(*where).values(**values))


def _rows(session: Session, table: Table) -> Iterator[Row]:
    """Every row in the order of its key, which is one order for every database."""
    columns = list(table.columns)
    names = [column.name for column in table.primary_key.columns]
    binary = session.get_bind().dialect.name == "postgresql"
    order = [
        collate(column, "C") if binary and isinstance(column.type, String) else column
        for column in table.primary_key.columns
    ]
    query = select(*(type_coerce(column, NullType()) for column in columns))
    for row in session.execute(
        query.order_by(*order).execution_options(yield_per=BATCH)
    ):
        values = {
            column.name: _plain(column, value)
            for column, value in zip(columns, row, strict=True)
        }
        yield Row(tuple(values[name] for name in names), values)


def _side_by_side(
    wanted: Iterator[Row], found: Iterator[Row]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows of one key together; both iterators are in the order of the key."""
    left, right = next(wanted, None), next(found, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.rank() < right.rank()):
            yield left, None
            left = next(wanted, None)
        elif left is None or right.rank() < left.rank():
            yield None, right
            right = next(found, None)
        else:
            yield left, right
            left, right = next(wanted, None), next(found, None)


def _rank(value: Any) -> tuple[int, Any]:
    """SQLite's order of values of any type: an edited key may hold anything."""
    if value is None:
        return (0, 0)
    if isinstance(value, int | float):
        return (1, value)
    return (2, value) if isinstance(value, str) else (3, bytes(value))


def _forgetful(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=MEMORY")
    connection.execute("PRAGMA synchronous=OFF")


def _plain(column: Column[Any], value: Any) -> Any:
    """A driver's value in one form for every database."""
    if isinstance(column.type, JSON) and isinstance(value, str | bytes):
        try:
            return json.loads(value)
        except ValueError:
            return {"not JSON": str(value)}
    if isinstance(column.type, Boolean) and value in (0, 1):
        return bool(value)
    return value


def _typed(column: Column[Any], value: Any) -> Any:
    return parse_time(value) if isinstance(column.type, UtcTime) and value else value


def _compare(
    table: Table, found: Row | None, wanted: Row | None
) -> RowDifference | None:
    if found is None or wanted is None:
        one = found or wanted
        if one is None:
            return None
        live = None if found is None else found.values
        replayed = None if wanted is None else wanted.values
        return RowDifference(table, one.key, (), live, replayed)
    if found.values == wanted.values:
        return None
    columns = tuple(
        name for name in found.values if found.values[name] != wanted.values[name]
    )
    return RowDifference(table, found.key, columns, found.values, wanted.values)
