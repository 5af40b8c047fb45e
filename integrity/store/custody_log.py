"""The one write path of the product: an event, its leaf and its rows together.

Order of one write: rows, statement and leaf in one transaction → commit →
statements into both stores → what was written is read back and hashed → signed
checkpoint into the second store by compare-and-swap. A crash after the commit
leaves an event that nobody was told about; the next publication, at the latest
the one at start-up, completes it through the same function.

One publication covers every transaction that was committed before it began, so
many writers share its waiting (batched signing): each is answered when a signed
checkpoint in the second store covers its events, by whomever it was published.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.errors import SigningRefused, StoreUnavailable
from integrity.keys import Signer
from integrity.note import add_signature_lines
from integrity.policy import TrustedKeys
from integrity.proof import Proof
from integrity.store import sql_log
from integrity.store.blobs import (
    CHECKPOINT,
    TwinStores,
    read_optional,
    statement_name,
)
from integrity.store.continuing import Latest, Memory, follow, latest, published
from integrity.store.crowd import Crowd
from integrity.store.db import (
    let_commit_wait,
    make_durable,
    reading,
    scrub,
    writing,
)
from integrity.store.erased_texts import erased_texts
from integrity.store.frozen import FrozenCopies, ends_between, joined, keep_frozen
from integrity.store.log_keys import KeysAbsent, LogKeys
from integrity.store.nodes import read_nodes
from integrity.store.publishing import Publication
from integrity.store.shared_commit import SharedCommit, Unit
from integrity.store.transaction import (
    Clock,
    Projector,
    Standing,
    Transaction,
    TwoPersonsNeeded,
)

__all__ = [
    "Clock",
    "CustodyLog",
    "KeysAbsent",
    "LogKeys",
    "Projector",
    "Transaction",
    "TwoPersonsNeeded",
]

GATHER_S = 0.03  # how long a publication waits for writers that are under way


class CustodyLog:
    """Append-only log of custody events over a database and two stores."""

    def __init__(
        self,
        engine: Engine,
        stores: TwinStores,
        keys: LogKeys,
        project: Projector,
        clock: Clock,
        lock_file: Path,
    ) -> None:
        self.engine = engine
        self.stores = stores
        self.keys = keys
        self._memory = Memory()
        self._project = project
        self._clock = clock
        self._lock_file = lock_file
        self._crowd = Crowd()
        self._turn = threading.Lock()
        # How many leaves a checkpoint that we know to be in the second store covers.
        self._covered = 0
        # The newest leaves that were published here, and their hashes.
        self._brought: dict[int, bytes] = {}
        self._shared = SharedCommit(self._writing, self._memory.learn)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Run a unit of work; on leaving it is committed *and* published.

        Raises:
            SigningRefused: this database does not continue the published log, the
                private keys are not here, or two persons have to sign.
            StoreUnavailable, StoreIdentityError: a store or the database failed;
                the caller must not acknowledge anything.
        """
        self.stores.check_identity()
        with self._crowd.inside(), self._shared.unit() as unit:
            tx = self._begin(unit)
            yield tx
            if tx.recorded:
                unit.leave(tx.standing(), is_last=tx.changed_log)
            else:
                let_commit_wait(unit.session)
        if not tx.recorded:
            make_durable(self.engine)
            return
        standing = tx.standing()
        self._publish_through(standing.size)
        self._require_kept(standing)

    def now(self) -> dt.datetime:
        """The time by the clock of this log, aware."""
        return self._clock()

    @property
    def work_folder(self) -> Path:
        """A folder of this home for what is needed for a moment."""
        return self._lock_file.parent

    def session(self) -> AbstractContextManager[Session]:
        """A session for reading only."""
        return reading(self.engine)

    def publish(self) -> None:
        """Make every committed leaf durable twice and covered by a checkpoint."""
        with self._alone():
            self._publish()

    def prove(self, leaf: int, size: int | None = None) -> Proof:
        """A proof of `leaf` under the newest checkpoint of the log that holds it.

        With `size` under the kept one over so many entries of all logs.
        """
        origin = self.keys.trusted.origin_at(leaf)
        with self.session() as session:
            return sql_log.prove(session, origin, leaf, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Proof that a log of `new` entries only appends to that of `old`.

        Both count the entries of earlier logs, too.

        Raises:
            MalformedError: the two are not of one log, or nothing joins them.
        """
        origin = self.keys.trusted.origin_covering(new)
        with self.session() as session:
            return sql_log.consistency(session, origin, old, new)

    def statement(self, leaf: int) -> bytes:
        """The signed envelope of `leaf`."""
        with self.session() as session:
            return sql_log.statement(session, leaf)

    def checkpoint(self) -> bytes:
        """The newest published checkpoint, a signed note (empty: none yet)."""
        with self.session() as session:
            newest = sql_log.latest_checkpoint(session)
            return b"" if newest is None else newest.note

    def add_cosignatures(self, size: int, lines: Sequence[bytes]) -> None:
        """Keep witnesses' lines (each with its newline) on the checkpoint of `size`.

        `size` counts the entries of all logs. Lines that it has already are left out.
        Where it is the last of its log, which both stores keep, they get the lines,
        and every place the lines of the others: called with none, it mends a
        difference that a crash has left.

        Raises:
            MalformedError: they are no signature lines.
            StoreUnavailable: no checkpoint of that size is kept, or a store failed;
                call it again.
            StoreConflict: a store changed meanwhile; call it again.
        """
        with self._alone(), self.session() as session:
            kept = sql_log.checkpoint_at(session, size)
            if kept is None:
                raise StoreUnavailable(f"checkpoint {size}", "it is not kept")
            trusted = self.keys.trusted
            frozen = FrozenCopies(self.stores, trusted, size, kept.note)
            before = joined([kept.note], trusted.witness_keys(size))
            missing = [line for line in lines if line not in before]
            longer = frozen.join(add_signature_lines(before, missing))
            self.keys.open_checkpoint(longer)
            # The row is last: whoever asks the witnesses sees by it what is missing.
            frozen.replace(longer)
            if read_optional(self.stores.second, CHECKPOINT) == kept.note:
                self.stores.second.swap(CHECKPOINT, kept.note, longer)
                self._keep(size, longer)
            else:
                self._keep_row(size, longer)
        make_durable(self.engine)

    def erase_statements(self, leaves: Collection[int]) -> None:
        """Remove these statements from the database and from both stores, for good.

        Their leaf texts stay, so every proof of every other leaf stays good. May be
        called again after it was interrupted.

        Raises:
            VerificationError: no published event `exhibit.erased` that holds (signed
                by two persons where the rule is in force) names each of them.
            StoreUnavailable: it is not complete; call it again.
        """
        with self._alone():
            with self.session() as session:
                state = sql_log.state(session)
                trusted = follow(session, self.stores.second, self.keys, state)
                head = published(session, self.stores.second, self.keys, state)
                texts = erased_texts(session, trusted, head.latest.covered, leaves)
            for store in self.stores:
                for leaf in texts:
                    store.erase(statement_name(leaf))
            with writing(self.engine) as session:
                sql_log.erase(session, texts)
        scrub(self.engine, "log_statements")

    def _writing(self) -> AbstractContextManager[Session]:
        return writing(self.engine, lazily=True, asking=sql_log.STATE_QUERY)

    def _begin(self, unit: Unit[Standing]) -> Transaction:
        session = unit.session
        # What was judged when the transaction began holds for all that share it.
        found = unit.found or self._judged(session)
        appender = sql_log.Appender(session, found.size, found.peaks, found.trusted)
        return Transaction(session, self.keys, appender, self._project, self._clock)

    def _judged(self, session: Session) -> Standing:
        """Where the log of this database stands, once it is known to go on."""
        state = sql_log.state(session)
        trusted = follow(session, self.stores.second, self.keys, state)
        self.keys.statement_signer(state.size)
        last = latest(self.stores.second, self.keys, state)
        nodes = self._memory.recall(state, last)
        if nodes is None:
            nodes = published(session, self.stores.second, self.keys, state).nodes
            self._memory.confirm(last.covered, last.root)
        return Standing(state.size, state.last, nodes, trusted)

    def _publish_through(self, leaves: int) -> None:
        """Publish, unless somebody has meanwhile published that many leaves."""
        if self._covered >= leaves:
            return
        with self._turn:
            if self._covered >= leaves:
                return
            # Whoever is about to commit comes along: a checkpoint costs the same
            # for one event and for many. A single writer waits for nobody.
            self._crowd.wait_for_all(GATHER_S)
            with self._file_lock():
                self._publish(leaves)

    def _require_kept(self, standing: Standing) -> None:
        """What was committed lazily is lost with a database server that is killed.

        Another event may then stand in its place, and be what was published.
        """
        leaf = standing.size - 1
        if self._brought.get(leaf) == standing.last:
            return
        with self.session() as session:
            kept = read_nodes(session, [(0, leaf)]).get((0, leaf))
        if kept != standing.last:
            raise StoreUnavailable(f"statement {leaf}", "the database has lost it")

    def _publish(self, enough: int | None = None) -> None:
        """Publish what is committed; nothing when others published `enough` leaves."""
        with reading(self.engine, asking=sql_log.STATE_QUERY) as session:
            state = sql_log.state(session)
            trusted = follow(session, self.stores.second, self.keys, state)
            before = published(session, self.stores.second, self.keys, state)
            size, last = state.size, before.latest
            self._keep_lost_row(state, last)
            if enough is not None and last.covered >= enough and self._kept_all(last):
                size = last.covered  # by another process, and of this same log
            elif size == last.covered:  # nothing new; of an empty log nothing is signed
                if last.note is not None:
                    self._keep(size, last.note)
            else:
                # After the log was read: so whatever is signed was durable before.
                make_durable(self.engine)
                publication = Publication(session, self.stores, before, trusted)
                for end in (*ends_between(trusted, last.covered, size), size):
                    signer = self.keys.log_signer(end, trusted)
                    head = publication.bring(end)
                    last = self._advance(trusted, last, head, signer)
                self._brought = publication.brought
        self._note_kept(size)
        self._covered = size

    def _advance(
        self, trusted: TrustedKeys, last: Latest, head: Checkpoint, signer: Signer
    ) -> Latest:
        """Publish `head` after the checkpoint that is the `last` one."""
        origin = trusted.origin_named(head.origin)
        if last.note is not None and last.covered == origin.first:
            make_durable(self.engine)  # its row: nobody will bring that later
            keep_frozen(self.stores, last.covered, last.note)
        try:
            note = sign_checkpoint(head, signer)
        except SigningRefused:
            if origin.end is not None:
                self.keys.forget(signer)  # or the log would fill up without it
            raise
        self.stores.second.swap(CHECKPOINT, last.note, note)
        size = origin.covered(head)
        self._keep(size, note)
        return Latest(size, head.root, note)

    def _keep(self, size: int, note: bytes) -> None:
        first = self.stores.first
        self._keep_row(size, note)
        if (before := read_optional(first, CHECKPOINT)) != note:
            first.swap(CHECKPOINT, before, note)

    def _keep_lost_row(self, state: sql_log.State, last: Latest) -> None:
        """Keep what was published before the power was cut or the process killed."""
        if last.note is not None and last.covered != state.published:
            self._keep_row(last.covered, last.note)

    def _keep_row(self, size: int, note: bytes) -> None:
        # Lazily: a power cut may take it, and then the next publication brings it.
        with writing(self.engine, lazily=True, ahead=True) as session:
            sql_log.keep_checkpoint(session, size, note, self._clock())

    def _kept_all(self, last: Latest) -> bool:
        """Whether whoever published this one said that it is kept everywhere."""
        return self._lock_file.read_bytes() == _kept_text(last.covered)

    def _note_kept(self, size: int) -> None:
        # Says nothing that could be lost: without it the next one keeps it again.
        with contextlib.suppress(OSError), self._lock_file.open("r+b") as lock:
            lock.write(_kept_text(size))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One publisher at a time: of this process first, then of all processes."""
        with self._turn, self._file_lock():
            yield

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        with self._lock_file.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _kept_text(size: int) -> bytes:
    return b"%020d" % size
