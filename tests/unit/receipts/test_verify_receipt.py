"""receipts.verify_receipt: each numbered check, alone, decides."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.sign.timestamps import DummyTimeStamper

from integrity.note import VerifierKey
from integrity.policy import (
    CertificateEntry,
    Role,
    RuleEntry,
    TrustedKey,
    TrustedKeys,
    TwoPersons,
    Witnesses,
)
from integrity.vkey import parse_vkey
from receipts import paper
from receipts.checks import BY_NUMBER, Report, Result
from receipts.claim import Claim, sign_claim
from receipts.format import KEYS_FILE, ReceiptContent
from receipts.paper import ReceiptEvidence, render_receipt
from receipts.pdf_key import certificate_sha256
from receipts.qr import QrText
from receipts.seal import sign_pdf
from receipts.token import encode
from receipts.verify_receipt import verify_receipt_pdf
from tests.bundle_samples import WITNESSES
from tests.receipt_examples import (
    AT,
    STATEMENTS,
    STRANGER,
    TOKEN,
    Desk,
    envelope,
    evidence,
    proof_of,
    returned,
    trusted_keys,
)
from tests.trust import with_entries

POLICY = trusted_keys()
NUMBERS = {1, 4, 5, 6, 7, 11, 12, 13, 14}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.at(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def pdf(desk: Desk) -> bytes:
    """A sealed receipt that is right in every respect."""
    receipt = desk.content()
    return desk.sealed(receipt, evidence(receipt))


def answers(report: Report) -> dict[int, Result]:
    """Number and answer of each check."""
    assert all(BY_NUMBER[check.number].name == check.name for check in report.checks)
    return {check.number: check.result for check in report.checks}


def failing(report: Report) -> set[int]:
    found = answers(report)
    return {number for number in found if found[number] is Result.FAILED}


def test_a_genuine_receipt_passes(pdf: bytes) -> None:
    """With the firm's keys, all nine checks pass."""
    report = verify_receipt_pdf(pdf, POLICY)
    assert report.verdict is Result.PASSED
    assert answers(report) == dict.fromkeys(NUMBERS, Result.PASSED)


def _with_certificates(
    *lines: tuple[str, int, int | None],
) -> TrustedKeys:
    """The firm's keys, and lines for certificates: digest, first and end."""
    return with_entries(
        POLICY,
        [
            CertificateEntry(sha256, a, b, AT, AT if b else None)
            for sha256, a, b in lines
        ],
    )


@pytest.mark.parametrize(
    ("first", "end", "result"),
    [
        (0, None, Result.PASSED),
        (0, 6, Result.PASSED),
        (0, 5, Result.PASSED),  # chosen just before the leaf
        (0, 4, Result.FAILED),
        (5, None, Result.PASSED),
    ],
)
def test_the_certificate_must_be_listed_for_its_place_in_the_log(
    pdf: bytes, desk: Desk, first: int, end: int | None, result: Result
) -> None:
    """Leaf 5 is sealed by a certificate that counted then, ended or not since."""
    other = ("ab" * 32, 0, None)
    own = (certificate_sha256(desk.key), first, end)
    report = verify_receipt_pdf(pdf, _with_certificates(own, other))
    assert answers(report)[14] is result


def test_the_certificate_of_leaf_0_may_seal_leaf_1(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the second entry too, the certificate of one leaf earlier is good."""
    monkeypatch.setattr("tests.receipt_examples.LEAVES_BEFORE", 1)
    receipt = desk.content()
    data = desk.sealed(receipt, evidence(receipt))
    own, other = (certificate_sha256(desk.key), 0, 1), ("ab" * 32, 1, None)
    assert answers(verify_receipt_pdf(data, _with_certificates(own, other)))[14] is (
        Result.PASSED
    )
    alone = verify_receipt_pdf(data, _with_certificates(other))
    assert answers(alone)[14] is Result.FAILED


def test_it_is_said_which_certificate_and_which_key_file(
    pdf: bytes, desk: Desk
) -> None:
    """A reader compares the certificate's digest and finds the file by its name."""
    checks = {check.number: check for check in verify_receipt_pdf(pdf, POLICY).checks}
    digest = certificate_sha256(desk.key)
    assert digest in checks[14].reason
    assert digest in checks[14].reason_zh
    assert checks[4].subject == KEYS_FILE


def test_keys_older_than_lists_of_certificates_say_nothing_of_them(pdf: bytes) -> None:
    """A list that begins after the receipt does not speak of its time."""
    later = _with_certificates(("ab" * 32, 6, None))
    assert answers(verify_receipt_pdf(pdf, later))[14] is Result.PASSED
    before = _with_certificates(("ab" * 32, 5, None))
    assert answers(verify_receipt_pdf(pdf, before))[14] is Result.FAILED


def test_a_receipt_from_before_a_rotation_passes_by_newer_keys(pdf: bytes) -> None:
    """The old lines are ended and new ones are there: all nine checks pass."""
    lines = POLICY.keys()
    ended = tuple(replace(entry, to_size=9, to_time=AT) for entry in lines)
    newer = with_entries(
        TrustedKeys(ended),
        [
            replace(
                entry,
                key=VerifierKey.ed25519(entry.key.name, bytes([7 + place]) * 32),
                from_size=10,
            )
            for place, entry in enumerate(lines)
        ],
    )
    assert verify_receipt_pdf(pdf, newer).verdict is Result.PASSED


def test_a_statement_key_that_ended_before_the_leaf_does_not_count(pdf: bytes) -> None:
    """Statement keys are judged by the leaf they signed, each side of the end."""
    log, statement = POLICY.keys()
    for end, result in ((5, Result.FAILED), (6, Result.PASSED)):
        keys = TrustedKeys((log, replace(statement, to_size=end, to_time=AT)))
        report = verify_receipt_pdf(pdf, keys)
        assert answers(report)[6] is result


def test_a_rule_of_two_for_receipts_wants_two(pdf: bytes) -> None:
    """Where the firm gave issuing to two, a receipt without them fails 17."""
    rule = RuleEntry(TwoPersons(("receipt.issued",)), 0, None, AT, None)
    report = verify_receipt_pdf(pdf, with_entries(POLICY, [rule]))
    assert answers(report)[17] is Result.FAILED


def test_a_rule_of_witnesses_asks_for_them(pdf: bytes) -> None:
    """Where the firm wants its checkpoints cosigned, one without is left open."""
    rule = RuleEntry(Witnesses(1), 0, None, AT, None)
    key = parse_vkey(WITNESSES[0].vkey())
    witness = TrustedKey(Role.WITNESS, key, 0, None, AT, None)
    report = verify_receipt_pdf(pdf, with_entries(POLICY, [witness, rule]))
    assert answers(report)[18] is Result.INDETERMINATE
    assert report.verdict is Result.INDETERMINATE


def test_keys_that_cannot_be_read_leave_nothing_to_verify_with(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key file of another form fails check 4, and no log is judged by it."""
    receipt = desk.content()
    proofs = evidence(receipt)
    garbled = replace(proofs, trust_keys=b"garbage\n")
    attached = paper._attachments(receipt, garbled)
    monkeypatch.setattr(paper, "_attachments", lambda *_: attached)
    report = verify_receipt_pdf(desk.sealed(receipt, proofs), POLICY)
    expected = {1: Result.PASSED, 14: Result.PASSED, 4: Result.FAILED}
    assert answers(report) == expected


def test_a_genuine_return_passes(desk: Desk) -> None:
    """The other direction, a later version, no date of expiry."""
    receipt = desk.content(*returned().items, **_changes(returned()))
    proofs = evidence(receipt)
    assert verify_receipt_pdf(desk.sealed(receipt, proofs), POLICY).verdict is (
        Result.PASSED
    )


def _changes(receipt: ReceiptContent) -> dict[str, Any]:
    fields = {name: getattr(receipt, name) for name in ReceiptContent.__slots__}
    return {
        name: value
        for name, value in fields.items()
        if name not in {"items", "seal_certificate_sha256"}
    }


def test_without_keys_of_ones_own_it_states_which_it_used(pdf: bytes) -> None:
    """It passes by its own keys, and check 4 says which fingerprint to compare."""
    report = verify_receipt_pdf(pdf, None)
    assert report.verdict is Result.PASSED
    (check,) = [c for c in report.checks if c.number == 4]
    assert POLICY.fingerprint() in check.reason


def test_the_fingerprint_from_a_paper_settles_it(pdf: bytes) -> None:
    """The printed fingerprint stands in for the key file; another one fails."""
    good = verify_receipt_pdf(pdf, None, POLICY.fingerprint())
    assert good.verdict is Result.PASSED
    assert failing(verify_receipt_pdf(pdf, None, "00" * 32)) == {4}


def test_other_keys_fail(pdf: bytes) -> None:
    """A policy of another firm: keys and everything signed with them fail."""
    assert failing(verify_receipt_pdf(pdf, trusted_keys(STRANGER))) == {4, 6}


def test_a_forger_with_keys_of_his_own_is_not_the_firm(tmp_path: Path) -> None:
    """A receipt made whole with other keys passes nothing against the firm's."""
    desk = Desk.at(tmp_path)
    receipt = desk.content()
    stated = envelope(receipt, by=STRANGER)
    qr = QrText(receipt.base_url, TOKEN, sign_claim(Claim.of(receipt), STRANGER))
    proofs = evidence(receipt, stated, qr.text, trusted_keys(STRANGER))
    report = verify_receipt_pdf(desk.sealed(receipt, proofs), POLICY)
    assert report.verdict is Result.FAILED
    assert {4, 6} <= failing(report)


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"PK\x03\x04", b"%PDF-" + b"x" * 99]
)
def test_other_files_fail_check_1(data: bytes) -> None:
    """What is no sealed receipt is an answer, not an exception."""
    assert answers(verify_receipt_pdf(data, POLICY)) == {1: Result.FAILED}


def test_a_changed_byte_is_never_passed(pdf: bytes) -> None:
    """Random single bits: never passed, never indeterminate."""
    dice = random.Random(7)
    for _ in range(100):
        changed = bytearray(pdf)
        changed[dice.randrange(len(pdf))] ^= 1 << dice.randrange(8)
        report = verify_receipt_pdf(bytes(changed), POLICY)
        assert report.verdict is Result.FAILED


def test_our_attachments_under_a_foreign_seal_fail(desk: Desk, tmp_path: Path) -> None:
    """The certificate is the one the receipt names, or check 14 fails."""
    receipt = desk.content()
    foreign = Desk.at(tmp_path).sealed(receipt, evidence(receipt))
    assert failing(verify_receipt_pdf(foreign, POLICY)) == {14}


def test_a_receipt_from_before_the_certificate_fails(desk: Desk) -> None:
    """The certificate must have been valid when the receipt was issued."""
    receipt = desk.content()
    early = replace(receipt, issued_at=receipt.issued_at.replace(year=2024))
    data = desk.sealed(early, evidence(early))
    assert failing(verify_receipt_pdf(data, POLICY)) == {14}


def test_a_certificate_outlived_changes_nothing(pdf: bytes) -> None:
    """The judgement depends on the receipt's own time: no clock is asked.

    Nothing in the verifier reads the clock, so thirty years ahead is today.
    """
    folder = Path(__file__).resolve().parents[3] / "receipts"
    for name in ("verify_receipt", "receipt_checks", "pdf_signature", "cms_signature"):
        assert "now(" not in (folder / f"{name}.py").read_text("utf-8")
    assert verify_receipt_pdf(pdf, POLICY).verdict is Result.PASSED


Change = Callable[[ReceiptContent], ReceiptEvidence]


def _with_facts(**facts: Any) -> Change:
    return lambda receipt: evidence(receipt, envelope(receipt, **facts))


def _with_qr(**changes: Any) -> Change:
    def change(receipt: ReceiptContent) -> ReceiptEvidence:
        claim = sign_claim(Claim.of(receipt), STATEMENTS)
        qr = replace(QrText(receipt.base_url, TOKEN, claim), **changes)
        return evidence(receipt, qr_text=qr.text)

    return change


def _with_claim(by: Any = STATEMENTS, **changes: Any) -> Change:
    def change(receipt: ReceiptContent) -> ReceiptEvidence:
        claim = sign_claim(replace(Claim.of(receipt), **changes), by)
        return _with_qr(claim=claim)(receipt)

    return change


def _for_other_content(receipt: ReceiptContent) -> ReceiptEvidence:
    other = replace(receipt, staff="另一人")
    return evidence(receipt, envelope(other))


def _with_other_proof(receipt: ReceiptContent) -> ReceiptEvidence:
    other = envelope(replace(receipt, staff="另一人"))
    proof = replace(proof_of(other), extra=envelope(receipt))
    return replace(evidence(receipt), proof=proof.serialise())


def _with_proof_of_nothing(receipt: ReceiptContent) -> ReceiptEvidence:
    proof = replace(proof_of(envelope(receipt)), extra=b"")
    return replace(evidence(receipt), proof=proof.serialise())


def _with_unsigned_checkpoint(receipt: ReceiptContent) -> ReceiptEvidence:
    proof = proof_of(envelope(receipt))
    note = proof.checkpoint.replace(b"\n6\n", b"\n7\n")
    return replace(evidence(receipt), proof=replace(proof, checkpoint=note).serialise())


@pytest.mark.parametrize(
    ("numbers", "change"),
    [
        pytest.param({11}, _with_facts(kind="receipt.confirmed"), id="kind"),
        pytest.param({11}, _with_facts(receipt="r0000000000000"), id="receipt"),
        pytest.param({11}, _with_facts(number="R20250829-0008"), id="number"),
        pytest.param({11}, _with_facts(version=2), id="version"),
        pytest.param({11}, _with_facts(direction="returned"), id="direction"),
        pytest.param({11}, _with_facts(matter="m000000000000"), id="matter"),
        pytest.param({11}, _with_facts(counterparty="张三"), id="counterparty"),
        pytest.param({11}, _with_facts(code="2222-2222"), id="code"),
        pytest.param({11}, _with_facts(pin_required=False), id="pin"),
        pytest.param(
            {11}, _with_facts(expires_at="2030-01-01T00:00:00Z"), id="expires"
        ),
        pytest.param({12}, _with_facts(items=[]), id="items"),
        pytest.param({13}, _with_facts(token_sha256="00" * 32), id="token digest"),
        pytest.param({11}, _for_other_content, id="other content"),
        pytest.param({7}, _with_other_proof, id="other leaf"),
        pytest.param({7}, _with_proof_of_nothing, id="no extra"),
        pytest.param({5}, _with_unsigned_checkpoint, id="checkpoint"),
        pytest.param({13}, _with_qr(token=encode(b"\xff" * 16)), id="token"),
        pytest.param({13}, _with_claim(number="R20250829-0008"), id="claim number"),
        pytest.param({13}, _with_claim(content_sha256="00" * 32), id="claim digest"),
        pytest.param({13}, _with_claim(by=STRANGER), id="claim key"),
    ],
)
def test_each_part_is_compared(desk: Desk, numbers: set[int], change: Change) -> None:
    """One part of another receipt, sealed rightly: exactly its check fails."""
    receipt = desk.content()
    data = desk.sealed(receipt, change(receipt))
    report = verify_receipt_pdf(data, POLICY)
    assert failing(report) == numbers
    assert report.verdict is Result.FAILED


def test_a_code_that_leads_elsewhere_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper whose code leads to another address fails check 13 (phishing)."""
    monkeypatch.setattr("receipts.paper._check_address", lambda *_: None)
    receipt = desk.content()
    proofs = _with_qr(base_url="https://evil.example")(receipt)
    report = verify_receipt_pdf(desk.sealed(receipt, proofs), POLICY)
    assert failing(report) == {13}


def test_a_page_without_a_code_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No code, or a text that is none of ours, in place of the code."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
    monkeypatch.setattr("receipts.paper_data.draw_svg", lambda _text: blank)
    receipt = desk.content()
    data = desk.sealed(receipt, evidence(receipt))
    assert failing(verify_receipt_pdf(data, POLICY)) == {13}


def test_a_missing_attachment_fails_check_1(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly the four files, or it is no receipt."""
    monkeypatch.setattr("receipts.paper._attachments", lambda *_: [])
    receipt = desk.content()
    data = desk.sealed(receipt, evidence(receipt))
    assert answers(verify_receipt_pdf(data, POLICY)) == {1: Result.FAILED}


def test_malformed_content_fails_check_1(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attachment that does not parse strictly is no content to judge."""
    monkeypatch.setattr("receipts.paper.CONTENT_FILE", "receipt.txt")
    receipt = desk.content()
    data = desk.sealed(receipt, evidence(receipt))
    assert answers(verify_receipt_pdf(data, POLICY)) == {1: Result.FAILED}


def stamper(*extensions: x509.ExtensionType) -> DummyTimeStamper:
    """A time-stamp authority of our own with an RSA key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(AT)
        .not_valid_after(AT + dt.timedelta(days=1))
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING]),
            critical=True,
        )
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    der = serialization.Encoding.DER
    private = key.private_bytes(
        der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return DummyTimeStamper(
        tsa_cert=asn1_x509.Certificate.load(certificate.public_bytes(der)),
        tsa_key=asn1_keys.PrivateKeyInfo.load(private),
        fixed_dt=AT,
    )


def test_a_time_stamp_on_the_seal_is_not_judged(desk: Desk) -> None:
    """Its token is found intact; whose authority it is, check 16 leaves open."""
    receipt = desk.content()
    paper = render_receipt(receipt, evidence(receipt))
    report = verify_receipt_pdf(sign_pdf(paper, desk.key, stamper()), POLICY)
    expected = dict.fromkeys(NUMBERS, Result.PASSED) | {16: Result.INDETERMINATE}
    assert answers(report) == expected
