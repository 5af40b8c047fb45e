"""How a transaction begins: as a reader, as the only writer, or as nothing special.

Each statement is a journey to PostgreSQL and back, so they travel together, and with
them the first question, if it is known what will be asked (`asking`).
"""

from __future__ import annotations

import contextlib
from typing import Any

from sqlalchemy.engine import Connection

from integrity.store.direct import ANSWER, refusals_translated

# One number for the whole product: PostgreSQL advisory locks are per database.
WRITER_LOCK = 0x435553544F4459
_ONE_WRITER = (
    f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITER_LOCK})"
)

_BEGIN: dict[str, dict[str, tuple[str, ...]]] = {
    "sqlite": {
        "plain": ("PRAGMA synchronous=FULL", "BEGIN"),
        "read": ("BEGIN",),
        "write": ("PRAGMA synchronous=FULL", "BEGIN IMMEDIATE"),
        "write lazily": ("PRAGMA synchronous=NORMAL", "BEGIN IMMEDIATE"),
    },
    "postgresql": {
        "plain": ("BEGIN",),
        "read": ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",),
        "write": (_ONE_WRITER,),
        "write lazily": (f"{_ONE_WRITER}; SET LOCAL synchronous_commit = off",),
    },
}


def begin(connection: Connection) -> None:
    """Begin as the execution option `transaction` of the connection says.

    The answer to the option `asking`, a query without values, is kept as `ANSWER` of
    the connection, if it made the same journey.

    Raises:
        StoreUnavailable: the database cannot be reached, or is locked.
    """
    options: dict[str, Any] = dict(connection.get_execution_options())
    dialect = connection.dialect
    statements = _BEGIN[dialect.name][options.get("transaction", "plain")]
    asking: str | None = options.get("asking")
    connection.info.pop(ANSWER, None)
    with (
        refusals_translated(dialect),
        contextlib.closing(connection.connection.cursor()) as cursor,
    ):
        if dialect.name == "sqlite":
            for statement in statements:
                cursor.execute(statement)
        elif asking is None:
            cursor.execute(statements[0])
        else:
            connection.info[ANSWER] = (asking, _ask(cursor, statements[0], asking))


def _ask(cursor: Any, statement: str, asking: str) -> list[tuple[Any, ...]]:
    # Without values psycopg sends several statements at once. READ COMMITTED lets
    # each see what was committed before itself, not before the first.
    cursor.execute(f"{statement}; {asking}")
    while cursor.nextset():
        pass
    return list(cursor.fetchall())
