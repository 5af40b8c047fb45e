"""The checker: what the log, both stores and the tables say must agree.

Numbered steps, in the order a fault in one would spoil the next:

1. statements: every copy of every envelope (database, both stores) is the one that
   the signed checkpoint commits to, by a key that counted and signed by whom the
   rule wanted; none is missing, unless a good event erased it, and none is too many
   (statement_check.py); no row is of no entry (statement_rows.py).
2. trees: the stored nodes are those of the statements, each log's for itself
   (tree_check.py).
3. checkpoints: the newest is in both stores, verifies and is this history's
   (checkpoint_check.py); so is every one in the database, where none is missing of
   which we know (checkpoint_rows.py); listed keys made their lines (line_check.py);
   the first entry of each later log tells of the one before as it was, whose last
   checkpoint is everywhere (frozen_check.py); both stores hold the keys, which are
   those that the events lead to (key_check.py).
4. rows: the log replayed into an empty database equals every projected table
   (row_check.py).
5. blobs: both copies of everything a statement names re-hash to their digests
   (blob_check.py).

What all of this is compared with is chosen first (judgement.py). Without a signed
checkpoint that confirms the choice nothing of steps 1, 2 and 4 is mended. Who may
sign one the keys say: while they are in doubt only what leads out of it is mended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from integrity.errors import IntegrityError
from integrity.store.blob_check import blob_findings
from integrity.store.checkpoint_check import Newest, NewestCheck, read_newest
from integrity.store.checkpoint_rows import (
    CheckpointRows,
    NamedCheckpoints,
    no_checkpoints,
)
from integrity.store.custody_log import CustodyLog
from integrity.store.finding import Finding
from integrity.store.frozen_check import FrozenCheck
from integrity.store.judgement import PAGE, Judge, Judgement
from integrity.store.line_check import line_findings
from integrity.store.row_check import row_findings
from integrity.store.statement_check import Listed, StatementCheck, names_beyond
from integrity.store.statement_rows import entries, stray_rows
from integrity.store.tables import Blob
from integrity.store.transaction import Projector
from integrity.store.tree_check import tree_findings
from integrity.store.walk import DATABASE

__all__ = ["Checker", "Finding", "Tally", "blob_findings"]


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
        named: the checkpoints that events name.
    """

    def __init__(
        self,
        log: CustodyLog,
        project: Projector,
        tables: Sequence[Table],
        folder: Path | None = None,
        named: NamedCheckpoints = no_checkpoints,
    ) -> None:
        self.log = log
        self.tally = Tally()
        self._project = project
        self._tables = tables
        self._folder = folder or log.work_folder
        self._named = named
        self._judgement: Judgement | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it was doubtful in this run which keys are in force."""
        return self._judgement is not None and self._judgement.doubtful

    def run(self) -> Iterator[Finding]:
        """All findings, in the order of the numbered steps."""
        yield from self._identities()
        # Before the snapshot: whoever publishes meanwhile can only make that longer.
        seen, listed = read_newest(self.log), self._listed()
        with ExitStack() as stack:
            session = stack.enter_context(self.log.session())
            self.tally.leaves = entries(self.log, session)
            judge = Judge(self.log, self._project, self._folder, stack)
            notes = [seen.second, seen.row, seen.first]
            judged, replayed = judge.judge(session, self.tally.leaves, notes)
            self._judgement = judged
            self.tally.erased = sum(1 for _ in judged.erasures.leaves())
            yield from StatementCheck(judged).run(session, listed)
            yield from stray_rows(judged, session)
            yield from tree_findings(judged, session)
            yield from self._checkpoints(judged, session, replayed, seen)
            yield from judged.keys.run(session, proven=judged.proven)
            yield from row_findings(judged, session, replayed, self._tables)
            yield from self._all_blobs(replayed)

    def _identities(self) -> Iterator[Finding]:
        for store in self.log.stores:
            try:
                store.check_identity()
            except IntegrityError as error:
                yield Finding("store", store.place, str(error))

    def _listed(self) -> Listed:
        """Names in the stores that are of no statement which the database has now."""
        with self.log.session() as session:
            known = entries(self.log, session)
        return names_beyond(self.log.stores, known)

    def _checkpoints(
        self,
        judged: Judgement,
        session: Session,
        replayed: Session,
        seen: Newest,
    ) -> Iterator[Finding]:
        roots, published = judged.walked.roots, judged.published
        closed = FrozenCheck(self.log, judged.opened, roots, published)
        rows = CheckpointRows(judged, session, closed.ends)
        yield from NewestCheck(judged, seen).run()
        yield from rows.foreign()
        yield from rows.lost(seen, self._named(replayed))
        yield from line_findings(judged, rows.notes())
        for leaf, reason in judged.walked.links:
            yield Finding("log_continued", DATABASE, f"leaf {leaf}: {reason}")
        yield from map(judged.unless_doubtful, closed.run(session))

    def _all_blobs(self, replayed: Session) -> Iterator[Finding]:
        query = select(Blob.sha256, Blob.size).execution_options(yield_per=PAGE)
        for sha256, size in replayed.execute(query):
            self.tally.blobs += 1
            self.tally.bytes += size
            yield from blob_findings(self.log.stores, sha256)
