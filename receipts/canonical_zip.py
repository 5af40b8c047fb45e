"""Write and read the canonical ZIP of `zip_layout`, streaming.

Writing needs name and size of every file beforehand and patches the CRC into each
local header afterwards, so no data descriptor is needed. Reading trusts nothing:
names, sizes and CRCs are taken from the central directory, the whole ZIP around the
content is rebuilt from them and compared byte by byte, and the CRC is compared when
content is read to its end.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from integrity.errors import MalformedError
from receipts.zip_layout import (
    CENTRAL_SIZE,
    END64_SIZE,
    END_SIZE,
    LOCATOR_SIZE,
    MAX_DIRECTORY,
    MAX_ENTRIES,
    MAX_NAME_BYTES,
    PlacedEntry,
    ZipEntry,
    central_header,
    check_names,
    claimed_end,
    claimed_entry,
    end_records,
    local_header,
    place,
)

CHUNK = 1 << 20
_MAX_HEADER = CENTRAL_SIZE + MAX_NAME_BYTES + 28


class Source(Protocol):
    """Content to be written: its name, its size and a way to read it once."""

    @property
    def name(self) -> str:
        """The path inside the ZIP."""

    @property
    def size(self) -> int:
        """The exact number of bytes `chunks` will give."""

    def chunks(self) -> Iterator[bytes]:
        """The content in order."""


def write_canonical(out: BinaryIO, sources: Sequence[Source]) -> None:
    """Write the canonical ZIP over `sources`, in canonical order, to `out`.

    Args:
        out: seekable, empty, at position 0.
        sources: in any order.

    Raises:
        MalformedError: an unsafe, duplicate or colliding name, or a source that
            gives another number of bytes than it said.
    """
    # UTF-8 keeps the order of code points, so this is the order of the raw names.
    ordered = sorted(sources, key=lambda source: source.name)
    check_names([source.name for source in ordered])
    placed: list[PlacedEntry] = []
    for source in ordered:
        placed.append(PlacedEntry(_write_entry(out, source), _end_of(placed)))
    start = _end_of(placed)
    size = sum(out.write(central_header(entry)) for entry in placed)
    out.write(end_records(len(placed), size, start))


def _end_of(placed: Sequence[PlacedEntry]) -> int:
    return placed[-1].end if placed else 0


def _write_entry(out: BinaryIO, source: Source) -> ZipEntry:
    start = out.tell()
    out.write(local_header(ZipEntry(source.name, source.size, 0)))
    crc = written = 0
    for chunk in source.chunks():
        crc = zlib.crc32(chunk, crc)
        written += out.write(chunk)
    if written != source.size:
        raise MalformedError(source.name, f"gave {written} bytes, not {source.size}")
    entry = ZipEntry(source.name, source.size, crc)
    end = out.tell()
    out.seek(start)
    out.write(local_header(entry))
    out.seek(end)
    return entry


@dataclass(frozen=True, slots=True)
class BytesSource:
    """Content held in memory."""

    name: str
    data: bytes

    @property
    def size(self) -> int:
        """Length of the data."""
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        """The data as one chunk."""
        yield self.data


class CanonicalZip:
    """A ZIP whose every byte outside the content has been rebuilt and compared.

    Raises on construction:
        MalformedError: `what` names the entry or part, `reason` says what is wrong.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, 2)
        self._placed = self._rebuild_and_compare()
        self._by_name = {placed.entry.name: placed for placed in self._placed}

    @property
    def entries(self) -> tuple[ZipEntry, ...]:
        """All entries in canonical order."""
        return tuple(placed.entry for placed in self._placed)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of `name`; raises MalformedError at its end if the CRC differs.

        Raises:
            MalformedError: unknown name, or content that is not what the CRC says.
        """
        crc = 0
        for chunk in self.raw_chunks(name):
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if crc != self._by_name[name].entry.crc:
            raise MalformedError(name, "CRC-32 differs")

    def raw_chunks(self, name: str) -> Iterator[bytes]:
        """The content of `name` as it lies there; the CRC is the caller's to compare.

        Raises:
            MalformedError: unknown name.
        """
        placed = self._by_name.get(name)
        if placed is None:
            raise MalformedError(name, "not in the ZIP")
        start, end = placed.data_offset, placed.end
        for position in range(start, end, CHUNK):
            yield self._read_at(position, min(CHUNK, end - position))

    def _rebuild_and_compare(self) -> list[PlacedEntry]:
        entries, directory_offset = self._claimed_entries()
        check_names([entry.name for entry in entries])
        placed = place(entries)
        if _end_of(placed) != directory_offset:
            raise MalformedError("ZIP", "sizes do not add up: gap or overlap")
        self._compare_directory(placed, directory_offset)
        for entry in placed:
            expected = local_header(entry.entry)
            self._compare(entry.offset, expected, f"{entry.entry.name} (local header)")
        return placed

    def _claimed_entries(self) -> tuple[list[ZipEntry], int]:
        tail_size = min(self._size, END_SIZE + LOCATOR_SIZE + END64_SIZE)
        tail = self._read_at(self._size - tail_size, tail_size)
        count, size, offset = claimed_end(tail)
        if count > MAX_ENTRIES or size > min(MAX_DIRECTORY, count * _MAX_HEADER):
            raise MalformedError("ZIP", "more entries than the bound allows")
        if not 0 <= offset <= offset + size <= self._size - END_SIZE:
            raise MalformedError("ZIP", "central directory lies outside the file")
        directory = self._read_at(offset, size)
        entries = []
        position = 0
        for _ in range(count):
            entry, length = claimed_entry(directory, position)
            entries.append(entry)
            position += length
        return entries, offset

    def _compare_directory(self, placed: Sequence[PlacedEntry], offset: int) -> None:
        position = offset
        for entry in placed:
            expected = central_header(entry)
            self._compare(position, expected, f"{entry.entry.name} (directory)")
            position += len(expected)
        expected = end_records(len(placed), position - offset, offset)
        self._compare(position, expected, "ZIP end record")
        if position + len(expected) != self._size:
            raise MalformedError("ZIP", "bytes after the end")

    def _compare(self, offset: int, expected: bytes, what: str) -> None:
        if self._read_at(offset, len(expected)) != expected:
            raise MalformedError(what, "not in canonical form")

    def _read_at(self, offset: int, length: int) -> bytes:
        self._stream.seek(offset)
        data = self._stream.read(length)
        if len(data) != length:
            raise MalformedError("ZIP", "cut off")
        return data


@contextlib.contextmanager
def open_canonical(path: Path) -> Iterator[CanonicalZip]:
    """The ZIP at `path`, open inside the `with` block.

    Raises:
        MalformedError: see `CanonicalZip`.
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        yield CanonicalZip(stream)
