"""7z, RAR and tar keep the rules of ZIP: names of ours, limits, refusals in words."""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from intake.identify import identify
from intake.reading import Unreadable, UnreadableReason
from tests.packed_files import (
    Packed,
    encrypted_seven_zip,
    rar4,
    rar5,
    seven_zip,
    tar,
)
from workers.reading.archive_libarchive import read
from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.tools import libarchive

Make = Callable[..., bytes]


def gz(*members: Packed) -> bytes:
    return tar(*members, packed=True)


def rar4_utf8(*members: Packed) -> bytes:
    return rar4(*members, encoding="utf-8")


every = pytest.mark.parametrize("make", [seven_zip, rar5, rar4_utf8, tar, gz])


def unpack(folder: Path, data: bytes, depth: int = 0, **limits: int) -> Content:
    folder.mkdir(exist_ok=True)
    original = folder / "original"
    original.write_bytes(data)
    work = folder / "work"
    work.mkdir()
    content = Content(identify(original, "证据").media_type)
    limit = dataclasses.replace(Limits(), **limits)
    read(original, Context(work, limit, "", "流水.txt.gz", depth), content)
    return content


def refusal(folder: Path, data: bytes, **more: int) -> UnreadableReason:
    with pytest.raises(Unreadable) as caught:
        unpack(folder, data, **more)
    return caught.value.reason


def codes(content: Content) -> list[str]:
    return [each.code for each in content.findings]


@every
def test_members_are_unpacked_under_our_names(tmp_path, make: Make):
    """Chinese names are data; the files have ours, and every byte of the member."""
    data = make(Packed("合同/一.pdf", b"one" * 1000), Packed("b.txt", b"two"))
    content = unpack(tmp_path, data)
    assert [each.claimed_name for each in content.members] == ["合同/一.pdf", "b.txt"]
    kept = [(tmp_path / "work" / each.path).read_bytes() for each in content.members]
    assert kept == [b"one" * 1000, b"two"]
    assert content.page_texts == ["合同/一.pdf\nb.txt"]
    assert content.tools["libarchive"]


@every
@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:/x", "a\\..\\x"])
def test_unsafe_names(tmp_path, make: Make, name):
    """A name that leads out refuses the archive, though good members came first."""
    got = refusal(tmp_path / "in", make(Packed("good", b"1"), Packed(name, b"2")))
    assert got is UnreadableReason.ARCHIVE_UNSAFE_PATH
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("length", "taken"), [(255, True), (256, False)])
def test_longest_name(tmp_path, length, taken):
    """255 bytes are the longest name that is taken."""
    data = seven_zip(Packed("x" * length, b"1"))
    if taken:
        assert len(unpack(tmp_path, data).members) == 1
    else:
        assert refusal(tmp_path, data) is UnreadableReason.ARCHIVE_UNSAFE_PATH


@every
def test_links(tmp_path, make: Make):
    """A link refuses the archive."""
    target = b"" if make in (seven_zip, rar5, tar, gz) else b"/etc/passwd"
    got = refusal(tmp_path, make(Packed("link", target, "link")))
    assert got is UnreadableReason.ARCHIVE_SYMLINK


@pytest.mark.parametrize("make", [seven_zip, gz])
def test_ratio(tmp_path, make: Make):
    """Zeros pack 1000:1: allowed while they are few, refused when they are much."""
    zeros = make(Packed("zeros", bytes(2 << 20)))
    much = refusal(tmp_path / "much", zeros, ratio_from=(2 << 20) - 1)
    assert much is UnreadableReason.ARCHIVE_BOMB
    few = unpack(tmp_path / "few", zeros, ratio_from=2 << 20)
    assert len(few.members) == 1


@every
def test_all_that_comes_out_is_counted_together(tmp_path, make: Make):
    """The limit on unpacked bytes holds over all members."""
    data = make(*(Packed(f"{i}", b"1" * 1000) for i in range(10)))
    assert len(unpack(tmp_path / "enough", data, expanded=10_000).members) == 10
    got = refusal(tmp_path / "less", data, expanded=9_999)
    assert got is UnreadableReason.ARCHIVE_BOMB


@every
def test_number_of_members(tmp_path, make: Make):
    """As many members as the limit are taken, one more refuses the archive."""
    data = make(*(Packed(name, b"1") for name in "abc"))
    assert len(unpack(tmp_path / "enough", data, members=3).members) == 3
    got = refusal(tmp_path / "less", data, members=2)
    assert got is UnreadableReason.ARCHIVE_MEMBER_LIMIT


@every
def test_depth(tmp_path, make: Make):
    """An archive in an archive is unpacked, a third within is not."""
    data = make(Packed("a", b"1"))
    assert unpack(tmp_path / "second", data, depth=1).members
    got = refusal(tmp_path / "third", data, depth=2)
    assert got is UnreadableReason.NESTING_LIMIT


@pytest.mark.parametrize(
    "data",
    [
        tar(Packed("证据一.txt", b"1"), encoding="gb18030"),
        rar4(Packed("证据一.txt", b"1"), encoding="gbk"),
    ],
    ids=["tar", "rar4"],
)
def test_names_in_gbk(tmp_path, data):
    """Names in GBK that do not say so come out as Chinese, and it is said."""
    content = unpack(tmp_path, data)
    assert content.members[0].claimed_name == "证据一.txt"
    assert codes(content) == ["NAME_ENCODING"]


@pytest.mark.parametrize("make", [seven_zip, rar5, tar, gz])
def test_two_members_of_one_name(tmp_path, make: Make):
    """Both of two same-named members are kept apart, and it is said."""
    content = unpack(tmp_path, make(Packed("a", b"1"), Packed("a", b"2")))
    kept = [(tmp_path / "work" / each.path).read_bytes() for each in content.members]
    assert kept == [b"1", b"2"]
    assert codes(content) == ["AMBIGUOUS"]


def test_two_members_of_one_name_in_an_old_rar(tmp_path):
    """libarchive takes the second for a part of the first: it is said to be lost."""
    content = unpack(tmp_path, rar4(Packed("a", b"1"), Packed("a", b"2")))
    assert [each.claimed_name for each in content.members] == ["a"]
    assert codes(content) == ["ARCHIVE_MEMBER_UNREADABLE"]


@every
def test_folders_and_system_files_are_no_exhibits(tmp_path, make: Make):
    """What a system added is left out, and it is said."""
    content = unpack(tmp_path, make(Packed("a", b"1"), Packed("__MACOSX/._a", b"2")))
    assert [each.claimed_name for each in content.members] == ["a"]
    assert codes(content) == ["SYSTEM_FILES"]


def test_folders(tmp_path):
    """A folder is no exhibit."""
    for make in (seven_zip, tar, rar5):
        data = make(Packed("d", kind="folder"), Packed("d/a", b"1"))
        members = unpack(tmp_path / make.__name__, data).members
        assert [each.claimed_name for each in members] == ["d/a"]


@pytest.mark.parametrize("make", [rar4_utf8, rar5])
def test_encrypted_members(tmp_path, make: Make):
    """An encrypted member is named; alone, the archive is encrypted."""
    locked, good = Packed("锁", b"12345678" * 2, encrypted=True), Packed("a", b"1")
    content = unpack(tmp_path / "both", make(good, locked))
    assert [each.claimed_name for each in content.members] == ["a"]
    assert ("ENCRYPTED", "锁") in [(e.code, e.detail) for e in content.findings]
    got = refusal(tmp_path / "alone", make(locked))
    assert got is UnreadableReason.ENCRYPTED


def test_encrypted_directory(tmp_path):
    """A 7z that hides even its names is encrypted, not damaged."""
    assert refusal(tmp_path, encrypted_seven_zip()) is UnreadableReason.ENCRYPTED


def stored_7z(*members: Packed) -> bytes:
    return seven_zip(*members, method="store")


@pytest.mark.parametrize("make", [rar4, rar5, stored_7z])
def test_damaged_member(tmp_path, make: Make):
    """A member that fails its checksum is named and not kept; the good one is."""
    data = make(Packed("good", b"BBBB"), Packed("bad", b"AAAA"))
    content = unpack(tmp_path, data.replace(b"AAAA", b"AAAX"))
    assert [each.claimed_name for each in content.members] == ["good"]
    assert "ARCHIVE_MEMBER_UNREADABLE" in codes(content)


def test_damaged_member_of_a_7z(tmp_path):
    """A 7z is packed as one piece: damage is said, and nothing damaged is kept."""
    noise = Random(1).randbytes(4000)
    data = bytearray(seven_zip(Packed("bad", noise)))
    data[2000] ^= 1
    assert refusal(tmp_path, bytes(data)) is UnreadableReason.CORRUPT


def test_damaged_gzip(tmp_path):
    """A gzip whose checksum is not that of its bytes is damaged, whatever comes out."""
    stored = gzip.compress(b"AAAA" * 9, compresslevel=0)
    assert unpack(tmp_path / "good", stored).members
    damaged = stored.replace(b"AAAA", b"AAAX", 1)
    assert refusal(tmp_path / "bad", damaged) is UnreadableReason.CORRUPT


@pytest.mark.parametrize("make", [rar4, rar5])
def test_volumes(tmp_path, make: Make):
    """One volume of several says so."""
    assert "PART_MISSING" in codes(unpack(tmp_path, make(Packed("a"), volume=True)))


def test_one_file_in_gzip(tmp_path):
    """A gzip that holds no tar holds one file, called as the archive without .gz."""
    content = unpack(tmp_path, gzip.compress("租金".encode() * 99))
    assert [each.claimed_name for each in content.members] == ["流水.txt"]
    kept = tmp_path / "work" / content.members[0].path
    assert kept.read_bytes() == "租金".encode() * 99


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (seven_zip(Packed("a", b"1" * 999))[:-9], UnreadableReason.TRUNCATED),
        (gz(Packed("a", bytes(range(256)) * 99))[:-400], UnreadableReason.TRUNCATED),
        (tar(Packed("a", b"1" * 9999))[:2000], UnreadableReason.TRUNCATED),
        (b"7z\xbc\xaf\x27\x1c" + bytes(range(99)), UnreadableReason.CORRUPT),
        (b"Rar!\x1a\x07\x01\x00" + b"\xff" * 99, UnreadableReason.CORRUPT),
        (b"Rar!\x1a\x07\x00" + b"\xff" * 99, UnreadableReason.CORRUPT),
        (rar5(), UnreadableReason.NO_PAGES),
    ],
    ids=["7z cut", "gz cut", "tar cut", "7z noise", "rar5 noise", "rar4 noise", "none"],
)
def test_no_archive(tmp_path, data, reason):
    """Empty, cut off and broken archives have reasons of their own."""
    assert refusal(tmp_path, data) is reason


def test_missing_library(tmp_path, monkeypatch):
    """Without libarchive the reason is a missing program, not a damaged file."""
    libarchive._library.cache_clear()
    monkeypatch.setattr(libarchive, "_name_library", _no_library)
    try:
        got = refusal(tmp_path, seven_zip(Packed("a", b"1")))
    finally:
        libarchive._library.cache_clear()
    assert got is UnreadableReason.TOOL_MISSING


def _no_library() -> None:
    raise OSError("libarchive.so.13: cannot open shared object file")
