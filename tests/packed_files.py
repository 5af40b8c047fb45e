"""Small archives for tests: 7z by libarchive, tar, and RAR by writers of our own.

No free program writes RAR; these writers store members uncompressed, as `rar -m0`.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zlib
from dataclasses import dataclass

import libarchive
from libarchive import ffi
from libarchive.entry import ArchiveEntry


@dataclass(frozen=True)
class Packed:
    """A member to be: `kind` is one of file, folder, link."""

    name: str
    data: bytes = b""
    kind: str = "file"
    encrypted: bool = False


def seven_zip(*members: Packed, method: str = "lzma1") -> bytes:
    """A 7z with LZMA, as 7-Zip makes it, or packed by another method."""
    blocks: list[bytes] = []
    types = {"file": 0o100000, "folder": 0o040000, "link": 0o120000}
    options = f"7zip:compression={method}"
    with libarchive.custom_writer(_into(blocks), "7zip", options=options) as archive:
        for each in members:
            entry = ArchiveEntry(
                None, pathname=each.name, size=len(each.data), perm=0o644,
                filetype=types[each.kind],
            )  # fmt: skip
            if each.kind == "link":
                ffi.ffi(
                    "entry_set_symlink", [ffi.c_archive_entry_p, ffi.c_char_p], None
                )
                ffi.entry_set_symlink(entry._entry_p, b"/etc/passwd")
            ffi.write_header(archive._pointer, entry._entry_p)
            if each.data:
                ffi.write_data(archive._pointer, each.data, len(each.data))
            ffi.write_finish_entry(archive._pointer)
    return b"".join(blocks)


def _into(blocks: list[bytes]):
    def write(data: bytes) -> int:
        blocks.append(bytes(data))
        return len(data)

    return write


def encrypted_seven_zip() -> bytes:
    """A 7z whose directory is encrypted: AES, codec 06F10701, of 16 bytes."""
    coder = b"\x24\x06\xf1\x07\x01\x02\x13\x00"
    header = b"\x17\x06\x00\x01\x09\x10\x00\x07\x0b\x01\x00\x01" + coder
    header += b"\x0c\x10\x00\x00"
    start = struct.pack("<QQL", 16, len(header), zlib.crc32(header))
    checksum = struct.pack("<L", zlib.crc32(start))
    return b"7z\xbc\xaf\x27\x1c\0\4" + checksum + start + bytes(16) + header


def tar(*members: Packed, encoding: str = "utf-8", packed: bool = False) -> bytes:
    """A tar in the GNU format; with `packed` in gzip."""
    memory = io.BytesIO()
    with tarfile.open(
        fileobj=memory, mode="w", format=tarfile.GNU_FORMAT, encoding=encoding
    ) as archive:
        for each in members:
            info = tarfile.TarInfo(each.name)
            info.size = len(each.data)
            if each.kind != "file":
                info.type = tarfile.SYMTYPE if each.kind == "link" else tarfile.DIRTYPE
                info.linkname = "/etc/passwd" if each.kind == "link" else ""
            archive.addfile(info, io.BytesIO(each.data))
    data = memory.getvalue()
    return gzip.compress(data) if packed else data


def rar5(*members: Packed, volume: bool = False) -> bytes:
    """RAR 5.0 archive format: archive header, a header a member, end header."""
    main = _number(1) + _number(0) + _number(1 if volume else 0)
    blocks = [_rar5_block(main)]
    blocks += [_rar5_file(each) for each in members]
    blocks.append(_rar5_block(_number(5) + _number(0) + _number(0)))
    return b"Rar!\x1a\x07\x01\x00" + b"".join(blocks)


def _rar5_file(member: Packed) -> bytes:
    name = member.name.encode()
    folder, link = member.kind == "folder", member.kind == "link"
    extra = b""
    if member.encrypted:  # record 1: version, flags, 2^15 rounds, salt, vector
        record = _number(1) + _number(0) + _number(0) + b"\x0f" + bytes(32)
        extra += _number(len(record)) + record
    if link:  # record 5: a symbolic link of Unix and its target
        target = b"/etc/passwd"
        record = _number(5) + _number(1) + _number(0) + _number(len(target)) + target
        extra += _number(len(record)) + record
    flags = 2 | (1 if extra else 0)
    header = _number(2) + _number(flags)
    header += _number(len(extra)) if extra else b""
    header += _number(len(member.data))
    header += _number(1 if folder else 4) + _number(len(member.data)) + _number(0o644)
    header += b"" if folder else struct.pack("<L", zlib.crc32(member.data))
    header += _number(0) + _number(1) + _number(len(name)) + name + extra
    return _rar5_block(header) + member.data


def _rar5_block(header: bytes) -> bytes:
    sized = _number(len(header)) + header
    return struct.pack("<L", zlib.crc32(sized)) + sized


def _number(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def rar4(*members: Packed, encoding: str = "gbk", volume: bool = False) -> bytes:
    """The format of RAR 2.9 to 4: names are in the sender's own encoding."""
    main = struct.pack("<BHH6x", 0x73, 1 if volume else 0, 13)
    blocks = [_rar4_block(main)]
    blocks += [_rar4_file(each, encoding) for each in members]
    blocks.append(_rar4_block(struct.pack("<BHH", 0x7B, 0x4000, 7)))
    return b"Rar!\x1a\x07\x00" + b"".join(blocks)


def _rar4_file(member: Packed, encoding: str) -> bytes:
    name = member.name.encode(encoding)
    flags = 0x8000 | (4 if member.encrypted else 0)
    mode = 0o120777 if member.kind == "link" else 0o100644
    header = struct.pack(
        "<BHHLLBLLBBHL",
        0x74, flags, 32 + len(name), len(member.data), len(member.data), 3,
        zlib.crc32(member.data), 0x5A210000, 29, 0x30, len(name), mode,
    )  # fmt: skip
    return _rar4_block(header + name) + member.data


def _rar4_block(header: bytes) -> bytes:
    return struct.pack("<H", zlib.crc32(header) & 0xFFFF) + header
