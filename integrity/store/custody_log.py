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

import fcntl
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.errors import SigningRefused, StoreUnavailable, VerificationError
from integrity.note import add_signature_lines
from integrity.proof import Proof
from integrity.store import sql_log
from integrity.store.blobs import (
    CHECKPOINT,
    TwinStores,
    read_optional,
    statement_name,
)
from integrity.store.continuing import Memory, latest, published
from integrity.store.crowd import Crowd
from integrity.store.db import make_durable, reading, scrub, writing
from integrity.store.erasure import named_by
from integrity.store.log_keys import KeysAbsent, LogKeys
from integrity.store.publishing import Publication
from integrity.store.transaction import Clock, Projector, Transaction, TwoPersonsNeeded

__all__ = [
    "Clock",
    "CustodyLog",
    "KeysAbsent",
    "LogKeys",
    "Projector",
    "Transaction",
    "TwoPersonsNeeded",
]

SCANNED = 256  # statements looked at in one go
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
        with self._crowd.inside(), writing(self.engine, lazily=True) as session:
            tx = self._begin(session)
            yield tx
        if not tx.recorded:
            make_durable(self.engine)
            return
        self._memory.learn(*tx.committed())
        self._publish_through(tx.size)

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
        """A proof of `leaf` under the newest checkpoint, or the kept one of `size`."""
        with self.session() as session:
            return sql_log.prove(session, leaf, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Proof that the log of `new` leaves only appends to that of `old`."""
        with self.session() as session:
            return sql_log.consistency(session, old, new)

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

        Lines that it has already are left out.

        Raises:
            MalformedError: they are no signature lines.
            StoreUnavailable: no checkpoint of that size is kept.
        """
        with self._alone(), self.session() as session:
            kept = sql_log.checkpoint_at(session, size)
            if kept is None:
                raise StoreUnavailable(f"checkpoint {size}", "it is not kept")
            missing = [line for line in lines if line not in kept.note]
            longer = add_signature_lines(kept.note, missing)
            checkpoint = self.keys.open_checkpoint(longer)
            if read_optional(self.stores.second, CHECKPOINT) == kept.note:
                self.stores.second.swap(CHECKPOINT, kept.note, longer)
                self._keep(checkpoint, longer)
            else:
                self._keep_row(checkpoint, longer)

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
                texts = self._erased_texts(session, set(leaves))
            for store in self.stores:
                for leaf in texts:
                    store.erase(statement_name(leaf))
            with writing(self.engine) as session:
                sql_log.erase(session, texts)
        scrub(self.engine, "log_statements")

    def _begin(self, session: Session) -> Transaction:
        state = sql_log.state(session)
        trusted = self.keys.follow(session, state.key_change)
        self.keys.statement_signer(state.size)
        last, _ = latest(self.stores.second, self.keys, state)
        nodes = self._memory.recall(state, last)
        if nodes is None:
            nodes = published(session, self.stores.second, self.keys, state).nodes
            self._memory.confirm(last.size, last.root)
        appender = sql_log.Appender(session, state.size, nodes)
        return Transaction(
            session, self.keys, trusted, appender, self._project, self._clock
        )

    def _erased_texts(self, session: Session, leaves: set[int]) -> dict[int, bytes]:
        """The leaf text of each of `leaves`, from the events that erase them."""
        state = sql_log.state(session)
        trusted = self.keys.follow(session, state.key_change)
        head = published(session, self.stores.second, self.keys, state)
        wanted, found = set(leaves), dict[int, bytes]()
        end = head.checkpoint.size
        while wanted and end > min(wanted):
            first = max(0, end - SCANNED)
            rows = sql_log.statements(session, first, end)
            for leaf in sorted(rows, reverse=True):
                envelope, _ = rows[leaf]
                if envelope is None or not wanted:
                    continue
                named = named_by(envelope, trusted, leaf)
                found.update({each: named[each] for each in wanted & named.keys()})
                wanted -= named.keys()
            end = first
        if wanted:
            reason = f"no event erases statement {min(wanted)}"
            raise VerificationError("erasure", reason)
        for leaf, text in found.items():
            (kept,) = sql_log.leaf_texts(session, leaf, leaf + 1)
            if kept != text:
                reason = f"the event names another statement {leaf}"
                raise VerificationError("erasure", reason)
        return found

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
                self._publish()

    def _publish(self) -> None:
        with reading(self.engine) as session:
            state = sql_log.state(session)
            trusted = self.keys.follow(session, state.key_change)
            before = published(session, self.stores.second, self.keys, state)
            size = state.size
            if size == before.checkpoint.size and before.note is not None:
                self._keep(before.checkpoint, before.note)
            else:
                signer = self.keys.log_signer(size, trusted)
                # After the log was read: so whatever is signed was durable before.
                make_durable(self.engine)
                publication = Publication(session, self.stores, before)
                root = publication.copy_statements(size)
                if root != before.root():
                    raise SigningRefused("the stored tree is not that of the log")
                head = Checkpoint(self.keys.origin, size, root)
                note = sign_checkpoint(head, signer)
                self.stores.second.swap(CHECKPOINT, before.note, note)
                self._keep(head, note)
        self._covered = size

    def _keep(self, checkpoint: Checkpoint, note: bytes) -> None:
        first = self.stores.first
        self._keep_row(checkpoint, note)
        if (before := read_optional(first, CHECKPOINT)) != note:
            first.swap(CHECKPOINT, before, note)

    def _keep_row(self, checkpoint: Checkpoint, note: bytes) -> None:
        with writing(self.engine) as session:
            sql_log.keep_checkpoint(session, checkpoint, note, self._clock())

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
