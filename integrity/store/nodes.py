"""The nodes of all logs' trees (RFC 6962) in one table, and how they are read.

Entries are numbered through. The nodes of a log (integrity/origins.py) are kept with
their index in its tree plus its first entry, so no two logs share a place; a `Node`
here is such a place.

What an answer needs is found first and read at once: a few rows for each level of the
tree, never one for each leaf.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from integrity import merkle
from integrity.errors import StoreUnavailable
from integrity.origins import Origin
from integrity.store.direct import Direct

Node = tuple[int, int]
Nodes = Mapping[Node, bytes]
Answer = TypeVar("Answer")

_IN_NO_LOG = text(
    'SELECT level, "index" FROM log_nodes WHERE level < 0 OR level > 62'
    ' OR "index" < 0 OR "index" >= :leaves'
)
_BEYOND_LOG = text(
    'SELECT level, "index" FROM log_nodes WHERE level >= 0 AND level <= 62'
    ' AND "index" >= :first AND "index" < :end'
    ' AND "index" - :first >= (CAST(:end AS BIGINT) - :first >> level)'
)


def peaks(origin: Origin, covered: int) -> list[Node]:
    """The complete nodes whose hashes make the root of `origin` at `covered` entries.

    `covered` counts those of earlier logs, too.
    """
    leaves = origin.leaf(covered)
    return [
        (level, origin.first + (leaves >> level) - 1)
        for level in range(leaves.bit_length())
        if leaves >> level & 1
    ]


def root_at(origin: Origin, covered: int, read: merkle.NodeReader) -> bytes:
    """The root of `origin` at `covered` entries of all logs; `read` takes a place."""
    return merkle.root_at(origin.leaf(covered), _within(origin, read))


def new_nodes(
    origin: Origin, leaf: int, leaf_hash: bytes, read: merkle.NodeReader
) -> list[tuple[int, int, bytes]]:
    """The places and hashes of the nodes that entry `leaf` completes in its log."""
    made = merkle.new_nodes(origin.leaf(leaf), leaf_hash, _within(origin, read))
    return [(level, origin.first + index, value) for level, index, value in made]


def read_nodes(session: Session, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """Those of `wanted` that are there, in one query."""
    by_level: dict[int, list[int]] = defaultdict(list)
    for level, index in wanted:
        by_level[level].append(index)
    if not by_level:
        return {}
    # Not `(level, index) IN …`: SQLite reads the whole table for that. Nothing but
    # whole numbers is written into the text.
    places = " OR ".join(
        f'(level = {level:d} AND "index" IN ({", ".join(f"{at:d}" for at in indices)}))'
        for level, indices in by_level.items()
    )
    query = f'SELECT level, "index", hash FROM log_nodes WHERE {places}'  # noqa: S608
    rows = Direct(session).rows(query)
    # Somebody may have written text into the column: no hash at all.
    return {
        (level, index): value
        for level, index, value in rows
        if isinstance(value, bytes)
    }


def compute(
    session: Session, origin: Origin, answer: Callable[[merkle.NodeReader], Answer]
) -> Answer:
    """`answer` from the nodes of this log, all of them read in one query.

    Which nodes the algorithms of RFC 6962 read depends on the sizes alone, so the
    first run only asks which.

    Raises:
        StoreUnavailable: a node is missing.
    """
    wanted: list[Node] = []

    def note(level: int, index: int) -> bytes:
        wanted.append((level, index))
        return bytes(merkle.HASH_BYTES)

    answer(_within(origin, note))
    nodes = read_nodes(session, wanted)
    return answer(_within(origin, reading_from(nodes)))


def stray_nodes(
    session: Session, leaves: int, origins: Sequence[Origin]
) -> Iterator[Node]:
    """Stored places that no log has when there are `leaves` leaves in all."""
    database = session.connection()
    yield from (tuple(row) for row in database.execute(_IN_NO_LOG, {"leaves": leaves}))
    for origin in origins:
        end = leaves if origin.end is None else min(origin.end, leaves)
        values = {"first": origin.first, "end": end}
        yield from (tuple(row) for row in database.execute(_BEYOND_LOG, values))


def reading_from(nodes: Nodes) -> merkle.NodeReader:
    """A reader by place of nodes that were read; StoreUnavailable without one."""
    return lambda level, index: node_in(nodes, level, index)


def _within(origin: Origin, read: merkle.NodeReader) -> merkle.NodeReader:
    """A reader by the index in the log's own tree, of a reader by place."""
    return lambda level, index: read(level, origin.first + index)


def node_in(nodes: Nodes, level: int, index: int) -> bytes:
    """The node at a place; StoreUnavailable when it is missing."""
    value = nodes.get((level, index))
    if value is None:
        raise StoreUnavailable(f"log node {level}/{index}", "missing")
    return value
