"""Checks 1, 2 and 3 of a bundle: what is there, whole, and listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from receipts.bundle_container_checks import (
    checksum_checks,
    container_checks,
    names_checks,
)
from receipts.bundle_files import BundleFiles
from receipts.canonical_zip import open_canonical
from receipts.checks import Check, Result
from tests import bundle_samples as made

Judge = Callable[..., list[Check]]
INFO, LIST, TAGS = "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
CONTRACT = "data/20250829_合同_001.pdf"
FILES = made.plain().files()


def told(checks: list[Check]) -> list[tuple[int, Result, str, str]]:
    """Number, answer, subject and the English reason of each; none lacks Chinese."""
    assert all(check.reason_zh for check in checks)
    return [(c.number, c.result, c.subject, c.reason) for c in checks]


@pytest.fixture(params=[container_checks, checksum_checks], ids=["1", "3"])
def either(request: pytest.FixtureRequest) -> object:
    """The function of check 1, and that of check 3."""
    return request.param


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    """Packs files, changes a byte of `broken`, and gives the answers of a check."""

    def _judge(
        check: Callable[..., Iterator[Check]], files: made.Files, broken: bytes = b""
    ) -> list[Check]:
        out = made.pack(files, tmp_path / "b.zip")
        if broken:
            place = out.read_bytes().index(broken)
            with out.open("r+b") as stream:
                stream.seek(place)
                stream.write(bytes([broken[0] ^ 1]))
        with open_canonical(out) as archive:
            bundle = BundleFiles(archive)
            return list(check(bundle, bundle.measure()))

    return _judge


def test_a_fault_of_a_name_is_told_and_else_how_many_there_are() -> None:
    """What is missing and what is too much have words of their own."""
    checks = list(names_checks(7, [("a", "missing"), ("b", "unlisted")]))
    assert told(checks) == [
        (2, Result.FAILED, "a", "it should be there and is missing"),
        (2, Result.FAILED, "b", "a bundle has no such file"),
    ]
    (check,) = names_checks(7, [])
    assert told([check]) == [(2, Result.PASSED, "bundle", "7 files, none else")]
    assert "7" in check.reason_zh


def test_a_sound_bundle_passes_once(judge: Judge, either: object) -> None:
    """One answer, about the bundle."""
    (check,) = judge(either, FILES)
    assert (check.result, check.subject) == (Result.PASSED, "bundle")


def test_how_many_files_are_listed_is_said(judge: Judge) -> None:
    """All but the list of lists and the seals over it."""
    (check,) = judge(checksum_checks, FILES)
    count = len(FILES) - len((TAGS, *made.SEALS))
    assert check.number == 3
    assert check.reason == f"the digests of {count} files are those listed"
    assert str(count) in check.reason_zh


def test_each_file_that_is_not_whole_is_named(judge: Judge) -> None:
    """The CRC-32 that the ZIP holds tells it, and the others are whole."""
    checks = judge(container_checks, FILES, FILES[CONTRACT])
    reason = "the content does not match its CRC-32"
    assert told(checks) == [(1, Result.FAILED, CONTRACT, reason)]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("bagit.txt", b"BagIt-Version: 0.97\n", "not the declaration of BagIt 1.0"),
        (INFO, FILES[INFO].replace(b".3\n", b".4\n"), "Payload-Oxum is not the"),
        (
            INFO,
            FILES[INFO].replace(b"Payload-Oxum: ", b"Payload-Oxum: 1"),
            "Payload-Oxum is not the",
        ),
        (INFO, b"garbage\n", ""),
    ],
)
def test_the_files_of_the_bag_are_as_due(
    name: str, data: bytes, reason: str, judge: Judge
) -> None:
    """Declaration, form and size; each fault is of its file."""
    assert FILES[name] != data
    (check,) = judge(container_checks, {**FILES, name: data})
    assert (check.number, check.result, check.subject) == (1, Result.FAILED, name)
    assert check.reason.startswith(reason)
    assert check.reason_zh


def test_both_faults_of_a_bag_are_told(judge: Judge) -> None:
    """A wrong declaration does not hide a wrong size."""
    changed = {"bagit.txt": b"x", INFO: FILES[INFO].replace(b".3\n", b".4\n")}
    checks = judge(container_checks, {**FILES, **changed})
    assert [check.subject for check in checks] == ["bagit.txt", INFO]


@pytest.mark.parametrize("name", ["bagit.txt", INFO])
def test_that_a_file_of_the_bag_is_missing_is_for_check_2(
    name: str, judge: Judge
) -> None:
    """Check 1 judges what is there."""
    rest = {key: data for key, data in FILES.items() if key != name}
    (check,) = judge(container_checks, rest)
    assert check.result is Result.PASSED


@pytest.mark.parametrize(
    ("listing", "subject"),
    [
        (LIST, CONTRACT),
        ("checksums-sm3.txt", CONTRACT),
        (TAGS, "REPORT.pdf"),
    ],
)
def test_a_digest_that_is_not_listed_is_told_by_the_name_of_its_file(
    listing: str, subject: str, judge: Judge
) -> None:
    """Each file by itself, and which list it is."""
    lines = FILES[listing].splitlines(keepends=True)
    (place,) = (n for n, line in enumerate(lines) if subject.encode() in line)
    lines[place] = lines[place].replace(b"a", b"b").replace(b"1", b"2")
    checks = judge(checksum_checks, {**FILES, listing: b"".join(lines)})
    if listing != TAGS:
        # The list of lists has the digest of the list before it was changed.
        assert [check.subject for check in checks] == [subject, listing]
        checks = checks[:1]
    reason = f"{listing} does not list the digest it has"
    assert told(checks) == [(3, Result.FAILED, subject, reason)]
    assert listing in checks[0].reason_zh


@pytest.mark.parametrize("listing", [LIST, "checksums-sm3.txt", TAGS])
def test_a_list_has_one_form(listing: str, judge: Judge) -> None:
    """Other order, a line twice, an empty line: told once, of the list."""
    lines = FILES[listing].splitlines(keepends=True)
    for wrong in (lines[::-1], [*lines, lines[0]], [*lines, b"\n"]):
        checks = judge(checksum_checks, {**FILES, listing: b"".join(wrong)})
        reason = "it has other lines or another order"
        assert told(checks)[0 if listing != TAGS else -1] == (
            3,
            Result.FAILED,
            listing,
            reason,
        )
        assert len(checks) == (2 if listing != TAGS else 1)
