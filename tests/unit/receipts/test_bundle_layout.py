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
