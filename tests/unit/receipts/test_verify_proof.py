"""The verifier of single proofs, with and without the file and the keys."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.errors import MalformedError
from integrity.policy import Role, RuleEntry, TrustedKey, TrustedKeys, Witnesses
from integrity.proof import parse_proof
from integrity.vkey import parse_vkey
from receipts.checks import Result
from receipts.verify_proof import verify_proof_file
from tests.bundle_factory import (
    ORIGIN,
    START,
    Matter,
    SmallLog,
    results,
    signer,
    small_matter,
)
from tests.bundle_samples import WITNESSES
from tests.trust import with_entries

PROOF = "00000002.tlog-proof"


@pytest.fixture(scope="module")
def matter() -> Matter:
    """Three exhibits."""
    return small_matter()


@pytest.fixture
def original(matter: Matter, tmp_path: Path) -> Path:
    """The original that leaf 2 is about."""
    path = tmp_path / "original.pdf"
    path.write_bytes(matter.contents["e0000000000aa"])
    return path


def test_proof_file_and_keys_pass(matter: Matter, original: Path) -> None:
    """With the firm's keys, statement, inclusion and file all pass."""
    report = verify_proof_file(matter.log.prove(2), PROOF, original, matter.log.keys)
    assert report.verdict is Result.PASSED
    assert [check.number for check in report.checks] == [1, 4, 6, 5, 7, 8]


def test_another_file_fails(matter: Matter, original: Path) -> None:
    """One changed byte in the file fails check 8, with keys and without."""
    original.write_bytes(original.read_bytes()[:-1] + b"!")
    for policy in (matter.log.keys, None):
        report = verify_proof_file(matter.log.prove(2), PROOF, original, policy)
        assert (8, "failed", "original.pdf") in results(report)


def test_without_keys_nothing_passes_but_the_form(
    matter: Matter, original: Path
) -> None:
    """Signatures cannot be checked without keys, so nothing that rests on them can."""
    report = verify_proof_file(matter.log.prove(2), PROOF, original, None)
    assert report.verdict is Result.INDETERMINATE
    found = {number for number, result, _ in results(report)}
    assert found == {4, 5, 6, 7, 8}


def test_without_keys_a_wrong_path_still_fails(matter: Matter) -> None:
    """What contradicts itself is refused even without keys."""
    proof = parse_proof(matter.log.prove(2))
    wrong = replace(proof, hashes=proof.hashes[::-1]).serialise()
    report = verify_proof_file(wrong, PROOF, None, None)
    assert (7, "failed", PROOF) in results(report)
    garbled = replace(proof, extra=b'{"payload":1}').serialise()
    assert (6, "failed", PROOF) in results(
        verify_proof_file(garbled, PROOF, None, None)
    )


@pytest.mark.parametrize(
    "payload", [b"[]", b'{"subject":{}}', b"{", b'{"subject":[1]}']
)
def test_without_keys_a_payload_that_is_no_statement_fails(
    payload: bytes, matter: Matter
) -> None:
    """Whatever keys there may be, they have not signed a statement there."""
    envelope = b'{"payload":"%s"}' % base64.b64encode(payload)
    wrong = replace(parse_proof(matter.log.prove(2)), extra=envelope).serialise()
    report = verify_proof_file(wrong, PROOF, None, None)
    assert (6, "failed", PROOF) in results(report)


def test_without_keys_a_checkpoint_of_nothing_fails(matter: Matter) -> None:
    """Every empty log has the same root: such a checkpoint vouches for no event."""
    proof = parse_proof(matter.log.prove(2))
    size = len(matter.log.envelopes)
    empty = proof.checkpoint.replace(b"\n%d\n" % size, b"\n0\n", 1)
    wrong = replace(proof, checkpoint=empty).serialise()
    report = verify_proof_file(wrong, PROOF, None, None)
    assert {(5, "failed", PROOF), (7, "failed", PROOF)} <= results(report)


def test_a_signed_checkpoint_of_nothing_fails_and_one_of_one_event_passes() -> None:
    """Not even the log key makes an empty log vouch; one event is enough."""
    log = SmallLog()
    proof = parse_proof(log.prove(0))
    assert verify_proof_file(proof.serialise(), PROOF, None, log.keys).verdict is (
        Result.PASSED
    )
    nothing = Checkpoint(ORIGIN, 0, hashlib.sha256().digest())
    note = sign_checkpoint(nothing, log.log_signer)
    wrong = replace(proof, checkpoint=note).serialise()
    report = verify_proof_file(wrong, PROOF, None, log.keys)
    assert results(report) == {(5, "failed", PROOF)}


def test_a_refusal_says_why_in_both_languages() -> None:
    """The reason of the proof machine reaches the reader of either language."""
    data = b"garbage"
    with pytest.raises(MalformedError) as refusal:
        parse_proof(data)
    (check,) = verify_proof_file(data, PROOF, None, None).checks
    assert check.reason == str(refusal.value)
    assert str(refusal.value) in check.reason_zh


def test_witnesses_are_asked_for_where_the_rule_wants_them(matter: Matter) -> None:
    """A checkpoint that nobody cosigned is no proof against a second history."""
    rule = RuleEntry(Witnesses(1), 0, None, START, None)
    witness = parse_vkey(WITNESSES[0].vkey())
    line = TrustedKey(Role.WITNESS, witness, 0, None, START, None)
    policy = with_entries(matter.log.keys, [line, rule])
    report = verify_proof_file(matter.log.prove(2), PROOF, None, policy)
    assert results(report) == {(18, "indeterminate", PROOF)}


def test_other_keys_fail(matter: Matter) -> None:
    """A stranger's keys do not verify our proof."""
    policy = SmallLog(signer("custody.example/log", 5), signer("x", 6)).keys
    report = verify_proof_file(matter.log.prove(2), PROOF, None, policy)
    assert {(5, "failed", PROOF), (6, "failed", PROOF)} <= results(report)


def test_a_statement_key_that_ended_before_the_leaf_does_not_count(
    matter: Matter,
) -> None:
    """The statement key is judged by the leaf of the proof, each side of its end."""
    log, statement = matter.log.keys.keys()
    for end, expected in ((2, {(6, "failed", PROOF)}), (3, set())):
        keys = TrustedKeys((log, replace(statement, to_size=end, to_time=START)))
        report = verify_proof_file(matter.log.prove(2), PROOF, None, keys)
        assert results(report) == expected


def test_a_proof_without_statement_is_indeterminate(matter: Matter) -> None:
    """A proof of something else cannot be judged here."""
    bare = replace(parse_proof(matter.log.prove(2)), extra=b"").serialise()
    report = verify_proof_file(bare, PROOF, None, matter.log.keys)
    assert report.verdict is Result.INDETERMINATE


def test_every_changed_byte_fails(matter: Matter) -> None:
    """No byte of a proof can change unnoticed."""
    good = matter.log.prove(2)
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1
        report = verify_proof_file(bytes(bad), PROOF, None, matter.log.keys)
        assert report.verdict is Result.FAILED, position
