"""Bring committed statements into both stores, and learn what they make there.

The root of the next checkpoint is computed from what the stores give back, not from
what the database says: a checkpoint commits us to those bytes.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from integrity import merkle
from integrity.checkpoint import Checkpoint
from integrity.errors import SigningRefused, StoreUnavailable
from integrity.origins import Origin
from integrity.policy import TrustedKeys
from integrity.statement import leaf_text
from integrity.store import sql_log
from integrity.store.blobs import TwinStores, read_object, statement_name
from integrity.store.continuing import Published
from integrity.store.durable import at_once
from integrity.store.nodes import (
    new_nodes,
    peaks,
    read_nodes,
    reading_from,
    root_at,
)

BATCH = 256  # statements on their way at once; bounds the memory of a long backlog


class Publication:
    """One publication: from the leaves that `before` covers to those there are now."""

    def __init__(
        self,
        session: Session,
        stores: TwinStores,
        before: Published,
        trusted: TrustedKeys,
    ) -> None:
        self._session = session
        self._stores = stores
        self._trusted = trusted
        self._size = before.latest.covered
        self._stored = before.nodes
        self.brought: dict[int, bytes] = {}  # the newest leaves and their hashes
        # Checked against the signed root, so it may be built upon.
        self._nodes = dict(before.before)

    def bring(self, size: int) -> Checkpoint:
        """Copy every statement up to `size`; returns the head over what was read back.

        Call it once for each log, in order: for its end, at last for what there is.

        Raises:
            StoreUnavailable: a store failed, or the database lacks a statement.
            StoreConflict: a store holds another statement under this number.
            SigningRefused: a statement does not read back as it was committed, or
                the nodes in the database are not of these statements.
        """
        origin = self._trusted.origin_covering(size)
        root = self._copied_root(origin, size)
        if self._stored_root(origin, size) != root:
            raise SigningRefused("the stored tree is not that of the log")
        return Checkpoint(origin.name, origin.leaf(size), root)

    def _stored_root(self, origin: Origin, size: int) -> bytes:
        places = peaks(origin, size)
        nodes = self._stored
        if not nodes.keys() >= set(places):
            nodes = read_nodes(self._session, places)
        return root_at(origin, size, reading_from(nodes))

    def _copied_root(self, origin: Origin, size: int) -> bytes:
        for first in range(self._size, size, BATCH):
            end = min(first + BATCH, size)
            self._copy(origin, first, end)
            self._nodes = {place: self._nodes[place] for place in peaks(origin, end)}
        self._size = size
        return root_at(origin, size, self._node)

    def _copy(self, origin: Origin, first: int, end: int) -> None:
        rows = sql_log.statements(self._session, first, end)
        committed = read_nodes(self._session, [(0, leaf) for leaf in range(first, end)])
        envelopes = [_envelope(rows, leaf) for leaf in range(first, end)]
        named = [
            (statement_name(leaf), envelope)
            for leaf, envelope in enumerate(envelopes, start=first)
        ]
        if len(named) > 1:
            at_once(lambda store: store.put_all(named), list(self._stores))
        else:  # starting threads would take longer than the disk
            for store in self._stores:
                store.put_all(named)
        self.brought = {}
        for leaf, (name, _) in enumerate(named, start=first):
            hashed = self.brought[leaf] = self._read_back(name, leaf)
            if committed.get((0, leaf)) != hashed:
                raise SigningRefused(f"statement {leaf} is not the one of its leaf")
            for at, index, value in new_nodes(origin, leaf, hashed, self._node):
                self._nodes[at, index] = value

    def _read_back(self, name: str, leaf: int) -> bytes:
        """The leaf hash of what both stores hold now."""
        first, second = (read_object(store, name) for store in self._stores)
        if first != second:
            raise SigningRefused(f"statement {leaf} does not read back from a store")
        return merkle.leaf_hash(leaf_text(second))

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]


def _envelope(rows: dict[int, tuple[bytes | None, bytes | None]], leaf: int) -> bytes:
    envelope, _ = rows.get(leaf, (None, None))
    if not isinstance(envelope, bytes):
        raise StoreUnavailable(f"statement {leaf}", "missing")
    return envelope
