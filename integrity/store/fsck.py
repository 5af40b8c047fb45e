"""The checker: what the log, both stores and the tables say must agree.

Numbered steps, in the order a fault in one would spoil the next:

1. statements: every copy of every envelope (database, both stores) is the one that
   the signed checkpoint commits to; none is missing and none is too many.
2. tree: the stored nodes are those of the statements.
3. checkpoints: the one in the second store verifies and is this history's; so is
   every one in the database; both stores hold the public keys.
4. rows: the log replayed into an empty database equals every projected table.
5. blobs: both copies of everything a statement names re-hash to their digests.

The judge is a signed checkpoint, never a row: whoever can write to the database can
edit a node as easily as a statement. Without a checkpoint that confirms the chosen
statements nothing of steps 1, 2 and 4 is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from integrity.checkpoint import Checkpoint
from integrity.errors import CustodyError, IntegrityError, StoreUnavailable
from integrity.statement import Event, open_statement
from integrity.store import sql_log
from integrity.store.blobs import (
    CHECKPOINT,
    KEYS,
    STATEMENTS,
    blob_name,
    digest_of,
    leaf_of,
    read_optional,
    statement_name,
)
from integrity.store.copies import Copies, roots_of
from integrity.store.custody_log import CustodyLog, Projector
from integrity.store.db import writing
from integrity.store.objects import ObjectStore
from integrity.store.replay import (
    ReplayError,
    RowDifference,
    compare_rows,
    empty_database,
    mend_row,
    replay,
)
from integrity.store.tables import Blob, LogCheckpoint, LogNode, LogStatement

Mend = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and whether it was mended."""

    finding: str
    place: str
    subject: str
    repaired: bool = False
    mend: Mend | None = None

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
        self._project = project
        self._tables = tables
        self._copies = Copies(log.keys.statement_keys)
        self._roots: dict[int, bytes] = {}
        self._proven = False
        self._blobs: list[tuple[str, int]] = []

    def run(self) -> Iterator[Finding]:
        """All findings, in the order of the numbered steps."""
        yield from self._identities()
        # Read before the session's snapshot, so that uploads going on meanwhile
        # can only make the snapshot longer than the checkpoint, never shorter.
        note = _try_read(self.log.stores.second, CHECKPOINT)
        listed = self._listed()
        with self.log.session() as session:
            self._collect(session)
            anchor = self._anchor(session, note)
            self._choose(anchor)
            yield from self._statements(anchor)
            yield from self._strangers(listed)
            yield from self._tree(session)
            yield from self._checkpoint(session, note)
            yield from self._checkpoint_rows(session)
            yield from self._keys()
            yield from self._rows(session)
        yield from self._all_blobs()

    def _identities(self) -> Iterator[Finding]:
        for store in self.log.stores:
            try:
                store.check_identity()
            except IntegrityError as error:
                yield Finding("store", store.place, str(error))

    # 1. statements -----------------------------------------------------------
    def _collect(self, session: Session) -> None:
        self.tally.leaves = sql_log.size(session)
        for leaf in range(self.tally.leaves):
            row = session.get(LogStatement, leaf)
            node = session.get(LogNode, (0, leaf))
            self._copies.add(leaf, "database", None if row is None else row.envelope)
            for store in self.log.stores:
                copy = _try_read(store, statement_name(leaf))
                self._copies.add(leaf, store.place, copy)
            self._copies.note_node(leaf, None if node is None else node.hash)
            session.expunge_all()

    def _anchor(self, session: Session, note: bytes | None) -> Checkpoint | None:
        """The newest signed checkpoint we can still find anywhere."""
        kept = session.scalars(select(LogCheckpoint.note)).all()
        first = _try_read(self.log.stores.first, CHECKPOINT)
        found = [self._opened(each) for each in (note, first, *kept)]
        signed = [checkpoint for checkpoint in found if checkpoint is not None]
        return max(signed, key=lambda checkpoint: checkpoint.size, default=None)

    def _opened(self, note: object) -> Checkpoint | None:
        if not isinstance(note, bytes):
            return None
        try:
            return self.log.keys.open_checkpoint(note)
        except IntegrityError:
            return None

    def _choose(self, anchor: Checkpoint | None) -> None:
        """Choose one envelope a leaf so that the signed root comes out."""
        for prefer in ("majority", "node"):
            self._copies.choose(prefer)
            self._roots = roots_of(self._copies)
            if anchor is None:
                break
            if self._roots.get(anchor.size) == anchor.root:
                self._proven = True
                break

    def _statements(self, anchor: Checkpoint | None) -> Iterator[Finding]:
        published = 0 if anchor is None else anchor.size
        for leaf in range(self.tally.leaves):
            good = self._copies.good.get(leaf)
            for place, envelope in self._copies.of(leaf).items():
                if envelope == good is not None:
                    continue
                # A leaf committed a moment ago is still on its way to the stores.
                if envelope is None and place != "database" and leaf >= published:
                    continue
                kind = "statement_missing" if envelope is None else "statement_altered"
                mend = self._if_proven(good, partial(self._rewrite, place, leaf))
                yield Finding(kind, place, f"leaf {leaf}", mend=mend)

    def _if_proven(
        self, good: bytes | None, mend: Callable[[bytes], None]
    ) -> Mend | None:
        return partial(mend, good) if self._proven and good is not None else None

    def _rewrite(self, place: str, leaf: int, good: bytes) -> None:
        for store in self.log.stores:
            if store.place == place:
                _replace(store, statement_name(leaf), good)
        if place == "database":
            with writing(self.log.engine) as session:
                session.execute(delete(LogStatement).where(LogStatement.leaf == leaf))
                session.add(LogStatement(leaf=leaf, envelope=good))

    def _listed(self) -> list[tuple[ObjectStore, str]]:
        """Every statement that lies in a store; each was committed before it did."""
        stores = self.log.stores
        return [(store, name) for store in stores for name in store.names(STATEMENTS)]

    def _strangers(self, listed: list[tuple[ObjectStore, str]]) -> Iterator[Finding]:
        """Statements in a store that the database does not have."""
        for store, name in listed:
            if leaf_of(name) < self.tally.leaves:
                continue
            if self._copies.is_sound(_try_read(store, name)):
                yield Finding("log_shorter", "database", f"leaf {leaf_of(name)}")
            else:
                mend = partial(store.set_aside, name)
                yield Finding("statement_foreign", store.place, name, mend=mend)

    # 2. tree -----------------------------------------------------------------
    def _tree(self, session: Session) -> Iterator[Finding]:
        if len(self._copies.good) != self.tally.leaves:
            return  # step 1 named the leaf; the tree above it cannot be recomputed
        wanted = dict(self._copies.nodes())
        for row in session.scalars(select(LogNode).execution_options(yield_per=1000)):
            if row.hash != wanted.pop((row.level, row.index), None):
                yield self._bad_node(row.level, row.index)
        for level, index in sorted(wanted):
            yield self._bad_node(level, index)

    def _bad_node(self, level: int, index: int) -> Finding:
        def mend() -> None:
            value = dict(self._copies.nodes()).get((level, index))
            here = (LogNode.level == level) & (LogNode.index == index)
            with writing(self.log.engine) as session:
                session.execute(delete(LogNode).where(here))
                if value is not None:
                    session.add(LogNode(level=level, index=index, hash=value))

        subject = f"node {level}/{index}"
        return Finding(
            "tree_node", "database", subject, mend=mend if self._proven else None
        )

    # 3. checkpoints ----------------------------------------------------------
    def _checkpoint(self, session: Session, note: bytes | None) -> Iterator[Finding]:
        second = self.log.stores.second
        newest = sql_log.latest_checkpoint(session)
        kept = None if newest is None else self._opened(newest.note)
        last = self._opened(note)
        if note is None and newest is None:
            return  # nothing was published yet
        if last is None:
            kind = "checkpoint_missing" if note is None else "checkpoint_altered"
        elif kept is not None and last.size < kept.size:
            kind = "checkpoint_older"
        elif last.size > self.tally.leaves:
            yield Finding("log_shorter", "database", f"checkpoint size {last.size}")
            return
        elif self._roots.get(last.size) != last.root:
            yield Finding("other_history", "database", f"checkpoint size {last.size}")
            return
        else:
            return
        good = kept is not None and self._roots.get(kept.size) == kept.root
        mend = None
        if good and newest is not None:
            mend = partial(second.swap, CHECKPOINT, note, newest.note)
        yield Finding(kind, second.place, CHECKPOINT, mend=mend)

    def _checkpoint_rows(self, session: Session) -> Iterator[Finding]:
        """Every checkpoint we ever signed is a prefix of the one history."""
        if len(self._copies.good) != self.tally.leaves:
            return
        for size, note in session.execute(
            select(LogCheckpoint.size, LogCheckpoint.note).order_by(LogCheckpoint.size)
        ):
            kept = self._opened(note)
            if kept and (kept.size, kept.root) == (size, self._roots.get(size)):
                continue
            mend = partial(self._forget_checkpoint, size) if self._proven else None
            yield Finding("checkpoint_row", "database", f"size {size}", mend=mend)

    def _forget_checkpoint(self, size: int) -> None:
        """The newest one stands in the second store and is kept again from there."""
        with writing(self.log.engine) as session:
            session.execute(delete(LogCheckpoint).where(LogCheckpoint.size == size))

    def _keys(self) -> Iterator[Finding]:
        wanted = self.log.keys.trusted.serialise()
        copies = {store.place: _try_read(store, KEYS) for store in self.log.stores}
        if wanted not in copies.values():
            # Two agreeing stores outvote this home: its own file may be the forged one.
            yield Finding("public_keys", "home", "keys/trust")
            return
        for store in self.log.stores:
            if copies[store.place] != wanted:
                mend = partial(_replace, store, KEYS, wanted)
                yield Finding("public_keys", store.place, KEYS, mend=mend)

    # 4. rows -----------------------------------------------------------------
    def _rows(self, session: Session) -> Iterator[Finding]:
        engine = empty_database()
        with Session(engine) as replayed:
            try:
                replay(replayed, self._events(), self._project)
            except ReplayError as error:
                yield Finding("replay", "database", f"leaf {error.leaf}")
                replayed.rollback()
            else:
                for difference in compare_rows(session, replayed, self._tables):
                    mend = partial(self._mend_row, difference) if self._proven else None
                    yield Finding("row", "database", difference.subject, mend=mend)
            query = select(Blob.sha256, Blob.size)
            self._blobs = [(row.sha256, row.size) for row in replayed.execute(query)]
        engine.dispose()

    def _events(self) -> Iterator[tuple[int, Event]]:
        keys = self.log.keys.statement_keys
        for leaf in sorted(self._copies.good):
            yield leaf, open_statement(self._copies.good[leaf], keys)

    def _mend_row(self, difference: RowDifference) -> None:
        with writing(self.log.engine) as session:
            mend_row(session, difference)

    # 5. blobs ----------------------------------------------------------------
    def _all_blobs(self) -> Iterator[Finding]:
        for sha256, size in self._blobs:
            self.tally.blobs += 1
            self.tally.bytes += size
            yield from self._blob(sha256)

    def _blob(self, sha256: str) -> Iterator[Finding]:
        name = blob_name(sha256)
        state = {store.place: _state(store, name, sha256) for store in self.log.stores}
        sources = [s for s in self.log.stores if state[s.place] == "whole"]
        for store in self.log.stores:
            if state[store.place] != "whole":
                mend = partial(_copy, sources[0], store, name) if sources else None
                kind = f"blob_{state[store.place]}"
                yield Finding(kind, store.place, sha256, mend=mend)


def _state(store: ObjectStore, name: str, sha256: str) -> str:
    try:
        if not store.exists(name):
            return "missing"
        return "whole" if digest_of(store, name) == sha256 else "altered"
    except (StoreUnavailable, OSError):
        return "unreadable"


def _copy(source: ObjectStore, target: ObjectStore, name: str) -> None:
    if target.exists(name):
        target.set_aside(name)
    with source.open(name) as stream:
        target.put(name, iter(lambda: stream.read(1 << 20), b""))


def _replace(store: ObjectStore, name: str, good: bytes) -> None:
    if store.exists(name):
        store.set_aside(name)
    store.put(name, [good])


def _try_read(store: ObjectStore, name: str) -> bytes | None:
    try:
        return read_optional(store, name)
    except (CustodyError, OSError):
        return None
