"""Bundles of earlier releases verify for ever, by us and by the verifier they hold."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from integrity.policy import parse_trusted_keys
from receipts.checks import Result
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from tests.bundle_factory import results

VECTORS = Path(__file__).parents[1] / "vectors"
GOLDEN = sorted(VECTORS.glob("bundle-*"))


def test_there_is_a_golden_bundle() -> None:
    """The tests below are not about nothing."""
    assert GOLDEN


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_todays_verifiers_pass_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both verifiers of this version pass the bundle of an earlier one."""
    bundle, keys = folder / "bundle.zip", folder / "trust-keys"
    policy = parse_trusted_keys(keys.read_bytes())
    report = verify_bundle(bundle, policy)
    assert results(report) == set()
    assert report.verdict is Result.PASSED
    assert results(verify_bundle(bundle, None)) == set()
    assert standalone.main([str(bundle), "--policy", str(keys), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "passed"


def test_the_first_fingerprint_of_the_second_format_still_leads_to_it() -> None:
    """A paper from before every change of keys is good for ever."""
    first = "8907cfb6e9cf2f796f97c768ac73829e7006a5cf8d447316219dc6255cdcf456"
    bundle = VECTORS / "bundle-v2" / "bundle.zip"
    assert results(verify_bundle(bundle, None, first)) == set()
    assert standalone.main([str(bundle), "--fingerprint", first]) == 0


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_the_verifier_inside_still_runs(folder: Path, tmp_path: Path) -> None:
    """The verify.py that was shipped then runs on the Python of today."""
    with zipfile.ZipFile(folder / "bundle.zip") as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-I", tmp_path / "verify.py", "--policy"]
    done = subprocess.run(
        [*command, folder / "trust-keys"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode()
