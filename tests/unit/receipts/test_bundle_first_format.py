"""A bundle of the first format beside the key file of a firm that seals its bundles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrity.policy import parse_trusted_keys
from receipts.checks import Result
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as made

GOLDEN = Path(__file__).parents[2] / "vectors" / "bundle-v1"
SAMPLES = made.first_format_samples()
ORDER = (1, 2, 3, 4, 6, 17, 5, 18, 7, 10, 8, 9)


@pytest.mark.parametrize("what", SAMPLES)
def test_the_keys_given_know_from_when_on_bundles_were_sealed(
    what: str, tmp_path: Path
) -> None:
    """One from before passes for ever; one that was stripped of its seals does not."""
    files, keys, (verdict, named) = SAMPLES[what]
    bundle = made.pack(files, tmp_path / "b.zip")
    report = verify_bundle(bundle, parse_trusted_keys(keys))
    failed = {c.number for c in report.checks if c.result is Result.FAILED}
    assert report.verdict.value == verdict
    assert next((n for n in ORDER if n in failed), None) == named


@pytest.mark.parametrize("what", SAMPLES)
def test_verify_py_says_the_same(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verdict, and the first check that fails."""
    files, keys, (verdict, named) = SAMPLES[what]
    bundle, policy = made.pack(files, tmp_path / "b.zip"), tmp_path / "keys"
    policy.write_bytes(keys)
    standalone.main([str(bundle), "--policy", str(policy), "--json"])
    report = json.loads(capsys.readouterr().out)
    failed = {c["number"] for c in report["checks"] if c["result"] == "failed"}
    assert report["verdict"] == verdict
    assert next((n for n in ORDER if n in failed), None) == named


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """In one log that seals its bundles, and in a later one."""
    words = {"stripped of its seals": "the firm sealed its bundles"}
    words["of the second log"] = "is of the first log"
    for what, said in words.items():
        files, keys, _ = SAMPLES[what]
        bundle = made.pack(files, tmp_path / "b.zip")
        checks = verify_bundle(bundle, parse_trusted_keys(keys)).checks
        failed = [c for c in checks if (c.number, c.result) == (4, Result.FAILED)]
        (check,) = failed
        assert check.subject == "trust/keys"
        assert said in check.reason


def test_a_checkpoint_that_cannot_be_read_is_left_to_check_5(tmp_path: Path) -> None:
    """It claims no size at which a bundle would have been sealed."""
    files, keys, _ = SAMPLES["stripped of its seals"]
    changed = made.relist({**files, "checkpoint": b"no checkpoint\n"})
    bundle = made.pack(changed, tmp_path / "b.zip")
    checks = verify_bundle(bundle, parse_trusted_keys(keys)).checks
    assert {c.number for c in checks if c.result is Result.FAILED} == {5}


def test_the_golden_bundle_passes_by_the_list_of_a_firm_that_seals_now() -> None:
    """Certificates were listed after it was given out."""
    keys = (GOLDEN / "trust-keys").read_bytes()
    certificate = made.Line("pdf", f"sha256:{'ab' * 32}", 1000).text().encode()
    for given in (keys, keys + certificate):
        policy = parse_trusted_keys(given)
        verdict = verify_bundle(GOLDEN / "bundle.zip", policy).verdict
        assert verdict is Result.PASSED
