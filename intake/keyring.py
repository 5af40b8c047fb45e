"""The keys of a home: made at first start, read by the service only.

`keys/log.key` and `keys/statement.key` are private (mode 0600); `keys/trust` lists
the public ones as every bundle carries them; `home.json` names the log and which
two stores belong to it.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from intake.errors import SettingsError
from integrity.errors import MalformedError, SigningRefused
from integrity.keys import Ed25519Signer, create_key_file, load_key_file
from integrity.note import VerifierKey
from integrity.policy import Role, TrustedKey, TrustedKeys, parse_trusted_keys
from integrity.store.custody_log import LogKeys
from integrity.store.durable import make_directory, write_durably

IDENTITY = "home.json"
TRUST = "trust"
LOG_KEY = "log.key"
STATEMENT_KEY = "statement.key"


@dataclass(frozen=True, slots=True)
class HomeIdentity:
    """Which log a home holds, and the identities of its two stores."""

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
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError("home_damaged", path=str(path)) from error


def save_identity(home: Path, identity: HomeIdentity) -> None:
    """Write `home.json`."""
    text = json.dumps(asdict(identity), indent=1)
    write_durably(home / IDENTITY, [text.encode()], mode=0o600)


def open_keys(folder: Path, origin: str, at: dt.datetime, *, create: bool) -> LogKeys:
    """The signers and public keys in `folder`; made only at the first start.

    A home that was restored without its private keys has public keys only: it can
    show and verify everything and signs nothing.

    Raises:
        SettingsError: the public keys are missing from a home that has begun. New
            ones would have another fingerprint than every paper handed out.
    """
    if create and not (folder / TRUST).exists():
        _create(folder, origin, at)
    try:
        trusted = parse_trusted_keys((folder / TRUST).read_bytes())
        log = _load(folder / LOG_KEY, origin)
        statement = _load(folder / STATEMENT_KEY, origin)
    except (OSError, MalformedError) as error:
        raise SettingsError("home_damaged", path=str(folder / TRUST)) from error
    except SigningRefused as error:
        raise SettingsError("key_file", reason=error.reason) from error
    return LogKeys(origin, trusted, log, statement)


def save_trust(folder: Path, trust: bytes) -> None:
    """Keep the public keys of a log (at first start and at a restore)."""
    make_directory(folder)
    folder.chmod(0o700)
    write_durably(folder / TRUST, [trust], mode=0o644)


def _create(folder: Path, origin: str, at: dt.datetime) -> None:
    make_directory(folder)
    folder.chmod(0o700)
    entries = []
    for role, file in ((Role.LOG, LOG_KEY), (Role.STATEMENT, STATEMENT_KEY)):
        path = folder / file
        signer = _load(path, origin) or create_key_file(path, origin)
        key = VerifierKey.ed25519(origin, signer.public_key)
        entries.append(TrustedKey(role, key, 0, None, at, None))
    # Last: its presence says that the private keys above are complete.
    save_trust(folder, TrustedKeys(tuple(entries)).serialise())


def _load(path: Path, name: str) -> Ed25519Signer | None:
    return load_key_file(path, name) if path.exists() else None
