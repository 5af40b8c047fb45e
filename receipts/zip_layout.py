"""The one byte sequence a list of (name, size, CRC) has as a ZIP.

ZIP leaves a writer many choices; here none is left. Entries are stored, sorted by
the UTF-8 bytes of their names, one after the other without gaps; time is the ZIP
epoch, attributes are "plain file, 0644, made on Unix", names carry the UTF-8 flag;
no directory entries, no data descriptors, no comments, no extra fields but the
ZIP64 one, and that only where a value does not fit (APPNOTE.TXT 6.3.10, sections
4.3, 4.4 and 4.5.3). So a reader rebuilds and compares everything that is not
content, and the content is under the checksums.
"""

from __future__ import annotations

import itertools
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrity.errors import MalformedError

ZIP64_FROM = 0xFFFFFFFF
"""Sizes and offsets from this value on do not fit 32 bits (APPNOTE 4.4.8)."""
ZIP64_COUNT_FROM = 0xFFFF
MAX_ENTRIES = 200_000
"""A matter has thousands of files; this bounds the work before it begins."""
MAX_DIRECTORY = 64 << 20
"""The central directory is held in memory."""
MAX_NAME_BYTES = 255
"""The longest file name common file systems take, for the whole path."""
FORBIDDEN = frozenset('\\:*?"<>|\x7f')
"""Not allowed in a name on Windows, or a separator there, or DEL."""
END_SIZE = 22
LOCATOR_SIZE = 20
END64_SIZE = 56
CENTRAL_SIZE = 46

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
_SIZE64 = struct.Struct("<4xQ")
"""The first value of a ZIP64 field, behind its tag and length."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidi overrides), surrogate, private, unassigned, line breaks."""
_VERSION_PLAIN = 20
_VERSION_ZIP64 = 45
_MADE_ON_UNIX = 3 << 8
_UTF8_FLAG = 0x0800
_STORED = 0
_TIME = 0
_DATE = (1 << 5) | 1
_PLAIN_FILE_0644 = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A file in the ZIP: its name, size in bytes and CRC-32."""

    name: str
    size: int
    crc: int

    @property
    def raw_name(self) -> bytes:
        """The name as it stands in the ZIP."""
        return self.name.encode("utf-8")


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry with the offset of its local header."""

    entry: ZipEntry
    offset: int

    @property
    def data_offset(self) -> int:
        """Where the content begins."""
        return self.offset + len(local_header(self.entry))

    @property
    def end(self) -> int:
        """One past the last content byte."""
        return self.data_offset + self.entry.size


def check_name(name: str) -> None:
    """Accept only names that are safe to unpack on every system.

    Raises:
        MalformedError: absolute, `.` or `..` part, empty part, a part ending in dot
            or space, forbidden or control character, not NFC, not encodable, or
            too long.
    """
    try:
        raw = name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedError("ZIP name", "not UTF-8") from error
    if not 0 < len(raw) <= MAX_NAME_BYTES:
        raise MalformedError("ZIP name", f"length {len(raw)} is out of bounds")
    if any(c in FORBIDDEN or unicodedata.category(c) in _UNSEEN for c in name):
        raise MalformedError(f"ZIP name {name!r}", "forbidden character")
    if unicodedata.normalize("NFC", name) != name:
        raise MalformedError(f"ZIP name {name!r}", "not in normal form NFC")
    if any(not part or part[-1] in ". " for part in name.split("/")):
        raise MalformedError(f"ZIP name {name!r}", "absolute, dotted or empty part")


def check_names(names: Sequence[str]) -> None:
    """Accept only a sorted list of safe names, none twice and none by case only.

    Raises:
        MalformedError: naming the first offending name.
    """
    if len(names) > MAX_ENTRIES:
        raise MalformedError("ZIP", f"more than {MAX_ENTRIES} entries")
    seen: dict[str, str] = {}
    for name in names:
        check_name(name)
        other = seen.setdefault(name.casefold(), name)
        if other is not name:
            raise MalformedError(f"ZIP name {name!r}", f"collides with {other!r}")
    _check_order(names)
    _check_folders(names, seen)


def _check_order(names: Sequence[str]) -> None:
    for before, after in itertools.pairwise(names):
        if before >= after:
            raise MalformedError(f"ZIP name {after!r}", "not in canonical order")


def _check_folders(names: Sequence[str], seen: dict[str, str]) -> None:
    """A name may not be a file and a folder, nor a folder in two spellings."""
    folders: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            spelled = folders.setdefault(folder.casefold(), folder)
            if folder.casefold() in seen or spelled != folder:
                raise MalformedError(f"ZIP name {name!r}", f"{folder!r} collides")


def place(entries: Iterable[ZipEntry]) -> list[PlacedEntry]:
    """Give every entry the offset that follows from those before it."""
    placed = []
    offset = 0
    for entry in entries:
        placed.append(PlacedEntry(entry, offset))
        offset = placed[-1].end
    return placed


def local_header(entry: ZipEntry) -> bytes:
    """The local file header, name and ZIP64 field included."""
    large = entry.size >= ZIP64_FROM
    extra = struct.pack("<2H2Q", 1, 16, entry.size, entry.size) if large else b""
    size = ZIP64_FROM if large else entry.size
    fixed = _LOCAL.pack(
        b"PK\x03\x04",
        _VERSION_ZIP64 if large else _VERSION_PLAIN,
        _UTF8_FLAG,
        _STORED,
        _TIME,
        _DATE,
        entry.crc,
        size,
        size,
        len(entry.raw_name),
        len(extra),
    )
    return fixed + entry.raw_name + extra


def central_header(placed: PlacedEntry) -> bytes:
    """The central directory header, name and ZIP64 field included."""
    entry = placed.entry
    large = entry.size >= ZIP64_FROM
    far = placed.offset >= ZIP64_FROM
    values = ([entry.size, entry.size] if large else []) + (
        [placed.offset] if far else []
    )
    extra = b""
    if values:
        extra = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)
    version = _VERSION_ZIP64 if values else _VERSION_PLAIN
    size = ZIP64_FROM if large else entry.size
    fixed = _CENTRAL.pack(
        b"PK\x01\x02",
        _MADE_ON_UNIX | version,
        version,
        _UTF8_FLAG,
        _STORED,
        _TIME,
        _DATE,
        entry.crc,
        size,
        size,
        len(entry.raw_name),
        len(extra),
        0,
        0,
        0,
        _PLAIN_FILE_0644,
        ZIP64_FROM if far else placed.offset,
    )
    return fixed + entry.raw_name + extra


def end_records(count: int, directory_size: int, directory_offset: int) -> bytes:
    """Everything after the central directory."""
    needs64 = (
        count >= ZIP64_COUNT_FROM
        or directory_size >= ZIP64_FROM
        or directory_offset >= ZIP64_FROM
    )
    records = b""
    if needs64:
        end64_offset = directory_offset + directory_size
        records = _end64(count, directory_size, directory_offset, end64_offset)
    count16 = min(count, ZIP64_COUNT_FROM)
    size32 = min(directory_size, ZIP64_FROM)
    offset32 = min(directory_offset, ZIP64_FROM)
    return records + _END.pack(
        b"PK\x05\x06", 0, 0, count16, count16, size32, offset32, 0
    )


def _end64(count: int, size: int, offset: int, own_offset: int) -> bytes:
    version = _VERSION_ZIP64
    record = _END64.pack(
        b"PK\x06\x06",
        END64_SIZE - 12,
        _MADE_ON_UNIX | version,
        version,
        0,
        0,
        count,
        count,
        size,
        offset,
    )
    return record + _LOCATOR.pack(b"PK\x06\x07", 0, own_offset, 1)


def claimed_end(tail: bytes) -> tuple[int, int, int]:
    """Entry count, directory size and offset as the last bytes of a ZIP claim.

    Args:
        tail: the last bytes of the file, at least 22 and up to 98.

    Raises:
        MalformedError: no end record at the very end (so: no comment either).
    """
    if len(tail) < END_SIZE or tail[-END_SIZE:-18] != b"PK\x05\x06":
        raise MalformedError("ZIP", "does not end with an end record")
    fields = _END.unpack(tail[-END_SIZE:])
    count, size, offset = fields[4], fields[5], fields[6]
    whole = END_SIZE + LOCATOR_SIZE + END64_SIZE
    tail64 = tail[-whole:]
    if len(tail64) == whole and tail64[:4] == b"PK\x06\x06":
        fields64 = _END64.unpack(tail64[:END64_SIZE])
        if count == ZIP64_COUNT_FROM or ZIP64_FROM in {size, offset}:
            count, size, offset = fields64[7], fields64[8], fields64[9]
    return count, size, offset


def claimed_entry(header: bytes, position: int) -> tuple[ZipEntry, int]:
    """Name, size and CRC that the central header at `position` claims, and its length.

    Nothing else is read here: the caller rebuilds the header and compares.

    Raises:
        MalformedError: not a header, cut off, or a name that is not UTF-8.
    """
    fixed = header[position : position + CENTRAL_SIZE]
    if len(fixed) < CENTRAL_SIZE or fixed[:4] != b"PK\x01\x02":
        raise MalformedError("ZIP central directory", "not a header")
    fields = _CENTRAL.unpack(fixed)
    crc, size, name_length, extra_length = (fields[i] for i in (7, 9, 10, 11))
    start = position + CENTRAL_SIZE
    raw_name = header[start : start + name_length]
    extra = header[start + name_length : start + name_length + extra_length]
    if len(raw_name) != name_length or len(extra) != extra_length:
        raise MalformedError("ZIP central directory", "cut off")
    if size == ZIP64_FROM and extra_length >= _SIZE64.size:
        size = _SIZE64.unpack_from(extra)[0]
    try:
        name = raw_name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("ZIP name", "not UTF-8") from error
    return ZipEntry(name, size, crc), CENTRAL_SIZE + name_length + extra_length
