"""A bundle of the first format beside the key file of a firm that seals its bundles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrity.errors import MalformedError
from integrity.policy import parse_trusted_keys
from receipts.checks import Report, Result
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


def _judged(
    files: made.Files,
    folder: Path,
    policy: bytes | None = None,
    fingerprint: str | None = None,
) -> Report:
    given = None if policy is None else parse_trusted_keys(policy)
    return verify_bundle(made.pack(files, folder / "b.zip"), given, fingerprint)


def _with_keys(keys: bytes) -> made.Files:
    files, _, _ = SAMPLES["no certificate is listed"]
    return made.relist({**files, "trust/keys": keys})


def _fourth(report: Report) -> list[str]:
    found = [c for c in report.checks if (c.number, c.result) == (4, Result.FAILED)]
    assert all(c.subject == "trust/keys" for c in found)
    return [check.reason for check in found]


def test_its_key_file_names_one_log_and_statement_keys_only(tmp_path: Path) -> None:
    """With another line, or a second log, it is of a later format and no good here."""
    files, _, _ = SAMPLES["no certificate is listed"]
    keys = files["trust/keys"]
    certificate = made.Line("pdf", f"sha256:{'ab' * 32}").text().encode()
    second = made.Line("log", made.Ed(made.LATER_ORIGINS[0], 7).vkey(), 30)
    log, statement = keys.splitlines(keepends=True)
    ended = log.replace(b" 0 - ", b" 0 29 ")
    two_logs = ended + statement + second.text().encode()
    assert len(parse_trusted_keys(two_logs).origins()) == 2
    for wrong in (keys + certificate, two_logs):
        report = _judged(_with_keys(wrong), tmp_path)
        (reason,) = _fourth(report)
        assert "statement keys and those of one log only" in reason
        assert report.checks[-1].number == 4


def test_a_key_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """In the words of whoever could not read it."""
    with pytest.raises(MalformedError) as refusal:
        parse_trusted_keys(b"garbage\n")
    report = _judged(_with_keys(b"garbage\n"), tmp_path)
    assert _fourth(report) == [str(refusal.value)]
    assert report.checks[-1].number == 4


def test_a_fingerprint_settles_whose_keys_these_are(tmp_path: Path) -> None:
    """That of the file passes, another one fails."""
    files, _, _ = SAMPLES["no certificate is listed"]
    right = made.sha256(files["trust/keys"])
    assert _judged(files, tmp_path, None, right).verdict is Result.PASSED
    assert len(_fourth(_judged(files, tmp_path, None, "0" * 64))) == 1


def test_a_firm_of_one_log_has_no_later_log(tmp_path: Path) -> None:
    """A bundle of another firm's log fails by its keys, not by its format."""
    files, _, _ = SAMPLES["no certificate is listed"]
    other = made.Log()
    other.lines[0] = made.Line("log", made.Ed("other.example/log", 71).vkey())
    del other.lines[2]
    (reason,) = _fourth(_judged(files, tmp_path, other.trust()))
    assert "it names keys that the given policy does not know" in reason


def test_a_statement_key_counts_for_its_own_leaves(tmp_path: Path) -> None:
    """A list in which it ended sooner does not vouch for what came after."""
    files, keys, _ = SAMPLES["no certificate is listed"]
    log, statement = keys.splitlines(keepends=True)
    end = made.time_text(made.START).encode()
    start = statement.split(b" ")[4]
    ended = b" ".join([*statement.split(b" ")[:2], b"0", b"3", start, end]) + b"\n"
    checks = _judged(files, tmp_path, log + ended).checks
    late = [c.subject for c in checks if (c.number, c.result) == (6, Result.FAILED)]
    names = sorted(name for name in files if name.startswith("statements/"))
    assert late == names[3:]


def test_a_statement_of_the_first_format_has_one_signature(tmp_path: Path) -> None:
    """Those of persons are of the second; what the service signed does not help."""
    sample = made.Sample()
    sample.log.lines = [n for n in sample.log.lines if n.role != "pdf"]
    made.three_exhibits(sample)
    sample.log.persons["li"] = made.LI
    leaf = sample.happen("exhibit.reread", (), "li", ("li",), exhibit="e0000000000aa")
    report = _judged(sample.first_format(), tmp_path)
    failed = [c for c in report.checks if c.result is Result.FAILED]
    assert [(c.number, c.subject, c.reason) for c in failed] == [
        (6, f"statements/{leaf:08d}.dsse.json", "it has more than one signature")
    ]
    told = [c.result for c in report.checks if c.number == 10]
    assert told == [Result.INDETERMINATE]
