"""The bundle writer: deterministic, whole or not at all, and never unsound."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from pathlib import Path

import pytest

from integrity.digest import digest_bytes, digest_file
from integrity.errors import CustodyError, MalformedError, VerificationError
from receipts import bundle_layout as layout
from receipts.bundle_tags import shipped
from receipts.bundle_writer import BundleDetails, BundleItem
from receipts.checks import Result
from receipts.verify_bundle import verify_bundle
from receipts.verify_text import verify_text
from tests.bundle_factory import (
    DETAILS,
    FIRM,
    ORIGIN,
    Matter,
    SmallLog,
    signer,
    small_matter,
    unpack,
    verifier_key,
)


@pytest.fixture
def matter() -> Matter:
    """Three exhibits."""
    return small_matter()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where to write."""
    return tmp_path / "证据包.zip"


def test_the_bundle_has_exactly_the_files_of_the_format(
    matter: Matter, out: Path
) -> None:
    """Originals under legal names, statement and proof of every event, the rest."""
    matter.export(out)
    names = set(unpack(out))
    leaves = [0, 2, 3, 4, 5, 7, 8, 9]
    expected = {
        *layout.SECOND_NAMES,
        "data/20250829_合同_001.pdf",
        "data/00000000_其他_002.bin",
        "data/e0000000000cc",
        *(f"statements/{leaf:08d}.dsse.json" for leaf in leaves),
        *(f"proofs/{leaf:08d}.tlog-proof" for leaf in leaves),
    }
    assert names == expected


def test_the_result_tells_digests_and_size_of_the_file(
    matter: Matter, out: Path
) -> None:
    """What is to be logged about the bundle is measured on the finished file."""
    written = matter.export(out)
    assert (written.digests, written.size) == digest_file(out)
    assert list(out.parent.iterdir()) == [out]


def test_the_same_input_gives_the_same_bytes(matter: Matter, tmp_path: Path) -> None:
    """Nothing of clock, machine or chance enters a bundle but by its signatures."""
    one, two = tmp_path / "1.zip", tmp_path / "2.zip"
    matter.export(one)
    items = matter.items()[::-1]
    events = [matter.log.event(leaf) for leaf in matter.leaves[::-1]]
    matter.export(two, items=items, events=events)
    first, second = unpack(one), unpack(two)
    differing = {name for name in first if first[name] != second[name]}
    assert first.keys() == second.keys()
    assert differing <= {"REPORT.pdf", layout.TAG_MANIFEST, *layout.UNLISTED}


def test_bag_info_tells_firm_matter_day_and_size(matter: Matter, out: Path) -> None:
    """The values of the log and of the export, one a line."""
    matter.export(out)
    assert unpack(out)["bag-info.txt"].decode() == (
        "Source-Organization: 示例律师事务所\n"
        "External-Identifier: m0123456789ab\n"
        "Bagging-Date: 2025-08-29\n"
        f"Payload-Oxum: {24 * 9 + 256}.3\n"
        "Bag-Software-Agent: Custody 0.1.0\n"
        "Custody-Bundle-Version: 2\n"
    )


def test_verifier_and_instructions_are_shipped_as_they_are(
    matter: Matter, out: Path
) -> None:
    """Both verifiers and VERIFY.txt are the same in every bundle."""
    matter.export(out)
    files = unpack(out)
    assert files["verify.py"] == shipped("verify.py")
    assert files["verify.html"] == shipped("verify.html")
    assert files["VERIFY.txt"] == verify_text().encode()
    assert files["REPORT.pdf"].startswith(b"%PDF-")


def test_a_large_original_is_streamed(out: Path) -> None:
    """An original larger than a chunk arrives whole."""
    matter = Matter()
    matter.receive("e0000000000aa", bytes(range(256)) * 12_000)
    matter.export(out)
    assert verify_bundle(out, matter.log.keys).verdict is Result.PASSED


@pytest.mark.parametrize("length", [-1, 0, 1])
def test_changed_bytes_in_the_store_are_refused(
    matter: Matter, out: Path, length: int
) -> None:
    """An original that is no longer what was received never leaves the house."""
    item = matter.items()[0]
    data = (b"X" + matter.contents[item.exhibit][1:] + b"Y")[: item.size + length]
    bad = replace(item, open=lambda: io.BytesIO(data))
    with pytest.raises(CustodyError, match=item.name):
        matter.export(out, items=[bad, *matter.items()[1:]])
    assert list(out.parent.iterdir()) == []


def test_an_earlier_bundle_survives_a_failure(matter: Matter, out: Path) -> None:
    """A refused export leaves the file that was there before."""
    matter.export(out)
    before = out.read_bytes()
    item = replace(matter.items()[0], open=lambda: io.BytesIO(b"short"))
    with pytest.raises(CustodyError):
        matter.export(out, items=[item, *matter.items()[1:]])
    assert out.read_bytes() == before


def wrong_items(items: list[BundleItem]) -> dict[str, list[BundleItem]]:
    """Items that are not the exhibits of the events."""
    first, *rest = items
    return {
        "other name": [replace(first, name="20250829_其他_001.pdf"), *rest],
        "other exhibit": [replace(first, exhibit="e9999999999zz"), *rest],
        "other digests": [replace(first, digests=digest_bytes(b"")), *rest],
        "other size": [replace(first, size=first.size + 1), *rest],
        "one missing": rest,
        "one twice": [first, *items],
        "none": [],
    }


@pytest.mark.parametrize("case", wrong_items(small_matter().items()))
def test_items_must_be_the_exhibits_of_the_events(
    matter: Matter, out: Path, case: str
) -> None:
    """Name, digests, size and set of the items are compared with the log."""
    with pytest.raises(VerificationError):
        matter.export(out, items=wrong_items(matter.items())[case])
    assert not out.exists()


def test_events_must_verify(matter: Matter, out: Path) -> None:
    """Statements and proofs are checked before anything is written."""
    events = [matter.log.event(leaf) for leaf in matter.leaves]
    broken = [
        [replace(events[0], proof=events[1].proof), *events[1:]],
        [replace(events[0], envelope=events[1].envelope), *events[1:]],
        [*events, events[0]],
        events[1:],
        [],
    ]
    for wrong in broken:
        with pytest.raises(CustodyError):
            matter.export(out, events=wrong)
    assert not out.exists()


def test_proofs_must_be_under_the_given_checkpoint(matter: Matter, out: Path) -> None:
    """Proofs made before the log grew are refused: a bundle has one checkpoint."""
    events = [matter.log.event(leaf) for leaf in matter.leaves]
    matter.log.record("user.added", login="wang", name="王", role="lawyer")
    with pytest.raises(VerificationError, match="another checkpoint"):
        matter.export(out, events=events)


def test_keys_must_be_those_of_the_log(matter: Matter, out: Path) -> None:
    """Other keys than those that signed are refused."""
    other = SmallLog(signer("custody.example/log", 5), signer("x", 6))
    with pytest.raises(VerificationError):
        matter.export(out, keys=other.keys)


def begun_with(**facts: object) -> Matter:
    """A matter in a log whose event 0 says `facts` in place of its own."""
    log = SmallLog()
    log.envelopes.clear()
    log.nodes.clear()
    keys = {
        "log": verifier_key(log.log_signer).text(),
        "statement": verifier_key(log.statement_signer).text(),
    }
    log.record("firm.initialised", **{"origin": ORIGIN, "keys": keys, **facts})
    matter = Matter(log)
    matter.receive("e0000000000aa", b"x")
    return matter


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"firm": FIRM, "origin": "another.example/log"}, "event 0 is of another log"),
        ({"firm": FIRM, "keys": None}, "the log key stated in event 0 is not among"),
        ({"firm": None}, "names no firm"),
    ],
)
def test_the_log_must_have_begun_with_this_firm(
    out: Path, facts: dict[str, object], reason: str
) -> None:
    """Event 0 names the log, its keys and the firm, or nothing is written."""
    with pytest.raises(CustodyError, match=reason):
        begun_with(**facts).export(out)
    assert not out.exists()


def test_a_bundle_of_nothing_is_refused(matter: Matter, out: Path) -> None:
    """Neither an exhibit nor an erasure: there is no matter it could be of."""
    with pytest.raises(VerificationError, match="there is no exhibit"):
        matter.export(out, items=[], events=[matter.log.event(0)])
    assert not out.exists()


@pytest.mark.parametrize("name", ["a%b.pdf", ".hidden", "-rf", "a\nb", "NUL\\x", "a/b"])
def test_unsafe_legal_names_are_refused(out: Path, name: str) -> None:
    """A name that some tool would read otherwise cannot enter a bundle."""
    matter = Matter()
    matter.receive("e0000000000aa", b"x")
    matter.name("e0000000000aa", name)
    with pytest.raises(MalformedError):
        matter.export(out)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("software", ["", " x", "a\nb", "a  b"])
def test_bag_info_values_are_one_line(matter: Matter, out: Path, software: str) -> None:
    """A value that would break its line is refused."""
    with pytest.raises(MalformedError):
        matter.export(out, details=replace(DETAILS, software=software))


def test_hostile_names_in_the_report_are_written_out(out: Path) -> None:
    """An original name with controls and rare characters does not stop the export."""
    matter = Matter()
    matter.receive(
        "e0000000000aa", b"x", original_name="\u202efdp.exe \U0001f512 #[]$*_"
    )
    now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    details = BundleDetails("#sys.version", '"]; #panic("x")', now, "Custody 0.1.0")
    matter.export(out, details=details)
    assert verify_bundle(out, matter.log.keys).verdict is Result.PASSED
