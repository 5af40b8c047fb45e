"""The files of a bundle while it is being verified, read under bounds."""

from __future__ import annotations

import hashlib
import zlib
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from integrity.digest import Digests
from integrity.errors import MalformedError
from integrity.proof import MAX_PROOF_BYTES
from receipts import bundle_layout as layout
from receipts.canonical_zip import CanonicalZip
from receipts.sm3 import new_sm3

WORTH_A_THREAD = 64 << 10
"""Below this, handing a chunk to another thread takes longer than hashing it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Size in bytes and digests as computed, and whether the CRC-32 matched."""

    size: int
    digests: Digests
    whole: bool


class TagReader(Protocol):
    """Something that gives the files of a bundle other than originals."""

    def tag(self, name: str) -> bytes:
        """The content of `name`."""
        ...


class BundleFiles:
    """Names, measurements and small files of the bundle in `archive`."""

    def __init__(self, archive: CanonicalZip) -> None:
        self._archive = archive
        self._entries = {entry.name: entry for entry in archive.entries}

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in canonical order."""
        return tuple(self._entries)

    def measure(self) -> dict[str, Measured]:
        """Read every file once and measure it; memory stays bounded."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            return {name: self._measure(name, pool) for name in self._entries}

    def tag(self, name: str) -> bytes:
        """The content of a file other than an original.

        A wrong CRC-32 is no error here: `measure` has reported it, and what the
        content proves or not is told by the check that needs it.

        Raises:
            MalformedError: larger than such a file can be.
        """
        entry = self._entries[name]
        limit = MAX_PROOF_BYTES if name.startswith(layout.LOG_FOLDERS) else None
        if entry.size > (limit or layout.MAX_TAG_FILE):
            raise MalformedError(name, f"{entry.size} bytes are more than it can have")
        return b"".join(self._archive.raw_chunks(name))

    def _measure(self, name: str, pool: Executor) -> Measured:
        entry = self._entries[name]
        digests = _ParallelDigests(pool)
        for chunk in self._archive.raw_chunks(name):
            digests.update(chunk)
        return Measured(entry.size, digests.finish(), digests.crc == entry.crc)


class _ParallelDigests:
    """SHA-256, SM3 and CRC-32 of one stream, each byte read once.

    SHA-256 and SM3 run beside each other and beside the reading of the next chunk:
    hashing lets other threads run, and one of the two alone takes most of the time.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._sha256 = hashlib.sha256()
        self._sm3 = new_sm3()
        self._running: tuple[Future[None], ...] = ()
        self.crc = 0

    def update(self, chunk: bytes) -> None:
        self._wait()
        if len(chunk) < WORTH_A_THREAD:
            self._sha256.update(chunk)
            self._sm3.update(chunk)
        else:
            self._running = (
                self._pool.submit(self._sm3.update, chunk),
                self._pool.submit(self._sha256.update, chunk),
            )
        self.crc = zlib.crc32(chunk, self.crc)

    def finish(self) -> Digests:
        self._wait()
        return Digests(self._sha256.hexdigest(), self._sm3.hexdigest())

    def _wait(self) -> None:
        for running in self._running:
            running.result()
        self._running = ()
