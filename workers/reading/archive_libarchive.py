"""7z, RAR and tar: their members, unpacked under names of ours, as those of a ZIP.

The same limits and refusals hold as for ZIP (workers/reading/archive.py). These
archives are read from front to back, so a refusal may come after members were
unpacked; a refused file leaves nothing behind (workers/reading/service.py).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from intake.reading import Member, Unreadable, UnreadableReason
from workers.reading.content import Content, Context, plain
from workers.reading.gzip_check import require_checksum
from workers.reading.member_names import checked_name, decoded_name, is_system_file
from workers.reading.package import Weight
from workers.reading.rar_headers import RarFacts, look
from workers.tools.libarchive import ArchiveFailure, Entry, Opened, opened, probe

_TAR: Final = ("tar",)
_GZIP: Final = "application/gzip"
_FORMATS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "application/x-7z-compressed": (("7zip",), ()),
    "application/vnd.rar": (("rar", "rar5"), ()),
    "application/x-tar": (_TAR, ()),
    # Most are tar within; else the one file in it is called raw.
    _GZIP: ((*_TAR, "raw"), ("gzip",)),
}
_RAW_NAME: Final = b"data"
_SEVEN_ZIP: Final = "application/x-7z-compressed"
_START_HEADER: Final = struct.Struct("<6s2xLQQL")  # 7zFormat.txt, SignatureHeader
_ENCRYPTED_WORDS: Final = ("encrypt", "crypto codec", "passphrase")
_MEMORY_WORDS: Final = ("allocate", "out of memory")
_CUT_WORDS: Final = ("truncated", "premature", "unexpected end")
_UNKNOWN_WORDS: Final = ("solid archive support", "unsupported compression")
_RAR: Final = "application/vnd.rar"


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader.

    Raises:
        Unreadable: TOOL_MISSING, NESTING_LIMIT, ARCHIVE_UNSAFE_PATH, ARCHIVE_SYMLINK,
            ARCHIVE_BOMB, ARCHIVE_MEMBER_LIMIT, ENCRYPTED, CORRUPT, TRUNCATED,
            LIMIT_MEM or NO_PAGES.
    """
    if context.depth >= context.limits.depth:
        raise Unreadable(UnreadableReason.NESTING_LIMIT, f"depth {context.depth}")
    version = probe().version
    if version is None:
        raise Unreadable(UnreadableReason.TOOL_MISSING, "libarchive")
    content.tools["libarchive"] = version
    _require_whole(path, content.media_type)
    facts = look(path) if content.media_type == _RAR else RarFacts()
    if facts.is_volume:
        content.find("PART_MISSING", "one volume of several")
    failure = _unpack_all(path, facts, context, content)
    if content.media_type == _GZIP:
        require_checksum(path, context)
    _require_something(failure, content)
    if failure is not None:
        reason = _reason(failure).value.lower()
        content.find("ARCHIVE_MEMBER_UNREADABLE", f"the rest of the archive: {reason}")
    content.add_text("\n".join(member.claimed_name for member in content.members))


def _require_whole(path: Path, media_type: str) -> None:
    """A 7z says at its beginning where its directory ends."""
    with path.open("rb") as stream:
        head = stream.read(_START_HEADER.size)
    if media_type != _SEVEN_ZIP or len(head) < _START_HEADER.size:
        return
    _, checksum, offset, size, _ = _START_HEADER.unpack(head)
    stated = zlib.crc32(head[12:]) == checksum
    if stated and _START_HEADER.size + offset + size > path.stat().st_size:
        raise Unreadable(UnreadableReason.TRUNCATED, "no directory of the 7z")


def _unpack_all(
    path: Path, facts: RarFacts, context: Context, content: Content
) -> ArchiveFailure | None:
    """Unpack what can be; the failure that ended it before the archive's own end."""
    formats, filters = _FORMATS[content.media_type]
    weight = Weight(context)
    weight.went_in(path.stat().st_size)
    names: set[str] = set()
    try:
        with opened(path, formats, filters) as archive:
            for place, entry in enumerate(archive.entries()):
                _require_few(place + 1, context)
                context.step()
                name = _name(entry, context, content)
                if name is None:
                    continue
                _note_twin(name, names, content)
                if entry.is_encrypted or place in facts.encrypted:
                    content.find("ENCRYPTED", name)
                    continue
                wanted = _Wanted(name, entry.size, facts.checksums.get(place))
                _unpack(archive, wanted, weight, content, context.work)
    except ArchiveFailure as failure:
        return failure
    return None


def _require_few(number: int, context: Context) -> None:
    if number > context.limits.members:
        detail = f"more than {context.limits.members} members"
        raise Unreadable(UnreadableReason.ARCHIVE_MEMBER_LIMIT, detail)


def _name(entry: Entry, context: Context, content: Content) -> str | None:
    """The checked name; None for what is no exhibit, which is noted.

    Raises:
        Unreadable: ARCHIVE_UNSAFE_PATH or ARCHIVE_SYMLINK.
    """
    if entry.is_folder:
        return None
    if not entry.raw_name:
        # So libarchive gives the second of two members of one name in an old RAR.
        content.find("ARCHIVE_MEMBER_UNREADABLE", "a member without a name")
        return None
    name = checked_name(_claimed(entry.raw_name, context, content))
    if entry.is_link_or_device:
        raise Unreadable(UnreadableReason.ARCHIVE_SYMLINK, repr(name[:80]))
    if is_system_file(name):
        content.find("SYSTEM_FILES", name)
        return None
    return name


def _claimed(raw: bytes, context: Context, content: Content) -> str:
    if content.media_type == _GZIP and raw == _RAW_NAME:
        return plain(PurePosixPath(context.claimed_name).stem)
    stated = None if content.media_type == "application/x-tar" else _stated(raw)
    return stated or decoded_name(raw, content) or raw.decode("latin-1")


def _stated(raw: bytes) -> str | None:
    """7z and RAR keep names in Unicode; only old RAR has others."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _note_twin(name: str, names: set[str], content: Content) -> None:
    if name in names:
        content.find("AMBIGUOUS", "several members have one name")
    names.add(name)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A member to unpack, and what is said of its bytes."""

    name: str
    size: int | None
    checksum: int | None


def _unpack(
    archive: Opened, wanted: _Wanted, weight: Weight, content: Content, work: Path
) -> None:
    own_name = f"member-{len(content.members) + 1:05}"
    target = work / own_name
    try:
        said = _copy(archive, wanted, target, weight)
    except ArchiveFailure as failure:
        target.unlink(missing_ok=True)
        _note_failure(failure, wanted.name, content)
        return
    if said:
        target.unlink(missing_ok=True)
        content.find("ARCHIVE_MEMBER_UNREADABLE", f"{wanted.name}: {said}")
        return
    content.members.append(Member(wanted.name, own_name))


def _copy(archive: Opened, wanted: _Wanted, target: Path, weight: Weight) -> str:
    """Write the member; what is wrong with it, or nothing."""
    size = checksum = 0
    with target.open("xb") as unpacked:
        for chunk in archive.chunks():
            weight.add(len(chunk))
            unpacked.write(chunk)
            size += len(chunk)
            checksum = zlib.crc32(chunk, checksum)
    if wanted.size is not None and size != wanted.size:
        return "cut off"
    return "checksum" if wanted.checksum not in (None, checksum) else ""


def _note_failure(failure: ArchiveFailure, name: str, content: Content) -> None:
    reason = _reason(failure)
    if reason is UnreadableReason.LIMIT_MEM:
        raise Unreadable(reason, "one member needs too much") from failure
    if reason is UnreadableReason.ENCRYPTED:
        content.find("ENCRYPTED", name)
    else:
        content.find("ARCHIVE_MEMBER_UNREADABLE", f"{name}: {reason.value.lower()}")


def _reason(failure: ArchiveFailure) -> UnreadableReason:
    """What libarchive means; its messages are all that it says."""
    said = failure.said.lower()
    if any(word in said for word in _ENCRYPTED_WORDS):
        return UnreadableReason.ENCRYPTED
    if any(word in said for word in _MEMORY_WORDS):
        return UnreadableReason.LIMIT_MEM
    if any(word in said for word in _UNKNOWN_WORDS):
        return UnreadableReason.NO_READER
    if any(word in said for word in _CUT_WORDS):
        return UnreadableReason.TRUNCATED
    return UnreadableReason.CORRUPT


def _require_something(failure: ArchiveFailure | None, content: Content) -> None:
    if content.members:
        return
    codes = {finding.code for finding in content.findings}
    if "ENCRYPTED" in codes:
        raise Unreadable(UnreadableReason.ENCRYPTED, "all members")
    if "PART_MISSING" in codes:
        raise Unreadable(UnreadableReason.TRUNCATED, "one volume of several")
    if failure is not None:
        raise Unreadable(_reason(failure), "libarchive cannot read it")
    if codes & {"ARCHIVE_MEMBER_UNREADABLE", "SYSTEM_FILES"}:
        raise Unreadable(UnreadableReason.CORRUPT, "no member can be unpacked")
    raise Unreadable(UnreadableReason.NO_PAGES, "no members")
