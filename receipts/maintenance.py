"""Looking after a home: check it whole, repair it, rebuild it from the second copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import select

from intake.errors import Refused
from intake.keyring import HomeIdentity, save_identity, save_trust
from intake.services import SYSTEM, Services, now
from intake.settings import Settings
from integrity.errors import (
    MalformedError,
    StoreConflict,
    StoreUnavailable,
    VerificationError,
)
from integrity.merkle import leaf_hash, new_nodes, root_of
from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.statement import leaf_text, open_statement
from integrity.store.blobs import (
    CHECKPOINT,
    KEYS,
    STATEMENTS,
    blob_name,
    hash_checked,
    leaf_of,
    read_object,
)
from integrity.store.custody_log import LogKeys
from integrity.store.db import Base, connect, writing
from integrity.store.durable import CHUNK
from integrity.store.fsck import Checker, Finding
from integrity.store.objects import FolderStore, ObjectStore, folder_of, read_identity
from integrity.store.tables import Blob, LogCheckpoint, LogNode, LogStatement
from receipts.opening import BEGUN, RESTORING, upgrade
from receipts.projection import project
from receipts.tables import PROJECTED

TABLES = tuple(Base.metadata.tables[model.__tablename__] for model in PROJECTED)


class Examination:
    """One run of `custody fsck`: findings first, then the sum in `checker.tally`."""

    def __init__(self, services: Services, *, repair: bool) -> None:
        self._services = services
        self._repair = repair
        self.checker = Checker(services.log, project, TABLES)
        self.sound = True

    def run(self) -> Iterator[Finding]:
        """Every finding, mended where asked for and possible; mending is logged."""
        mended: list[Finding] = []
        for finding in list(self.checker.run()):
            if self._repair and finding.mend is not None:
                finding.mend()
                mended.append(finding.mended())
                yield mended[-1]
            else:
                self.sound = False
                yield finding
        if mended:
            self._services.log.publish()
            self._log(mended)

    def _log(self, mended: list[Finding]) -> None:
        with self._services.log.transaction() as tx:
            for finding in mended:
                facts = {
                    "finding": finding.finding,
                    "place": finding.place,
                    "subject": finding.subject,
                }
                tx.record("fixity.repaired", SYSTEM, facts)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back; `missing`: digests the copy had not whole."""

    leaves: int
    blobs: int
    missing: tuple[str, ...]


def restore(settings: Settings, source_url: str) -> Restored:
    """Rebuild an empty home from a second copy.

    The log is verified before anything is believed: every statement's signature,
    the tree, the signed checkpoint; every blob is hashed while it is copied. Private
    keys and passwords are not in a copy: put the backup of the keys back, and make
    new one-time links.

    Raises:
        Refused: the home is not empty.
        StoreIdentityError, VerificationError, MalformedError: not a sound copy.
    """
    home = settings.home
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise Refused("home_not_empty", home=str(home))
    root = folder_of(source_url)
    source = FolderStore(root, *read_identity(root))
    trusted = parse_trusted_keys(read_object(source, KEYS))
    statements = _statements(source)
    note = read_object(source, CHECKPOINT)
    size = _verified_size(trusted, statements, note)
    stores = _settle(settings, source, trusted)
    # Statements after the checkpoint were being published when the copy stopped;
    # they are ours and come along, and the next checkpoint covers them.
    wanted = _rebuild(settings, trusted, statements, (size, note))
    missing = {sha256 for sha256 in wanted if not _copy_blob(source, stores, sha256)}
    for store in stores:
        _copy_log(source, store)
    (home / BEGUN).touch()
    (home / RESTORING).unlink()
    kept = len(wanted) - len(missing)
    return Restored(len(statements), kept, tuple(sorted(missing)))


def _statements(source: ObjectStore) -> list[bytes]:
    names = sorted(source.names(STATEMENTS), key=leaf_of)
    if [leaf_of(name) for name in names] != list(range(len(names))):
        raise MalformedError("second copy", "a statement is missing")
    return [read_object(source, name) for name in names]


def _verified_size(trusted: TrustedKeys, statements: list[bytes], note: bytes) -> int:
    origin = trusted.entries[0].key.name
    checkpoint = LogKeys(origin, trusted, None, None).open_checkpoint(note)
    covered = statements[: checkpoint.size]
    hashes = [leaf_hash(leaf_text(envelope)) for envelope in covered]
    if len(covered) != checkpoint.size or root_of(hashes) != checkpoint.root:
        raise VerificationError(
            "checkpoint", "the statements are not the ones it signs"
        )
    return checkpoint.size


def _settle(
    settings: Settings, source: FolderStore, trusted: TrustedKeys
) -> list[FolderStore]:
    """Set up the new home's stores; returns those that are not the source itself."""
    origin = trusted.entries[0].key.name
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # First: a home that was restored by half must never begin to sign.
    (settings.home / RESTORING).touch()
    second_is_source = folder_of(settings.second_store_url).resolve() == (
        source.root.resolve()
    )
    base = HomeIdentity(origin, f"{source.identity}-r", f"{source.identity}-s")
    identity = replace(base, second_store=source.identity) if second_is_source else base
    save_identity(settings.home, identity)
    save_trust(settings.home / "keys", trusted.serialise())
    first = FolderStore.create(
        folder_of(settings.store_url), "first", identity.first_store
    )
    if second_is_source:
        return [first]
    second = folder_of(settings.second_store_url)
    return [first, FolderStore.create(second, "second", identity.second_store)]


def _copy_blob(source: ObjectStore, targets: list[FolderStore], sha256: str) -> bool:
    """Copy one blob whole, or not at all; False when the copy does not have it."""
    name = blob_name(sha256)
    try:
        for target in targets:
            with source.open(name) as stream:
                chunks = iter(partial(stream.read, CHUNK), b"")
                target.put(name, hash_checked(chunks, sha256))
    except (StoreUnavailable, StoreConflict):
        return False
    return True


def _copy_log(source: ObjectStore, target: ObjectStore) -> None:
    for name in source.names("log"):
        data = read_object(source, name)
        if name == CHECKPOINT:
            target.swap(name, None, data)
        else:
            target.put(name, [data])


def _rebuild(
    settings: Settings,
    trusted: TrustedKeys,
    statements: list[bytes],
    published: tuple[int, bytes],
) -> list[str]:
    """Fill the database; returns the digests of every blob the log names."""
    engine = connect(settings.database_url)
    upgrade(engine)
    keys = trusted.statement_keys()
    nodes: dict[tuple[int, int], bytes] = {}
    with writing(engine) as session:
        for leaf, envelope in enumerate(statements):
            session.add(LogStatement(leaf=leaf, envelope=envelope))
            hashed = leaf_hash(leaf_text(envelope))
            for level, index, value in new_nodes(
                leaf, hashed, lambda a, b: nodes[a, b]
            ):
                nodes[level, index] = value
                session.add(LogNode(level=level, index=index, hash=value))
            project(session, leaf, open_statement(envelope, keys))
            session.flush()
        size, note = published
        session.add(LogCheckpoint(size=size, note=note, signed_at=now()))
        blobs = list(session.scalars(select(Blob.sha256)))
    engine.dispose()
    return blobs
