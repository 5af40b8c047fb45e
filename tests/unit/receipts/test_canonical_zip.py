"""The canonical ZIP: one byte sequence a content, and no byte outside the check."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrity.errors import MalformedError
from receipts import canonical_zip, zip_layout
from receipts.canonical_zip import (
    BytesSource,
    CanonicalZip,
    open_canonical,
    write_canonical,
)
from receipts.zip_layout import ZipEntry, check_name, check_names, claimed_end

FILES = {
    "bagit.txt": b"BagIt-Version: 1.0\n",
    "data/20250829_合同_001.pdf": b"%PDF-1.7 original bytes",
    "data/empty": b"",
}


def zipped(files: dict[str, bytes]) -> bytes:
    """The canonical ZIP of `files`."""
    out = io.BytesIO()
    write_canonical(out, [BytesSource(name, data) for name, data in files.items()])
    return out.getvalue()


def contents(data: bytes) -> dict[str, bytes]:
    """Everything in the canonical ZIP `data`."""
    archive = CanonicalZip(io.BytesIO(data))
    return {e.name: b"".join(archive.chunks(e.name)) for e in archive.entries}


def test_what_was_written_is_read_back() -> None:
    """Names and bytes come back, in canonical order."""
    assert contents(zipped(FILES)) == FILES
    assert list(contents(zipped(FILES))) == sorted(FILES, key=str.encode)


def test_order_of_sources_does_not_matter() -> None:
    """The same content in another order gives the same bytes."""
    assert zipped(FILES) == zipped(dict(reversed(FILES.items())))


def test_the_bytes_never_change() -> None:
    """The golden ZIP of one file: bundles out there have this form."""
    assert zipped({"x": b"1"}).hex() == (
        "504b030414000008000000002100b7efdc830100000001000000010000007831"
        "504b0102140314000008000000002100b7efdc8301000000010000000100000000000000"
        "00000000a4810000000078"
        "504b050600000000010001002f000000200000000000"
    )


LARGE = ZipEntry("大", 1 << 32, 0x07060504)
SMALL = ZipEntry("far", 3, 1)


@pytest.mark.parametrize(
    ("entry", "offset", "golden"),
    [
        (
            LARGE,
            0,
            (
                "504b01022d032d00000800000000210004050607ffffffffffffffff030014000000"
                "000000000000a48100000000e5a4a70100100000000000010000000000000001000000"
            ),
        ),
        (
            SMALL,
            1 << 32,
            (
                "504b01022d032d00000800000000210001000000030000000300000003000c000000"
                "000000000000a481ffffffff666172010008000000000001000000"
            ),
        ),
        (
            LARGE,
            1 << 32,
            (
                "504b01022d032d00000800000000210004050607ffffffffffffffff03001c000000"
                "000000000000a481ffffffffe5a4a7010018000000000001000000"
                "00000000010000000000000001000000"
            ),
        ),
    ],
)
def test_large_numbers_stand_in_the_zip64_field(
    entry: ZipEntry, offset: int, golden: str
) -> None:
    """Only those that need it, in the order of APPNOTE 4.5.3; they are read back."""
    header = zip_layout.central_header(zip_layout.PlacedEntry(entry, offset))
    assert header.hex() == golden
    behind = b"before" + header + b"after"
    assert zip_layout.claimed_entry(behind, 6) == (entry, len(header))


def test_headers_before_large_content_and_after_many_entries() -> None:
    """The golden local header and end records with ZIP64."""
    assert zip_layout.local_header(LARGE).hex() == (
        "504b03042d00000800000000210004050607ffffffffffffffff03001400e5a4a7"
        "0100100000000000010000000000000001000000"
    )
    assert zip_layout.end_records(65535, 258, 772).hex() == (
        "504b06062c000000000000002d032d000000000000000000ffff000000000000ffff000000000000"
        "02010000000000000403000000000000504b060700000000060400000000000001000000"
        "504b050600000000ffffffff02010000040300000000"
    )


def test_an_empty_zip_is_canonical() -> None:
    """No entries at all is still one byte sequence."""
    assert contents(zipped({})) == {}


def test_python_zipfile_agrees() -> None:
    """Another reader sees the same names, bytes and neutral attributes."""
    with zipfile.ZipFile(io.BytesIO(zipped(FILES))) as archive:
        assert archive.testzip() is None
        assert {i.filename: archive.read(i) for i in archive.infolist()} == FILES
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.extra, info.comment) == (b"", b"")


def test_unzip_agrees(tmp_path: Path) -> None:
    """The stock `unzip -t` finds nothing to complain about."""
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(FILES))
    subprocess.run(["unzip", "-tqq", path], check=True)


def test_every_flipped_bit_is_found() -> None:
    """No byte of the ZIP can change without the reader refusing it."""
    good = zipped(FILES)
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1 << (position % 8)
        with pytest.raises(MalformedError):
            contents(bytes(bad))


def test_every_cut_and_every_addition_is_found() -> None:
    """Nothing can be cut off the end, or put before or after."""
    good = zipped(FILES)
    for length in range(len(good)):
        with pytest.raises(MalformedError):
            contents(good[:length])
    for bad in (good + b"\0", b"\0" + good, good + good, b"MZ" + good):
        with pytest.raises(MalformedError):
            contents(bad)


def test_zipfile_output_is_refused() -> None:
    """A ZIP made by another program is not canonical, even with the same content."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    with pytest.raises(MalformedError):
        contents(out.getvalue())


BAD_NAMES = [
    "",
    "/etc/passwd",
    "../x",
    "data/../x",
    "data/./x",
    "data//x",
    "data/",
    ".",
    "a\\b",
    "C:x",
    "a\0b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "a\u202eb",
    "a\u2028b",
    "trailing.",
    "trailing ",
    "e\u0301.pdf",
    "\ud800",
    "x" * 256,
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_unsafe_names_are_refused_both_ways(name: str) -> None:
    """An unsafe name is neither written nor accepted."""
    with pytest.raises(MalformedError):
        check_name(name)
    with pytest.raises(MalformedError):
        zipped({name: b""})


@pytest.mark.parametrize("name", ["x" * 255, "data/20250829_合同_001.pdf", "a b", "…"])
def test_harmless_names_are_accepted(name: str) -> None:
    """Long, Chinese and spaced names pass, up to the bound."""
    check_name(name)


@pytest.mark.parametrize(
    "names",
    [
        ["a", "a"],
        ["A", "a"],
        ["STRASSE", "straße"],
        ["b", "a"],
        ["data", "data/x"],
        ["data/x", "data/x/y"],
        ["Data/x", "data/y"],
        ["x", "X/y"],
    ],
)
def test_colliding_or_unsorted_names_are_refused(names: list[str]) -> None:
    """Duplicates, case collisions, file-and-folder and wrong order are errors."""
    with pytest.raises(MalformedError):
        check_names(names)


def test_entry_count_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """One entry more than the bound is refused, the bound itself is not."""
    monkeypatch.setattr(zip_layout, "MAX_ENTRIES", 3)
    check_names(["a", "b", "c"])
    with pytest.raises(MalformedError):
        check_names(["a", "b", "c", "d"])


def test_a_huge_claimed_directory_costs_nothing() -> None:
    """Claimed counts and sizes are judged before anything is read for them."""
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 0, 0)
    with pytest.raises(MalformedError):
        CanonicalZip(io.BytesIO(end))


def test_entries_are_bounded_when_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many entries, and bytes of the directory, as the bounds say, and no more."""
    good = zipped(FILES)
    _, directory, _ = claimed_end(good[-zip_layout.END_SIZE :])
    for name, bound in (("MAX_ENTRIES", len(FILES)), ("MAX_DIRECTORY", directory)):
        with monkeypatch.context() as patch:
            patch.setattr(canonical_zip, name, bound)
            assert contents(good) == FILES
            patch.setattr(canonical_zip, name, bound - 1)
            with pytest.raises(MalformedError, match="more entries than"):
                contents(good)


@pytest.mark.parametrize("count", [1, 2])
def test_a_directory_is_no_longer_than_its_entries_can_be(count: int) -> None:
    """An entry takes 46 bytes, its name, and a ZIP64 field of three numbers."""
    longest = count * (46 + 255 + 28)
    for size, reason in ((longest, "not a header"), (longest + 1, "more entries than")):
        data = bytes(size) + zip_layout.end_records(count, size, 0)
        with pytest.raises(MalformedError, match=reason):
            CanonicalZip(io.BytesIO(data))


@pytest.mark.parametrize("offset", [0, 5])
def test_the_directory_lies_before_the_end_record(offset: int) -> None:
    """It may reach up to it, not a byte further."""
    for size, reason in ((100, "not a header"), (101, "lies outside the file")):
        data = bytes(100 + offset) + zip_layout.end_records(1, size, offset)
        with pytest.raises(MalformedError, match=reason):
            CanonicalZip(io.BytesIO(data))


@pytest.mark.parametrize(
    ("position", "what"),
    [
        (10, "bagit.txt (local header)"),
        (-22 - 56 + 12, "data/empty (directory)"),
        (-1, "ZIP end record"),
    ],
)
def test_a_changed_part_is_named(position: int, what: str) -> None:
    """Whoever looks for the damage is told where it is."""
    bad = bytearray(zipped(FILES))
    bad[position] ^= 1
    with pytest.raises(MalformedError, match=f"The {re.escape(what)} is malformed"):
        contents(bytes(bad))


def test_content_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """No piece is longer than a chunk, and together they are the content."""
    monkeypatch.setattr(canonical_zip, "CHUNK", 4)
    archive = CanonicalZip(io.BytesIO(zipped({"a": b"zero", "x": b"0123456789"})))
    for read in (archive.chunks, archive.raw_chunks):
        assert list(read("x")) == [b"0123", b"4567", b"89"]
        assert list(read("a")) == [b"zero"]


def test_damaged_content_is_given_as_it_lies_there() -> None:
    """The caller of `raw_chunks` has another digest to compare, and wants the bytes."""
    data = zipped({"x": b"0123456789"}).replace(b"0123456789", b"012345678X")
    archive = CanonicalZip(io.BytesIO(data))
    assert list(archive.raw_chunks("x")) == [b"012345678X"]
    with pytest.raises(MalformedError, match="CRC-32 differs"):
        list(archive.chunks("x"))


def test_a_source_that_lies_about_its_size_is_refused() -> None:
    """More or fewer bytes than announced stop the writing."""

    @dataclass(frozen=True)
    class Liar:
        name: str
        size: int

        def chunks(self) -> Iterator[bytes]:
            yield b"four"

    for size in (3, 5):
        with pytest.raises(MalformedError):
            write_canonical(io.BytesIO(), [Liar("x", size)])


@dataclass(frozen=True)
class Letters:
    """Content that comes letter by letter."""

    name: str
    text: str

    @property
    def size(self) -> int:
        """One byte a letter."""
        return len(self.text)

    def chunks(self) -> Iterator[bytes]:
        """The letters."""
        return (letter.encode("ascii") for letter in self.text)


def test_content_may_be_written_in_pieces() -> None:
    """However the content comes, the ZIP is the same."""
    out = io.BytesIO()
    write_canonical(out, [Letters("x", "abc"), Letters("y", "")])
    assert out.getvalue() == zipped({"x": b"abc", "y": b""})


def test_a_zip_with_the_zip64_end_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found before the end record, and changed in no byte."""
    monkeypatch.setattr(zip_layout, "ZIP64_COUNT_FROM", len(FILES) - 1)
    good = zipped(FILES)
    assert good[-98:-94] == b"PK\x06\x06"
    assert contents(good) == FILES
    for position in range(len(good) - 98, len(good)):
        bad = bytearray(good)
        bad[position] ^= 1 << (position % 8)
        with pytest.raises(MalformedError):
            contents(bytes(bad))


@pytest.mark.slow
def test_more_entries_than_sixteen_bits_need_zip64() -> None:
    """65 535 entries use the ZIP64 end record; other readers still agree."""
    for count, has64 in ((65_534, False), (65_535, True)):
        data = zipped({f"{number:06d}": b"" for number in range(count)})
        assert (b"PK\x06\x06" in data[-98:]) is has64
        assert claimed_end(data[-98:])[0] == count
        assert len(CanonicalZip(io.BytesIO(data)).entries) == count
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert len(archive.namelist()) == count


@pytest.mark.parametrize(
    ("numbers", "large"),
    [
        ((0xFFFE, 0xFFFFFFFE, 0xFFFFFFFE), False),
        ((0xFFFF, 1, 1), True),
        ((1, 0xFFFFFFFF, 1), True),
        ((1, 1, 0xFFFFFFFF), True),
        ((200_000, 1, 1), True),
        ((1, 1 << 33, 1), True),
        ((1, 1, 1 << 40), True),
        ((200_000, 1 << 33, 1 << 40), True),
    ],
)
def test_the_end_says_what_was_written(
    numbers: tuple[int, int, int], *, large: bool
) -> None:
    """Count, size and offset come back; each alone can ask for the ZIP64 record."""
    end = zip_layout.end_records(*numbers)
    assert claimed_end(end) == numbers
    assert (len(end) > zip_layout.END_SIZE) is large


def test_large_sizes_and_offsets_need_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the bound on sizes and offsets move to the ZIP64 field, before not."""
    for bound, has64 in ((24, False), (23, True)):
        monkeypatch.setattr(zip_layout, "ZIP64_FROM", bound)
        header = zip_layout.local_header(ZipEntry("x", 23, 0))
        assert len(header) == (31 + 20 if has64 else 31)
    monkeypatch.undo()
    entry = ZipEntry("big", 1 << 32, 7)
    placed = zip_layout.place([entry, ZipEntry("far", 1, 1)])
    assert placed[1].offset == (1 << 32) + 33 + 20
    central = zip_layout.central_header(placed[0])
    assert zip_layout.claimed_entry(central, 0) == (entry, len(central))
    far = zip_layout.central_header(placed[1])
    assert struct.unpack_from("<2HQ", far, 49) == (1, 8, placed[1].offset)


@dataclass(frozen=True)
class Zeros:
    """Four gibibytes of nothing."""

    name: str
    size: int

    def chunks(self) -> Iterator[bytes]:
        """Zero bytes."""
        piece = bytes(1 << 20)
        for _ in range(self.size >> 20):
            yield piece


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_file_of_four_gibibytes(tmp_path: Path) -> None:
    """A real ZIP64 file is canonical for us and sound for Python's zipfile."""
    path = tmp_path / "big.zip"
    with path.open("wb") as out:
        write_canonical(out, [Zeros("big", 1 << 32), BytesSource("far", b"far")])
    with open_canonical(path) as archive:
        assert [entry.size for entry in archive.entries] == [1 << 32, 3]
        assert b"".join(archive.chunks("far")) == b"far"
    with zipfile.ZipFile(path) as other:
        assert other.getinfo("big").file_size == 1 << 32
        assert other.read("far") == b"far"
    path.unlink()


SAFE = st.text("abc合同_.", min_size=1, max_size=6).filter(lambda n: n[-1] != ".")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(SAFE, st.binary(max_size=40), max_size=6))
def test_whatever_parses_serialises_to_the_same_bytes(files: dict[str, bytes]) -> None:
    """Read and written again, a canonical ZIP is the same byte for byte."""
    data = zipped(files)
    assert zipped(contents(data)) == data


def test_a_zip64_record_that_nothing_asks_for_is_not_believed() -> None:
    """Where 16 and 32 bits hold the numbers, they are the numbers."""
    record = zip_layout._end64(7, 8, 9, 0)
    end = zip_layout.end_records(1, 2, 3)
    assert claimed_end(record + end) == (1, 2, 3)


@pytest.mark.parametrize("size", range(1, 80))
def test_a_small_file_that_begins_like_a_zip64_record(size: int) -> None:
    """Less than a whole record before the end is refused, and is not read as one."""
    start = (b"PK\x06\x06" + bytes(76))[:size]
    with pytest.raises(MalformedError):
        CanonicalZip(io.BytesIO(start + zip_layout.end_records(0, 0, 0)))


@pytest.mark.parametrize("length", [0, 21, 22, 98])
def test_a_file_without_end_record(length: int) -> None:
    """Whatever its length, its last bytes claim nothing."""
    with pytest.raises(MalformedError, match="does not end with an end record"):
        claimed_end(bytes(length))


@pytest.mark.parametrize("before", [0, 21, 76])
def test_an_end_that_asks_for_a_record_that_is_not_there(before: int) -> None:
    """The numbers that do not fit are then the numbers claimed."""
    end = zip_layout.end_records(65_535, 1, 1)[-zip_layout.END_SIZE :]
    assert claimed_end(bytes(before) + end) == (65_535, 1, 1)


@pytest.mark.parametrize(("entry", "extra"), [(SMALL, 0), (LARGE, 20)])
def test_a_directory_that_ends_within_an_entry(entry: ZipEntry, extra: int) -> None:
    """Cut within the name, or within the ZIP64 field."""
    header = zip_layout.central_header(zip_layout.PlacedEntry(entry, 0))
    for cut in range(1, extra + 4):
        with pytest.raises(MalformedError, match="cut off"):
            zip_layout.claimed_entry(header[:-cut], 0)


@pytest.mark.parametrize("less", [0, 1])
def test_numbers_from_the_bound_on_are_large(less: int) -> None:
    """The largest number of 32 bits already means: look in the ZIP64 field."""
    number = zip_layout.ZIP64_FROM - less
    for entry, offset in ((ZipEntry("x", number, 0), 0), (ZipEntry("x", 1, 0), number)):
        header = zip_layout.central_header(zip_layout.PlacedEntry(entry, offset))
        assert (len(header) > zip_layout.CENTRAL_SIZE + 1) is (not less)
        assert zip_layout.claimed_entry(header, 0) == (entry, len(header))


def test_a_file_that_is_cut_while_it_is_read() -> None:
    """Content that is gone is a refusal, not a shorter file."""
    stream = io.BytesIO(zipped(FILES))
    archive = CanonicalZip(stream)
    stream.truncate(50)
    with pytest.raises(MalformedError, match="cut off"):
        list(archive.chunks("data/20250829_合同_001.pdf"))


def test_crc_is_that_of_the_content() -> None:
    """The CRC in the directory is the CRC-32 of the bytes."""
    entries = CanonicalZip(io.BytesIO(zipped(FILES))).entries
    assert {e.name: e.crc for e in entries} == {
        name: zlib.crc32(data) for name, data in FILES.items()
    }


def test_an_unknown_name_is_refused() -> None:
    """Asking for a file that is not there is an error with its name."""
    archive = CanonicalZip(io.BytesIO(zipped(FILES)))
    with pytest.raises(MalformedError, match="nowhere"):
        list(archive.chunks("nowhere"))
