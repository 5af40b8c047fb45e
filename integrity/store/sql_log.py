"""The RFC 6962 tree in SQL: append a statement, read nodes, prove a leaf.

Whatever is asked of the log costs a few rows for each level of the tree, never one
for each leaf: the coordinates an answer needs are found first and read at once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from integrity import merkle
from integrity.canonical import time_text
from integrity.checkpoint import Checkpoint
from integrity.errors import StoreUnavailable
from integrity.proof import Proof
from integrity.statement import leaf_text
from integrity.store.db import Direct
from integrity.store.erasure import LeafErased
from integrity.store.tables import (
    LogCheckpoint,
    LogKeyChange,
    LogStatement,
)
from integrity.tiles import FULL_WIDTH, Tile, encode_entries, encode_tile

Node = tuple[int, int]
Nodes = Mapping[Node, bytes]
Answer = TypeVar("Answer")

KEPT_NODES = 4096  # nodes that one transaction remembers of those it has made

# Written out: these run at every event, and building them takes longer than they do.
_STATE = """
SELECT (SELECT max(leaf) FROM log_statements),
       (SELECT hash FROM log_nodes WHERE level = 0
           AND "index" = (SELECT max(leaf) FROM log_statements)),
       (SELECT max(size) FROM log_checkpoints),
       (SELECT max(leaf) FROM log_key_changes)
"""
_STATEMENTS = (
    "SELECT leaf, envelope, leaf_text FROM log_statements"
    " WHERE leaf >= :first AND leaf < :end"
)
_STRAY_NODES = text(
    'SELECT level, "index" FROM log_nodes WHERE level < 0 OR level > 62'
    ' OR "index" < 0 OR "index" >= (CAST(:size AS BIGINT) >> level)'
)
_INSERT_STATEMENT = (
    "INSERT INTO log_statements (leaf, envelope, leaf_text)"
    " VALUES (:leaf, :envelope, :leaf_text)"
)
_INSERT_NODE = (
    'INSERT INTO log_nodes (level, "index", hash) VALUES (:level, :index, :hash)'
)

_KEPT = "SELECT note FROM log_checkpoints WHERE size = :size"
_INSERT_CHECKPOINT = (
    "INSERT INTO log_checkpoints (size, note, signed_at) VALUES (:size, :note, :at)"
)
_UPDATE_CHECKPOINT = "UPDATE log_checkpoints SET note = :note WHERE size = :size"


def size(session: Session) -> int:
    """Number of leaves."""
    last = session.scalar(select(func.max(LogStatement.leaf)))
    return 0 if last is None else last + 1


@dataclass(frozen=True, slots=True)
class State:
    """What must be known of a log before it is written to.

    Attributes:
        size: number of leaves.
        last: hash of the last leaf; None when there is none, or its node is lost.
        published: size of the newest kept checkpoint; None before the first.
        key_change: leaf of the newest change of keys; None before the first.
    """

    size: int
    last: bytes | None
    published: int | None
    key_change: int | None


def state(session: Session) -> State:
    """The state of the log, in one query."""
    ((last_leaf, last, published, key_change),) = Direct(session).rows(_STATE)
    size = 0 if last_leaf is None else last_leaf + 1
    return State(size, last, published, key_change)


class Appender:
    """Appends leaves after the first `size` of them, whose peaks are `nodes`.

    The caller holds the writer lock and owns the transaction.
    """

    def __init__(self, session: Session, size: int, nodes: Nodes) -> None:
        self.size = size
        self._database = Direct(session)
        self._nodes = dict(nodes)

    def append(self, envelope: bytes) -> int:
        """Add `envelope` as the next leaf and return its number."""
        values = {"leaf": self.size, "envelope": envelope, "leaf_text": None}
        return self._append(values, leaf_text(envelope))

    def append_erased(self, entry: bytes) -> int:
        """Add what is left of an erased statement: its leaf text."""
        values = {"leaf": self.size, "envelope": None, "leaf_text": entry}
        return self._append(values, entry)

    def _append(self, values: Mapping[str, object], entry: bytes) -> int:
        leaf = self.size
        made = merkle.new_nodes(leaf, merkle.leaf_hash(entry), self._read)
        self._database.write(_INSERT_STATEMENT, [values])
        self._database.write(
            _INSERT_NODE,
            [{"level": at, "index": index, "hash": value} for at, index, value in made],
        )
        self._nodes.update({(at, index): value for at, index, value in made})
        self.size += 1
        if len(self._nodes) > KEPT_NODES:
            self._nodes = self.peaks() | {(0, leaf): self._nodes[0, leaf]}
        return leaf

    def peaks(self) -> dict[Node, bytes]:
        """The nodes that make the root now."""
        return {place: self._read(*place) for place in peaks(self.size)}

    def leaf_hash(self, leaf: int) -> bytes:
        """The hash of a leaf that was appended here."""
        return self._read(0, leaf)

    def _read(self, level: int, index: int) -> bytes:
        return _present(self._nodes, level, index)


def peaks(leaves: int) -> list[Node]:
    """The complete nodes whose hashes make the root of `leaves` leaves."""
    return [
        (level, (leaves >> level) - 1)
        for level in range(leaves.bit_length())
        if leaves >> level & 1
    ]


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


def stray_nodes(session: Session, leaves: int) -> Iterator[Node]:
    """Stored nodes that no tree of `leaves` leaves has."""
    rows = session.connection().execute(_STRAY_NODES, {"size": leaves})
    yield from ((level, index) for level, index in rows)


def compute(session: Session, answer: Callable[[merkle.NodeReader], Answer]) -> Answer:
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

    answer(note)
    nodes = read_nodes(session, wanted)
    return answer(lambda level, index: _present(nodes, level, index))


def reader(session: Session) -> merkle.NodeReader:
    """Complete nodes of this log by level and index, each read when it is asked for."""

    def read(level: int, index: int) -> bytes:
        return _present(read_nodes(session, [(level, index)]), level, index)

    return read


def statements(
    session: Session, first: int, end: int
) -> dict[int, tuple[bytes | None, bytes | None]]:
    """Leaf to (envelope, leaf text) of the rows there are from `first` to `end`."""
    rows = Direct(session).rows(_STATEMENTS, first=first, end=end)
    return {leaf: (envelope, entry) for leaf, envelope, entry in rows}


def erase(session: Session, texts: Mapping[int, bytes]) -> None:
    """Leave nothing of these statements but their leaf texts."""
    for leaf, entry in texts.items():
        row = update(LogStatement).where(LogStatement.leaf == leaf)
        session.execute(row.values(envelope=None, leaf_text=entry))


def statement(session: Session, leaf: int) -> bytes:
    """The signed envelope of `leaf`.

    Raises:
        LeafErased: it was erased under the law.
        StoreUnavailable: there is none.
    """
    row = statements(session, leaf, leaf + 1).get(leaf)
    if row is None:
        raise StoreUnavailable(f"statement {leaf}", "missing")
    envelope, _ = row
    if envelope is None:
        raise LeafErased(leaf)
    if not isinstance(envelope, bytes):
        raise StoreUnavailable(f"statement {leaf}", "damaged")
    return envelope


def leaf_texts(session: Session, first: int, end: int) -> list[bytes]:
    """The log entries of the leaves `first` to before `end`, erased ones too.

    Raises:
        StoreUnavailable: one of them is missing.
    """
    rows = statements(session, first, end)
    texts = []
    for leaf in range(first, end):
        entry = text_of(*rows.get(leaf, (None, None)))
        if entry is None:
            raise StoreUnavailable(f"statement {leaf}", "missing")
        texts.append(entry)
    return texts


def text_of(envelope: bytes | None, kept_text: bytes | None) -> bytes | None:
    """The log entry of a row of the log; None when nothing is left of it."""
    return kept_text if envelope is None else leaf_text(envelope)


def head(session: Session, origin: str, at_size: int | None = None) -> Checkpoint:
    """The unsigned checkpoint of the first `at_size` leaves (default: all)."""
    leaves = size(session) if at_size is None else at_size
    root = compute(session, lambda read: merkle.root_at(leaves, read))
    return Checkpoint(origin, leaves, root)


def consistency(session: Session, old: int, new: int) -> list[bytes]:
    """Proof that the tree of `new` leaves only appends to that of `old` (RFC 6962).

    Raises:
        MalformedError: no proof joins these sizes.
        StoreUnavailable: the log is not that long.
    """
    return compute(session, lambda read: merkle.consistency_proof(old, new, read))


def latest_checkpoint(session: Session) -> LogCheckpoint | None:
    """The newest checkpoint that was signed and published."""
    newest = select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)
    return session.scalar(newest)


def note_key_change(session: Session, leaf: int) -> None:
    """Remember that the event of `leaf` changes the log's keys."""
    session.merge(LogKeyChange(leaf=leaf))
    session.flush()


def checkpoint_at(session: Session, at_size: int) -> LogCheckpoint | None:
    """The kept checkpoint of exactly this size; not every size has one."""
    return session.get(LogCheckpoint, at_size)


def keep_checkpoint(
    session: Session, checkpoint: Checkpoint, note: bytes, at: dt.datetime
) -> None:
    """Remember a published checkpoint; a second call may only bring more signatures."""
    database = Direct(session)
    kept = database.rows(_KEPT, size=checkpoint.size)
    if not kept:
        row = {"size": checkpoint.size, "note": note, "at": time_text(at)}
        database.write(_INSERT_CHECKPOINT, [row])
    elif kept[0][0] != note:
        database.write(_UPDATE_CHECKPOINT, [{"size": checkpoint.size, "note": note}])


def hash_tile(session: Session, tile: Tile) -> bytes:
    """The content of a hash tile (C2SP tlog-tiles); its nodes must be complete."""
    return compute(session, lambda read: encode_tile(tile, read))


def entry_bundle(session: Session, index: int, width: int) -> bytes:
    """The content of entry bundle `index` (C2SP tlog-tiles) with `width` entries."""
    first = index * FULL_WIDTH
    return encode_entries(leaf_texts(session, first, first + width))


def prove(session: Session, leaf: int, at_size: int | None = None) -> Proof:
    """Proof of `leaf`, with its statement unless that was erased.

    Args:
        session: a session for reading.
        leaf: number of the leaf.
        at_size: size of a kept checkpoint; None for the newest one.

    Raises:
        StoreUnavailable: no published checkpoint of that size covers the leaf.
    """
    if at_size is None:
        kept = latest_checkpoint(session)
    else:
        kept = checkpoint_at(session, at_size)
    if kept is None or kept.size <= leaf:
        raise StoreUnavailable(f"leaf {leaf}", "no checkpoint covers it yet")
    leaves = kept.size
    hashes = compute(session, lambda read: merkle.inclusion_proof(leaf, leaves, read))
    try:
        envelope = statement(session, leaf)
    except LeafErased:
        envelope = b""
    return Proof(leaf, tuple(hashes), kept.note, envelope)


def _present(nodes: Nodes, level: int, index: int) -> bytes:
    value = nodes.get((level, index))
    if value is None:
        raise StoreUnavailable(f"log node {level}/{index}", "missing")
    return value
