"""The RFC 6962 tree in SQL: append a statement, read nodes, prove a leaf."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from integrity import merkle
from integrity.checkpoint import Checkpoint
from integrity.errors import StoreUnavailable
from integrity.proof import Proof
from integrity.statement import leaf_text
from integrity.store.tables import LogCheckpoint, LogNode, LogStatement
from integrity.tiles import FULL_WIDTH, Tile, encode_entries, encode_tile


def size(session: Session) -> int:
    """Number of leaves."""
    last = session.scalar(select(func.max(LogStatement.leaf)))
    return 0 if last is None else last + 1


def append(session: Session, envelope: bytes) -> int:
    """Add `envelope` as the next leaf and return its number.

    The caller holds the writer lock and owns the transaction.
    """
    leaf = size(session)
    leaf_hash = merkle.leaf_hash(leaf_text(envelope))
    session.add(LogStatement(leaf=leaf, envelope=envelope))
    for level, index, value in merkle.new_nodes(leaf, leaf_hash, reader(session)):
        session.add(LogNode(level=level, index=index, hash=value))
    session.flush()
    return leaf


def reader(session: Session) -> merkle.NodeReader:
    """Complete nodes of this log by level and index."""

    def read(level: int, index: int) -> bytes:
        node = session.get(LogNode, (level, index))
        if node is None:
            raise StoreUnavailable(f"log node {level}/{index}", "missing")
        return node.hash

    return read


def statement(session: Session, leaf: int) -> bytes:
    """The signed envelope of `leaf`; StoreUnavailable when there is none."""
    row = session.get(LogStatement, leaf)
    if row is None:
        raise StoreUnavailable(f"statement {leaf}", "missing")
    return row.envelope


def head(session: Session, origin: str, at_size: int | None = None) -> Checkpoint:
    """The unsigned checkpoint of the first `at_size` leaves (default: all)."""
    leaves = size(session) if at_size is None else at_size
    return Checkpoint(origin, leaves, merkle.root_at(leaves, reader(session)))


def latest_checkpoint(session: Session) -> LogCheckpoint | None:
    """The newest checkpoint that was signed and published."""
    newest = select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)
    return session.scalar(newest)


def keep_checkpoint(
    session: Session, checkpoint: Checkpoint, note: bytes, at: dt.datetime
) -> None:
    """Remember a published checkpoint; a second call changes nothing."""
    if session.get(LogCheckpoint, checkpoint.size) is None:
        row = LogCheckpoint(size=checkpoint.size, note=note, signed_at=at)
        session.add(row)


def hash_tile(session: Session, tile: Tile) -> bytes:
    """The content of a hash tile (C2SP tlog-tiles); its nodes must be complete."""
    return encode_tile(tile, reader(session))


def entry_bundle(session: Session, index: int, width: int) -> bytes:
    """The content of entry bundle `index` (C2SP tlog-tiles) with `width` entries."""
    first = index * FULL_WIDTH
    leaves = range(first, first + width)
    return encode_entries([leaf_text(statement(session, leaf)) for leaf in leaves])


def prove(session: Session, leaf: int) -> Proof:
    """Proof of `leaf` under the newest checkpoint, the statement inside.

    Raises:
        StoreUnavailable: no published checkpoint covers the leaf yet.
    """
    newest = latest_checkpoint(session)
    if newest is None or newest.size <= leaf:
        raise StoreUnavailable(f"leaf {leaf}", "no checkpoint covers it yet")
    hashes = merkle.inclusion_proof(leaf, newest.size, reader(session))
    return Proof(leaf, tuple(hashes), newest.note, statement(session, leaf))
