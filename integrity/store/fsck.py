"""The checker: what the log, both stores and the tables say must agree.

Numbered steps, in the order a fault in one would spoil the next:

1. statements: every copy of every envelope (database, both stores) is the one that
   the signed checkpoint commits to, by a key that counted and signed by whom the
   rule wanted; none is missing, unless a good event erased it, and none is too many.
2. trees: the stored nodes are those of the statements, each log's for itself.
3. checkpoints: the one in the second store verifies and is this history's; so is
   every one in the database; the first entry of each later log tells of the one
   before as it was, whose last checkpoint is everywhere; both stores hold the keys,
   which are those that the events lead to.
4. rows: the log replayed into an empty database equals every projected table.
5. blobs: both copies of everything a statement names re-hash to their digests.

The judge is a signed checkpoint, never a row: whoever can write to the database can
edit a node as easily as a statement. Without a checkpoint that confirms the chosen
statements nothing of steps 1, 2 and 4 is mended. Who may sign one the keys say: while
they are in doubt only what leads out of the doubt is mended (key_check.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Table, delete, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity.errors import (
    CustodyError,
    IntegrityError,
    StoreConflict,
)
from integrity.store import sql_log
from integrity.store.blob_check import blob_findings
from integrity.store.blobs import (
    CHECKPOINT,
    STATEMENTS,
    leaf_of,
    read_object,
    statement_name,
)
from integrity.store.copies import Preference, is_sound, leaf_hash_of
from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.erasure import Erasures
from integrity.store.finding import Finding, replace_object
from integrity.store.frozen_check import FrozenCheck
from integrity.store.key_check import KeyCheck
from integrity.store.log_keys import history
from integrity.store.nodes import Node, stray_nodes
from integrity.store.objects import ObjectStore
from integrity.store.replay import (
    Replay,
    RowDifference,
    compare_rows,
    empty_database,
    mend_row,
)
from integrity.store.tables import (
    Blob,
    LogCheckpoint,
    LogNode,
    LogStatement,
)
from integrity.store.transaction import Projector
from integrity.store.walk import (
    DATABASE,
    BadCopy,
    Head,
    KeysThen,
    Walk,
    Walked,
    try_read,
)

__all__ = ["Checker", "Finding", "Tally", "blob_findings"]

PAGE = 100  # rows looked at in one go


@dataclass(slots=True)
class Tally:
    """What one run looked at."""

    leaves: int = 0
    blobs: int = 0
    bytes: int = 0
    erased: int = 0


class Checker:
    """One run of fsck over a log; yields findings, never stops at the first.

    Args:
        log: the log.
        project: what makes rows of an event.
        tables: the tables it writes.
        folder: where the log is replayed into a private file, removed at the end.
    """

    def __init__(
        self,
        log: CustodyLog,
        project: Projector,
        tables: Sequence[Table],
        folder: Path | None = None,
    ) -> None:
        self.log = log
        self.tally = Tally()
        self._project = project
        self._tables = tables
        self._folder = folder or log.work_folder
        # Whether the chosen statements are what a signed checkpoint commits to; and
        # whether it is beyond doubt, too, by whose keys that is judged.
        self._proven = False
        self._sure = False
        self._erasures = Erasures()
        self._walked = Walked()
        self._keys: KeyCheck | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it was doubtful in this run which keys are in force."""
        return self._keys is not None and self._keys.doubtful

    def run(self) -> Iterator[Finding]:
        """All findings, in the order of the numbered steps."""
        yield from self._identities()
        # In this order, so that whoever publishes meanwhile can only make the second
        # store's checkpoint newer than the row, and the snapshot longer than both.
        row = self._newest_kept()
        note = try_read(self.log.stores.second, CHECKPOINT)
        first = try_read(self.log.stores.first, CHECKPOINT)
        listed = self._listed()
        with ExitStack() as stack:
            session = stack.enter_context(self.log.session())
            self.tally.leaves = sql_log.size(session)
            anchor = self._anchor(session, note, first)
            replayed = self._walk(session, anchor, note, stack)
            published = 0 if anchor is None else anchor.size
            self._keys = KeyCheck(self.log, self._walked, published)
            self._sure = self._proven and not self._keys.doubtful
            closed = FrozenCheck(self.log, self._opened, self._walked.roots, published)
            yield from self._statements(session, anchor)
            yield from self._strangers(listed)
            yield from self._tree(session)
            yield from self._checkpoint(row, note)
            yield from self._checkpoint_rows(session, closed.ends)
            yield from self._links()
            yield from map(self._unless_doubtful, closed.run(session))
            yield from self._keys.run(session, proven=self._proven)
            yield from self._rows(session, replayed)
            yield from self._all_blobs(replayed)

    def _identities(self) -> Iterator[Finding]:
        for store in self.log.stores:
            try:
                store.check_identity()
            except IntegrityError as error:
                yield Finding("store", store.place, str(error))

    def _unless_doubtful(self, finding: Finding) -> Finding:
        return replace(finding, mend=None) if self.doubtful else finding

    # 1. statements -----------------------------------------------------------
    def _anchor(self, session: Session, *notes: bytes | None) -> Head | None:
        """The newest signed checkpoint we can still find anywhere."""
        found = [*map(self._opened, notes), self._newest_row(session)]
        signed = [head for head in found if head is not None]
        return max(signed, key=lambda head: head.size, default=None)

    def _newest_row(self, session: Session) -> Head | None:
        """The newest row that holds a checkpoint of ours."""
        columns = select(
            LogCheckpoint.size, type_coerce(LogCheckpoint.note, NullType())
        )
        newest_first = columns.order_by(LogCheckpoint.size.desc()).limit(PAGE)
        rows = list(session.execute(newest_first))
        while rows:
            for _, note in rows:
                if (found := self._opened(note)) is not None:
                    return found
            older = newest_first.where(LogCheckpoint.size < rows[-1][0])
            rows = list(session.execute(older))
        return None

    def _opened(self, note: object) -> Head | None:
        if not isinstance(note, bytes):
            return None
        keys = self.log.keys
        try:
            opened = keys.open_checkpoint(note)
            return Head(keys.trusted.covered(opened), opened.root)
        except IntegrityError:
            return None

    def _walk(
        self,
        session: Session,
        anchor: Head | None,
        note: bytes | None,
        stack: ExitStack,
    ) -> Session:
        """Choose one envelope a leaf so that the signed root comes out.

        Returns:
            The database into which the chosen ones were replayed.
        """
        keys = self._keys_then(session)
        heads = [anchor, self._opened(note), self._newest_row(session)]
        sizes = {head.size for head in heads if head is not None}
        sizes |= {one.end for one in keys.now.origins() if one.end is not None}
        preferences: list[Preference] = ["node", "majority"]
        while True:
            prefer = preferences.pop()
            replayed = self._empty(stack)
            walk = Walk(
                session, self.log.stores, keys, prefer, self._erasures, self._opened
            )
            replay = Replay(replayed, self._project)
            self._walked = walk.run(self.tally.leaves, sizes, replay)
            if anchor is not None:
                self._proven = self._confirmed_by(anchor)
            if self._proven or anchor is None or not preferences:
                return replayed

    def _confirmed_by(self, anchor: Head) -> bool:
        """Those of earlier logs as well, of which the first entry of each log tells."""
        if any(leaf < anchor.size for leaf, _ in self._walked.links):
            return False
        return self._walked.roots.get(anchor.size) == anchor.root

    def _empty(self, stack: ExitStack) -> Session:
        within = TemporaryDirectory(prefix="fsck-", dir=self._folder)
        engine = empty_database(Path(stack.enter_context(within)))
        stack.callback(engine.dispose)
        return stack.enter_context(Session(engine))

    def _keys_then(self, session: Session) -> KeysThen:
        """The keys that counted at each leaf; those of now where it cannot be told."""
        try:
            return KeysThen(self.log.keys.trusted, history(session))
        except CustodyError:
            return KeysThen(self.log.keys.trusted, [])

    def _statements(self, session: Session, anchor: Head | None) -> Iterator[Finding]:
        published = 0 if anchor is None else anchor.size
        for copy in self._walked.copies:
            if self._erasures.text(copy.leaf) is not None:
                continue  # named below, as an erasure that is not complete
            # A leaf committed a moment ago is still on its way to the stores.
            absent = not copy.altered
            if absent and copy.place != DATABASE and copy.leaf >= published:
                continue
            kind = "statement_missing" if absent else "statement_altered"
            mend = partial(self._rewrite, copy) if self._can_mend(copy) else None
            yield Finding(kind, copy.place, f"leaf {copy.leaf}", mend=mend)
        yield from self._unnamed_erasures()
        yield from self._open_erasures(session)
        for leaf, reason in self._walked.rules:
            yield Finding("statement_rule", DATABASE, f"leaf {leaf}: {reason}")

    def _can_mend(self, copy: BadCopy) -> bool:
        if not self._proven or copy.source is None:
            return False
        if not self.doubtful:
            return True
        # The keys follow from these; no store is touched for it.
        leads = copy.leaf == 0 or copy.leaf in self._walked.key_changes
        return leads and copy.place == DATABASE

    def _rewrite(self, copy: BadCopy) -> None:
        good = self._good(copy)
        for store in self.log.stores:
            if store.place == copy.place:
                replace_object(store, statement_name(copy.leaf), good)
        if copy.place == DATABASE:
            self._rewrite_row(LogStatement(leaf=copy.leaf, envelope=good))

    def _rewrite_row(self, row: LogStatement) -> None:
        with writing(self.log.engine) as session:
            session.execute(delete(LogStatement).where(LogStatement.leaf == row.leaf))
            session.add(row)

    def _good(self, copy: BadCopy) -> bytes:
        """The good copy, read once more from where it was seen."""
        if copy.source == DATABASE:
            found = self.log.statement(copy.leaf)
        else:
            (store,) = (s for s in self.log.stores if s.place == copy.source)
            found = read_object(store, statement_name(copy.leaf))
        if leaf_hash_of(found) != copy.leaf_hash:
            raise StoreConflict(f"statement {copy.leaf}", "it changed meanwhile")
        return found

    def _unnamed_erasures(self) -> Iterator[Finding]:
        """Statements of which only the leaf text is left, and no event says why."""
        for leaf, entry in self._walked.erased.items():
            if self._erasures.text(leaf) != entry:
                for place in (DATABASE, *(store.place for store in self.log.stores)):
                    yield Finding("statement_missing", place, f"leaf {leaf}")

    def _open_erasures(self, session: Session) -> Iterator[Finding]:
        """Statements that an event erased and that are still somewhere."""
        for leaf in self._erasures.leaves():
            self.tally.erased += 1
            erase = partial(self.log.erase_statements, [leaf]) if self._sure else None
            envelope, entry = sql_log.statements(session, leaf, leaf + 1).get(
                leaf, (None, None)
            )
            if envelope is not None:
                yield Finding("erasure_open", DATABASE, f"leaf {leaf}", mend=erase)
            elif entry != self._erasures.text(leaf):
                row = LogStatement(leaf=leaf, leaf_text=self._erasures.text(leaf))
                mend = partial(self._rewrite_row, row) if self._sure else None
                yield Finding("statement_altered", DATABASE, f"leaf {leaf}", mend=mend)
            for store in self.log.stores:
                if store.exists(statement_name(leaf)):
                    yield Finding(
                        "erasure_open", store.place, f"leaf {leaf}", mend=erase
                    )

    def _listed(self) -> list[tuple[ObjectStore, str]]:
        """Names in the stores that are of no statement which the database has now.

        Each statement was committed before it came there.
        """
        with self.log.session() as session:
            known = sql_log.size(session)
        return [
            (store, name)
            for store in self.log.stores
            for name in store.names(STATEMENTS)
            if (leaf := _leaf_in(name)) is None or leaf >= known
        ]

    def _strangers(self, listed: list[tuple[ObjectStore, str]]) -> Iterator[Finding]:
        """Statements in a store that the database does not have."""
        for store, name in listed:
            leaf = _leaf_in(name)
            if leaf is not None and leaf < self.tally.leaves:
                continue
            sound = is_sound(try_read(store, name), self.log.keys.trusted)
            if leaf is not None and sound:
                yield Finding("log_shorter", DATABASE, f"leaf {leaf}")
            else:
                mend = partial(store.set_aside, name)
                foreign = Finding("statement_foreign", store.place, name, mend=mend)
                yield self._unless_doubtful(foreign)

    # 2. tree -----------------------------------------------------------------
    def _tree(self, session: Session) -> Iterator[Finding]:
        if self._walked.broken is not None:
            return  # step 1 named the leaf; the tree above it cannot be recomputed
        for place, value in self._walked.nodes:
            yield self._bad_node(place, value)
        origins = self.log.keys.trusted.origins()
        for place in stray_nodes(session, self.tally.leaves, origins):
            yield self._bad_node(place, None)

    def _bad_node(self, place: Node, value: bytes | None) -> Finding:
        level, index = place

        def mend() -> None:
            here = (LogNode.level == level) & (LogNode.index == index)
            with writing(self.log.engine) as session:
                session.execute(delete(LogNode).where(here))
                if value is not None:
                    session.add(LogNode(level=level, index=index, hash=value))

        return Finding(
            "tree_node",
            DATABASE,
            f"node {level}/{index}",
            mend=mend if self._sure else None,
        )

    # 3. checkpoints ----------------------------------------------------------
    def _newest_kept(self) -> bytes | None:
        """The note of the newest row; it came there after the second store had it."""
        with self.log.session() as session:
            newest = sql_log.latest_checkpoint(session)
            return None if newest is None else newest.note

    def _checkpoint(self, row: bytes | None, note: bytes | None) -> Iterator[Finding]:
        second = self.log.stores.second
        kept, last = self._opened(row), self._opened(note)
        if note is None and row is None:
            return  # nothing was published yet
        if last is None:
            kind = "checkpoint_missing" if note is None else "checkpoint_altered"
        elif kept is not None and last.size < kept.size:
            kind = "checkpoint_older"
        elif last.size > self.tally.leaves:
            yield Finding("log_shorter", DATABASE, f"checkpoint size {last.size}")
            return
        elif self._walked.roots.get(last.size) != last.root:
            yield Finding("other_history", DATABASE, f"checkpoint size {last.size}")
            return
        else:
            return
        good = kept is not None and self._walked.roots.get(kept.size) == kept.root
        mend = None
        if good and row is not None and not self.doubtful:
            mend = partial(second.swap, CHECKPOINT, note, row)
        yield Finding(kind, second.place, CHECKPOINT, mend=mend)

    def _links(self) -> Iterator[Finding]:
        for leaf, reason in self._walked.links:
            yield Finding("log_continued", DATABASE, f"leaf {leaf}: {reason}")

    def _checkpoint_rows(
        self, session: Session, ends: Collection[int]
    ) -> Iterator[Finding]:
        """Every checkpoint we ever signed is a prefix of the one history.

        Except those at the `ends` of logs: they are never forgotten.
        """
        if self._walked.broken is not None:
            return
        outside = select(LogCheckpoint.size).where(
            (LogCheckpoint.size > self.tally.leaves) | (LogCheckpoint.size < 1)
        )
        sizes = {*self._walked.checkpoints, *session.scalars(outside)}
        for size in sorted(sizes.difference(ends)):
            mend = partial(self._forget_checkpoint, size) if self._sure else None
            yield Finding("checkpoint_row", DATABASE, f"size {size}", mend=mend)

    def _forget_checkpoint(self, size: int) -> None:
        """The newest one stands in the second store and is kept again from there."""
        with writing(self.log.engine) as session:
            session.execute(delete(LogCheckpoint).where(LogCheckpoint.size == size))

    # 4. rows -----------------------------------------------------------------
    def _rows(self, session: Session, replayed: Session) -> Iterator[Finding]:
        if self._walked.replay is not None:
            yield Finding("replay", DATABASE, f"leaf {self._walked.replay}")
            return
        for difference in compare_rows(session, replayed, self._tables):
            mend = partial(self._mend_row, difference) if self._sure else None
            yield Finding("row", DATABASE, difference.subject, mend=mend)

    def _mend_row(self, difference: RowDifference) -> None:
        with writing(self.log.engine) as session:
            mend_row(session, difference)

    # 5. blobs ----------------------------------------------------------------
    def _all_blobs(self, replayed: Session) -> Iterator[Finding]:
        query = select(Blob.sha256, Blob.size).execution_options(yield_per=PAGE)
        for sha256, size in replayed.execute(query):
            self.tally.blobs += 1
            self.tally.bytes += size
            yield from blob_findings(self.log.stores, sha256)


def _leaf_in(name: str) -> int | None:
    """The leaf whose statement has this name; None when no statement has."""
    try:
        leaf = leaf_of(name)
    except ValueError:
        return None
    return leaf if statement_name(leaf) == name else None
