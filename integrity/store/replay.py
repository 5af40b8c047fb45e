"""Replay the log into an empty database and compare it with the live one.

The tables are a projection of the log, so whatever differs was not written by an
event: each row is named by table and key, each differing column by its name. Live
values are taken as the driver gives them, because an edited cell may hold anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Engine,
    Table,
    create_engine,
    delete,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity.errors import CustodyError
from integrity.statement import Event
from integrity.store.custody_log import Projector
from integrity.store.db import Base, UtcTime, parse_time

Key = tuple[Any, ...]
BATCH = 500


class ReplayError(CustodyError):
    """An event does not fit the ones before it; `leaf` names it."""

    code = "replay"

    def __init__(self, leaf: int) -> None:
        super().__init__(f"Event {leaf} does not fit the ones before it.")
        self.leaf = leaf


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


def empty_database() -> Engine:
    """A private in-memory database with every table of the product."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return engine


def replay(
    session: Session, events: Iterator[tuple[int, Event]], project: Projector
) -> None:
    """Project `events` in order into `session`.

    Raises:
        ReplayError: an event names something that no earlier event made.
    """
    for leaf, event in events:
        try:
            project(session, leaf, event)
            session.flush()
        except (CustodyError, SQLAlchemyError, KeyError, TypeError, ValueError,
                IndexError, AttributeError) as error:  # fmt: skip
            raise ReplayError(leaf) from error
        if leaf % BATCH == 0:
            session.expunge_all()


def compare_rows(
    live: Session, replayed: Session, tables: Sequence[Table]
) -> Iterator[RowDifference]:
    """Every row of `tables` that differs, is missing or should not be there."""
    for table in tables:
        wanted = _rows(replayed, table)
        found = _rows(live, table)
        for key in sorted(wanted.keys() | found.keys(), key=str):
            difference = _compare(table, key, found.get(key), wanted.get(key))
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


def _rows(session: Session, table: Table) -> dict[Key, dict[str, Any]]:
    columns = list(table.columns)
    names = [column.name for column in table.primary_key.columns]
    query = select(*(type_coerce(column, NullType()) for column in columns))
    found: dict[Key, dict[str, Any]] = {}
    for row in session.execute(query).yield_per(BATCH):
        values = {
            column.name: _plain(column, value)
            for column, value in zip(columns, row, strict=True)
        }
        found[tuple(values[name] for name in names)] = values
    return found


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
    table: Table,
    key: Key,
    live: dict[str, Any] | None,
    replayed: dict[str, Any] | None,
) -> RowDifference | None:
    if live == replayed:
        return None
    if live is None or replayed is None:
        return RowDifference(table, key, (), live, replayed)
    columns = tuple(name for name in live if live[name] != replayed[name])
    return RowDifference(table, key, columns, live, replayed)
