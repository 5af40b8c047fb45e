"""The keys of a home: made at first start, found again at every other one.

`keys/trust` lists the public ones as every bundle carries them; where the private
halves lie is in key_sources.py. `home.json` names the log and which two stores belong
to it.

`keys/trust` is where a process begins. What counts is what the log says: every change
of keys is an event, and the file is written anew after it (receipts/key_changes.py).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from sqlalchemy.orm import Session

from intake.errors import SettingsError
from intake.key_reference import KeyUnavailable, parse_reference
from intake.key_sources import KeySources, create_signer
from integrity.checkpoint import Checkpoint
from integrity.errors import (
    CustodyError,
    MalformedError,
    SigningRefused,
    StoreUnavailable,
    VerificationError,
)
from integrity.keys import Signer
from integrity.note import VerifierKey
from integrity.policy import (
    CertificateEntry,
    Role,
    TrustedKey,
    TrustedKeys,
    TrustEntry,
    parse_trusted_keys,
)
from integrity.store import sql_log
from integrity.store.durable import make_directory, write_durably
from integrity.store.log_keys import KeysAbsent, LogKeys, history

IDENTITY = "home.json"
TRUST = "trust"
_SIGNING_ROLES = (Role.LOG, Role.STATEMENT)


@dataclass(frozen=True, slots=True)
class HomeIdentity:
    """The first log of a home's firm, and the identities of its two stores."""

    origin: str
    first_store: str
    second_store: str


def home_identity(home: Path, *, create: bool) -> HomeIdentity:
    """What `home.json` says; made only at the first start.

    Raises:
        SettingsError: the file is missing from a home that has begun, or damaged.
    """
    path = home / IDENTITY
    if create and not path.exists():
        name = f"custody.local/{secrets.token_hex(8)}"
        first, second = secrets.token_hex(8), secrets.token_hex(8)
        save_identity(home, HomeIdentity(name, first, second))
    try:
        return HomeIdentity(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise SettingsError("home_damaged", path=str(path)) from error


def save_identity(home: Path, identity: HomeIdentity) -> None:
    """Write `home.json`."""
    text = json.dumps(asdict(identity), indent=1)
    write_durably(home / IDENTITY, [text.encode()], mode=0o600)


class HomeKeys(LogKeys):
    """The keys of a log whose private halves lie where the home's sources say.

    A key that cannot be reached is a fault, not an end: everything but signing works,
    and it is looked for again when something has to be signed.
    """

    def __init__(self, origin: str, trusted: TrustedKeys, sources: KeySources) -> None:
        self.sources = sources
        self._list = sources.place.folder / TRUST
        self._trusted = trusted
        self._seen = _mark(self._list)
        self.faults: dict[Role, CustodyError] = {}
        # Every content of the list before the newest, with the size up to which
        # checkpoints were signed under it.
        self._earlier: tuple[tuple[TrustedKeys, int], ...] = ()
        self._earlier_than: int | None = None
        super().__init__(origin, trusted, None, None)
        self.find_signers = lambda _trusted: self.all_signers()
        self.replace_trusted(trusted, self.all_signers())

    @property
    def trusted(self) -> TrustedKeys:
        """The public keys; read again when another process has replaced the file.

        So that whoever only reads and verifies knows of a change as well. Only a list
        that continues this one is taken; what is signed is judged by the log itself.
        """
        mark = _mark(self._list)
        if mark != self._seen:
            self._seen = mark
            with contextlib.suppress(OSError, MalformedError):
                found = parse_trusted_keys(self._list.read_bytes())
                if found != self._trusted and _continues(self._trusted, found):
                    self._trusted = found
        return self._trusted

    @trusted.setter
    def trusted(self, trusted: TrustedKeys) -> None:
        self._trusted = trusted

    def log_signer(self, size: int, trusted: TrustedKeys | None = None) -> Signer:
        """See LogKeys; what hinders the key is said in its own words."""
        try:
            return super().log_signer(size, trusted)
        except KeysAbsent as error:
            raise self._reason(Role.LOG, error) from error

    def statement_signer(self, leaf: int, trusted: TrustedKeys | None = None) -> Signer:
        """See LogKeys; what hinders the key is said in its own words."""
        try:
            return super().statement_signer(leaf, trusted)
        except KeysAbsent as error:
            raise self._reason(Role.STATEMENT, error) from error

    def current(self, session: Session) -> TrustedKeys:
        """The public keys in force, after every change that the log holds; kept.

        Raises:
            MalformedError, VerificationError: see `follow`.
        """
        return self.follow(session, sql_log.state(session).key_change)

    def in_force(self, session: Session, newest: int | None) -> TrustedKeys:
        """See LogKeys; what the list was before is kept as well."""
        trusted = super().in_force(session, newest)
        if newest is not None and newest != self._earlier_than:
            self._earlier_than = newest
            self._earlier = tuple(
                (before, leaf) for (before, _), (_, leaf) in pairwise(history(session))
            )
        return trusted

    def open_checkpoint(self, note: bytes) -> Checkpoint:
        """See LogKeys; a checkpoint of ours is judged by the keys of its own time.

        Otherwise a key that ends at an earlier size, because it was compromised,
        would cut the log off from the checkpoint that it has to continue.
        """
        try:
            return super().open_checkpoint(note)
        except VerificationError:
            for earlier, last in self._earlier:
                with contextlib.suppress(VerificationError):
                    opened = earlier.open_checkpoint(note)
                    if earlier.covered(opened) <= last:
                        return opened
            raise

    def all_signers(self) -> tuple[Signer, ...]:
        """Every signer that the sources lead to now."""
        return tuple(self._found())

    def _found(self) -> Iterator[Signer]:
        for role in _SIGNING_ROLES:
            in_use = {
                entry.key.public_key
                for entry in self.trusted.keys(role)
                if entry.to_size is None
            }
            usable = False
            fault: CustodyError | None = None
            for found in self.sources.find(role, self.origin):
                if found.signer is None:
                    fault = fault or found.fault
                    continue
                if found.signer.public_key in in_use:
                    usable = True
                else:
                    fault = fault or KeyUnavailable(
                        "key_other", found.reference, role=role.value
                    )
                # Others too: a key that signs for an earlier size, or a later one.
                yield found.signer
            self.faults.pop(role, None)
            if not usable and fault is not None:
                self.faults[role] = fault

    def _reason(self, role: Role, absent: KeysAbsent) -> CustodyError:
        fault = self.faults.get(role)
        if isinstance(fault, KeyUnavailable) and fault.code != "key_file_absent":
            return fault
        return absent


def _mark(path: Path) -> tuple[int, int] | None:
    """What changes when a file is replaced; None where it cannot be looked at."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _continues(before: TrustedKeys, after: TrustedKeys) -> bool:
    """Whether every line of one list is in the other, whatever its end is there."""
    known = {(e.role, e.what(), e.from_size, e.from_time) for e in after.entries}
    return all(
        (e.role, e.what(), e.from_size, e.from_time) in known for e in before.entries
    )


def open_keys(
    sources: KeySources,
    origin: str,
    at: dt.datetime,
    *,
    create: bool,
    certificate: str = "",
) -> HomeKeys:
    """The signers and public keys of a home; made only at the first start.

    A home whose private keys are not there or cannot be reached has public keys only:
    it can show and verify everything and signs nothing.

    Args:
        sources: where the private keys lie.
        origin: name of the log.
        at: when new keys begin to count.
        create: whether this is the first start.
        certificate: hex SHA-256 of the PDF certificate that a new list names.

    Raises:
        SettingsError: the public keys are missing from a home that has begun (new
            ones would have another fingerprint than every paper handed out), or a key
            file is damaged or open to others.
    """
    folder = sources.place.folder
    if create and not (folder / TRUST).exists():
        _create(sources, origin, at, certificate)
    try:
        trusted = parse_trusted_keys((folder / TRUST).read_bytes())
    except (OSError, MalformedError) as error:
        raise SettingsError("home_damaged", path=str(folder / TRUST)) from error
    keys = HomeKeys(origin, trusted, sources)
    for fault in keys.faults.values():
        if not isinstance(fault, KeyUnavailable):
            reason = getattr(fault, "reason", str(fault))
            raise SettingsError("key_file", reason=reason) from fault
    return keys


def save_trust(folder: Path, trust: bytes) -> None:
    """Keep the public keys of a log (at first start and at a restore)."""
    make_private_folder(folder)
    write_durably(folder / TRUST, [trust], mode=0o644)


def make_private_folder(folder: Path) -> None:
    """Make the keys folder, open to its owner only; it may be there."""
    make_directory(folder)
    folder.chmod(0o700)


def _create(
    sources: KeySources, origin: str, at: dt.datetime, certificate: str
) -> None:
    folder = sources.place.folder
    make_private_folder(folder)
    entries: list[TrustEntry] = []
    for role in _SIGNING_ROLES:
        reference = sources.preferred(role)
        try:
            signer = create_signer(parse_reference(reference), sources.place, origin)
        except KeyUnavailable:
            raise
        except (SigningRefused, StoreUnavailable, MalformedError) as error:
            reason = getattr(error, "reason", str(error))
            raise SettingsError("key_file", reason=reason) from error
        sources.begin(role, reference)
        key = VerifierKey.ed25519(origin, signer.public_key)
        entries.append(TrustedKey(role, key, 0, None, at, None))
    if certificate:
        entries.append(CertificateEntry(certificate, 0, None, at, None))
    # Last: its presence says that the private keys above are complete.
    save_trust(folder, TrustedKeys(tuple(entries)).serialise())
