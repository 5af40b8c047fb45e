"""Failing on purpose: at the k-th operation of a log, in each way it can fail.

Nothing here stands in for the log, its stores or its database: they are the real
ones, and what fails is a call into them, before or after it had its effect.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from integrity.checkpoint import parse_checkpoint
from integrity.envelope import parse_envelope
from integrity.errors import StoreUnavailable
from integrity.event import event_of
from integrity.keys import Ed25519Signer
from integrity.merkle import root_of
from integrity.proof import proven_entry
from integrity.statement import leaf_text
from integrity.store.blobs import TwinStores, read_object, statement_name
from integrity.store.copies import leaf_hash_of
from integrity.store.custody_log import CustodyLog
from integrity.store.objects import FolderStore, ObjectStore
from integrity.store.sql_log import statements
from tests.faults.prepared import OpenHome
from tests.log_damage import findings
from tests.log_factory import ACTOR, ORIGIN, LogHome, record

Answer = TypeVar("Answer")
BEFORE, HALF, AFTER = "before", "half", "after"
NEXT_LOG = 41  # the number of the key of tests/rolling.py
BEGUN = 101  # the numbers of the events with which every case begins
LAST = 999  # the number of the event by which a log shows that it goes on


@dataclass(slots=True)
class Fault:
    """Fails operation number `at` in one way; 0 never, and counts them."""

    at: int = 0
    how: str = BEFORE
    count: int = 0
    changes: list[int] = field(default_factory=list)  # those that leave something
    parted: list[int] = field(default_factory=list)  # those that can end half-way
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(
        self,
        action: Callable[[], Answer],
        half: Callable[[], object] | None = None,
        error: Exception | None = None,
        *,
        changes: bool = True,
    ) -> Answer:
        """Do `action`, unless it is the one that fails."""
        with self._lock:
            self.count += 1
            fails = self.count == self.at
            if changes:
                self.changes.append(self.count)
            if half is not None:
                self.parted.append(self.count)
        if not fails:
            return action()
        if self.how == AFTER:
            action()
        elif self.how == HALF and half is not None:
            half()
        raise error or StoreUnavailable("a store", "it failed")


class FaultyStore:
    """A real store, each call to which may fail."""

    def __init__(self, real: FolderStore, fault: Fault) -> None:
        self.place, self.identity = real.place, real.identity
        self._real = real
        self._fault = fault

    def check_identity(self) -> None:
        self._fault.step(self._real.check_identity, changes=False)

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        self._fault.step(lambda: self._real.put(name, chunks))

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        some = objects[: len(objects) // 2]
        self._fault.step(
            lambda: self._real.put_all(objects), lambda: self._real.put_all(some)
        )

    def open(self, name: str) -> BinaryIO:
        opened = self._real.open(name)
        try:
            return self._fault.step(lambda: opened, changes=False)
        except StoreUnavailable:
            opened.close()
            raise

    def exists(self, name: str) -> bool:
        return self._fault.step(lambda: self._real.exists(name), changes=False)

    def names(self, prefix: str) -> Iterator[str]:
        return self._fault.step(lambda: self._real.names(prefix), changes=False)

    def swap(self, name: str, expected: bytes | None, new: bytes) -> None:
        self._fault.step(lambda: self._real.swap(name, expected, new))

    def set_aside(self, name: str) -> None:
        self._fault.step(lambda: self._real.set_aside(name))

    def erase(self, name: str) -> None:
        self._fault.step(lambda: self._real.erase(name))


def faulty(stores: TwinStores, fault: Fault) -> TwinStores:
    """Both stores, failing by one count."""
    made: list[ObjectStore] = [
        FaultyStore(store, fault) for store in stores if isinstance(store, FolderStore)
    ]
    return TwinStores(*made)


@contextmanager
def failing_commits(engine: Engine, fault: Fault) -> Iterator[None]:
    """Let commits of the database count, and fail, like calls to a store."""
    error = engine.dialect.loaded_dbapi.OperationalError("disk I/O error")
    with around_commits(engine, lambda commit: fault.step(commit, error=error)):
        yield


@contextmanager
def around_commits(
    engine: Engine, around: Callable[[Callable[[], None]], None]
) -> Iterator[None]:
    """Give each commit to `around`, which makes it or does not.

    On PostgreSQL it is the driver's: the product sends it together with what it wrote.
    """
    on: Any = engine.dialect if engine.dialect.name == "sqlite" else psycopg.Connection
    name = "do_commit" if engine.dialect.name == "sqlite" else "commit"
    commit = getattr(on, name)
    setattr(on, name, lambda connection: around(lambda: commit(connection)))
    try:
        yield
    finally:
        setattr(on, name, commit)


class WatchedSigner(Ed25519Signer):
    """A log's signer, remembering every head that it signed."""

    def __init__(self, told: Callable[[bytes], object], number: int = 1) -> None:
        seed = number.to_bytes(32, "big")
        super().__init__(ORIGIN, Ed25519PrivateKey.from_private_bytes(seed))
        self._told = told

    def sign(self, message: bytes) -> bytes:
        self._told(message)
        return super().sign(message)


def watched(home: OpenHome, told: Callable[[bytes], object]) -> OpenHome:
    """The same home, whose signer tells what it signs."""
    return home.sign_with([WatchedSigner(told, number) for number in (1, NEXT_LOG)])


def begin(home: OpenHome) -> None:
    """Three published events, with which every case begins."""
    log = home.begin()
    record(log, n=BEGUN)
    record(log, n=BEGUN + 1)


@contextmanager
def named(case: str) -> Iterator[None]:
    """Let a failure say in which case it was."""
    try:
        yield
    except BaseException as error:
        error.add_note(case)
        raise


@dataclass(slots=True)
class Promises:
    """What the outside was told: answered events, and signed heads."""

    answered: dict[int, int] = field(default_factory=dict)  # leaf: number
    heads: list[bytes] = field(default_factory=list)

    def try_record(self, log: CustodyLog, *numbers: int) -> bool:
        """Record events in one go; remembered only when they were answered."""
        leaves = dict[int, int]()
        try:
            with log.transaction() as tx:
                for number in numbers:
                    leaves[tx.record("test.happened", ACTOR, {"n": number})] = number
        except Exception:  # noqa: BLE001  (whatever failed, nothing was answered)
            return False
        self.answered.update(leaves)
        return True


def check(home: LogHome, promises: Promises) -> list[int]:
    """After a restart: everything promised is kept, and the log goes on.

    - no two signed heads of one log and size, and each is a prefix of its one history;
    - every answered event stands at its leaf, in database and both stores, proven;
    - no event stands there twice;
    - the checker finds nothing.

    Returns:
        The numbers of the events that stand there now, answered or not, without those
        of the template.
    """
    log = home.open()
    log.publish()
    assert promises.try_record(log, LAST)
    trusted = log.keys.trusted
    size = trusted.covered(trusted.open_checkpoint(log.checkpoint()))
    with log.session() as session:
        rows = statements(session, 0, size)
    envelopes = [rows[leaf][0] or b"" for leaf in range(size)]
    hashes = list(map(leaf_hash_of, envelopes))
    for text in {*promises.heads}:
        head = parse_checkpoint(text.decode())
        first = trusted.origin_named(head.origin).first
        assert root_of(hashes[first : first + head.size]) == head.root
    events = [event_of(parse_envelope(envelope).payload) for envelope in envelopes]
    for leaf, number in promises.answered.items():
        envelope = envelopes[leaf]
        assert events[leaf].facts["n"] == number
        for store in log.stores:
            assert read_object(store, statement_name(leaf)) == envelope
        assert proven_entry(log.prove(leaf), leaf_text(envelope), trusted) == leaf
    assert findings(log) == []
    numbers = [event.facts["n"] for event in events if event.kind == "test.happened"]
    assert len(numbers) == len({*numbers})
    return [number for number in numbers if number < BEGUN]
