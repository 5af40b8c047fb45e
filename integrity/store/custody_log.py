"""The one write path of the product: an event, its leaf and its rows together.

Order of one write: rows, statement and leaf in one transaction → commit →
statements into both stores → what was written is read back and hashed → signed
checkpoint into the second store by compare-and-swap. A crash after the commit
leaves an event that nobody was told about; the next publication, at the latest
the one at start-up, completes it through the same function.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from integrity import merkle
from integrity.canonical import canonical_json
from integrity.checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from integrity.digest import digest_bytes
from integrity.errors import SigningRefused
from integrity.keys import Signer
from integrity.merkle import EMPTY_ROOT
from integrity.policy import TrustedKeys
from integrity.proof import Proof
from integrity.statement import Actor, Event, Subject, leaf_text, seal
from integrity.store import sql_log
from integrity.store.blobs import (
    CHECKPOINT,
    TwinStores,
    read_object,
    read_optional,
    statement_name,
)
from integrity.store.db import reading, writing
from integrity.store.tables import LogNode

Clock = Callable[[], dt.datetime]
Projector = Callable[[Session, int, Event], None]


@dataclass(frozen=True, slots=True)
class LogKeys:
    """Signers of one log (None: not in this home) and the firm's public keys."""

    origin: str
    trusted: TrustedKeys
    log: Signer | None
    statement: Signer | None

    @property
    def statement_keys(self) -> dict[str, bytes]:
        """Key id to public key of every key that may have signed a statement."""
        return self.trusted.statement_keys()

    def open_checkpoint(self, note: bytes) -> Checkpoint:
        """The checkpoint in `note`, signed by a log key that covers its size.

        Raises:
            MalformedError, VerificationError: it is not one of this log.
        """
        claimed = parse_checkpoint(
            note.decode(errors="replace").partition("\n\n")[0] + "\n"
        )
        keys = self.trusted.log_keys(claimed.size, None)
        return open_checkpoint(note, keys, self.origin)


class KeysAbsent(SigningRefused):
    """This home was restored without its private keys."""

    code = "keys_absent"

    def __init__(self) -> None:
        super().__init__("the private keys are not in this home")


class Transaction:
    """What a unit of work sees: a session, and `record` for its custody events."""

    def __init__(
        self, session: Session, signer: Signer, project: Projector, clock: Clock
    ) -> None:
        self.session = session
        self.now = clock()
        self._signer = signer
        self._project = project

    def record(
        self,
        kind: str,
        actor: Actor,
        facts: dict[str, Any],
        subjects: Sequence[Subject] = (),
        tools: Mapping[str, str] | None = None,
    ) -> int:
        """Sign one custody event, append its leaf, project its rows.

        Returns:
            The leaf number.
        """
        salt = secrets.token_hex(32)
        about = tuple(subjects) or (_facts_subject(facts),)
        event = Event(kind, actor, self.now, facts, about, dict(tools or {}), salt)
        leaf = sql_log.append(self.session, seal(event, self._signer))
        self._project(self.session, leaf, event)
        self.session.flush()
        return leaf


def _facts_subject(facts: dict[str, Any]) -> Subject:
    """An in-toto statement needs a subject: without bytes it is the facts."""
    return Subject("facts", digest_bytes(canonical_json(facts)))


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
        self._project = project
        self._clock = clock
        self._lock_file = lock_file

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Run a unit of work; on leaving it is committed *and* published.

        Raises:
            SigningRefused: this database does not continue the published log.
            StoreUnavailable, StoreIdentityError: a store or the database failed;
                the caller must not acknowledge anything.
        """
        signer = self._require(self.keys.statement)
        self.stores.check_identity()
        with writing(self.engine) as session:
            self._published(session)
            yield Transaction(session, signer, self._project, self._clock)
        self.publish()

    def session(self) -> AbstractContextManager[Session]:
        """A session for reading only."""
        return reading(self.engine)

    def publish(self) -> None:
        """Make every committed leaf durable twice and covered by a checkpoint."""
        signer = self._require(self.keys.log)
        with self._publication_lock(), reading(self.engine) as session:
            before, note = self._published(session)
            head = sql_log.head(session, self.keys.origin)
            if head.size == before.size and note is not None:
                self._keep(before, note)
                return
            for leaf in range(before.size, head.size):
                self._copy_statement(session, leaf)
            signed = sign_checkpoint(head, signer)
            self.stores.second.swap(CHECKPOINT, note, signed)
            self._keep(head, signed)

    def prove(self, leaf: int) -> Proof:
        """A proof of `leaf` under the newest checkpoint."""
        with self.session() as session:
            return sql_log.prove(session, leaf)

    def statement(self, leaf: int) -> bytes:
        """The signed envelope of `leaf`."""
        with self.session() as session:
            return sql_log.statement(session, leaf)

    def checkpoint(self) -> bytes:
        """The newest published checkpoint, a signed note (empty: none yet)."""
        with self.session() as session:
            newest = sql_log.latest_checkpoint(session)
            return b"" if newest is None else newest.note

    def _published(self, session: Session) -> tuple[Checkpoint, bytes | None]:
        """The checkpoint in the second store, which this database must continue."""
        # Looked up first: whoever publishes meanwhile can only make the one in the
        # second store newer than what we know, never older.
        kept = sql_log.latest_checkpoint(session)
        note = read_optional(self.stores.second, CHECKPOINT)
        if note is None:
            # Only before the first publication; later it means that the second copy
            # was emptied, and signing anew would hide that.
            if kept is not None:
                raise SigningRefused("the second copy has lost its checkpoint")
            return Checkpoint(self.keys.origin, 0, EMPTY_ROOT), None
        last = self.keys.open_checkpoint(note)
        if kept is not None and last.size < kept.size:
            raise SigningRefused("the second copy is older than the database")
        if last.size > sql_log.size(session):
            raise SigningRefused("the database is older than the second copy")
        if sql_log.head(session, self.keys.origin, last.size).root != last.root:
            raise SigningRefused("the database holds another history")
        return last, note

    def _copy_statement(self, session: Session, leaf: int) -> None:
        envelope = sql_log.statement(session, leaf)
        for store in self.stores:
            store.put(statement_name(leaf), [envelope])
            # Read back before signing: the checkpoint commits us to these bytes.
            kept = leaf_text(read_object(store, statement_name(leaf)))
            node = session.get(LogNode, (0, leaf))
            if node is None or merkle.leaf_hash(kept) != node.hash:
                reason = f"statement {leaf} does not read back from {store.place}"
                raise SigningRefused(reason)

    def _keep(self, checkpoint: Checkpoint, note: bytes) -> None:
        first = self.stores.first
        with writing(self.engine) as session:
            sql_log.keep_checkpoint(session, checkpoint, note, self._clock())
        if (before := read_optional(first, CHECKPOINT)) != note:
            first.swap(CHECKPOINT, before, note)

    @contextmanager
    def _publication_lock(self) -> Iterator[None]:
        with self._lock_file.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _require(signer: Signer | None) -> Signer:
        if signer is None:
            raise KeysAbsent
        return signer
