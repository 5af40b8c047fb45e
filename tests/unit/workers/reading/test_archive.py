"""ZIP members get names of ours; whatever tries to get out stops the whole archive."""

from __future__ import annotations

import dataclasses
import io
import stat
import zipfile
from pathlib import Path

import pytest

from intake.reading import Unreadable, UnreadableReason
from workers.reading.archive import read
from workers.reading.content import Content, Context
from workers.reading.limits import Limits


def unpack(folder: Path, data: bytes, depth: int = 0, **limits: int) -> Content:
    original = folder / "original.zip"
    original.write_bytes(data)
    work = folder / "work"
    work.mkdir()
    content = Content("application/zip")
    context = Context(work, dataclasses.replace(Limits(), **limits), "", "a.zip", depth)
    read(original, context, content)
    return content


def refusal(folder: Path, data: bytes, **more: int) -> UnreadableReason:
    with pytest.raises(Unreadable) as caught:
        unpack(folder, data, **more)
    return caught.value.reason


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return memory.getvalue()


def codes(content: Content) -> list[str]:
    return [each.code for each in content.findings]


def test_members_are_unpacked_under_our_names(tmp_path):
    """The claimed name is data; the file on disk has ours, and the same bytes."""
    content = unpack(tmp_path, zipped(("合同/一.pdf", b"one"), ("b", b"two")))
    assert [each.claimed_name for each in content.members] == ["合同/一.pdf", "b"]
    kept = [(tmp_path / "work" / each.path).read_bytes() for each in content.members]
    assert kept == [b"one", b"two"]


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "C:/x",
        "C:x",
        "\\\\host\\x",
        "a\\..\\x",
        "x" * 256,
    ],
)
def test_unsafe_names(tmp_path, name):
    """A name that leads out, or that no file system takes, refuses the archive."""
    canary = tmp_path / "x"
    canary.write_text("as before")
    got = refusal(tmp_path, zipped(("good", b"1"), (name, b"2")))
    assert got is UnreadableReason.ARCHIVE_UNSAFE_PATH
    assert canary.read_text() == "as before"


def test_longest_name(tmp_path):
    """255 bytes are the longest name that is taken."""
    assert len(unpack(tmp_path, zipped(("x" * 255, b"1"))).members) == 1


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices(tmp_path, kind):
    """Links, devices and pipes are never made."""
    member = zipfile.ZipInfo("link")
    member.external_attr = (kind | 0o777) << 16
    got = refusal(tmp_path, zipped((member, b"/etc/passwd")))
    assert got is UnreadableReason.ARCHIVE_SYMLINK


def test_ratio(tmp_path):
    """Zeros pack 1000:1: allowed while they are few, refused when they are much."""
    zeros = zipped(("zeros", bytes(2 << 20)))
    few, much = tmp_path / "few", tmp_path / "much"
    few.mkdir()
    much.mkdir()
    assert len(unpack(few, zeros, ratio_from=2 << 20).members) == 1
    got = refusal(much, zeros, ratio_from=(2 << 20) - 1)
    assert got is UnreadableReason.ARCHIVE_BOMB


def test_all_that_comes_out_is_counted_together(tmp_path):
    """The limit on unpacked bytes holds over all members."""
    data = zipped(*((f"{i}", b"1" * 1000) for i in range(10)))
    enough, less = tmp_path / "enough", tmp_path / "less"
    enough.mkdir()
    less.mkdir()
    assert len(unpack(enough, data, expanded=10_000).members) == 10
    assert refusal(less, data, expanded=9_999) is UnreadableReason.ARCHIVE_BOMB


def test_number_of_members(tmp_path):
    """As many members as the limit are taken, one more refuses the archive."""
    data = zipped(("a", b"1"), ("b", b"2"), ("c", b"3"))
    enough, less = tmp_path / "enough", tmp_path / "less"
    enough.mkdir()
    less.mkdir()
    assert len(unpack(enough, data, members=3).members) == 3
    got = refusal(less, data, members=2)
    assert got is UnreadableReason.ARCHIVE_MEMBER_LIMIT


def test_depth(tmp_path):
    """An archive in an archive is unpacked, a third within is not."""
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    assert unpack(first, zipped(("a", b"1")), depth=1).members
    got = refusal(second, zipped(("a", b"1")), depth=2)
    assert got is UnreadableReason.NESTING_LIMIT


def test_names_in_gbk(tmp_path):
    """Names that Windows wrote in GBK without saying so come out as Chinese."""
    raw = "证据一.txt".encode("gbk")
    data = zipped(("x" * len(raw), b"1")).replace(b"x" * len(raw), raw)
    content = unpack(tmp_path, data)
    assert content.members[0].claimed_name == "证据一.txt"
    assert codes(content) == ["NAME_ENCODING"]


def test_two_members_of_one_name(tmp_path):
    """Both of two same-named members are kept apart, and it is said."""
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped(("a", b"1"), ("a", b"2"))
    content = unpack(tmp_path, data)
    assert len(content.members) == 2
    assert codes(content) == ["AMBIGUOUS"]


def test_damaged_member(tmp_path):
    """A damaged member is named; the good one is kept."""
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("bad", b"AAAA")
        archive.writestr("good", b"BBBB")
    content = unpack(tmp_path, stored.getvalue().replace(b"AAAA", b"AAAX"))
    assert [each.claimed_name for each in content.members] == ["good"]
    assert codes(content) == ["ARCHIVE_MEMBER_UNREADABLE"]


def test_system_files_are_not_exhibits(tmp_path):
    """What macOS and Windows add to archives is left out, and it is said."""
    content = unpack(tmp_path, zipped(("a", b"1"), ("__MACOSX/._a", b"2")))
    assert [each.claimed_name for each in content.members] == ["a"]
    assert codes(content) == ["SYSTEM_FILES"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (zipped(), UnreadableReason.NO_PAGES),
        (zipped(("a", b"1" * 99))[:60], UnreadableReason.TRUNCATED),
        (b"PK\x05\x06", UnreadableReason.CORRUPT),
    ],
    ids=["empty", "cut", "end only"],
)
def test_no_archive(tmp_path, data, reason):
    """Empty, cut off and broken archives have reasons of their own."""
    assert refusal(tmp_path, data) is reason
