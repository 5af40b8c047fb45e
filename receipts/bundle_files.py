"""The files of a bundle while it is being verified, read under bounds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from integrity.digest import DigestReader, Digests
from integrity.errors import MalformedError
from integrity.proof import MAX_PROOF_BYTES
from receipts import bundle_layout as layout
from receipts.canonical_zip import CHUNK, CanonicalZip


@dataclass(frozen=True, slots=True)
class Measured:
    """Size in bytes and digests as computed, and whether the CRC-32 matched."""

    size: int
    digests: Digests
    whole: bool


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
        return {name: self._measure(name) for name in self._entries}

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

    def _measure(self, name: str) -> Measured:
        entry = self._entries[name]
        chunks = _ChunkStream(self._archive.raw_chunks(name))
        reader = DigestReader(chunks)
        while reader.read(CHUNK):
            pass
        return Measured(reader.size, reader.digests(), chunks.crc == entry.crc)


class _ChunkStream:
    """Chunks as a stream, with their CRC-32; each read gives one whole chunk."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.crc = 0

    def read(self, _size: int = -1, /) -> bytes:
        chunk = next(self._chunks, b"")
        self.crc = zlib.crc32(chunk, self.crc)
        return chunk
