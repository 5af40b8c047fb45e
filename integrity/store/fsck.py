"""The checker: what the log, both stores and the tables say must agree.

Numbered steps, in the order a fault in one would spoil the next:

1. statements: each row's envelope is signed, canonical, and hashes to its leaf;
   both stores hold the same bytes.
2. tree: recomputed from the statements; stored nodes and the root agree.
3. checkpoints: the one in the second store verifies and is this tree's; so is every
   one in the database; both stores hold the public keys.
4. rows: the log replayed into an empty database equals every projected table.
5. blobs: both copies of everything a statement names re-hash to their digests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from integrity import merkle
from integrity.errors import CustodyError, IntegrityError, StoreUnavailable
from integrity.statement import Event, leaf_text, open_statement
from integrity.store import sql_log
from integrity.store.blobs import (
    CHECKPOINT,
    KEYS,
    blob_name,
    digest_of,
    read_optional,
    statement_name,
)
from integrity.store.custody_log import CustodyLog, Projector
from integrity.store.db import writing
from integrity.store.objects import ObjectStore
from integrity.store.replay import (
    RowDifference,
    compare_rows,
    empty_database,
    mend_row,
    replay,
)
from integrity.store.tables import Blob, LogCheckpoint, LogNode, LogStatement


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and whether it was mended."""

    finding: str
    place: str
    subject: str
    repaired: bool = False
    mend: Callable[[], None] | None = None

    def mended(self) -> Finding:
        """The same finding, marked as repaired."""
        return replace(self, repaired=True, mend=None)


@dataclass(slots=True)
class Tally:
    """What one run looked at."""

    leaves: int = 0
    blobs: int = 0
    bytes: int = 0


class Checker:
    """One run of fsck over a log; yields findings, never stops at the first."""

    def __init__(
        self, log: CustodyLog, project: Projector, tables: Sequence[Table]
    ) -> None:
        self.log = log
        self.tally = Tally()
        self.differences: list[RowDifference] = []
        self._project = project
        self._tables = tables
        self._events: list[tuple[int, Event]] = []
        self._good: dict[int, bytes] = {}

    def run(self) -> Iterator[Finding]:
        """All findings, in the order of the numbered steps."""
        yield from self._identities()
        # Read before the session's snapshot, so that uploads going on meanwhile
        # can only make the snapshot longer than the checkpoint, never shorter.
        note = _try_read(self.log.stores.second, CHECKPOINT)
        with self.log.session() as session:
            yield from self._statements(session, self._published(note))
            yield from self._tree(session)
            yield from self._checkpoint(note)
            yield from self._checkpoint_rows(session)
            yield from self._keys()
            yield from self._rows(session)
        yield from self._blobs()

    def _identities(self) -> Iterator[Finding]:
        for store in self.log.stores:
            try:
                store.check_identity()
            except IntegrityError as error:
                yield Finding("store", store.place, str(error))

    # 1. statements -----------------------------------------------------------
    def _published(self, note: bytes | None) -> int:
        """How many leaves both stores must hold by now."""
        try:
            return 0 if note is None else self.log.keys.open_checkpoint(note).size
        except IntegrityError:
            return 0  # step 3 reports it

    def _statements(self, session: Session, published: int) -> Iterator[Finding]:
        leaves = sql_log.size(session)
        for leaf in range(leaves):
            self.tally.leaves += 1
            row = session.get(LogStatement, leaf)
            node = session.get(LogNode, (0, leaf))
            copies = {"database": None if row is None else row.envelope}
            for store in self.log.stores:
                copy = _try_read(store, statement_name(leaf))
                # A leaf committed a moment ago is still on its way to the stores.
                if copy is not None or leaf < published:
                    copies[store.place] = copy
            session.expunge_all()
            yield from self._statement(leaf, node.hash if node else b"", copies)

    def _statement(
        self, leaf: int, leaf_hash: bytes, copies: dict[str, bytes | None]
    ) -> Iterator[Finding]:
        good = next(filter(self._is_sound, self._preferred(copies, leaf_hash)), None)
        if good is not None:
            event = open_statement(good, self.log.keys.statement_keys)
            self._events.append((leaf, event))
            self._good[leaf] = good
        for place, envelope in copies.items():
            if envelope is None:
                yield self._bad_statement("statement_missing", place, leaf, good)
            elif envelope != good:
                yield self._bad_statement("statement_altered", place, leaf, good)

    @staticmethod
    def _preferred(copies: dict[str, bytes | None], leaf_hash: bytes) -> list[bytes]:
        """The copies that hash to the leaf; else those two places agree on."""
        present = [envelope for envelope in copies.values() if envelope is not None]
        exact = [e for e in present if leaf_hash_of(e) == leaf_hash]
        return exact or [e for e in present if present.count(e) > 1]

    def _is_sound(self, envelope: bytes) -> bool:
        try:
            open_statement(envelope, self.log.keys.statement_keys)
        except CustodyError:
            return False
        return True

    def _bad_statement(
        self, finding: str, place: str, leaf: int, good: bytes | None
    ) -> Finding:
        mend = None if good is None else lambda: self._mend(place, leaf, good)
        return Finding(finding, place, f"leaf {leaf}", mend=mend)

    def _mend(self, place: str, leaf: int, good: bytes) -> None:
        for store in self.log.stores:
            if store.place == place:
                _rewrite(store, statement_name(leaf), good)
        if place == "database":
            with writing(self.log.engine) as session:
                session.merge(LogStatement(leaf=leaf, envelope=good))

    # 2. tree -----------------------------------------------------------------
    def _tree(self, session: Session) -> Iterator[Finding]:
        nodes: dict[tuple[int, int], bytes] = {}
        for leaf in range(len(self._good)):
            if leaf not in self._good:
                return  # step 1 named it; the tree above it cannot be recomputed
            leaf_hash = leaf_hash_of(self._good[leaf])
            added = merkle.new_nodes(leaf, leaf_hash, _reader(nodes))
            nodes.update(((level, index), value) for level, index, value in added)
        for row in session.scalars(select(LogNode).execution_options(yield_per=1000)):
            wanted = nodes.pop((row.level, row.index), None)
            if row.hash != wanted:
                yield self._bad_node(row.level, row.index, wanted)
        for (level, index), wanted in nodes.items():
            yield self._bad_node(level, index, wanted)

    def _bad_node(self, level: int, index: int, wanted: bytes | None) -> Finding:
        def mend() -> None:
            with writing(self.log.engine) as session:
                row = session.get(LogNode, (level, index))
                if wanted is None:
                    session.delete(row)
                else:
                    session.merge(LogNode(level=level, index=index, hash=wanted))

        return Finding("tree_node", "database", f"node {level}/{index}", mend=mend)

    # 3. checkpoint -----------------------------------------------------------
    def _checkpoint(self, note: bytes | None) -> Iterator[Finding]:
        second = self.log.stores.second
        if note is None:
            if self.tally.leaves:
                yield Finding("checkpoint_missing", second.place, CHECKPOINT)
            return
        try:
            last = self.log.keys.open_checkpoint(note)
        except IntegrityError as error:
            yield Finding("checkpoint_altered", second.place, str(error))
            return
        hashes = [
            leaf_hash_of(self._good[leaf])
            for leaf in range(last.size)
            if leaf in self._good
        ]
        if len(hashes) != last.size:
            yield Finding("log_shorter", "database", f"checkpoint size {last.size}")
        elif merkle.root_of(hashes) != last.root:
            yield Finding("other_history", "database", f"checkpoint size {last.size}")

    def _checkpoint_rows(self, session: Session) -> Iterator[Finding]:
        """Every checkpoint we ever signed is a prefix of the one history."""
        if len(self._good) != self.tally.leaves:
            return
        hashes = [leaf_hash_of(self._good[leaf]) for leaf in sorted(self._good)]
        roots = _roots(hashes)
        rows = select(LogCheckpoint).order_by(LogCheckpoint.size)
        for row in session.scalars(rows):
            try:
                kept = self.log.keys.open_checkpoint(row.note)
                good = kept.size == row.size and kept.root == roots.get(kept.size)
            except IntegrityError:
                good = False
            if not good:
                mend = self._checkpoint_mender(row.size)
                subject = f"size {row.size}"
                yield Finding("checkpoint_row", "database", subject, mend=mend)

    def _checkpoint_mender(self, size: int) -> Callable[[], None]:
        def mend() -> None:
            with writing(self.log.engine) as session:
                session.execute(delete(LogCheckpoint).where(LogCheckpoint.size == size))
            # The newest stands in the second store and is taken from there again.
            self.log.publish()

        return mend

    def _keys(self) -> Iterator[Finding]:
        wanted = self.log.keys.trusted.serialise()
        for store in self.log.stores:
            if _try_read(store, KEYS) != wanted:
                mend = partial(_rewrite, store, KEYS, wanted)
                yield Finding("public_keys", store.place, KEYS, mend=mend)

    # 4. rows -----------------------------------------------------------------
    def _rows(self, session: Session) -> Iterator[Finding]:
        engine = empty_database()
        with Session(engine) as replayed:
            replay(replayed, iter(self._events), self._project)
            for difference in compare_rows(session, replayed, self._tables):
                self.differences.append(difference)
                mend = self._row_mender(difference)
                yield Finding("row", "database", difference.subject, mend=mend)
        engine.dispose()

    def _row_mender(self, difference: RowDifference) -> Callable[[], None] | None:
        if len(self._good) != self.tally.leaves:
            return None  # an event is unreadable: the replay is not the whole truth

        def mend() -> None:
            with writing(self.log.engine) as session:
                mend_row(session, difference)

        return mend

    # 5. blobs ----------------------------------------------------------------
    def _blobs(self) -> Iterator[Finding]:
        with self.log.session() as session:
            rows = session.execute(select(Blob.sha256, Blob.size)).all()
        for sha256, size in rows:
            self.tally.blobs += 1
            self.tally.bytes += size
            yield from self._blob(sha256)

    def _blob(self, sha256: str) -> Iterator[Finding]:
        name = blob_name(sha256)
        state = {store.place: _state(store, name, sha256) for store in self.log.stores}
        sources = [s for s in self.log.stores if state[s.place] == "whole"]
        for store in self.log.stores:
            if state[store.place] != "whole":
                mend = _copier(sources[0], store, name) if sources else None
                yield Finding(
                    f"blob_{state[store.place]}", store.place, sha256, mend=mend
                )


def leaf_hash_of(envelope: bytes) -> bytes:
    """The RFC 6962 leaf hash of a statement."""
    return merkle.leaf_hash(leaf_text(envelope))


def _roots(hashes: Sequence[bytes]) -> dict[int, bytes]:
    """The root at every size, from the leaves alone."""
    nodes: dict[tuple[int, int], bytes] = {}
    roots = {}
    for leaf, value in enumerate(hashes):
        for level, index, node in merkle.new_nodes(leaf, value, _reader(nodes)):
            nodes[level, index] = node
        roots[leaf + 1] = merkle.root_at(leaf + 1, _reader(nodes))
    return roots


def _reader(nodes: dict[tuple[int, int], bytes]) -> merkle.NodeReader:
    return lambda level, index: nodes[level, index]


def _state(store: ObjectStore, name: str, sha256: str) -> str:
    if not store.exists(name):
        return "missing"
    try:
        return "whole" if digest_of(store, name) == sha256 else "altered"
    except StoreUnavailable:
        return "unreadable"


def _copier(source: ObjectStore, target: ObjectStore, name: str) -> Callable[[], None]:
    def mend() -> None:
        if target.exists(name):
            target.set_aside(name)
        with source.open(name) as stream:
            target.put(name, iter(lambda: stream.read(1 << 20), b""))

    return mend


def _rewrite(store: ObjectStore, name: str, good: bytes) -> None:
    if store.exists(name):
        store.set_aside(name)
    store.put(name, [good])


def _try_read(store: ObjectStore, name: str) -> bytes | None:
    try:
        return read_optional(store, name)
    except (StoreUnavailable, OSError):
        return None
