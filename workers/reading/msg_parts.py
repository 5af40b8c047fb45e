"""The properties of a message of Outlook, its recipients and attachments.

[MS-OXMSG] 2: every property of variable length is a stream named by its tag, those of
fixed length stand together in one stream. Text that Outlook kept in eight bits is
decoded as Chinese offices write it, whatever code page the message claims.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import olefile  # type: ignore[import-untyped]  # ships no types

from workers.reading.compound_writer import Storage
from workers.reading.text import decode

PROPERTIES: Final = "__properties_version1.0"
LARGEST_STREAM: Final = 512 << 20
MOST_TEXT: Final = 40 << 20
DEEPEST: Final = 50
_TIME, _INTEGER = 0x0040, 0x0003
_HEADER, _HEADER_PACKED = 32, 24  # bytes before the properties of a message
HEADER_OF_PART: Final = 8
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_LAST_MOMENT: Final = 2_650_467_743_990_000_000  # the year 9999


@dataclass(frozen=True, slots=True)
class Part:
    """A storage of the file: the message, a recipient or an attachment."""

    container: olefile.OleFileIO
    path: tuple[str, ...] = ()
    header: int = _HEADER

    def stream(self, name: str, most: int = LARGEST_STREAM) -> bytes | None:
        """The bytes of a stream, at most `most`; None where there is none."""
        place = [*self.path, name]
        if self.container.get_type(place) != olefile.STGTY_STREAM:
            return None
        with self.container.openstream(place) as opened:
            return bytes(opened.read(most))

    def text(self, tag: int) -> str:
        """A property of text; empty where there is none."""
        wide = self.stream(f"__substg1.0_{tag:04X}001F", MOST_TEXT)
        if wide is not None:
            return wide.decode("utf-16-le", "replace").rstrip("\0")
        narrow = self.stream(f"__substg1.0_{tag:04X}001E", MOST_TEXT)
        return "" if narrow is None else decode(narrow)[0].rstrip("\0")

    def data(self, tag: int) -> bytes | None:
        """A property of bytes."""
        return self.stream(f"__substg1.0_{tag:04X}0102")

    def integer(self, tag: int) -> int | None:
        """A property of 32 bits."""
        value = self._fixed(tag, _INTEGER)
        return None if value is None else value & 0xFFFFFFFF

    def moment(self, tag: int) -> datetime | None:
        """A property of time, in UTC."""
        value = self._fixed(tag, _TIME)
        if value is None or not 0 < value < _LAST_MOMENT:
            return None
        return _EPOCH + timedelta(microseconds=value // 10)

    def _fixed(self, tag: int, kind: int) -> int | None:
        table = self.stream(PROPERTIES, MOST_TEXT) or b""
        for place in range(self.header, len(table) - 15, 16):
            found_kind, found_tag = struct.unpack_from("<HH", table, place)
            if (found_tag, found_kind) == (tag, kind):
                return int(struct.unpack_from("<Q", table, place + 8)[0])
        return None

    def parts(self, prefix: str) -> Iterator[Part]:
        """The storages inside whose names begin so, in their order."""
        depth = len(self.path)
        names = {
            entry[depth]
            for entry in self.container.listdir(streams=True, storages=True)
            if tuple(entry[:depth]) == self.path and len(entry) > depth
        }
        for name in sorted(names):
            if name.startswith(prefix):
                yield Part(self.container, (*self.path, name), HEADER_OF_PART)

    def storage(self, name: str) -> Storage | None:
        """All that is in a storage inside; None where there is none."""
        place = (*self.path, name)
        if self.container.get_type(list(place)) != olefile.STGTY_STORAGE:
            return None
        found: Storage = {}
        for entry in self.container.listdir(streams=True, storages=False):
            if tuple(entry[: len(place)]) == place:
                _put(found, entry[len(place) :], self._bytes(entry))
        return found

    def _bytes(self, entry: list[str]) -> bytes:
        with self.container.openstream(entry) as opened:
            return bytes(opened.read(LARGEST_STREAM))


def as_message_file(packed: Storage) -> Storage:
    """A packed message as one of its own: its property header is 8 bytes longer."""
    table = packed.get(PROPERTIES)
    if not isinstance(table, bytes):
        return packed
    head, rest = table[:_HEADER_PACKED], table[_HEADER_PACKED:]
    padded = head.ljust(_HEADER, b"\0")
    return {**packed, PROPERTIES: padded + rest}


def _put(storage: Storage, path: list[str], data: bytes) -> None:
    for name in path[:-1][:DEEPEST]:
        inner = storage.setdefault(name, {})
        if isinstance(inner, bytes):
            return
        storage = inner
    storage[path[-1]] = data
