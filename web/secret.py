"""The key that signs cookies: from the settings, or made once and kept in the home."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from intake.errors import SettingsError
from intake.settings import Settings

FILE = "web-secret.key"
LEAST_LENGTH = 32


def secret_key(settings: Settings) -> str:
    """The secret; every process of a home gets the same one.

    Raises:
        SettingsError: too short to be one, or readable by others.
    """
    if settings.secret_key:
        return _long_enough(settings.secret_key, "CUSTODY_SECRET_KEY")
    path = settings.home / FILE
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        wanted = "readable by the service only (chmod 600)"
        raise SettingsError(
            "setting_value", name=FILE, value=oct(path.stat().st_mode), wanted=wanted
        )
    return _long_enough(path.read_text("ascii").strip(), FILE)


def _create(path: Path) -> None:
    """Write under a name of our own, then link: the first process wins."""
    mine = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(mine)
    except FileExistsError:
        pass  # another worker was first; its key counts
    finally:
        mine.unlink()


def _long_enough(secret: str, name: str) -> str:
    if len(secret) < LEAST_LENGTH:
        wanted = f"at least {LEAST_LENGTH} characters"
        raise SettingsError("setting_value", name=name, value="…", wanted=wanted)
    return secret
