"""Names and lists of a bundle: one form, and bounds on both sides."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.digest import digest_bytes
from integrity.errors import MalformedError
from integrity.proof import MAX_PROOF_BYTES
from receipts import bundle_layout as layout
from receipts.verify_bundle import verify_bundle
from tests.bundle_factory import pack, relist, results, small_matter, unpack

INFO = layout.BagInfo("某律所", "m1", dt.date(2025, 8, 29), 5, 1, "Custody 0.1.0")


def test_bag_info_reads_back() -> None:
    """What is written is read back as the same value."""
    assert layout.parse_bag_info(INFO.serialise()) == INFO


def test_bag_info_never_changes() -> None:
    """The golden file: the second format ends with its version, the first does not."""
    first = (
        "Source-Organization: 某律所\nExternal-Identifier: m1\n"
        "Bagging-Date: 2025-08-29\nPayload-Oxum: 5.1\n"
        "Bag-Software-Agent: Custody 0.1.0\n"
    ).encode()
    assert INFO.serialise() == first + b"Custody-Bundle-Version: 2\n"
    assert replace(INFO, version=layout.FIRST).serialise() == first
    assert layout.parse_bag_info(first) == replace(INFO, version=layout.FIRST)


@pytest.mark.parametrize(
    ("end", "version"),
    [
        (None, layout.FIRST),
        (b"", layout.FIRST),
        (b"Custody-Bundle-Version: 2\n", layout.FIRST),
        (b"x\nCustody-Bundle-Version: 2", layout.FIRST),
        (b"xCustody-Bundle-Version: 2\n", layout.FIRST),
        (b"x\nCustody-Bundle-Version: 2\n", layout.SECOND),
        (b"x\nCustody-Bundle-Version: 2\nx\n", layout.FIRST),
    ],
)
def test_the_last_line_tells_the_format(end: bytes | None, version: int) -> None:
    """A whole line, after another one, and nothing after it."""
    assert layout.format_of(end) == version


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Payload-Oxum: 5.1", "Payload-Oxum: 5.x", "not the lines of a bundle"),
        ("Bagging-Date: 2025-08-29", "Bagging-Date: 2025", "not the lines"),
        ("External-Identifier", "External-Id", "not the lines of a bundle"),
        ("Payload-Oxum: 5.1", "Payload-Oxum: 05.1", "not in canonical form"),
        ("Bag-Software-Agent: ", "More: 1\nBag-Software-Agent: ", "not in canonical"),
    ],
)
def test_other_lines_are_refused(old: str, new: str, reason: str) -> None:
    """A line that is missing or says nothing we read, or is written otherwise."""
    data = INFO.serialise().decode().replace(old, new).encode()
    with pytest.raises(MalformedError, match=reason):
        layout.parse_bag_info(data)


def test_bytes_that_are_no_text_are_refused() -> None:
    """bag-info.txt is UTF-8."""
    with pytest.raises(MalformedError, match="not the lines of a bundle"):
        layout.parse_bag_info(b"\xff" + INFO.serialise())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_parses_serialises_to_the_same_bytes(data: bytes) -> None:
    """Any bytes are refused, or are the one form of what they say."""
    try:
        info = layout.parse_bag_info(data)
    except MalformedError:
        return
    assert info.serialise() == data


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_changed_byte_of_bag_info_is_refused_or_said(place: int, value: int) -> None:
    """A changed byte never parses to the same value."""
    data = bytearray(INFO.serialise())
    place %= len(data)
    changed = data[place] != value
    data[place] = value
    try:
        parsed = layout.parse_bag_info(bytes(data))
    except MalformedError:
        return
    assert (parsed != INFO) is changed


@pytest.mark.parametrize("value", ["", " a", "a ", "a  b", "a\nb", "a\u2028b", "a\x00"])
def test_values_are_one_printable_line(value: str) -> None:
    """A value that another reader would fold or break is refused."""
    with pytest.raises(MalformedError):
        replace(INFO, organization=value).serialise()


def test_lists_are_in_byte_order_and_name_their_files() -> None:
    """Both lists sort by UTF-8, and a line tells the file it is about."""
    names = ["data/合同.pdf", "data/a (1) = x.pdf", "data/z"]
    digests = {name: digest_bytes(name.encode()) for name in names}
    for text in (layout.manifest(digests), layout.sm3_list(digests)):
        listed = [layout.listed_name(line) for line in text.splitlines()]
        assert listed == sorted(names, key=str.encode)


def test_lists_never_change() -> None:
    """The golden lines, as `sha256sum` and `cksum -a sm3` print them."""
    digests = {"data/合同.pdf": digest_bytes(b"abc")}
    assert (
        layout.manifest(digests)
        == (
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            "  data/合同.pdf\n"
        ).encode()
    )
    assert (
        layout.sm3_list(digests)
        == (
            "SM3 (data/合同.pdf) = "
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\n"
        ).encode()
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"\xff  data/x", "data/x"),
        (b"00  data/a  b", "data/a  b"),
        (b"SM3 (data/\xff) = 00", "data/\ufffd"),
        (b"nothing", ""),
    ],
)
def test_a_line_names_its_file_whatever_else_it_says(line: bytes, name: str) -> None:
    """A damaged line is told by its file too, or by none."""
    assert layout.listed_name(line) == name


def test_files_of_a_leaf() -> None:
    """Each has its folder and the number of the leaf."""
    assert layout.statement_name(7) == "statements/00000007.dsse.json"
    assert layout.proof_name(7) == "proofs/00000007.tlog-proof"
    assert layout.stamp_names(7) == layout.StampNames(
        "stamps/00000007.tsq", "stamps/00000007.tsr", "stamps/00000007.pem"
    )


def of_leaves(*leaves: int) -> set[str]:
    """The files of the log that these leaves bring."""
    names = (layout.statement_name, layout.proof_name)
    return {name(leaf) for name in names for leaf in leaves}


def test_names_of_the_first_format() -> None:
    """Originals lie flat; leaves are told by statement or proof; nothing is stamped."""
    names = layout.FIXED_NAMES | of_leaves(0, 3) | {"data/b", "data/a"}
    assert layout.sort_out(names) == (layout.Contents(("a", "b"), (0, 3)), [])
    contents, faults = layout.sort_out(
        names - {layout.proof_name(3), layout.BAGIT}
        | {layout.proof_name(2), "data/x/y", "adata/x", layout.PAGE, "checkpoint.tsq"}
    )
    assert contents == layout.Contents(("a", "b"), (0, 2, 3))
    assert faults == [
        ("bagit.txt", "missing"),
        ("proofs/00000003.tlog-proof", "missing"),
        ("statements/00000002.dsse.json", "missing"),
        ("adata/x", "unlisted"),
        ("checkpoint.tsq", "unlisted"),
        ("data/x/y", "unlisted"),
        ("verify.html", "unlisted"),
    ]


@pytest.mark.parametrize("place", ["query", "response", "chain"])
@pytest.mark.parametrize("count", [0, 1, 2])
def test_stamps_of_the_second_format(count: int, place: str) -> None:
    """Any file of a stamp makes all of it due, and the second makes the first due."""
    stamped = layout.stamp_names(3)
    groups = layout.CHECKPOINT_STAMPS[:count]
    last = {getattr(group, place) for group in (*groups[-1:], stamped)}
    names = layout.SECOND_NAMES | of_leaves(0, 3) | last
    contents, faults = layout.sort_out(names, layout.SECOND)
    assert contents == layout.Contents((), (0, 3), groups, (3,))
    due = {
        name
        for group in (*groups, stamped)
        for name in (group.query, group.response, group.chain)
    }
    assert faults == [(name, "missing") for name in sorted(due - last)]


def test_a_stamp_belongs_to_a_leaf_of_the_bundle() -> None:
    """Without its leaf it is unlisted, and asks for nothing."""
    names = layout.SECOND_NAMES | of_leaves(0) | {layout.stamp_names(3).query}
    contents, faults = layout.sort_out(names, layout.SECOND)
    assert contents == layout.Contents((), (0,))
    assert faults == [("stamps/00000003.tsq", "unlisted")]


def test_leaf_numbers_have_eight_digits() -> None:
    """The largest leaf a bundle can name is 99 999 999; one more is unlisted."""
    for leaf, unlisted in ((99_999_999, False), (100_000_000, True)):
        name = layout.statement_name(leaf)
        _, faults = layout.sort_out([name])
        assert ((name, "unlisted") in faults) is unlisted


def test_leaf_zero_is_always_due() -> None:
    """Without the founding event a bundle is incomplete."""
    _, faults = layout.sort_out(layout.FIXED_NAMES)
    assert faults == [
        ("proofs/00000000.tlog-proof", "missing"),
        ("statements/00000000.dsse.json", "missing"),
    ]


@pytest.mark.parametrize("excess", [0, 1])
def test_log_files_are_bounded_before_they_are_read(
    tmp_path: Path, excess: int
) -> None:
    """One byte more than a proof can have is refused for its size, before reading."""
    matter = small_matter()
    matter.export(tmp_path / "bundle.zip")
    name = "proofs/00000002.tlog-proof"
    files = unpack(tmp_path / "bundle.zip") | {name: bytes(MAX_PROOF_BYTES + excess)}
    out = pack(relist(files), tmp_path / "large.zip")
    report = verify_bundle(out, matter.log.keys)
    assert ((1, "failed", name) in results(report)) is bool(excess)
    assert any(name == subject for _, _, subject in results(report))


@pytest.mark.parametrize("name", ["a/b", "a%b.pdf", "", "-rf", ".hidden", " a.pdf"])
def test_a_legal_name_is_read_by_every_tool_alike(name: str) -> None:
    """Folders, `%`, and a beginning that a shell takes for more are refused."""
    with pytest.raises(MalformedError, match="not a plain file name"):
        layout.check_legal_name(name)


@pytest.mark.parametrize("name", ["20250829_合同_001.pdf", "a-b.c", "a b", "b."])
def test_other_legal_names_are_accepted(name: str) -> None:
    """The same signs are fine where nothing reads more into them."""
    layout.check_legal_name(name)
