"""Looking after a home: check it whole, repair it, rebuild it from the second copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from sqlalchemy import Engine, select

from intake.errors import Refused
from intake.keyring import HomeIdentity, save_identity, save_trust
from intake.services import SYSTEM, Services, now
from intake.settings import Settings
from integrity.errors import StoreConflict, StoreUnavailable, VerificationError
from integrity.key_history import KEYS_CHANGED
from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.store import sql_log
from integrity.store.blobs import (
    CHECKPOINT,
    KEYS,
    blob_name,
    frozen_name,
    hash_checked,
    read_object,
    statement_name,
)
from integrity.store.db import Base, connect, reading, writing
from integrity.store.durable import CHUNK
from integrity.store.fsck import Checker, Finding
from integrity.store.objects import FolderStore, ObjectStore, folder_of, read_identity
from integrity.store.second_copy import SecondCopy
from integrity.store.tables import Blob
from receipts.key_settling import follow_quietly, newest_list
from receipts.opening import BEGUN, RESTORING, upgrade
from receipts.projection import project
from receipts.stamp_reads import stamped_notes
from receipts.tables import PROJECTED

BATCH = 256  # statements on their way at once
TABLES = tuple(Base.metadata.tables[model.__tablename__] for model in PROJECTED)


class Examination:
    """One run of `custody fsck`: findings first, then the sum in `checker.tally`."""

    def __init__(self, services: Services, *, repair: bool) -> None:
        self._services = services
        self._repair = repair
        self.checker = self._new_checker()
        self.sound = True

    def run(self) -> Iterator[Finding]:
        """Every finding, mended where asked for and possible; mending is logged."""
        found, mended = list(self.checker.run()), list[Finding]()
        if self._repair and self.checker.doubtful:
            # What leads out of the doubt first; then all is judged by other keys.
            for finding in found:
                yield from self._mend(finding, mended)
            if mended:
                follow_quietly(self._services)
                self.checker = self._new_checker()
                found = list(self.checker.run())
        for finding in found:
            if self._repair and finding.mend is not None:
                yield from self._mend(finding, mended)
            else:
                self.sound = False
                yield finding
        if mended:
            self._services.log.publish()
            self._log(mended)

    def _new_checker(self) -> Checker:
        return Checker(self._services.log, project, TABLES, named=stamped_notes)

    def _mend(self, finding: Finding, mended: list[Finding]) -> Iterator[Finding]:
        if finding.mend is not None:
            finding.mend()
            mended.append(finding.mended())
            yield mended[-1]

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
    note = read_object(source, CHECKPOINT)
    try:
        copy = SecondCopy(source, trusted, note)
    except VerificationError:
        # The list may lag behind the log; if it does not, this fails in the same way.
        trusted = newest_list(source, trusted)
        copy = SecondCopy(source, trusted, note)
    stores = _settle(settings, source, trusted, copy.origin)
    # Statements after the checkpoint were being published when the copy stopped;
    # they are ours and come along, and the next checkpoint covers them.
    engine = connect(settings.database_url)
    _rebuild(engine, copy, trusted)
    blobs, missing = 0, list[str]()
    for sha256 in _blobs(engine):
        if _copy_blob(source, stores, sha256):
            blobs += 1
        else:
            missing.append(sha256)
    engine.dispose()
    for store in stores:
        _copy_log(source, store, copy, trusted)
    (home / BEGUN).touch()
    (home / RESTORING).unlink()
    return Restored(copy.size, blobs, tuple(missing))


def _settle(
    settings: Settings, source: FolderStore, trusted: TrustedKeys, origin: str
) -> list[FolderStore]:
    """Set up the new home's stores; returns those that are not the source itself."""
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


def _copy_log(
    source: ObjectStore, target: ObjectStore, copy: SecondCopy, trusted: TrustedKeys
) -> None:
    """The keys, every statement that is not erased, and last the checkpoints."""
    target.put(KEYS, [trusted.serialise()])
    names = (statement_name(e.leaf) for e in copy.entries() if e.envelope is not None)
    while batch := list(islice(names, BATCH)):
        target.put_all([(name, read_object(source, name)) for name in batch])
    for size, frozen in copy.frozen.items():
        target.put(frozen_name(size), [frozen])
    target.swap(CHECKPOINT, None, copy.note)


def _rebuild(engine: Engine, copy: SecondCopy, trusted: TrustedKeys) -> None:
    """Fill the database from the verified statements."""
    upgrade(engine)
    with writing(engine) as session:
        appender = sql_log.Appender(session, 0, {}, trusted)
        for entry in copy.entries():
            if entry.envelope is None or entry.event is None:
                appender.append_erased(entry.text)
                continue
            appender.append(entry.envelope)
            project(session, entry.leaf, entry.event)
            session.flush()
            if entry.event.kind == KEYS_CHANGED:
                sql_log.note_key_change(session, entry.leaf)
            if entry.leaf % BATCH == 0:
                session.expunge_all()
        for size, note in (*copy.frozen.items(), (copy.covered, copy.note)):
            sql_log.keep_checkpoint(session, size, note, now())


def _blobs(engine: Engine) -> Iterator[str]:
    """The digests of every blob that the log names."""
    query = select(Blob.sha256).execution_options(yield_per=BATCH)
    with reading(engine) as session:
        yield from session.scalars(query)
