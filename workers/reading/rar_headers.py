"""What the headers of a RAR say that libarchive does not tell.

RAR 5.0 archive format, sections "General archive block format", "File header" and
"File encryption record"; RAR 4: technote.txt, "Archive structure". libarchive 3.6
does not compare the checksum of a member that is only stored; so that is done here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

RAR5: Final = b"Rar!\x1a\x07\x01\x00"
RAR4: Final = b"Rar!\x1a\x07\x00"
MOST_HEADERS: Final = 100_000
LARGEST_HEADER: Final = 2 << 20  # by the format
_ARCHIVE, _FILE = 1, 2
_HAS_EXTRA, _HAS_DATA = 1, 2
_ENCRYPTION_RECORD: Final = 1
_VOLUME: Final = 1
_HAS_TIME, _HAS_CHECKSUM = 2, 4
# Checksum of the header, type, flags, length; behind them packed size and CRC-32.
_RAR4_BASE: Final = struct.Struct("<2xBHH")
_RAR4_FILE: Final = struct.Struct("<7xL5xL")
_RAR4_ARCHIVE, _RAR4_MEMBER, _RAR4_HAS_DATA = 0x73, 0x74, 0x8000
_LONGEST_NUMBER: Final = 10  # bytes of a number of 64 bits, seven bits a byte


@dataclass(frozen=True, slots=True)
class RarFacts:
    """By the place of a member, counted from 0: is it encrypted, and its CRC-32."""

    is_volume: bool = False
    encrypted: frozenset[int] = frozenset()
    checksums: dict[int, int] = field(default_factory=dict)


def look(path: Path) -> RarFacts:
    """The facts in the headers, as far as they can be followed."""
    with path.open("rb") as stream:
        if stream.read(len(RAR5)) == RAR5:
            return _of_rar5(stream)
        stream.seek(0)
        if stream.read(len(RAR4)) == RAR4:
            return _of_rar4(stream)
    return RarFacts()


def _of_rar4(stream: BinaryIO) -> RarFacts:
    volume, files = False, 0
    checksums: dict[int, int] = {}
    for _ in range(MOST_HEADERS):
        start = stream.tell()
        header = stream.read(_RAR4_FILE.size)
        if len(header) < _RAR4_BASE.size:
            break
        kind, flags, length = _RAR4_BASE.unpack_from(header)
        packed = 0
        if kind == _RAR4_ARCHIVE:
            volume = bool(flags & _VOLUME)
        elif len(header) == _RAR4_FILE.size and flags & _RAR4_HAS_DATA:
            packed, checksum = _RAR4_FILE.unpack(header)
            if kind == _RAR4_MEMBER:
                checksums[files] = checksum
                files += 1
        if length < _RAR4_BASE.size:
            break
        stream.seek(start + length + packed)
    return RarFacts(volume, checksums={} if volume else checksums)


def _of_rar5(stream: BinaryIO) -> RarFacts:
    volume, files, encrypted = False, 0, set()
    checksums: dict[int, int] = {}
    for kind, fields, extra in _headers(stream):
        if kind == _ARCHIVE:
            volume = bool(_number(fields, 0)[0] & _VOLUME)
        if kind == _FILE:
            if _ENCRYPTION_RECORD in _records(extra):
                encrypted.add(files)
            checksum = _checksum(fields)
            if checksum is not None:
                checksums[files] = checksum
            files += 1
    return RarFacts(volume, frozenset(encrypted), {} if volume else checksums)


def _checksum(fields: bytes) -> int | None:
    """The CRC-32 of a member, if its header has one (it may have a BLAKE2 instead)."""
    flags, place = _number(fields, 0)
    for _ in ("unpacked size", "attributes"):
        _, place = _number(fields, place)
    place += 4 if flags & _HAS_TIME else 0
    if not flags & _HAS_CHECKSUM or place + 4 > len(fields):
        return None
    return int.from_bytes(fields[place : place + 4], "little")


def _headers(stream: BinaryIO) -> Iterator[tuple[int, bytes, bytes]]:
    """Type, own fields and extra records of each header; ends where one is broken."""
    for _ in range(MOST_HEADERS):
        start = stream.tell()
        length, used = _number(stream.read(4 + _LONGEST_NUMBER), 4)
        if not 0 < length <= LARGEST_HEADER:
            return
        stream.seek(start + used)
        header = stream.read(length)
        kind, place = _number(header, 0)
        flags, place = _number(header, place)
        extra_size, place = _number(header, place) if flags & _HAS_EXTRA else (0, place)
        data_size, place = _number(header, place) if flags & _HAS_DATA else (0, place)
        extra = header[max(place, len(header) - extra_size) :] if extra_size else b""
        yield kind, header[place:], extra
        if len(header) < length or data_size >= 1 << 62:
            return
        stream.seek(start + used + length + data_size)


def _records(extra: bytes) -> set[int]:
    """The types of the records in an extra area."""
    kinds, place = set(), 0
    while place < len(extra):
        size, place = _number(extra, place)
        kinds.add(_number(extra, place)[0])
        if size < 1:
            break
        place += size
    return kinds


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number of the format, and the place behind it; 0 where the data ends."""
    value = 0
    for shift in range(_LONGEST_NUMBER):
        if place >= len(data):
            return 0, place
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:  # noqa: PLR2004 (the bit that says more follows)
            return value, place
    return 0, place
