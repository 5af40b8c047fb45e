"""Bytes on their way in: streamed to a temporary file under a limit, hashed once."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from intake.errors import IntakeError, Refused
from integrity.digest import DigestReader, Digests

CHUNK = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT)
# Kept free so that the log and the database can still write when uploads stop.
FREE_FLOOR_BYTES = 200 << 20


@dataclass(frozen=True, slots=True)
class Spooled:
    """A complete received file that is not yet in custody."""

    path: Path
    size: int
    digests: Digests


@contextmanager
def spooled(
    stream: BinaryIO, folder: Path, claimed_name: str, limit: int
) -> Iterator[Spooled]:
    """Receive `stream` into `folder`; the temporary file is gone afterwards.

    Raises:
        Refused: empty, over `limit` bytes, or too little free space.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        yield _receive(stream, path, claimed_name, limit)
    finally:
        path.unlink(missing_ok=True)


def empty_spool(folder: Path) -> None:
    """Remove what a crash left behind; none of it was acknowledged."""
    if folder.is_dir():
        for path in folder.iterdir():
            path.unlink(missing_ok=True)


def _receive(stream: BinaryIO, path: Path, claimed_name: str, limit: int) -> Spooled:
    reader = DigestReader(stream)
    _require_space(path.parent)
    try:
        _copy(reader, path, claimed_name, limit)
    except OSError as error:
        if error.errno in FULL:
            raise IntakeError("disk_low") from error
        reason = error.strerror or "error"
        raise Refused("file_unreadable", path=claimed_name, reason=reason) from error
    if reader.size == 0:
        raise Refused("file_empty", name=claimed_name)
    return Spooled(path, reader.size, reader.digests())


def _copy(reader: DigestReader, path: Path, claimed_name: str, limit: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        while chunk := reader.read(CHUNK):
            if reader.size > limit:
                raise Refused("file_too_large", name=claimed_name, limit=limit >> 20)
            target.write(chunk)


def _require_space(folder: Path) -> None:
    if shutil.disk_usage(folder).free < FREE_FLOOR_BYTES:
        raise IntakeError("disk_low")
