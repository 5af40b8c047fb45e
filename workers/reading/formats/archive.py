"""ZIP: members unpacked under names of ours, with limits counted while unpacking.

The claimed name of a member is data. Links, devices and ways out of the folder
are refused for the whole archive: such a file was made to deceive.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from intake.reading import Member, Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.limits import Limits

CHUNK = 1 << 20
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_NAME_BYTES = 255


def read(path: Path, content: Content, context: Context) -> None:
    """Unpack every member; nested archives are exhibits that are read in their turn."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            require_modest(entries, context.limits)
            _require_honest(entries)
            context.announce_pages(len(entries))
            _unpack(archive, entries, content, context)
    except (zipfile.BadZipFile, NotImplementedError, OSError, zlib.error,
            EOFError, ValueError) as error:  # fmt: skip
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error


def require_modest(entries: Sequence[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse too many members or a declared size that no honest archive has."""
    if len(entries) > limits.members:
        raise Unreadable(UnreadableReason.ARCHIVE_MEMBER_LIMIT, str(len(entries)))
    expanded = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    too_dense = expanded > limits.ratio_from and expanded / packed > limits.ratio
    if expanded > limits.expanded or too_dense:
        raise Unreadable(UnreadableReason.ARCHIVE_BOMB, f"{expanded} bytes")


def claimed_name(entry: zipfile.ZipInfo) -> str:
    """The member's name; without the UTF-8 flag Chinese Windows wrote GBK."""
    if entry.flag_bits & _UTF8_FLAG:
        return entry.filename
    raw = entry.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _require_honest(entries: Sequence[zipfile.ZipInfo]) -> None:
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise Unreadable(UnreadableReason.ENCRYPTED, "a password is needed")
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise Unreadable(UnreadableReason.ARCHIVE_SYMLINK, "")
        name = claimed_name(entry).replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
            raise Unreadable(UnreadableReason.ARCHIVE_UNSAFE_PATH, "")
        if "\0" in entry.orig_filename:
            raise Unreadable(UnreadableReason.ARCHIVE_UNSAFE_PATH, "NUL")


def _unpack(
    archive: zipfile.ZipFile,
    entries: Sequence[zipfile.ZipInfo],
    content: Content,
    context: Context,
) -> None:
    left = context.limits.expanded
    names = []
    for number, entry in enumerate(entries, start=1):
        name = claimed_name(entry)
        names.append(name)
        if len(name.encode("utf-8", errors="replace")) > _NAME_BYTES:
            content.find("BAD_NAME", f"member {number}")
        target = f"member-{number:05d}"
        left -= _copy(archive, entry, context.work / target, left)
        content.members.append(Member(name[:1000], target))
    if len({name.casefold() for name in names}) != len(names):
        content.find("AMBIGUOUS", "two members have one name")
    content.add_text_page("\n".join(names)[: context.limits.text])


def _copy(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int
) -> int:
    """Unpack one member; the declared size is not believed."""
    written = 0
    with archive.open(entry) as source, target.open("wb") as out:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > left:
                raise Unreadable(UnreadableReason.ARCHIVE_BOMB, "while unpacking")
            out.write(chunk)
    return written
