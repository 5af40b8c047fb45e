"""OpenTimestamps examples: a digest that holds, a time that nobody here can tell."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from integrity.errors import MalformedError
from integrity.opentimestamps import HEADER, AttestationKind, parse_opentimestamps
from receipts.checks import Report, Result
from receipts.cli import main
from receipts.verify_opentimestamps import verify_opentimestamps

EXAMPLES = "vectors/ots/examples"


def proofs(shared: Path) -> list[Path]:
    """The proofs that are at least well formed."""
    found = sorted((shared / EXAMPLES).glob("*.ots"))
    assert found
    return found


def judged(proof: Path, file: Path | None) -> dict[int, Result]:
    report: Report = verify_opentimestamps(proof.read_bytes(), proof.name, file)
    return {check.number: check.result for check in report.checks}


def test_every_proof_is_of_its_file(shared: Path) -> None:
    """Form and digest hold; the time stays open; the file itself is never refused."""
    found = proofs(shared)
    for proof in found:
        file = proof.with_suffix("")
        stated = proof.read_bytes()[len(HEADER) + 2 :]
        holds = stated.startswith(hashlib.sha256(file.read_bytes()).digest())
        assert judged(proof, file) == {
            1: Result.PASSED,
            8: Result.PASSED if holds else Result.FAILED,
            16: Result.INDETERMINATE,
        }, proof.name
    assert any(judged(each, each.with_suffix(""))[8] is Result.PASSED for each in found)


def test_no_proof_is_of_another_file(shared: Path, tmp_path: Path) -> None:
    """With one byte more, and with no file at all, the digest does not hold."""
    for proof in proofs(shared):
        other = tmp_path / "other"
        other.write_bytes(proof.with_suffix("").read_bytes() + b"\n")
        assert judged(proof, other)[8] is Result.FAILED, proof.name
        assert judged(proof, None)[8] is Result.INDETERMINATE


def test_every_file_has_its_proof(shared: Path) -> None:
    """No example lies where no test looks."""
    files = {path.name for path in (shared / EXAMPLES).iterdir() if path.is_file()}
    files -= {"README.md"}
    names = {path.name for path in proofs(shared)}
    assert {name for name in files if not name.endswith(".ots")} <= {
        name.removesuffix(".ots") for name in names
    }


def test_invalid_proofs_are_refused(shared: Path) -> None:
    """What is invalid in whatever way is malformed, and fails check 1."""
    found = sorted((shared / EXAMPLES / "invalid").glob("*.ots"))
    for path in found:
        with pytest.raises(MalformedError):
            parse_opentimestamps(path.read_bytes())
        assert judged(path, None) == {1: Result.FAILED}


def test_the_block_of_hello_world(shared: Path) -> None:
    """The oldest example names Bitcoin block 358391, as its folder says."""
    path = shared / EXAMPLES / "hello-world.txt.ots"
    if not path.exists():
        pytest.skip("this half of the vectors does not hold the example")
    (attestation,) = parse_opentimestamps(path.read_bytes()).attestations
    assert attestation.kind is AttestationKind.BITCOIN
    assert attestation.height == 358391
    assert len(attestation.root_text()) == 64


def test_custody_verify_answers(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says: could not tell, with what to look up; and failed."""
    for proof in proofs(shared):
        answer = main([str(proof), str(proof.with_suffix("")), "--lang", "en"])
        out = capsys.readouterr().out
        assert answer == (1 if "8 original: failed" in out else 3)
        assert "16 time: indeterminate" in out
        assert main([str(proof), str(proof)]) == 1
        capsys.readouterr()
