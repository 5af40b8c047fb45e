"""A compound file written anew: a message or object that was packed in another.

[MS-CFB]: header, allocation table, directory, streams; those under 4,096 bytes lie
together in the mini stream. The streams keep every byte; only the frame is new.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from intake.reading import Unreadable, UnreadableReason

Storage = dict[str, "bytes | Storage"]

MINI, SMALL = 64, 4096
_FREE, _END, _TABLE, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_IN_HEADER: Final = 109  # table sectors that the header names
_ENTRY: Final = struct.Struct("<64sHBBLLL16sL8s8sLQ")
_STORAGE, _STREAM, _ROOT, _BLACK = 1, 2, 5, 1
_LARGE: Final = 6 << 20  # from here sectors of 4,096 bytes, or the header is too short


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    start: int = _END
    child: int = _NONE
    left: int = _NONE
    right: int = _NONE


@dataclass(slots=True)
class _Sectors:
    """Sectors of one size, and the table of what follows what."""

    size: int
    parts: list[bytes] = field(default_factory=list)
    table: list[int] = field(default_factory=list)

    def add(self, data: bytes) -> int:
        """Add a chain; where it begins."""
        if not data:
            return _END
        start, count = len(self.table), -(-len(data) // self.size)
        self.parts.append(data.ljust(count * self.size, b"\0"))
        self.table.extend((*range(start + 1, start + count), _END))
        return start


def compound_file(root: Storage) -> bytes:
    """The bytes of a compound file that holds `root`.

    Raises:
        Unreadable: LIMIT_OUTPUT, from some 440 MB on.
    """
    entries = [_Entry("Root Entry", _ROOT)]
    entries[0].child = _add_children(root, entries)
    sectors = _Sectors(4096 if _weight(root) > _LARGE else 512)
    mini = _Sectors(MINI)
    for entry in entries:
        if entry.kind == _STREAM:
            place = mini if len(entry.data) < SMALL else sectors
            entry.start = place.add(entry.data)
    mini_stream = b"".join(mini.parts)
    entries[0].start, entries[0].data = sectors.add(mini_stream), mini_stream
    mini_table = sectors.add(_numbers(mini.table))
    directory = sectors.add(b"".join(_packed(each) for each in entries))
    mini_sectors = -(-4 * len(mini.table) // sectors.size)
    return _assembled(sectors, directory, mini_table, mini_sectors)


def _weight(storage: Storage) -> int:
    return sum(
        len(each) if isinstance(each, bytes) else _weight(each)
        for each in storage.values()
    )


def _add_children(storage: Storage, entries: list[_Entry]) -> int:
    """Add what is in a storage; the place of the top of its tree."""
    places = []
    for name in sorted(storage, key=lambda name: (len(name), name.upper())):
        inner = storage[name]
        data = inner if isinstance(inner, bytes) else b""
        kind = _STREAM if isinstance(inner, bytes) else _STORAGE
        entry = _Entry(name, kind, data)
        places.append(len(entries))
        entries.append(entry)
        if not isinstance(inner, bytes):
            entry.start, entry.child = 0, _add_children(inner, entries)
    return _tree(places, entries)


def _tree(places: Sequence[int], entries: list[_Entry]) -> int:
    """Link sorted siblings as a balanced tree."""
    if not places:
        return _NONE
    middle = len(places) // 2
    top = entries[places[middle]]
    top.left = _tree(places[:middle], entries)
    top.right = _tree(places[middle + 1 :], entries)
    return places[middle]


def _packed(entry: _Entry) -> bytes:
    name = entry.name[:31].encode("utf-16-le")
    return _ENTRY.pack(
        name, len(name) + 2, entry.kind, _BLACK, entry.left, entry.right, entry.child,
        bytes(16), 0, bytes(8), bytes(8), entry.start, len(entry.data),
    )  # fmt: skip


def _assembled(
    sectors: _Sectors, directory: int, mini_table: int, mini_sectors: int
) -> bytes:
    each = sectors.size // 4
    used, tables = len(sectors.table), 1
    while (used + tables) > tables * each:
        tables += 1
    if tables > _IN_HEADER:
        raise Unreadable(UnreadableReason.LIMIT_OUTPUT, "a packed message")
    places = range(used, used + tables)
    table = [*sectors.table, *(_TABLE for _ in places)]
    table.extend([_FREE] * (tables * each - len(table)))
    large = sectors.size > 512  # noqa: PLR2004 (the size of version 3)
    head = struct.pack(
        "<8s16xHHHHH6xLLLLLLLLL",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 4 if large else 3, 0xFFFE,
        12 if large else 9, 6, 1 if large else 0, tables, directory, 0, SMALL,
        mini_table, mini_sectors, _END, 0,
    )  # fmt: skip
    named = _numbers([*places, *[_FREE] * (_IN_HEADER - tables)])
    header = (head + named).ljust(sectors.size, b"\0")
    return b"".join((header, *sectors.parts, _numbers(table)))


def _numbers(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}L", *values)
