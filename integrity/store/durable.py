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
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from integrity.errors import StoreUnavailable

CHUNK = 1 << 20
READ_ONLY = 0o444
TEMP_PREFIX = ".incoming-"
# No write takes longer; a younger temporary file may still become a name.
LEFT_OVER_S = 24 * 3600
OPEN_FILES = 64  # written together; far below what a process may have open
THREADS = 4

Item = TypeVar("Item")


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


def write_all_durably(
    files: Sequence[tuple[Path, bytes]], mode: int = READ_ONLY
) -> list[Path]:
    """Write new small files, all of them durable on return; none is ever replaced.

    The trace is that of `write_durably` for each file, with the waiting shared: all
    temporary files are synced together, and each folder once.

    Returns:
        Those that existed already and were left as they are; what they hold is the
        caller's question, but they are durable too.

    Raises:
        StoreUnavailable: as `write_durably`; some of the files may be there.
    """
    folders = list({path.parent: None for path, _ in files})
    begun = secrets.token_hex(8)
    temps = [
        path.parent / f"{TEMP_PREFIX}{begun}-{number}"
        for number, (path, _) in enumerate(files)
    ]
    try:
        for folder in folders:
            make_directory(folder)
        contents = [data for _, data in files]
        for first in range(0, len(files), OPEN_FILES):
            some = slice(first, first + OPEN_FILES)
            _write_whole(temps[some], contents[some], mode)
        existing = [
            path
            for temp, (path, _) in zip(temps, files, strict=True)
            if not _settle_new(temp, path)
        ]
        for path in existing:
            sync_file(path)
        for folder in folders:
            sync_directory(folder)
    except OSError as error:
        raise StoreUnavailable(str(folders[0]), error.strerror or "error") from error
    finally:
        for temp in temps:
            with contextlib.suppress(OSError):
                temp.unlink(missing_ok=True)
    return existing


def remove_durably(path: Path) -> None:
    """Remove a file for good; nothing happens when there is none.

    Raises:
        StoreUnavailable: it could not be removed.
    """
    try:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_directory(path.parent)
    except OSError as error:
        raise StoreUnavailable(str(path.parent), error.strerror or "error") from error


def remove_leftovers(folder: Path) -> None:
    """Remove what a process that was killed while writing left behind in `folder`."""
    for left in folder.glob(f"{TEMP_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > LEFT_OVER_S:
                remove_durably(left)


def at_once(step: Callable[[Item], object], items: Sequence[Item]) -> None:
    """Do `step` to every item, several at a time; raises what one of them raised.

    The threads end before it returns: a process may fork between two calls.
    """
    if len(items) <= 1:
        for item in items:
            step(item)
        return
    with ThreadPoolExecutor(min(THREADS, len(items))) as pool:
        for _ in pool.map(step, items):
            pass


def make_directory(path: Path) -> None:
    """Create `path` and its parents, each entry durable in its parent."""
    missing = []
    while not path.exists():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(mode=0o755, exist_ok=True)
        sync_directory(directory.parent)


def sync_file(path: Path) -> None:
    """Make what another process wrote durable: it may have died before it was."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def _write_whole(temps: Sequence[Path], contents: Sequence[bytes], mode: int) -> None:
    """Write and sync these files.

    All are on their way to the disk before the first is waited for: their syncs then
    share what the file system writes for them, and cost a third.
    """
    descriptors: list[int] = []
    try:
        for temp, data in zip(temps, contents, strict=True):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            descriptors.append(os.open(temp, flags, mode))
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptors[-1], rest) :]
        if len(descriptors) > 1:
            for descriptor in descriptors:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        for descriptor in descriptors:
            os.fsync(descriptor)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _settle_new(temp: Path, path: Path) -> bool:
    try:
        _settle(temp, path, replace=False)
    except FileExistsError:
        return False
    return True


def _write_and_sync(temp: Path, chunks: Iterable[bytes], mode: int) -> None:
    descriptor = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()
        os.fchmod(stream.fileno(), mode)
        os.fsync(stream.fileno())
