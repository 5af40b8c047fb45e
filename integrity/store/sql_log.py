"""The logs in SQL: append a statement, prove an entry, keep checkpoints.

Entries are numbered through all logs of the firm (integrity/origins.py); sizes here
count those of earlier logs, too. Where the nodes of the trees lie is in nodes.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from integrity import merkle
from integrity.canonical import time_text
from integrity.checkpoint import Checkpoint
from integrity.errors import MalformedError, StoreUnavailable
from integrity.origins import Origin
from integrity.policy import TrustedKeys
from integrity.proof import Proof
from integrity.statement import leaf_text
from integrity.store.direct import Direct
from integrity.store.erasure import LeafErased
from integrity.store.nodes import (
    Node,
    Nodes,
    compute,
    new_nodes,
    node_in,
    peaks,
    root_at,
)
from integrity.store.tables import (
    LogCheckpoint,
    LogKeyChange,
    LogStatement,
)
from integrity.tiles import FULL_WIDTH, Tile, encode_entries, encode_tile

KEPT_NODES = 4096  # nodes that one transaction remembers of those it has made

# Written out: these run at every event, and building them takes longer than they do.
STATE_QUERY = """
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
_INSERT_STATEMENT = (
    "INSERT INTO log_statements (leaf, envelope, leaf_text)"
    " VALUES (:leaf, :envelope, :leaf_text)"
)
_INSERT_NODE = (
    'INSERT INTO log_nodes (level, "index", hash) VALUES (:level, :index, :hash)'
)

_KEEP_CHECKPOINT = (
    "INSERT INTO log_checkpoints (size, note, signed_at) VALUES (:size, :note, :at)"
    " ON CONFLICT (size) DO UPDATE SET note = excluded.note"
    " WHERE log_checkpoints.note <> excluded.note"
)


def size(session: Session) -> int:
    """Number of leaves."""
    last = session.scalar(select(func.max(LogStatement.leaf)))
    return 0 if last is None else last + 1


@dataclass(frozen=True, slots=True)
class State:
    """What must be known before the newest log is written to.

    Attributes:
        size: number of leaves, of all logs.
        last: hash of the last leaf; None when there is none, or its node is lost.
        published: size of the newest kept checkpoint; None before the first.
        key_change: leaf of the newest change of keys; None before the first.
    """

    size: int
    last: bytes | None
    published: int | None
    key_change: int | None


def state(session: Session) -> State:
    """The state of the log; `STATE_QUERY` may have been asked when it began."""
    ((last_leaf, last, published, key_change),) = Direct(session).rows(STATE_QUERY)
    size = 0 if last_leaf is None else last_leaf + 1
    return State(size, last, published, key_change)


class Appender:
    """Appends leaves after the first `size` of them, whose peaks are `nodes`.

    The caller holds the writer lock, owns the transaction, and sets `trusted` anew
    when a leaf has changed it.
    """

    def __init__(
        self, session: Session, size: int, nodes: Nodes, trusted: TrustedKeys
    ) -> None:
        self.size = size
        self.trusted = trusted
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
        made = new_nodes(
            self.trusted.origin_at(leaf), leaf, merkle.leaf_hash(entry), self._read
        )
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
        origin = self.trusted.origin_covering(self.size)
        return {place: self._read(*place) for place in peaks(origin, self.size)}

    def root(self) -> bytes:
        """The root of the log that holds the last leaf."""
        origin = self.trusted.origin_covering(self.size)
        return root_at(origin, self.size, self._read)

    def leaf_hash(self, leaf: int) -> bytes:
        """The hash of a leaf that was appended here."""
        return self._read(0, leaf)

    def _read(self, level: int, index: int) -> bytes:
        return node_in(self._nodes, level, index)


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


def head(session: Session, origin: Origin, covered: int) -> Checkpoint:
    """The unsigned checkpoint of a log over `covered` entries of all logs.

    Raises:
        StoreUnavailable: the log is not that long.
    """
    leaves = origin.leaf(covered)
    value = compute(session, origin, lambda read: merkle.root_at(leaves, read))
    return Checkpoint(origin.name, leaves, value)


def consistency(session: Session, origin: Origin, old: int, new: int) -> list[bytes]:
    """Proof that a log of `new` entries only appends to that of `old` (RFC 6962).

    Both count the entries of earlier logs, too.

    Raises:
        MalformedError: no proof joins these sizes, or they are not both of this log.
        StoreUnavailable: the log is not that long.
    """
    if origin.end is not None and new > origin.end:
        raise MalformedError("tree request", "the sizes are of two logs")
    before, after = origin.leaf(old), origin.leaf(new)
    return compute(
        session, origin, lambda read: merkle.consistency_proof(before, after, read)
    )


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
    session: Session, covered: int, note: bytes, at: dt.datetime
) -> None:
    """Remember a published checkpoint; a second call may only bring more signatures.

    Args:
        session: a session for writing.
        covered: number of entries, of all logs, up to its end.
        note: the checkpoint.
        at: aware time of this.
    """
    row = {"size": covered, "note": note, "at": time_text(at)}
    Direct(session).write(_KEEP_CHECKPOINT, [row])


def head_checkpoint(session: Session, origin: Origin) -> LogCheckpoint | None:
    """The newest checkpoint of one log that was published; the frozen one of a closed.

    None before the first; and where the frozen one is lost, for no other proves what
    the log after it says of it.
    """
    newest = latest_checkpoint(session)
    if newest is None or newest.size <= origin.first:
        return None
    if origin.end is None or newest.size <= origin.end:
        return newest
    return checkpoint_at(session, origin.end)


def hash_tile(session: Session, tile: Tile, origin: Origin) -> bytes:
    """The content of a hash tile (C2SP tlog-tiles); its nodes must be complete."""
    return compute(session, origin, lambda read: encode_tile(tile, read))


def entry_bundle(session: Session, index: int, width: int, origin: Origin) -> bytes:
    """The content of a log's entry bundle `index` with `width` entries."""
    first = origin.first + index * FULL_WIDTH
    return encode_entries(leaf_texts(session, first, first + width))


def prove(
    session: Session, origin: Origin, leaf: int, at_size: int | None = None
) -> Proof:
    """Proof of the entry `leaf`, with its statement unless that was erased.

    Args:
        session: a session for reading.
        origin: the log that holds it.
        leaf: number of the entry, of all logs.
        at_size: number of entries, of all logs, that a kept checkpoint of this log
            covers; None for its newest one.

    Raises:
        StoreUnavailable: no published checkpoint of that size covers the leaf.
    """
    if at_size is None:
        kept = head_checkpoint(session, origin)
    elif origin.end is not None and at_size > origin.end:
        kept = None
    else:
        kept = checkpoint_at(session, at_size)
    if kept is None or kept.size <= leaf:
        raise StoreUnavailable(f"leaf {leaf}", "no checkpoint covers it yet")
    index, leaves = origin.leaf(leaf), origin.leaf(kept.size)
    hashes = compute(
        session, origin, lambda read: merkle.inclusion_proof(index, leaves, read)
    )
    try:
        envelope = statement(session, leaf)
    except LeafErased:
        envelope = b""
    return Proof(index, tuple(hashes), kept.note, envelope)
