"""Durable file writes: what is acknowledged survives a power cut.

The trace of one write, in this order and never another:

    open(temp in the same directory) · write · fsync(temp) · rename(temp, name)
    · fsync(directory)

Without the first fsync a crash can leave a renamed but empty file; without the
last one the rename itself may be lost. Not solved here: a disk that lies about
fsync, and bit rot, which is what the second copy and fixity checks are for.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from integrity.errors import StoreUnavailable

CHUNK = 1 << 20
READ_ONLY = 0o444
TEMP_PREFIX = ".incoming-"


def write_durably(
    path: Path,
    chunks: Iterable[bytes],
    mode: int = READ_ONLY,
    *,
    replace: bool = True,
) -> None:
    """Write `chunks` as `path`, complete and durable on return, or not at all.

    With `replace=False` an existing file is never replaced, even one that another
    process made a moment ago.

    Raises:
        FileExistsError: there is one already (`replace=False`).
        StoreUnavailable: the disk is full, unplugged or refuses; nothing was kept.
    """
    temp = path.parent / f"{TEMP_PREFIX}{secrets.token_hex(8)}"
    try:
        make_directory(path.parent)
        _write_and_sync(temp, chunks, mode)
        _settle(temp, path, replace=replace)
        sync_directory(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        # An fsync error is final for this descriptor: the kernel may already have
        # dropped the dirty pages, so trying again could report a false success.
        raise StoreUnavailable(str(path.parent), error.strerror or "error") from error
    finally:
        with contextlib.suppress(OSError):
            temp.unlink(missing_ok=True)


def make_directory(path: Path) -> None:
    """Create `path` and its parents, each entry durable in its parent."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(mode=0o755, exist_ok=True)
        sync_directory(directory.parent)


def sync_directory(path: Path) -> None:
    """Make renames and creations inside `path` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of `path` in pieces of at most one mebibyte."""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _settle(temp: Path, path: Path, *, replace: bool) -> None:
    if replace:
        temp.rename(path)
        return
    try:
        path.hardlink_to(temp)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links (a USB stick): one process at a time there.
        if path.exists():
            raise FileExistsError(str(path)) from None
        temp.rename(path)


def _write_and_sync(temp: Path, chunks: Iterable[bytes], mode: int) -> None:
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()
        os.fchmod(stream.fileno(), mode)
        os.fsync(stream.fileno())
