"""The checker's look at rows of the log that are of no entry, or say too much of one.

How long the log is follows from its rows, so a row that somebody added far away would
make it look that long. The last entry of a log is never an erased one: what erases
comes after it. So a row at the end is an entry only where there is a trace of a
statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import delete, select, type_coerce, update
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity.store import sql_log
from integrity.store.blobs import statement_name
from integrity.store.copies import is_sound
from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.finding import Finding
from integrity.store.judgement import PAGE, Judgement
from integrity.store.nodes import read_nodes
from integrity.store.tables import LogStatement
from integrity.store.walk import DATABASE


def entries(log: CustodyLog, session: Session) -> int:
    """Number of entries: rows at the end that are of none do not count."""
    envelope = type_coerce(LogStatement.envelope, NullType())
    rows = select(LogStatement.leaf, envelope).order_by(LogStatement.leaf.desc())
    from_the_end = rows.where(LogStatement.leaf >= 0).execution_options(yield_per=PAGE)
    with session.execute(from_the_end) as found:
        for leaf, kept in found:
            if _is_entry(log, session, leaf, kept):
                return leaf + 1
    return 0


def stray_rows(judgement: Judgement, session: Session) -> Iterator[Finding]:
    """Rows of no entry, and leaf texts beside statements that were not erased."""
    no_entry = (LogStatement.leaf < 0) | (LogStatement.leaf >= judgement.leaves)
    for leaf in session.scalars(select(LogStatement.leaf).where(no_entry)):
        remove = partial(_remove, judgement.log, leaf) if judgement.sure else None
        yield Finding("leaf_row", DATABASE, f"leaf {leaf}", mend=remove)
    both = LogStatement.envelope.is_not(None) & LogStatement.leaf_text.is_not(None)
    query = select(LogStatement.leaf).where(both & ~no_entry)
    for leaf in session.scalars(query.order_by(LogStatement.leaf)):
        if judgement.erasures.text(leaf) is None:
            empty = partial(_empty, judgement.log, leaf) if judgement.sure else None
            yield Finding("leaf_text", DATABASE, f"leaf {leaf}", mend=empty)


def _is_entry(log: CustodyLog, session: Session, leaf: int, envelope: object) -> bool:
    found = envelope if isinstance(envelope, bytes) else None
    if is_sound(found, log.keys.trusted):
        return True
    if any(store.exists(statement_name(leaf)) for store in log.stores):
        return True
    follows = leaf == 0 or sql_log.statements(session, leaf - 1, leaf)
    return bool(follows and read_nodes(session, [(0, leaf)]))


def _remove(log: CustodyLog, leaf: int) -> None:
    with writing(log.engine) as session:
        session.execute(delete(LogStatement).where(LogStatement.leaf == leaf))


def _empty(log: CustodyLog, leaf: int) -> None:
    here = (LogStatement.leaf == leaf) & LogStatement.envelope.is_not(None)
    with writing(log.engine) as session:
        session.execute(update(LogStatement).where(here).values(leaf_text=None))
