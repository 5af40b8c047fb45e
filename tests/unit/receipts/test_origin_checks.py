"""Bundles, receipts and proofs of a firm whose log is several, one after the other."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from integrity.policy import (
    CertificateEntry,
    Role,
    TrustedKey,
    TrustedKeys,
    parse_trusted_keys,
)
from integrity.proof import parse_proof
from receipts.checks import Report, Result
from receipts.pdf_key import certificate_sha256
from receipts.verify_bundle import verify_bundle
from receipts.verify_proof import verify_proof_file
from receipts.verify_receipt import verify_receipt_pdf
from tests import bundle_samples as made
from tests import receipt_examples as papers
from tests.bundle_everything import Everything, everything
from tests.bundle_factory import results, verifier_key
from tests.bundle_log_mutations import LOG_KINDS
from tests.bundle_scene import Scene, unzip

Files = made.Files
Verify = Callable[..., Report]
ORDER = (1, 2, 3, 4, 19, 6, 17, 5, 18, 7, 10, 20, 8, 9, 16, 14)
NAMED = {
    "logs: fork of a closed log": {10},
    "logs: another root": {7},
    "logs: closed by the newest key": {5},
    "logs: log.continued dropped": {10},
    "logs: log.continued elsewhere": {6, 7},  # 6: the number is one of another key
    "logs: old proof, new checkpoint": {5, 7},  # 7: not the first one of its log
    "logs: entry number as index": {7},
    "logs: another name": {4},
    "logs: closed checkpoint as newest": {7},
    "logs: checkpoint of another log": {5},
    "logs: empty checkpoint as newest": {5},
}


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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """A bundle of three logs with everything in it."""
    return everything(tmp_path_factory.mktemp("authorities"))


def numbers(report: Report) -> set[int]:
    """The checks that did not pass."""
    return {number for number, _, _ in results(report)}


def test_each_earlier_log_has_a_line_of_its_own(verify: Verify) -> None:
    """Check 5 answers for the newest checkpoint first, then for each closed log."""
    checks = [c for c in verify(made.rolled().files()).checks if c.number == 5]
    second, third = made.LATER_ORIGINS
    assert [(c.subject, c.reason.partition(":")[0]) for c in checks] == [
        ("checkpoint", f"log {third} of size 4"),
        ("proofs/00000000.tlog-proof", f"log {made.ORIGIN}, closed at size 8"),
        (
            "proofs/00000008.tlog-proof",
            f"log {second}, closed at size 5",
        ),
    ]


@pytest.mark.tool("openssl")
@pytest.mark.parametrize("kind", LOG_KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_a_change_of_the_logs_is_named(
    kind: str, seed: int, whole: Everything, tmp_path: Path
) -> None:
    """Not even who has the keys of the logs can change one of them unseen."""
    scene = Scene(whole.bundle, unzip(whole.bundle), random.Random(seed), None, None)
    what, data = LOG_KINDS[kind](scene)
    out = tmp_path / "b.zip"
    out.write_bytes(data)
    report = verify_bundle(out, None, whole.fingerprint)
    failed = {c.number for c in report.checks if c.result is Result.FAILED}
    assert next(n for n in ORDER if n in failed) in NAMED[kind], what


def test_every_kind_of_change_is_judged_here() -> None:
    """None is forgotten above."""
    assert set(NAMED) == set(LOG_KINDS)


def test_keys_and_fingerprints_from_before_the_next_log_lead_to_it(
    verify: Verify,
) -> None:
    """A paper of the first year is good for a bundle of the third."""
    sample = made.rolled()
    files = sample.files()
    changes = [e["facts"] for e in sample.log.events if e["kind"] == "keys.changed"]
    assert len(changes) == 4
    for facts in changes:
        assert verify(files, None, facts["before"]).verdict is Result.PASSED
        policy = parse_trusted_keys(facts["trust"].encode())
        assert verify(files, policy).verdict is Result.PASSED


def test_the_newest_keys_verify_a_bundle_of_the_first_log(verify: Verify) -> None:
    """What was handed out before a log was closed needs no other bundle."""
    policy = parse_trusted_keys(made.rolled().log.trust())
    sample = made.Sample()
    people = sample.log.add_persons(made.LI, made.WANG, rule=made.KINDS)
    sample.change("person-added", people)
    sample.receive("e0000000000aa", b"%PDF-1.7 in the first log\n" * 9)
    assert verify(sample.files(), policy).verdict is Result.PASSED


def test_a_log_of_two_events(verify: Verify) -> None:
    """A log may be closed as soon as it has begun."""
    sample = made.Sample()
    log = sample.log
    sample.change("rotated", log.roll(made.LATER_ORIGINS[0]))
    sample.change("rotated", log.roll(made.LATER_ORIGINS[1]))
    sample.receive("e0000000000aa", b"x")
    assert [tree.first for tree in log.trees] == [0, 2, 4]
    assert verify(sample.files()).verdict is Result.PASSED


def test_a_log_of_which_nothing_is_here_is_not_judged(verify: Verify) -> None:
    """No proof, no checkpoint of it: check 10 misses its first event."""
    gone = tuple(f"/{entry:08d}." for entry in range(8, 13))
    files = made.rolled().files()
    kept = {n: d for n, d in files.items() if not any(part in n for part in gone)}
    report = verify(made.rolled().seal(made.relist(kept)))
    subjects = [c.subject for c in report.checks if c.number == 5]
    assert subjects == ["checkpoint", "proofs/00000000.tlog-proof"]
    assert 10 in numbers(report)


def test_the_rule_of_witnesses_goes_by_all_entries(verify: Verify) -> None:
    """A short new log is under the rule that began in the long one before it."""
    sample = made.witnessed(made.WITNESSES[:1])
    for number in range(4):
        sample.log.record("user.added", login=f"u{number}")
    sample.change("rotated", sample.log.roll(made.LATER_ORIGINS[0]))
    sample.log.record("user.added", login="last")
    files = sample.files()
    assert files["checkpoint"].split(b"\n")[1] == b"2"
    assert results(verify(files)) == {(18, "indeterminate", "checkpoint")}
    sample.cosigners = list(made.WITNESSES)
    assert verify(sample.files()).verdict is Result.PASSED


def test_the_first_format_is_of_one_log(verify: Verify) -> None:
    """A bundle of several logs stripped of its seals is none of the first format."""
    sample = made.Sample()
    sample.log.lines = [line for line in sample.log.lines if line.role != "pdf"]
    sample.receive("e0000000000aa", b"x")
    alone = _as_first_format(sample.files())
    assert verify(alone).verdict is Result.PASSED
    sample.change("rotated", sample.log.roll(made.LATER_ORIGINS[0]))
    sample.log.record("user.added", login="u")
    several = _as_first_format(sample.files())
    assert results(verify(several)) == {(4, "failed", "trust/keys")}


def _as_first_format(files: Files) -> Files:
    names = {"bagit.txt", "checkpoint", "REPORT.pdf", "VERIFY.txt", "verify.py"}
    names |= {"trust/keys", "trust/policy"}
    info = files["bag-info.txt"].rsplit(b"Custody-Bundle-Version", 1)[0]
    kept = {
        name: data
        for name, data in files.items()
        if name in names or name.startswith(("data/", "statements/", "proofs/"))
    }
    return made.relist({**kept, "bag-info.txt": info})


# --- Single proofs and receipts ---------------------------------------------------


@pytest.mark.parametrize("entry", [0, 6, 8, 12, 13, 15])
def test_a_proof_of_any_log_passes(entry: int) -> None:
    """The entry's number is that of its log's first and the index; keys go by it."""
    sample = made.rolled()
    files, policy = sample.files(), parse_trusted_keys(sample.log.trust())
    data = files[f"proofs/{entry:08d}.tlog-proof"]
    report = verify_proof_file(data, "p", None, policy)
    assert report.verdict is Result.PASSED
    statement = next(c for c in report.checks if c.number == 6)
    assert f"event {entry}," in statement.reason


def test_a_proof_under_the_checkpoint_of_another_log_fails() -> None:
    """Its number would be another one, and its path leads elsewhere."""
    sample = made.rolled()
    files, policy = sample.files(), parse_trusted_keys(sample.log.trust())
    proof = parse_proof(files["proofs/00000009.tlog-proof"])
    wrong = dataclasses.replace(proof, checkpoint=files["checkpoint"]).serialise()
    report = verify_proof_file(wrong, "p", None, policy)
    assert (7, "failed", "p") in results(report)


def test_a_proof_of_a_log_that_is_not_the_firms_fails() -> None:
    """The keys from before the next log do not know it."""
    sample = made.rolled()
    data = sample.files()["proofs/00000014.tlog-proof"]
    before = made.closed(made.Log()).log.trust()
    report = verify_proof_file(data, "p", None, parse_trusted_keys(before))
    assert (5, "failed", "p") in results(report)


def _later_keys(*certificate: tuple[str, int, int | None]) -> TrustedKeys:
    """The receipts' log is the second one: its leaf 5 is entry 12."""
    first = verifier_key(papers.signer("example.org/first", 9))
    second, statements = papers.trusted_keys().keys()
    entries = (
        TrustedKey(Role.LOG, first, 0, 7, papers.AT, None),
        dataclasses.replace(second, from_size=8),
        statements,
    )
    listed = (CertificateEntry(*line, papers.AT, None) for line in certificate)
    return TrustedKeys((*entries, *listed))


@pytest.mark.parametrize(("begins", "ends"), [(0, 12), (12, None), (0, None)])
def test_a_receipt_of_a_later_log_passes(
    begins: int, ends: int | None, tmp_path: Path
) -> None:
    """Its certificate is one that counted at the entry, or one before it."""
    desk = papers.Desk.at(tmp_path)
    receipt = desk.content()
    trust = _later_keys((certificate_sha256(desk.key), begins, ends))
    pdf = desk.sealed(receipt, papers.evidence(receipt, keys=trust))
    report = verify_receipt_pdf(pdf, trust)
    assert report.verdict is Result.PASSED
    statement = next(c for c in report.checks if c.number == 6)
    assert "event 12," in statement.reason


@pytest.mark.parametrize(("begins", "ends"), [(0, 11), (13, None)])
def test_the_certificate_of_a_receipt_goes_by_the_number_of_its_entry(
    begins: int, ends: int | None, tmp_path: Path
) -> None:
    """One that counts at leaf 5 of the log and not at entry 12 is refused."""
    desk = papers.Desk.at(tmp_path)
    receipt = desk.content()
    own = (certificate_sha256(desk.key), begins, ends)
    trust = _later_keys(own, ("ab" * 32, 0, None))
    pdf = desk.sealed(receipt, papers.evidence(receipt, keys=trust))
    assert numbers(verify_receipt_pdf(pdf, trust)) == {14}
