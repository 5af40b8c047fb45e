"""Proofs in formats of others: told apart by their bytes, and never passed."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.opentimestamps import HEADER
from receipts import asic
from receipts.asic import EXTENDED, MIMETYPE, SIMPLE
from receipts.checks import Report, Result
from receipts.cli import main
from receipts.verify_asic import verify_asic
from receipts.verify_foreign import ForeignKind, foreign_kind_of, verify_foreign
from receipts.verify_opentimestamps import verify_opentimestamps
from tests.stamp_maker import Maker, good_chain

TEXT = b"hello\n"
BITCOIN = b"\x00" + bytes.fromhex("0588960d73d71901") + b"\x01\x07"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"


def proof(function: int, digest: bytes, steps: bytes = BITCOIN) -> bytes:
    return HEADER + b"\x01" + bytes([function]) + digest + steps


def numbers(report: Report) -> dict[int, Result]:
    return {check.number: check.result for check in report.checks}


def pack(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name), content, method)
    return path


def twice_named(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for name in (MIMETYPE, "a", "a"):
            packed.writestr(zipfile.ZipInfo(name), EXTENDED)


def reference(content: bytes, algorithm: str = SHA256) -> str:
    value = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return (
        f'<ds:DigestMethod Algorithm="{algorithm}"/><ds:DigestValue>{value}\n'
        f"</ds:DigestValue>"
    )


def signatures(*references: str) -> bytes:
    space = 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    inner = "".join(references)
    return (
        f"<a {space}><ds:Signature><ds:SignedInfo>{inner}</ds:SignedInfo>"
        "</ds:Signature></a>"
    ).encode()


def named(name: str, content: bytes, algorithm: str = SHA256, extra: str = "") -> str:
    inner = reference(content, algorithm)
    return f'<ds:Reference URI="{name}">{extra}{inner}</ds:Reference>'


def manifest(name: str, content: bytes) -> bytes:
    spaces = (
        'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
        'xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"'
    )
    return (
        f"<asic:ASiCManifest {spaces}>"
        f'<asic:DataObjectReference URI="{name}">{reference(content)}'
        "</asic:DataObjectReference></asic:ASiCManifest>"
    ).encode()


def token(**changes: Any) -> bytes:
    """A bare token, by default with its whole chain in DER's order."""
    chain = good_chain()
    sent = sorted(chain, key=lambda each: each.public_bytes(Encoding.DER))
    response = Maker(chain, **({"sent": sent} | changes)).response()
    return bytes(tsp.TimeStampResp.load(response)["time_stamp_token"].dump())


EXTENDED_FILES = {
    MIMETYPE: EXTENDED,
    "a b.txt": TEXT,
    "META-INF/signatures0.xml": signatures(named("a%20b.txt", TEXT)),
}


def test_kinds_are_told_by_bytes_then_by_name(tmp_path: Path) -> None:
    """A header or a mimetype decides whatever the name; else the name does."""
    path = tmp_path / "x"
    path.write_bytes(proof(8, bytes(32)))
    assert foreign_kind_of(path) is ForeignKind.OPENTIMESTAMPS
    assert foreign_kind_of(pack(path, EXTENDED_FILES)) is ForeignKind.ASIC
    path.write_bytes(b"anything")
    assert foreign_kind_of(path) is None
    for suffix, kind in ((".ots", "OPENTIMESTAMPS"), (".ASICS", "ASIC")):
        other = path.with_suffix(suffix)
        other.write_bytes(b"")
        assert foreign_kind_of(other) is ForeignKind[kind]
        assert verify_foreign(ForeignKind[kind], other, None).verdict is Result.FAILED


def test_a_digest_of_the_file_by_other_functions(tmp_path: Path) -> None:
    """SHA-1 and RIPEMD-160 can fail but not pass; Keccak-256 cannot be compared."""
    file = tmp_path / "file"
    file.write_bytes(TEXT)
    for function, name in ((2, "sha1"), (3, "ripemd160")):
        digest = hashlib.new(name, TEXT).digest()
        report = verify_opentimestamps(proof(function, digest), "p", file)
        assert numbers(report)[8] is Result.INDETERMINATE
        report = verify_opentimestamps(proof(function, bytes(20)), "p", file)
        assert numbers(report)[8] is Result.FAILED
    report = verify_opentimestamps(proof(0x67, bytes(32)), "p", file)
    assert numbers(report)[8] is Result.INDETERMINATE


def test_what_can_be_no_root_fails() -> None:
    """A Bitcoin attestation of a value that is not 32 bytes long claims nonsense."""
    report = verify_opentimestamps(proof(8, bytes(32), b"\x02" + BITCOIN), "p", None)
    assert numbers(report)[16] is Result.FAILED
    report = verify_opentimestamps(proof(8, bytes(32), b"\x67" + BITCOIN), "p", None)
    assert numbers(report)[16] is Result.INDETERMINATE


def test_a_file_goes_with_an_ots_proof_only(tmp_path: Path) -> None:
    """A second file beside a container is wrong usage."""
    path = pack(tmp_path / "x.asice", EXTENDED_FILES)
    with pytest.raises(SystemExit) as stopped:
        main([str(path), str(path)])
    assert stopped.value.code == 2


def test_a_sound_container_stays_open(tmp_path: Path) -> None:
    """Digests hold, also of packed files with a space; the signature stays open."""
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        files = dict(EXTENDED_FILES)
        path = tmp_path / "x.asice"
        with zipfile.ZipFile(path, "w") as packed:
            for name, content in files.items():
                how = zipfile.ZIP_STORED if name == MIMETYPE else method
                packed.writestr(zipfile.ZipInfo(name), content, how)
        assert numbers(verify_asic(path)) == {
            1: Result.PASSED,
            2: Result.PASSED,
            3: Result.PASSED,
            14: Result.INDETERMINATE,
        }


def test_what_cannot_be_compared_stays_open(tmp_path: Path) -> None:
    """SHA-1, and a transformed file: indeterminate, not altered."""
    transformed = "<ds:Transforms/>"
    for stated in (named("a", TEXT, SHA1), named("a", TEXT, extra=transformed)):
        files = {MIMETYPE: EXTENDED, "a": TEXT, "META-INF/signatures.xml": b""}
        files["META-INF/signatures.xml"] = signatures(stated)
        report = verify_asic(pack(tmp_path / "x.asice", files))
        assert numbers(report)[3] is Result.INDETERMINATE


def test_references_inside_the_signature_are_not_files(tmp_path: Path) -> None:
    """`#id` names a part of the XML; a signature of nothing else covers no file."""
    inside = named("#S0", TEXT)
    files = EXTENDED_FILES | {"META-INF/signatures0.xml": signatures(inside)}
    report = verify_asic(pack(tmp_path / "x.asice", files))
    assert numbers(report) == {
        1: Result.PASSED,
        2: Result.PASSED,
        14: Result.INDETERMINATE,
    }


@pytest.mark.parametrize(
    "xml",
    [
        b"<a Id='1'><b Id='1'/></a>",
        signatures('<ds:Reference URI="a b.txt"/>'),
        signatures(named("a%20b.txt", TEXT).replace("=", "!", 3)),
        b"<a>" + bytes(3),
    ],
)
def test_signature_files_that_are_none_fail(tmp_path: Path, xml: bytes) -> None:
    """Ids twice, references without digest, no XML: check 14 fails."""
    files = EXTENDED_FILES | {"META-INF/signatures0.xml": xml}
    report = verify_asic(pack(tmp_path / "x.asice", files))
    assert numbers(report)[14] is Result.FAILED


def test_a_manifest_is_followed(tmp_path: Path) -> None:
    """ASiC-E with a manifest: its digests are compared, its stamp is about it."""
    listed = manifest("a.txt", TEXT)
    files = {
        MIMETYPE: EXTENDED,
        "a.txt": TEXT,
        "META-INF/ASiCManifest1.xml": listed,
        "META-INF/timestamp1.tst": token(imprint=hashlib.sha256(listed).digest()),
    }
    report = verify_asic(pack(tmp_path / "x.asice", files))
    assert numbers(report)[3] is Result.PASSED
    assert report.checks[-1].number == 16
    assert "existed at 2025-08-29T06:03:22Z" in report.checks[-1].reason
    report = verify_asic(pack(tmp_path / "x.asice", files | {"a.txt": b"other"}))
    assert numbers(report)[3] is Result.FAILED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "existed at"),
        ({"sent": []}, "no chain"),
        ({"message_digest": bytes(32)}, "other content"),
        ({"imprint": bytes(32)}, "other bytes"),
        (
            {"imprint": hashlib.sha1(TEXT).digest(), "imprint_algorithm": "sha1"},
            "SHA-2",
        ),
    ],
)
def test_stamps_over_the_one_object(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    """A stamp that holds is stated and stays open; one that does not hold fails."""
    stamp = token(**({"imprint": hashlib.sha256(TEXT).digest()} | changes))
    files = {MIMETYPE: SIMPLE, "a": TEXT, "META-INF/timestamp.tst": stamp}
    report = verify_asic(pack(tmp_path / "x.asics", files))
    last = report.checks[-1]
    assert reason in last.reason
    failed = reason in {"other content", "other bytes", "SHA-2"}
    assert (last.result is Result.FAILED) is failed
    assert report.verdict is not Result.PASSED


def test_names_that_are_refused(tmp_path: Path) -> None:
    """Control characters, a name in two cases, and two objects in an ASiC-S."""
    for more in ({"a\n": b""}, {"A B.TXT": TEXT}):
        report = verify_asic(pack(tmp_path / "x", EXTENDED_FILES | more))
        assert numbers(report)[2] is Result.FAILED
    files = {MIMETYPE: SIMPLE, "a": TEXT, "b": TEXT}
    assert numbers(verify_asic(pack(tmp_path / "x", files)))[2] is Result.FAILED


def test_a_file_that_many_signatures_name_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digest is computed once a file and function, however often it is stated."""
    path = pack(tmp_path / "x", EXTENDED_FILES)
    with path.open("rb") as stream:
        container = asic.AsicContainer(stream)
        first = container.digest("a b.txt", "sha256")
        monkeypatch.setattr(container, "_chunks", None)
        assert container.digest("a b.txt", "sha256") == first
    assert first == hashlib.sha256(TEXT).digest()


def test_folders_in_a_container_are_no_files(tmp_path: Path) -> None:
    """An entry for a folder is nothing that a signature would have to cover."""
    files = EXTENDED_FILES | {"META-INF/": b""}
    assert verify_asic(pack(tmp_path / "x", files)).verdict is Result.INDETERMINATE


def test_zips_that_are_no_container(tmp_path: Path) -> None:
    """A packed mimetype or another one, an entry before it, odd names, a lock."""
    path = tmp_path / "x.asice"
    packed = pack(path, EXTENDED_FILES, zipfile.ZIP_DEFLATED)
    assert numbers(verify_asic(packed)) == {1: Result.FAILED}
    late = {"a": TEXT} | EXTENDED_FILES
    assert numbers(verify_asic(pack(path, late))) == {1: Result.FAILED}
    bare = {MIMETYPE: b"text/plain", "a": TEXT}
    assert numbers(verify_asic(pack(path, bare))) == {1: Result.FAILED}
    with pytest.warns(UserWarning, match="Duplicate"):
        twice_named(path)
    assert numbers(verify_asic(path)) == {1: Result.FAILED}
    path.write_bytes(pack(path, EXTENDED_FILES).read_bytes().replace(b"a b", b"a\0b"))
    assert numbers(verify_asic(path)) == {1: Result.FAILED}
    locked = pack(path, EXTENDED_FILES).read_bytes()
    place = locked.rindex(b"PK\x01\x02")
    path.write_bytes(locked[: place + 8] + b"\x01" + locked[place + 9 :])
    assert numbers(verify_asic(path)) == {1: Result.FAILED}


def test_a_name_that_differs_in_its_two_places_fails(tmp_path: Path) -> None:
    """The name before the content is compared, and may hold any bytes."""
    files = {MIMETYPE: EXTENDED, "证据.txt": TEXT}
    files["META-INF/signatures.xml"] = signatures(named("证据.txt", TEXT))
    path = pack(tmp_path / "x.asice", files)
    assert verify_asic(path).verdict is Result.INDETERMINATE
    data = bytearray(path.read_bytes())
    place = data.index("证".encode())
    for byte in (data[place] + 1, 0xFF):
        path.write_bytes(data[:place] + bytes([byte]) + data[place + 1 :])
        assert numbers(verify_asic(path))[3] is Result.FAILED


def test_bounds_hold_on_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries, bytes in all, bytes of a signature, references: one more is refused."""
    path = pack(tmp_path / "x.asice", EXTENDED_FILES)
    size = sum(len(content) for content in EXTENDED_FILES.values())
    meta = len(EXTENDED_FILES["META-INF/signatures0.xml"])
    bounds = {
        "MAX_ENTRIES": (len(EXTENDED_FILES), 1),
        "MAX_TOTAL_BYTES": (size, 1),
        "MAX_META_BYTES": (meta, 14),
        "MAX_REFERENCES": (1, 14),
    }
    for name, (bound, number) in bounds.items():
        with monkeypatch.context() as patched:
            patched.setattr(asic, name, bound)
            assert verify_asic(path).verdict is Result.INDETERMINATE, name
            patched.setattr(asic, name, bound - 1)
            assert numbers(verify_asic(path))[number] is Result.FAILED, name


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"a b.txt": b"other"}, 3),
        ({"a b.txt": None}, 3),
        ({"more": TEXT}, 2),
        ({"../more": TEXT}, 2),
        ({"META-INF/signatures0.xml": b"<a/>"}, 14),
        ({"META-INF/signatures0.xml": b"<!DOCTYPE a []><a/>"}, 14),
    ],
)
def test_what_was_altered_fails(
    tmp_path: Path, change: dict[str, bytes | None], number: int
) -> None:
    """Content, a file less or more, a name that leads out, no signature."""
    changed = EXTENDED_FILES | change
    files = {name: content for name, content in changed.items() if content is not None}
    report = verify_asic(pack(tmp_path / "x", files))
    assert numbers(report)[number] is Result.FAILED


def test_a_proof_of_the_file_says_what_to_look_up(tmp_path: Path) -> None:
    """The digest passes; block, calendar and unknown kinds are named, none passes."""
    file = tmp_path / "file"
    file.write_bytes(TEXT)
    digest = hashlib.sha256(TEXT).digest()
    calendar = b"\x00" + bytes.fromhex("83dfe30d2ef90c8e") + b"\x04\x03a.b"
    unknown = b"\x00" + b"\x01" * 8 + b"\x00"
    steps = b"\xff" + BITCOIN + b"\xff" + calendar + unknown
    report = verify_opentimestamps(proof(8, digest, steps), "p", file)
    assert numbers(report) == {
        1: Result.PASSED,
        8: Result.PASSED,
        16: Result.INDETERMINATE,
    }
    told = " ".join(check.reason for check in report.checks)
    for words in (f"Bitcoin block 7: its Merkle root must be {digest[::-1].hex()}",
                  "the calendar a.b", "01" * 8):  # fmt: skip
        assert words in told
    assert verify_opentimestamps(b"", "p", None).verdict is Result.FAILED
    report = verify_opentimestamps(proof(8, digest), "p", None)
    assert numbers(report)[8] is Result.INDETERMINATE
