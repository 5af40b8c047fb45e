"""Check 14 of a bundle: both seals, by the certificate and key of then."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization

from integrity.errors import MalformedError
from integrity.policy import TrustedKeys, parse_trusted_keys
from receipts.checks import Check, Result
from receipts.seal_checks import (
    certificate_of,
    check_seals,
    sealing_certificates,
    sealing_keys,
)
from tests import bundle_samples as made

CMS, SSH = made.SEALS
CHANGE = 2  # the leaf at which the keys of the log below are rotated
PEM = made.seal_key()[1].public_bytes(serialization.Encoding.PEM)


def rotated() -> made.Log:
    """A log whose keys change with leaf CHANGE: new ones count from the next on."""
    log = made.Log()
    log.record("user.added", login="x")
    assert log.change("rotated", log.rotate) == CHANGE
    return log


def trusted_by(log: made.Log) -> TrustedKeys:
    """The keys of a log."""
    return parse_trusted_keys(log.trust())


def key_names(log: made.Log, size: int) -> list[str]:
    """Which statement keys of the log may seal at that size, by their vkeys."""
    publics = sealing_keys(trusted_by(log), size).values()
    return [
        line.what
        for line in log.lines
        if line.role == "statement" and log.signers[line.what].public in publics
    ]


def test_the_key_of_the_last_entry_and_that_of_the_next_may_seal() -> None:
    """A bundle is sealed after the last entry, maybe when a change just took place."""
    log = rotated()
    old, new = (line.what for line in log.lines if line.role == "statement")
    assert key_names(log, 0) == [old]
    assert key_names(log, CHANGE) == [old]
    assert key_names(log, CHANGE + 1) == [old, new]
    assert key_names(log, CHANGE + 2) == [new]


def test_a_key_of_leaf_0_alone_may_seal_at_size_1() -> None:
    """The first entry has a key, too."""
    log = made.Log()
    log.lines[1].last, log.lines[1].ended = 1, log.now()
    assert key_names(log, 1) == [log.lines[1].what]
    assert key_names(log, 2) == []


def test_the_certificate_goes_by_the_same_rule() -> None:
    """That of the last entry and that of the next; the founding one only before."""
    log = rotated()
    old, new = (line.what.partition(":")[2] for line in log.lines if line.role == "pdf")
    trusted = trusted_by(log)
    expected = {0: {old}, CHANGE: {old}, CHANGE + 1: {old, new}, CHANGE + 2: {new}}
    for size, certificates in expected.items():
        assert sealing_certificates(trusted, size, None) == certificates


def test_the_certificate_that_leaf_0_names_counts_until_the_first_that_is_listed() -> (
    None
):
    """In a log begun before certificates were listed."""
    log = made.Log()
    (line,) = (line for line in log.lines if line.role == "pdf")
    listed, founding = line.what.partition(":")[2], "ab" * 32
    line.first = 3
    trusted = trusted_by(log)
    assert sealing_certificates(trusted, 0, founding) == {founding}
    assert sealing_certificates(trusted, 2, founding) == {founding}
    assert sealing_certificates(trusted, 3, founding) == {founding, listed}
    assert sealing_certificates(trusted, 4, founding) == {listed}
    assert sealing_certificates(trusted, 2, None) == set()
    line.first = 1
    assert sealing_certificates(trusted_by(log), 1, founding) == {founding, listed}


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"garbage",
        PEM + PEM,
        b"x\n" + PEM,
        PEM + b"\n",
        PEM.replace(b"\n", b"\r\n"),
        PEM.replace(b"M", b"A", 1),
    ],
)
def test_only_one_certificate_in_its_usual_form_is_read(pem: bytes) -> None:
    """Nothing before, behind or between, and no second one."""
    assert certificate_of(PEM) == made.seal_key()[1]
    with pytest.raises(MalformedError) as refusal:
        certificate_of(pem)
    assert refusal.value.what == "certificate"


def judged(
    files: made.Files,
    log: made.Log,
    size: int | None = None,
    founding: str | None = None,
) -> dict[str, Check]:
    """The answers of check 14 by the name of the seal."""
    size = len(log.envelopes) if size is None else size
    found = check_seals(files.__getitem__, trusted_by(log), size, founding)
    checks = {check.subject: check for check in found}
    assert list(checks) == [CMS, SSH]
    assert all(check.number == 14 for check in checks.values())
    return checks


def results(checks: dict[str, Check]) -> tuple[Result, Result]:
    """Those of both seals."""
    return checks[CMS].result, checks[SSH].result


def test_both_seals_of_a_bundle_hold() -> None:
    """It is said when it was sealed and by which certificate."""
    sample = made.plain()
    checks = judged(sample.files(), sample.log)
    assert results(checks) == (Result.PASSED, Result.PASSED)
    for reason in (checks[CMS].reason, checks[CMS].reason_zh):
        assert made.time_text(sample.log.now()) in reason
        assert made.sha256(made.certificate_der(sample.log.seal_seed)) in reason


def test_other_bytes_are_not_what_was_sealed() -> None:
    """Both seals are over the list of files."""
    sample = made.plain()
    files = {**sample.files(), "tagmanifest-sha256.txt": b"other\n"}
    assert results(judged(files, sample.log)) == (Result.FAILED, Result.FAILED)


def test_seals_of_before_a_change_do_not_count_after_it() -> None:
    """One entry after the change they still do."""
    sample = made.Sample(rotated())
    log = sample.log
    old = made.Log()
    manifest = sample.files()["tagmanifest-sha256.txt"]
    files = {
        **sample.files(),
        "trust/seal.pem": PEM,
        "trust/allowed_signers": made.allowed_signers(old.statement_signer(0)),
        CMS: made.cms_seal(manifest, log.now()),
        SSH: made.ssh_seal(manifest, old.statement_signer(0)),
    }
    assert results(judged(files, log, CHANGE + 1)) == (Result.PASSED, Result.PASSED)
    assert results(judged(files, log, CHANGE + 2)) == (Result.FAILED, Result.FAILED)


def test_the_line_of_the_signer_is_the_one_that_signed() -> None:
    """With a line of another key, or a seal by another, the SSH seal fails."""
    sample = made.plain()
    files = sample.files()
    stranger = made.Ed(made.STATEMENTS, 66)
    other_line = {**files, "trust/allowed_signers": made.allowed_signers(stranger)}
    assert results(judged(other_line, sample.log)) == (Result.PASSED, Result.FAILED)
    manifest = files["tagmanifest-sha256.txt"]
    other_seal = {**files, SSH: made.ssh_seal(manifest, stranger)}
    assert results(judged(other_seal, sample.log)) == (Result.PASSED, Result.FAILED)
    both = {**other_line, SSH: made.ssh_seal(manifest, stranger)}
    assert results(judged(both, sample.log)) == (Result.PASSED, Result.FAILED)


def test_a_certificate_that_is_not_listed_fails() -> None:
    """Even if the seal by it holds."""
    sample = made.plain()
    files = sample.files()
    manifest = files["tagmanifest-sha256.txt"]
    pem = made.seal_key(9)[1].public_bytes(serialization.Encoding.PEM)
    seal = made.cms_seal(manifest, sample.log.now(), 9)
    checks = judged({**files, "trust/seal.pem": pem, CMS: seal}, sample.log)
    assert results(checks) == (Result.FAILED, Result.PASSED)
    assert made.sha256(made.certificate_der(9)) in checks[CMS].reason


def test_the_certificate_of_leaf_0_seals_where_none_was_listed_yet() -> None:
    """In a log begun before certificates were listed, and only that certificate."""
    sample = made.plain()
    files, log = sample.files(), sample.log
    (line,) = (line for line in log.lines if line.role == "pdf")
    founding, line.first = line.what.partition(":")[2], len(log.envelopes) + 1
    checks = judged(files, log, founding=founding)
    assert results(checks) == (Result.PASSED, Result.PASSED)
    for other in (None, "ab" * 32):
        assert judged(files, log, founding=other)[CMS].result is Result.FAILED
