"""ZIP: its members, unpacked under names of ours, each to become an exhibit.

The name a member claims is data. An archive that tries anything (a path out, a link,
a bomb) is refused whole: what else it holds cannot be trusted to be as it seems.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path

from intake.reading import Member, Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.member_names import checked_name, decoded_name, is_system_file
from workers.reading.package import CHUNK, ENCRYPTED_FLAG, Weight, open_package

_UTF8_FLAG = 0x800
# Failures of one member that say nothing about the others.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader.

    Raises:
        Unreadable: NESTING_LIMIT, ARCHIVE_UNSAFE_PATH, ARCHIVE_SYMLINK, ARCHIVE_BOMB,
            ARCHIVE_MEMBER_LIMIT, ENCRYPTED, CORRUPT, TRUNCATED or NO_PAGES.
    """
    if context.depth >= context.limits.depth:
        raise Unreadable(UnreadableReason.NESTING_LIMIT, f"depth {context.depth}")
    with open_package(path, context) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        _require_inside(members, path.stat().st_size)
        names = [_checked_name(member, content) for member in members]
        if len(set(names)) < len(names):
            content.find("AMBIGUOUS", "several members have one name")
        weight = Weight(context)
        for member, name in zip(members, names, strict=True):
            _unpack(archive, member, name, weight, context, content)
            context.step()
    _require_something(members, content)
    content.add_text("\n".join(member.claimed_name for member in content.members))


def _require_inside(members: list[zipfile.ZipInfo], size: int) -> None:
    """A directory that points behind the end of the file is not of this file."""
    if any(member.header_offset + member.compress_size > size for member in members):
        raise Unreadable(UnreadableReason.CORRUPT, "members beyond the end of the file")


def _checked_name(member: zipfile.ZipInfo, content: Content) -> str:
    """The name as people know it, if it could not lead anywhere.

    Raises:
        Unreadable: ARCHIVE_UNSAFE_PATH or ARCHIVE_SYMLINK.
    """
    name = checked_name(_decoded(member, content))
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Unreadable(UnreadableReason.ARCHIVE_SYMLINK, repr(name[:80]))
    return name


def _decoded(member: zipfile.ZipInfo, content: Content) -> str:
    """The name from its bytes: unmarked names are UTF-8 or Chinese, not DOS Latin."""
    if member.flag_bits & _UTF8_FLAG:
        return member.orig_filename
    raw = member.orig_filename.encode("cp437", "replace")
    found = decoded_name(raw, content)
    return member.orig_filename if found is None else found


def _unpack(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    name: str,
    weight: Weight,
    context: Context,
    content: Content,
) -> None:
    if is_system_file(name):
        content.find("SYSTEM_FILES", name)
        return
    if member.flag_bits & ENCRYPTED_FLAG:
        content.find("ENCRYPTED", name)
        return
    own_name = f"member-{len(content.members) + 1:05}"
    target = context.work / own_name
    weight.begin(member)
    try:
        size = _copy(archive, member, target, weight)
    except _DAMAGE as error:
        target.unlink(missing_ok=True)
        content.find("ARCHIVE_MEMBER_UNREADABLE", f"{name}: {type(error).__name__}")
        return
    if size != member.file_size:
        target.unlink(missing_ok=True)
        content.find("ARCHIVE_MEMBER_UNREADABLE", f"{name}: cut off")
        return
    content.members.append(Member(name, own_name))


def _copy(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, weight: Weight
) -> int:
    size = 0
    with archive.open(member) as packed, target.open("xb") as unpacked:
        while chunk := packed.read(CHUNK):
            weight.add(len(chunk))
            unpacked.write(chunk)
            size += len(chunk)
    return size


def _require_something(members: list[zipfile.ZipInfo], content: Content) -> None:
    if content.members:
        return
    codes = {finding.code for finding in content.findings}
    if not members:
        raise Unreadable(UnreadableReason.NO_PAGES, "no members")
    if "ENCRYPTED" in codes:
        raise Unreadable(UnreadableReason.ENCRYPTED, "all members")
    raise Unreadable(UnreadableReason.CORRUPT, "no member can be unpacked")
