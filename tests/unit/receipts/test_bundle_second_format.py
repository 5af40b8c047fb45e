"""Bundles of the second format that a second implementation made, byte by byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from integrity.policy import TrustedKeys, parse_trusted_keys
from receipts.checks import Report, Result
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as made
from tests.bundle_factory import results

Files = made.Files
Verify = Callable[..., Report]

NAMES = (
    "v2-plain",
    "v2-stamped",
    "v2-rotated",
    "v2-persons",
    "v2-witnessed",
    "v2-witnessed-one-of-two",
    "v2-erased",
    "v2-rolled",
    "v2-rolled-at-its-end",
    "v2-bad-one-person",
    "v2-bad-same-person-twice",
    "v2-bad-cosignature",
    "v2-bad-erased-still-there",
    "v2-bad-stamp-of-other-bytes",
    "v2-bad-stamp-without-usage",
    "v2-bad-seal-high-s",
    "v2-bad-seal-stranger",
    "v2-bad-history",
    "v2-bad-report",
    "v2-bad-rolled-fork",
    "v2-bad-rolled-early",
    "v2-bad-rolled-newer-key",
    "v2-bad-rolled-older-key",
    "v2-bad-rolled-not-continued",
    "v2-bad-rolled-other-facts",
    "v2-bad-rolled-continued-twice",
    "v2-bad-rolled-index",
    "v2-bad-rolled-other-note",
    "v2-bad-rolled-unreadable-proof",
    "v2-bad-rolled-closed-as-newest",
    "v2-bad-rolled-name-comes-back",
    "v2-rolled-key-lost",
    "v2-bad-rolled-empty-first",
    "v2-bad-rolled-empty-next",
)


@pytest.fixture(scope="module")
def every(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Files, made.Expected]]:
    """Every sample."""
    return made.samples(tmp_path_factory.mktemp("authorities"))


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """Packs files and verifies them."""

    def _verify(
        files: Files,
        policy: TrustedKeys | None = None,
        fingerprint: str | None = None,
    ) -> Report:
        return verify_bundle(made.pack(files, tmp_path / "b.zip"), policy, fingerprint)

    return _verify


def test_every_sample_is_listed_here(
    every: dict[str, tuple[Files, made.Expected]],
) -> None:
    """No sample is forgotten below."""
    assert set(every) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_gives_the_stated_answers(
    name: str, every: dict[str, tuple[Files, made.Expected]], verify: Verify
) -> None:
    """Verdict and numbers are those for which the sample was made."""
    files, (verdict, numbers, _) = every[name]
    fingerprint = made.sha256(files["trust/keys"])
    for report in (verify(files), verify(files, None, fingerprint)):
        assert {number for number, _, _ in results(report)} == set(numbers)
        assert report.verdict.value == verdict
        assert all(check.reason and check.reason_zh for check in report.checks)


def test_a_fingerprint_from_before_a_change_leads_to_the_keys_of_now(
    verify: Verify,
) -> None:
    """Each earlier content of the key file is good, and no other fingerprint is."""
    sample = made.persons()
    files = sample.files()
    changes = [e["facts"] for e in sample.log.events if e["kind"] == "keys.changed"]
    for facts in changes:
        assert verify(files, None, facts["before"]).verdict is Result.PASSED
        policy = parse_trusted_keys(facts["trust"].encode())
        assert verify(files, policy).verdict is Result.PASSED
    strange = verify(files, None, "0" * 64)
    assert results(strange) == {(4, "failed", "trust/keys")}


def test_a_policy_from_after_a_change_verifies_a_bundle_from_before_it(
    verify: Verify,
) -> None:
    """Newer keys that only ended the older ones know an older bundle."""
    sample = made.three_exhibits(made.Sample())
    before = sample.files()
    sample.change("rotated", sample.log.rotate)
    policy = parse_trusted_keys(sample.log.trust())
    assert verify(before, policy).verdict is Result.PASSED
    other = made.Sample(made.Log(seal_seed=5))
    assert (4, "failed", "trust/keys") in results(
        verify(before, parse_trusted_keys(other.log.trust()))
    )


def test_an_earlier_fingerprint_does_not_help_where_the_history_is_broken(
    verify: Verify,
) -> None:
    """The chain of changes is what makes an old fingerprint good: 4 and 19 fail."""
    sample = made.rotated()
    first = next(e for e in sample.log.events if e["kind"] == "keys.changed")
    sample.leaves.remove(2)
    found = results(verify(sample.files(), None, first["facts"]["before"]))
    assert {number for number, _, _ in found} == {4, 19}


def test_dropping_a_change_of_keys_shows(verify: Verify) -> None:
    """Without one keys.changed the rest does not lead to trust/keys."""
    sample = made.rotated()
    sample.leaves.remove(2)
    assert {number for number, _, _ in results(verify(sample.files()))} == {19}


def test_a_statement_by_a_key_that_ended_before_fails(verify: Verify) -> None:
    """After the rotation the old statement key signs nothing any more."""
    sample = made.rotated()
    old = made.Ed(made.STATEMENTS, 2)
    leaf = sample.log.record("exhibit.reread", exhibit="e0000000000aa", signer=old)
    sample.leaves.append(leaf)
    name = f"statements/{leaf:08d}.dsse.json"
    assert (6, "failed", name) in results(verify(sample.files()))


@pytest.mark.parametrize(
    ("gone", "named"),
    [
        (["checkpoint.tsq"], ["checkpoint.tsq"]),
        (["tsa/2.pem", "checkpoint.2.tsr"], ["tsa/2.pem", "checkpoint.2.tsr"]),
        (["stamps/00000001.tsr"], ["stamps/00000001.tsr"]),
        (
            ["checkpoint.tsq", "checkpoint.tsr", "tsa/1.pem"],
            ["checkpoint.tsq", "checkpoint.tsr", "tsa/1.pem"],
        ),
        (["verify.html"], ["verify.html"]),
        (["tagmanifest-sha256.txt.sig"], ["tagmanifest-sha256.txt.sig"]),
    ],
)
def test_a_missing_file_of_the_second_format_is_named(
    gone: list[str],
    named: list[str],
    every: dict[str, tuple[Files, made.Expected]],
    verify: Verify,
) -> None:
    """Groups are whole, the second authority stands behind the first."""
    files = {n: d for n, d in every["v2-stamped"][0].items() if n not in gone}
    report = verify(files)
    assert results(report) == {(2, "failed", name) for name in named}


@pytest.mark.parametrize(
    "extra", ["stamps/00000003.txt", "tsa/3.pem", "checkpoint.3.tsr", "x.p7s"]
)
def test_nothing_else_rides_along(extra: str, verify: Verify) -> None:
    """A name that the second format does not have is refused."""
    files = made.relist({**made.plain().files(), extra: b"x"})
    assert results(verify(files)) == {(2, "failed", extra)}


def test_a_stamp_of_an_event_that_is_none_fails(
    every: dict[str, tuple[Files, made.Expected]], verify: Verify
) -> None:
    """Files of a stamp under the number of another event prove nothing."""
    files = dict(every["v2-stamped"][0])
    for suffix in ("tsq", "tsr", "pem"):
        files[f"stamps/00000002.{suffix}"] = files[f"stamps/00000001.{suffix}"]
    found = results(verify(made.relist(files)))
    assert (16, "failed", "stamps/00000002.tsr") in found


def test_a_stamping_event_without_its_files_cannot_be_judged(
    every: dict[str, tuple[Files, made.Expected]], verify: Verify
) -> None:
    """The event says so, the token is not there: indeterminate."""
    files = {n: d for n, d in every["v2-stamped"][0].items() if "stamps/0" not in n}
    found = results(verify(made.relist(files)))
    assert (16, "indeterminate", "stamps/00000001.tsr") in found


def test_a_token_for_another_query_fails(
    every: dict[str, tuple[Files, made.Expected]], verify: Verify
) -> None:
    """The nonce of the query must come back."""
    files = dict(every["v2-stamped"][0])
    files["checkpoint.tsq"] = files["checkpoint.2.tsq"]
    found = results(verify(made.relist(files)))
    assert (16, "failed", "checkpoint.tsr") in found


@pytest.mark.parametrize("kind", ["user.added", "matter.opened", "log.stamped"])
def test_an_event_that_does_not_belong_fails(kind: str, verify: Verify) -> None:
    """Genuine events of the log that say nothing of these exhibits are refused."""
    sample = made.plain()
    sample.happen(kind, size=1)
    found = results(verify(sample.files()))
    assert (10, "failed", "bundle") in found


@pytest.mark.parametrize(
    "facts",
    [
        {"leaves": []},
        {"leaves": "all"},
        {"leaves": [{"leaf": 99, "sha256": "0" * 64, "sm3": "0" * 64}]},
        {"leaves": [{"leaf": 2, "sha256": "0" * 64, "sm3": 1}]},
        {"leaves": [{"leaf": 2, "sha256": "zz", "sm3": "0" * 64}]},
        {"leaves": [{"leaf": True, "sha256": "0" * 64, "sm3": "0" * 64}]},
        {"reason": ""},
        {"legal_basis": 7},
    ],
)
def test_an_erasure_that_does_not_say_what_is_gone_fails(
    facts: dict[str, object], verify: Verify
) -> None:
    """Without leaves, digests, reason and ground nobody can tell what was erased."""
    sample = made.plain()
    good: dict[str, object] = {
        "exhibit": "e0000000000ee",
        "matter": made.MATTER,
        "reason": "x",
        "legal_basis": "y",
        "leaves": [{"leaf": 2, "sha256": "0" * 64, "sm3": "0" * 64}],
        "blobs": 1,
    }
    sample.happen("exhibit.erased", (), "admin", (), **{**good, **facts})
    assert (20, "failed", "bundle") in results(verify(sample.files()))


def test_an_event_of_an_erased_exhibit_that_came_later_fails(verify: Verify) -> None:
    """After an erasure nothing is told of the exhibit."""
    sample = made.erased()
    sample.happen("exhibit.reread", exhibit="e0000000000bb", matter=made.MATTER)
    assert (20, "failed", "bundle") in results(verify(sample.files()))


@pytest.mark.parametrize("flags", [0x00, 0x01, 0x04])
def test_a_passkey_without_presence_or_verification_does_not_count(
    flags: int, verify: Verify
) -> None:
    """The authenticator saw the person and knew who it was, or it proves nothing."""
    sample = made.persons()
    sample.log.persons["wang"] = made.Passkey("wang", 72, flags)
    sample.check("e0000000000bb", "wang", ["wang"], agrees=None)
    leaf = sample.leaves[-1]
    found = results(verify(sample.files()))
    assert found == {(17, "failed", f"statements/{leaf:08d}.dsse.json")}


def test_a_person_whose_key_does_not_count_there_fails(verify: Verify) -> None:
    """A signature by a key that no line names is refused, rule or no rule."""
    sample = made.plain()
    sample.log.persons["li"] = made.LI
    sample.check("e0000000000bb", "li", ["li"], agrees=None)
    leaf = sample.leaves[-1]
    found = results(verify(sample.files()))
    assert found == {(17, "failed", f"statements/{leaf:08d}.dsse.json")}


def test_a_bundle_of_nothing_but_an_erasure_passes(verify: Verify) -> None:
    """The choice was erased: no original, one event, and the report of it."""
    sample = made.Sample()
    sample.receive("e0000000000aa", b"gone")
    sample.erase("e0000000000aa", [])
    assert verify(sample.files()).verdict is Result.PASSED


def test_no_seal_survives_a_change_of_what_it_lists(verify: Verify) -> None:
    """Any file outside data/ replaced, every list made to fit: 14 fails twice."""
    files = made.plain().files()
    for name in ("REPORT.pdf", "VERIFY.txt", "verify.py", "verify.html"):
        changed = made.relist({**files, name: files[name] + b" "})
        found = results(verify(changed))
        assert found == {(14, "failed", seal) for seal in made.SEALS}


@pytest.mark.parametrize("seal", made.SEALS)
def test_every_byte_of_a_seal_is_judged(seal: str, verify: Verify) -> None:
    """No byte of either seal can be another one, nor can one be added or taken."""
    files = made.plain().files()
    good = files[seal]
    step = max(1, len(good) // 60)
    wrong = [good + b"\n", good[:-1], b"", good + good]
    wrong += [
        good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
        for place in range(0, len(good), step)
    ]
    for data in wrong:
        assert results(verify({**files, seal: data})) == {(14, "failed", seal)}


def _stripped(files: Files) -> Files:
    """The same bundle made to look like one of the first format, all lists fitting."""
    kept = ("data/", "statements/", "proofs/")
    names = {"bagit.txt", "checkpoint", "REPORT.pdf", "VERIFY.txt", "verify.py"}
    names |= {"trust/keys", "trust/policy"}
    files = {n: d for n, d in files.items() if n in names or n.startswith(kept)} | {
        "bag-info.txt": files["bag-info.txt"].rsplit(b"Custody-Bundle-Version", 1)[0]
    }
    return made.relist(files)


def test_a_bundle_stripped_of_its_seals_is_no_bundle_of_the_first_format(
    verify: Verify,
) -> None:
    """Keys name what the first format does not know, so nobody can drop the seals."""
    files = _stripped(made.plain().files())
    report = verify(files, None, made.sha256(files["trust/keys"]))
    assert results(report) == {(4, "failed", "trust/keys")}


def test_a_statement_of_the_first_format_has_one_signature(verify: Verify) -> None:
    """Persons sign in the second format only."""
    sample = made.Sample()
    sample.receive("e0000000000aa", b"x")
    sample.log.persons["li"] = made.LI
    sample.log.lines = [n for n in sample.log.lines if n.role != "pdf"]
    sample.check("e0000000000aa", "li", ["li"], agrees=None)
    leaf = sample.leaves[-1]
    found = results(verify(_stripped(sample.files())))
    assert (6, "failed", f"statements/{leaf:08d}.dsse.json") in found
