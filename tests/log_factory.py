"""A custody log alone: database, two folders, keys; no home, web or queue."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

import receipts.tables  # noqa: F401  (registers every table)
from integrity.cosignature import witness_key
from integrity.digest import digest_bytes
from integrity.key_change import KEYS_CHANGED, change_facts
from integrity.keys import Ed25519Signer
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.statement import Actor, Event, Subject
from integrity.store import sql_log
from integrity.store.blobs import KEYS, TwinStores, read_object
from integrity.store.custody_log import CustodyLog, LogKeys, Projector
from integrity.store.db import Base, connect
from integrity.store.objects import FolderStore
from integrity.vkey import VerifierKey

ORIGIN = "custody.example/log"
START = dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
ACTOR = Actor("li.na", "李娜", "paralegal")


def signer(number: int, name: str = ORIGIN) -> Ed25519Signer:
    """The same key for the same number, in every run."""
    seed = number.to_bytes(32, "big")
    return Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(seed))


LOG, STATEMENT = signer(1), signer(2)


def entry(
    role: Role, key: Ed25519Signer, from_size: int = 0, to_size: int | None = None
) -> TrustedKey:
    """A line of `trust/keys`."""
    vkey = VerifierKey.ed25519(key.name, key.public_key)
    return TrustedKey(role, vkey, from_size, to_size, START, None)


TRUSTED = TrustedKeys((entry(Role.LOG, LOG), entry(Role.STATEMENT, STATEMENT)))


def project_nothing(_session: Session, _leaf: int, _event: Event) -> None:
    """The log without its rows."""


@dataclass(slots=True)
class LogHome:
    """Where one log lies; `open` may be called again, as after a restart."""

    folder: Path
    url: str = ""
    project: Projector = project_nothing
    keys: LogKeys = field(
        default_factory=lambda: LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT)
    )

    @property
    def database(self) -> Path:
        """The file of the SQLite database."""
        return self.folder / "custody.db"

    def stores(self) -> TwinStores:
        """Both stores, set up at first use."""
        return TwinStores(
            FolderStore.create(self.folder / "first", "first", "f"),
            FolderStore.create(self.folder / "second", "second", "s"),
        )

    def open(self, stores: TwinStores | None = None) -> CustodyLog:
        """The log, not yet completed (`publish`)."""
        self.folder.mkdir(exist_ok=True)
        begun = not self.url and self.database.exists()
        engine = connect(self.url or f"sqlite:///{self.database}")
        if not begun:
            Base.metadata.create_all(engine)
        lock = self.folder / "publish.lock"
        chosen = stores or self.stores()
        return CustodyLog(engine, chosen, self.keys, self.project, lambda: START, lock)

    def begin(self) -> CustodyLog:
        """A new log with its founding event."""
        log = self.open()
        for store in log.stores:
            store.put(KEYS, [self.keys.trusted.serialise()])
        signing = self.keys.trusted.keys(Role.LOG, Role.STATEMENT)
        names = {e.role.value: e.key.text() for e in signing}
        record(log, "firm.initialised", keys=names)
        return log


def record(log: CustodyLog, kind: str = "test.happened", **facts: object) -> int:
    """Record and publish one event; returns its leaf."""
    with log.transaction() as tx:
        return tx.record(kind, ACTOR, dict(facts))


def engage(log: CustodyLog, *witnesses: Ed25519Signer) -> None:
    """Record that these witnesses are listed from now on, and bring the lists up."""
    before = log.keys.trusted
    first = before.next_entry(log_size(log)) + 1
    lines = tuple(
        TrustedKey(
            Role.WITNESS, witness_key(e.name, e.public_key), first, None, START, None
        )
        for e in witnesses
    )
    after = TrustedKeys((*before.entries, *lines))
    record(log, KEYS_CHANGED, **change_facts(before, after, "witness", ""))
    for store in log.stores:
        store.swap(KEYS, read_object(store, KEYS), after.serialise())


def log_size(log: CustodyLog) -> int:
    """Number of entries."""
    with log.session() as session:
        return sql_log.size(session)


def received_facts(number: int) -> tuple[dict[str, object], Subject]:
    """What receiving a small file records, and its subject."""
    exhibit = f"e{number:08d}"
    facts: dict[str, object] = {
        "exhibit": exhibit,
        "matter": "m00000001",
        "original_name": f"合同 第{number}页.pdf",
        "size": 48_213,
        "media_type": "application/pdf",
        "via": "web",
        "parent": None,
        "member": None,
        "claimed_sha256": None,
        "duplicate_of": None,
    }
    return facts, Subject(exhibit, digest_bytes(exhibit.encode()))
