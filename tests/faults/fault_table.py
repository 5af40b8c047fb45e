"""Failing on purpose: at the k-th operation of a log, in each way it can fail.

Nothing here stands in for the log, its stores or its database: they are the real
ones, and what fails is a call into them, before or after it had its effect.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from integrity.checkpoint import parse_checkpoint
from integrity.errors import StoreUnavailable
from integrity.keys import Ed25519Signer
from integrity.merkle import root_of
from integrity.proof import proven_entry
from integrity.statement import leaf_text
from integrity.store.blobs import TwinStores, read_object, statement_name
from integrity.store.copies import leaf_hash_of
from integrity.store.custody_log import CustodyLog
from integrity.store.fsck import Checker
from integrity.store.objects import FolderStore, ObjectStore
from tests.log_factory import ACTOR, ORIGIN, LogHome, project_nothing

Answer = TypeVar("Answer")
BEFORE, HALF, AFTER = "before", "half", "after"


@dataclass(slots=True)
class Fault:
    """Fails operation number `at` in one way; 0 never, and counts them."""

    at: int = 0
    how: str = BEFORE
    count: int = 0
    parted: list[int] = field(default_factory=list)  # those that can end half-way
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(
        self,
        action: Callable[[], Answer],
        half: Callable[[], object] | None = None,
        error: Exception | None = None,
    ) -> Answer:
        """Do `action`, unless it is the one that fails."""
        with self._lock:
            self.count += 1
            fails = self.count == self.at
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
        self._fault.step(self._real.check_identity)

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
            return self._fault.step(lambda: opened)
        except StoreUnavailable:
            opened.close()
            raise

    def exists(self, name: str) -> bool:
        return self._fault.step(lambda: self._real.exists(name))

    def names(self, prefix: str) -> Iterator[str]:
        return self._fault.step(lambda: self._real.names(prefix))

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


def fail_commits(engine: Engine, fault: Fault) -> None:
    """Let commits of the database count, and fail, like calls to a store."""
    commit = engine.dialect.do_commit
    error = sqlite3.OperationalError("disk I/O error")
    engine.dialect.do_commit = lambda connection: fault.step(  # type: ignore[method-assign]
        lambda: commit(connection), error=error
    )


class WatchedSigner(Ed25519Signer):
    """A log's signer, remembering every head that it signed."""

    def __init__(self, told: Callable[[bytes], object], number: int = 1) -> None:
        seed = number.to_bytes(32, "big")
        super().__init__(ORIGIN, Ed25519PrivateKey.from_private_bytes(seed))
        self._told = told

    def sign(self, message: bytes) -> bytes:
        self._told(message)
        return super().sign(message)


@dataclass(slots=True)
class Promises:
    """What the outside was told: answered events, and signed heads."""

    answered: dict[int, bytes] = field(default_factory=dict)
    heads: list[bytes] = field(default_factory=list)

    def try_record(self, log: CustodyLog, *numbers: int) -> bool:
        """Record events in one go; remembered only when they were answered."""
        leaves = list[int]()
        try:
            with log.transaction() as tx:
                for number in numbers:
                    leaves.append(tx.record("test.happened", ACTOR, {"n": number}))
        except Exception:  # noqa: BLE001  (whatever failed, nothing was answered)
            return False
        self.answered.update({leaf: log.statement(leaf) for leaf in leaves})
        return True


def check(home: LogHome, promises: Promises) -> None:
    """After a restart: everything promised is kept, and the log goes on.

    - no two signed heads of one log and size, and each is a prefix of its one history;
    - every answered event stands at its leaf, in database and both stores, proven;
    - the checker finds nothing.
    """
    log = home.open()
    log.publish()
    assert promises.try_record(log, 999)
    trusted = log.keys.trusted
    size = trusted.covered(trusted.open_checkpoint(log.checkpoint()))
    hashes = [leaf_hash_of(log.statement(leaf)) for leaf in range(size)]
    for text in {*promises.heads}:
        head = parse_checkpoint(text.decode())
        first = trusted.origin_named(head.origin).first
        assert root_of(hashes[first : first + head.size]) == head.root
    for leaf, envelope in promises.answered.items():
        assert log.statement(leaf) == envelope
        for store in log.stores:
            assert read_object(store, statement_name(leaf)) == envelope
        assert proven_entry(log.prove(leaf), leaf_text(envelope), trusted) == leaf
    found = [
        f"{f.finding} {f.subject}" for f in Checker(log, project_nothing, ()).run()
    ]
    assert found == []
    log.engine.dispose()


def count_writes(home: Path, reached: Callable[[], object]) -> None:
    """Call `reached` before every change to a file below `home`, in this process.

    Cannot be undone: for child processes.
    """
    import sys  # noqa: PLC0415

    root, sync = str(home), os.fsync

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        if name == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            if isinstance(path, str) and path.startswith(root) and writes:
                reached()
        elif name in {"os.rename", "os.link", "os.remove", "os.mkdir"}:
            reached()

    def counted_sync(descriptor: int) -> None:
        reached()
        sync(descriptor)

    os.fsync = counted_sync
    sys.addaudithook(hook)
