"""The bundle verifier: what passes, what fails, what it cannot tell, and why."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integrity.digest import digest_bytes
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.proof import parse_proof
from integrity.statement import Event, Subject, seal
from receipts.checks import Report, Result
from receipts.verify_bundle import verify_bundle
from tests.bundle_factory import (
    CLERK,
    ORIGIN,
    START,
    Matter,
    SmallLog,
    pack,
    relist,
    reseal,
    results,
    signer,
    small_matter,
    unpack,
    verifier_key,
)

CONTRACT = "data/20250829_合同_001.pdf"


@pytest.fixture(scope="module")
def matter() -> Matter:
    """Three exhibits."""
    return small_matter()


@pytest.fixture(scope="module")
def bundle(matter: Matter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their bundle."""
    out = tmp_path_factory.mktemp("bundle") / "bundle.zip"
    matter.export(out)
    return out


@pytest.fixture
def forge(bundle: Path, matter: Matter, tmp_path: Path) -> Any:
    """Changes files of the bundle, lists and seals them anew, and verifies.

    So the change is the firm's own, and the seals do not give it away.
    """

    def _forge(changes: dict[str, bytes | None], *, fit: bool = True) -> Report:
        files: dict[str, Any] = {**unpack(bundle), **changes}
        files = {name: data for name, data in files.items() if data is not None}
        if fit:
            files = relist(files)
        if "tagmanifest-sha256.txt" in files:
            files |= {
                name: data
                for name, data in reseal(files, matter.log).items()
                if name in files
            }
        out = pack(files, tmp_path / "forged.zip")
        return verify_bundle(out, matter.log.keys)

    return _forge


def test_a_sound_bundle_passes_with_the_firms_keys(
    bundle: Path, matter: Matter
) -> None:
    """With keys from elsewhere all sixteen checks pass, in the promised order."""
    report = verify_bundle(bundle, matter.log.keys)
    assert results(report) == set()
    assert report.verdict is Result.PASSED
    order = dict.fromkeys(check.number for check in report.checks)
    assert list(order) == [1, 2, 3, 4, 19, 6, 17, 5, 18, 7, 10, 20, 8, 9, 16, 14]


def test_without_keys_it_states_whose_it_judged_by(
    bundle: Path, matter: Matter
) -> None:
    """By the bundle's own keys it passes, and check 4 states their fingerprint."""
    report = verify_bundle(bundle, None)
    assert report.verdict is Result.PASSED
    (keys,) = [check for check in report.checks if check.number == 4]
    assert matter.log.keys.fingerprint() in keys.reason


def test_the_fingerprint_from_a_paper_settles_the_keys(
    bundle: Path, matter: Matter
) -> None:
    """The right fingerprint passes, a wrong one fails."""
    right = matter.log.keys.fingerprint()
    assert verify_bundle(bundle, None, right).verdict is Result.PASSED
    wrong = verify_bundle(bundle, None, "0" * 64)
    assert results(wrong) == {(4, "failed", "trust/keys")}


def test_a_bundle_under_other_keys_fails(tmp_path: Path, matter: Matter) -> None:
    """A bundle that a stranger made with keys of his own does not pass ours."""
    log = SmallLog(signer(ORIGIN, 8), signer("custody.example/statements", 9))
    foreign = Matter(log)
    foreign.receive("e0000000000aa", b"forged")
    out = tmp_path / "foreign.zip"
    foreign.export(out)
    # By itself it is consistent, and says by which keys: not by ours.
    (keys,) = [c for c in verify_bundle(out, None).checks if c.number == 4]
    assert log.keys.fingerprint() in keys.reason
    found = results(verify_bundle(out, matter.log.keys))
    assert {(4, "failed", "trust/keys"), (5, "failed", "checkpoint")} <= found
    assert (6, "failed", "statements/00000000.dsse.json") in found


def test_every_flipped_byte_is_found_and_named(
    bundle: Path, matter: Matter, tmp_path: Path
) -> None:
    """One changed byte anywhere: failed, with a check and the file it is in."""
    good = bundle.read_bytes()
    files = unpack(bundle)
    spans = {}
    for name, data in files.items():
        start = good.index(name.encode() + data) + len(name.encode())
        spans[name] = (start, start + len(data))
    bad = tmp_path / "bad.zip"
    step = max(1, len(good) // 400)
    positions = set(range(0, len(good), step))
    for start, end in spans.values():
        positions |= {start, (start + end) // 2, end - 1} if end > start else set()
    for position in sorted(positions):
        changed = bytearray(good)
        changed[position] ^= 0x20
        bad.write_bytes(changed)
        report = verify_bundle(bad, matter.log.keys)
        failures = [c for c in report.checks if c.result is Result.FAILED]
        assert failures, position
        assert all(c.reason and c.subject and c.reason_zh for c in failures)
        inside = [n for n, (start, end) in spans.items() if start <= position < end]
        if inside:
            assert inside[0] in {c.subject for c in failures}, (position, inside)


def test_a_replaced_original_fails_even_if_all_lists_fit(forge: Any) -> None:
    """The lists are not trusted: the original must be that of its statement."""
    assert results(forge({CONTRACT: b"other bytes"})) == {(8, "failed", CONTRACT)}


def test_two_originals_under_each_others_name_fail(forge: Any, bundle: Path) -> None:
    """Genuine bytes under another exhibit's name are not that exhibit."""
    files = unpack(bundle)
    other = "data/00000000_其他_002.bin"
    swapped = {CONTRACT: files[other], other: files[CONTRACT]}
    assert results(forge(swapped)) == {(8, "failed", CONTRACT), (8, "failed", other)}


def test_an_earlier_name_is_not_the_newest(forge: Any, bundle: Path) -> None:
    """The name before the correction is refused."""
    old = "data/20250829_其他_001.pdf"
    found = results(forge({CONTRACT: None, old: unpack(bundle)[CONTRACT]}))
    assert found == {
        (9, "failed", CONTRACT),
        (9, "failed", old),
        (8, "indeterminate", old),
    }


def test_leaving_out_the_newest_naming_event_shows(forge: Any) -> None:
    """Dropping the correction, statement and proof, brings back the older name."""
    gone: dict[str, None] = {
        "statements/00000007.dsse.json": None,
        "proofs/00000007.tlog-proof": None,
    }
    assert (9, "failed", CONTRACT) in results(forge(gone))


def test_leaving_out_the_receipt_shows(forge: Any) -> None:
    """An exhibit whose receipt is missing fails check 10."""
    gone: dict[str, None] = {
        "statements/00000002.dsse.json": None,
        "proofs/00000002.tlog-proof": None,
    }
    assert results(forge(gone)) == {(10, "failed", "history of e0000000000aa")}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("data/extra.pdf", 9),
        ("extra.txt", 2),
        ("data/sub/extra.pdf", 2),
        ("fetch.txt", 2),
        ("manifest-md5.txt", 2),
        ("verify.htm", 2),
        ("statements/notes.txt", 2),
        ("statements/00000001.dsse.json", 2),
        ("trust/other", 2),
    ],
)
def test_an_unlisted_file_fails(forge: Any, name: str, kind: int) -> None:
    """Nothing may ride along, wherever it lies and however well it is listed."""
    report = forge({name: b"x"})
    assert report.verdict is Result.FAILED
    assert kind in {number for number, result, _ in results(report) if "fail" in result}


def test_each_missing_file_is_named(forge: Any, bundle: Path) -> None:
    """Whatever is taken out is named by check 2, an original by check 9."""
    lists = {"manifest-sha256.txt", "checksums-sm3.txt", "bag-info.txt"}
    lists.add("tagmanifest-sha256.txt")
    for name in unpack(bundle):
        number = 9 if name.startswith("data/") else 2
        report = forge({name: None}, fit=name not in lists)
        assert (number, "failed", name) in results(report), name


def test_a_changed_list_is_named(forge: Any, bundle: Path) -> None:
    """Other order, extra line, upper case: a list has one form only."""
    files = unpack(bundle)
    for name in ("manifest-sha256.txt", "checksums-sm3.txt"):
        lines = files[name].splitlines(keepends=True)
        for wrong in (lines[::-1], [*lines, lines[0]], [*lines, b"\n"]):
            found = results(forge({name: b"".join(wrong)}, fit=False))
            assert (3, "failed", name) in found
            assert (3, "failed", "tagmanifest-sha256.txt") not in found


@pytest.mark.parametrize(
    ("number", "name", "data"),
    [
        (1, "bagit.txt", b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"),
        (4, "trust/keys", b"garbage\n"),
        (4, "trust/policy", b"quorum none\n"),
        (5, "checkpoint", b"garbage\n"),
        (6, "statements/00000002.dsse.json", b"{}"),
        (7, "proofs/00000002.tlog-proof", b"garbage"),
    ],
)
def test_a_replaced_part_fails_its_own_check(
    forge: Any, number: int, name: str, data: bytes
) -> None:
    """With all lists fitting, each part still fails the check that is about it."""
    assert (number, "failed", name) in results(forge({name: data}))


@pytest.mark.parametrize(
    "line",
    [
        "External-Identifier: m999",
        "Source-Organization: 别的律师事务所",
    ],
)
def test_bag_info_must_be_that_of_the_log(forge: Any, bundle: Path, line: str) -> None:
    """Firm and matter in bag-info.txt are compared with the events."""
    label = line.partition(":")[0]
    lines = unpack(bundle)["bag-info.txt"].decode().splitlines()
    lines = [line if old.startswith(label) else old for old in lines]
    data = "".join(f"{text}\n" for text in lines).encode()
    assert results(forge({"bag-info.txt": data})) == {(10, "failed", "bag-info.txt")}


def test_bag_info_has_one_form(forge: Any, bundle: Path) -> None:
    """An extra line, another order or a wrong size is refused by check 1."""
    good = unpack(bundle)["bag-info.txt"]
    lines = good.splitlines(keepends=True)
    for wrong in (
        good + b"X: y\n",
        b"".join(lines[::-1]),
        good.replace(b".3\n", b".4\n"),
    ):
        assert (1, "failed", "bag-info.txt") in results(
            forge({"bag-info.txt": wrong}, fit=False)
        )


def test_a_proof_of_another_leaf_fails(forge: Any, bundle: Path) -> None:
    """Statement and proof must be of the same leaf, and it of its file name."""
    files = unpack(bundle)
    two, three = "proofs/00000002.tlog-proof", "proofs/00000003.tlog-proof"
    swapped = {two: files[three], three: files[two]}
    assert results(forge(swapped)) == {(7, "failed", two), (7, "failed", three)}


def test_a_proof_under_another_checkpoint_fails(forge: Any, bundle: Path) -> None:
    """All proofs carry the one checkpoint of the bundle."""
    name = "proofs/00000002.tlog-proof"
    proof = parse_proof(unpack(bundle)[name])
    other = replace(proof, checkpoint=proof.checkpoint.replace(b"10", b"11", 1))
    assert results(forge({name: other.serialise()})) == {(7, "failed", name)}


def test_a_statement_that_was_never_logged_fails(forge: Any, matter: Matter) -> None:
    """A genuine signature does not help: the leaf is rebuilt from the statement."""
    name, proof_name = "statements/00000002.dsse.json", "proofs/00000002.tlog-proof"
    data = b"backdated"
    subject = Subject("e0000000000aa", digest_bytes(data))
    event = matter.log.event(2)
    facts = {"exhibit": "e0000000000aa", "matter": "m0123456789ab"}
    facts |= {"original_name": "x", "size": len(data)}
    forged = Event("exhibit.received", CLERK, START, facts, (subject,), {}, f"{2:064x}")
    envelope = seal(forged, matter.log.statement_signer)
    proof = replace(parse_proof(event.proof), extra=envelope).serialise()
    changes = {name: envelope, proof_name: proof, CONTRACT: data}
    assert (7, "failed", proof_name) in results(forge(changes))


def test_a_log_key_that_was_not_valid_at_that_size_fails(
    bundle: Path, matter: Matter
) -> None:
    """Keys are judged at the size of the checkpoint, each end of the range."""
    for last, verdict in ((9, Result.FAILED), (10, Result.PASSED)):
        entries = [
            TrustedKey(
                e.role, e.key, 0, last if e.role is Role.LOG else None, START, None
            )
            for e in matter.log.keys.entries
        ]
        assert verify_bundle(bundle, TrustedKeys(tuple(entries))).verdict is verdict


def test_a_bundle_from_before_a_rotation_still_passes(
    bundle: Path, matter: Matter
) -> None:
    """A policy with ended and newer keys verifies what the old keys signed."""
    end = START + dt.timedelta(days=365)
    old = [
        TrustedKey(e.role, e.key, 0, 500, START, end) for e in matter.log.keys.entries
    ]
    new = TrustedKey(Role.LOG, verifier_key(signer(ORIGIN, 7)), 500, None, end, None)
    policy = TrustedKeys((*old, new))
    assert verify_bundle(bundle, policy).verdict is Result.PASSED


def broken_histories() -> dict[str, Matter]:
    """Logs whose events contradict each other, though every signature holds."""
    matters = {}
    twice = small_matter()
    twice.receive("e0000000000aa", twice.contents["e0000000000aa"])
    matters["received twice"] = twice
    late = Matter()
    late.happen("exhibit.checked", exhibit="e0000000000aa")
    late.receive("e0000000000aa", b"x")
    matters["an event before receipt"] = late
    moved = small_matter()
    moved.happen("exhibit.reread", exhibit="e0000000000aa", matter="m999")
    matters["another matter"] = moved
    shared = small_matter()
    shared.name("e0000000000bb", "20250829_合同_001.pdf")
    matters["one name for two"] = shared
    changed = small_matter()
    changed.contents["e0000000000aa"] = b"changed"
    changed.name("e0000000000aa", "20250829_合同_001.pdf")
    changed.contents["e0000000000aa"] = b"%PDF-1.7 first original\n" * 9
    matters["an event about other bytes"] = changed
    unnamed = small_matter()
    unnamed.happen("exhibit.read", exhibit="e0000000000aa")
    matters["a naming event without name"] = unnamed
    sizeless = Matter()
    sizeless.receive("e0000000000aa", b"x", size=True)
    matters["a size that is no number"] = sizeless
    for what, names in (("no subject", ()), ("another subject", ("e0000000000bb",))):
        strange = Matter()
        strange.contents["e0000000000aa"] = b"x"
        strange.names["e0000000000aa"] = "e0000000000aa"
        subjects = [Subject(name, digest_bytes(b"x")) for name in names]
        facts = {"exhibit": "e0000000000aa", "matter": "m0123456789ab", "size": 1}
        strange.leaves.append(
            strange.log.record("exhibit.received", *subjects, **facts)
        )
        matters[f"a receipt of {what}"] = strange
    refounded = small_matter()
    refounded.happen("firm.initialised", firm="x", origin=ORIGIN, keys={})
    matters["founded twice"] = refounded
    return matters


@pytest.mark.parametrize("case", broken_histories())
def test_contradicting_events_fail(case: str, bundle: Path, tmp_path: Path) -> None:
    """Signatures and proofs hold, the story does not: check 10 fails."""
    broken = broken_histories()[case]
    good = unpack(bundle)
    files = {n: d for n, d in good.items() if "/" not in n or n.startswith("trust/")}
    for exhibit, data in broken.contents.items():
        files[f"data/{broken.names[exhibit]}"] = data
    for leaf in broken.leaves:
        event = broken.log.event(leaf)
        files[f"statements/{leaf:08d}.dsse.json"] = event.envelope
        files[f"proofs/{leaf:08d}.tlog-proof"] = event.proof
    files["checkpoint"] = broken.log.checkpoint()
    files = reseal(relist(files), broken.log)
    out = pack(files, tmp_path / "broken.zip")
    found = results(verify_bundle(out, broken.log.keys))
    assert {number for number, _, _ in found} == {10}


def test_what_is_no_bundle_fails(tmp_path: Path) -> None:
    """Any other file is refused by check 1, without an exception."""
    for data in (b"", b"PK", b"x" * 5000, b"PK\x05\x06" + bytes(18)):
        path = tmp_path / "x.zip"
        path.write_bytes(data)
        assert verify_bundle(path, None).verdict is Result.FAILED
