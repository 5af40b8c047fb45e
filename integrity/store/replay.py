"""Replay the log into an empty database and compare it with the live one.

The tables are a projection of the log, so whatever differs was not written by an
event: each row is named by table and key, each differing column by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, Table, create_engine, delete, insert, select, update
from sqlalchemy.orm import Session

from integrity.statement import Event
from integrity.store.custody_log import Projector
from integrity.store.db import Base

Key = tuple[Any, ...]
BATCH = 500


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
        return f"{self.table.name}[{key}]" + (
            f" columns {', '.join(self.columns)}" if self.columns else ""
        )


def empty_database() -> Engine:
    """A private in-memory database with every table of the product."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return engine


def replay(
    session: Session, events: Iterator[tuple[int, Event]], project: Projector
) -> int:
    """Project `events` in order into `session`; returns how many there were."""
    count = 0
    for leaf, event in events:
        project(session, leaf, event)
        session.flush()
        count += 1
        if count % BATCH == 0:
            session.expunge_all()
    return count


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
    elif difference.live is None:
        session.execute(insert(table).values(**difference.replayed))
    else:
        # Other rows may refer to this one, so it is changed in its place.
        session.execute(update(table).where(*where).values(**difference.replayed))


def _rows(session: Session, table: Table) -> dict[Key, dict[str, Any]]:
    names = [column.name for column in table.primary_key.columns]
    rows = session.execute(select(table)).yield_per(BATCH)
    return {_key(row, names): row._asdict() for row in rows}


def _key(row: Row[Any], names: Sequence[str]) -> Key:
    return tuple(getattr(row, name) for name in names)


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
