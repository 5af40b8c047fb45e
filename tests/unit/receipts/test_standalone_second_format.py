"""The one-file verifier on bundles of the second format."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrity.errors import MalformedError
from integrity.policy import parse_trusted_keys
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as samples
from tests.bundle_everything import Everything, everything
from tests.bundle_factory import results
from tests.bundle_mutations import mutate
from tests.bundle_scene import rezip, unzip

pytestmark = pytest.mark.tool("openssl")
Run = Callable[..., tuple[int, Any]]
Samples = dict[str, tuple[samples.Files, samples.Expected]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """A bundle with all that there can be."""
    return everything(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="module")
def all_samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Name -> files and what is expected."""
    return samples.samples(tmp_path_factory.mktemp("authorities"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Verifies bytes: exit code and report."""

    def _run(data: bytes, *arguments: object) -> tuple[int, Any]:
        path = tmp_path / "bundle.zip"
        path.write_bytes(data)
        code = standalone.main([str(path), *map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return _run


def not_passed(report: Any) -> set[int]:
    """Numbers of what did not pass."""
    return {c["number"] for c in report["checks"] if c["result"] != "passed"}


def answers(report: Any, number: int) -> list[tuple[str, str, str]]:
    """(result, subject, reason) of a check."""
    return [
        (c["result"], c["subject"], c["reason"])
        for c in report["checks"]
        if c["number"] == number
    ]


def test_every_sample_gives_its_stated_outcome(run: Run, all_samples: Samples) -> None:
    """Verdict and numbers are those that the maker of the samples wrote down."""
    assert len(all_samples) > 10
    for name, (files, (verdict, numbers, _)) in all_samples.items():
        fingerprint = hashlib.sha256(files["trust/keys"]).hexdigest()
        _, report = run(rezip(files), "--fingerprint", fingerprint)
        found = report["verdict"], sorted(not_passed(report))
        assert found == (verdict, sorted(numbers)), (name, report)


def test_the_two_moments_are_told_apart(run: Run, made: Everything) -> None:
    """Existed before: the earliest checkpoint stamp. Logged after: the log's own."""
    _, report = run(made.bundle)
    for moment in ("existed_before", "logged_after"):
        assert report[moment]["root"] == "O=Example TSA, CN=Root"
        assert len(report[moment]["root_sha256"]) == 64
    assert report["logged_after"]["time"] <= report["existed_before"]["time"]
    stamps = [subject for _, subject, _ in answers(report, 16)]
    stamped = [name for name in unzip(made.bundle) if name.endswith(".tsr")]
    assert sorted(stamps) == sorted(stamped)


def test_no_moment_is_stated_where_a_check_failed(run: Run, made: Everything) -> None:
    """A stamp over a checkpoint says nothing of a bundle that does not hold."""
    files = unzip(made.bundle)
    files["REPORT.pdf"] += b"x"
    _, report = run(rezip(samples.relist(files)))
    assert report["verdict"] == "failed"
    assert not {"existed_before", "logged_after"} & set(report)


def test_without_stamps_and_witnesses_it_says_so(
    run: Run, all_samples: Samples
) -> None:
    """Nothing outside was asked: passed, in words that leave no doubt about it."""
    _, report = run(rezip(all_samples["v2-plain"][0]))
    assert (report["existed_before"], report["logged_after"]) == (None, None)
    assert "no time stamp" in answers(report, 16)[0][2]
    assert "no outside witness was asked for" in answers(report, 18)[0][2]
    assert "from sign-in only" in answers(report, 17)[0][2]


def test_an_old_paper_still_fits(run: Run, made: Everything, tmp_path: Path) -> None:
    """Fingerprint and policy from before a rotation: the history leads on from them."""
    earlier = tmp_path / "earlier"
    earlier.write_bytes(made.earlier_keys)
    fingerprint = hashlib.sha256(made.earlier_keys).hexdigest()
    for option in (("--fingerprint", fingerprint), ("--policy", earlier)):
        code, report = run(made.bundle, *option)
        assert (code, not_passed(report)) == (0, set())
        assert "earlier stage" in answers(report, 4)[0][2]


def test_a_newer_policy_judges(run: Run, made: Everything, tmp_path: Path) -> None:
    """A policy in which a key ended later is one to judge by: so it can say no."""
    same, later, other = (tmp_path / name for name in ("same", "later", "other"))
    same.write_bytes(made.keys)
    assert run(made.bundle, "--policy", same)[0] == 0
    open_log = [
        line
        for line in made.keys.decode().splitlines()
        if line.startswith("log ") and line.split(" ")[3] == "-"
    ]
    begin = open_log[0].split(" ")[2]
    ended = open_log[0].replace(f" {begin} - ", f" {begin} {begin} ")
    later.write_text(made.keys.decode().replace(open_log[0], ended))
    code, report = run(made.bundle, "--policy", later)
    assert code == 1
    assert not_passed(report) == {5}
    other.write_text("".join(f"{line}\n" for line in open_log))
    code, report = run(made.bundle, "--policy", other)
    assert 4 in not_passed(report)


def test_a_stranger_with_the_same_names_fails_check_4(
    run: Run, made: Everything
) -> None:
    """A whole bundle by other keys is consistent; the fingerprint tells it apart."""
    assert run(made.stranger)[0] == 0
    code, report = run(made.stranger, "--fingerprint", made.fingerprint)
    assert (code, not_passed(report)) == (1, {4})


def test_posing_as_the_first_format_is_refused(run: Run, made: Everything) -> None:
    """Without its seals, but with keys that the first format did not know: failed."""
    kind, seed = "forger: first format", 0
    while True:
        mutation = mutate(made.bundle, seed)
        if mutation.kind == kind:
            break
        seed += 1
    code, report = run(mutation.data, "--fingerprint", made.fingerprint)
    assert (code, not_passed(report)) == (1, {4})


CHANGES: dict[str, tuple[str, Callable[[bytes], bytes], int]] = {
    "signer": ("trust/allowed_signers", lambda d: d.replace(b"custody ", b"x "), 14),
    "seal.pem": ("trust/seal.pem", lambda d: d + b"\n", 14),
    "policy": ("trust/policy", lambda d: d + b"\n", 4),
    "chain before": ("tsa/1.pem", lambda d: b"x" + d, 16),
    "chain CRLF": ("tsa/1.pem", lambda d: d.replace(b"\n", b"\r\n"), 16),
    "query short": ("checkpoint.tsq", lambda d: d[:-1], 16),
    "response empty": ("checkpoint.tsr", lambda _: b"", 16),
    "response longer": ("checkpoint.tsr", lambda d: d + b"\0", 16),
    "response huge": ("checkpoint.tsr", lambda d: d + bytes(70_000), 16),
    "CMS longer": ("tagmanifest-sha256.txt.p7s", lambda d: d + b"\0", 14),
    "SSH empty": ("tagmanifest-sha256.txt.sig", lambda _: b"", 14),
    "SSH blank": ("tagmanifest-sha256.txt.sig", lambda _: b"\n\n\n\n", 14),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_changed_file_is_named_by_its_own_check(
    case: str, run: Run, made: Everything
) -> None:
    """With all lists made to fit, the check that is about the file finds it."""
    name, change, number = CHANGES[case]
    files = unzip(made.bundle)
    files[name] = change(files[name])
    _, report = run(rezip(samples.relist(files)))
    subjects = {s for result, s, _ in answers(report, number) if result == "failed"}
    stamped = {"tsa/1.pem": "checkpoint.tsr", "checkpoint.tsq": "checkpoint.tsr"}
    assert stamped.get(name, name) in subjects


def test_a_stamp_event_without_its_files_cannot_be_judged(
    run: Run, made: Everything
) -> None:
    """The log says a stamp was made; its token is not here: indeterminate."""
    files = {n: d for n, d in unzip(made.bundle).items() if n[:7] != "stamps/"}
    _, report = run(rezip(samples.relist(files)))
    open_ones = [a[1] for a in answers(report, 16) if a[0] == "indeterminate"]
    assert "logged_after" not in report  # the seals do not fit either
    assert open_ones == [
        "statements/00000001.dsse.json",
        f"statements/{_stamped_exhibit(made):08d}.dsse.json",
    ]


def _stamped_exhibit(made: Everything) -> int:
    leaves = [int(n[7:15]) for n in unzip(made.bundle) if n.startswith("stamps/")]
    return max(leaves)


def test_the_server_names_the_same_first_check(
    run: Run, made: Everything, tmp_path: Path
) -> None:
    """On a bundle and on some of its mutations both verifiers agree by number."""
    path = tmp_path / "other.zip"
    for seed in range(0, 86, 3):
        mutation = mutate(made.bundle, seed, made.older, made.stranger)
        path.write_bytes(mutation.data)
        _, report = run(mutation.data, "--fingerprint", made.fingerprint)
        mine = [c["number"] for c in report["checks"] if c["result"] == "failed"]
        server = results(verify_bundle(path, None, made.fingerprint))
        theirs = {number for number, result, _ in server if result == "failed"}
        assert set(mine) == theirs, (seed, mutation.kind, mutation.what)


def test_the_server_judges_by_the_same_policy(
    run: Run, made: Everything, tmp_path: Path
) -> None:
    """Keys from elsewhere, earlier, later, cut or of a stranger: the same numbers."""
    path, file = tmp_path / "same.zip", tmp_path / "policy"
    path.write_bytes(made.bundle)
    lines = made.keys.splitlines(keepends=True)
    moved = made.keys.replace(b" 0 - ", b" 1 - ")
    texts = [made.keys, made.earlier_keys, b"".join(lines[:-1]), b"".join(lines[1:])]
    texts += [
        unzip(made.stranger)["trust/keys"],
        lines[1] + lines[0] + b"".join(lines[2:]),
    ]
    for policy in [*texts, moved]:
        file.write_bytes(policy)
        _, report = run(made.bundle, "--policy", file)
        server = results(verify_bundle(path, parse_trusted_keys(policy)))
        assert not_passed(report) == {number for number, _, _ in server}, policy
        fingerprint = hashlib.sha256(policy).hexdigest()
        _, report = run(made.bundle, "--fingerprint", fingerprint)
        server = results(verify_bundle(path, None, fingerprint))
        assert not_passed(report) == {number for number, _, _ in server}, policy


def test_the_server_refuses_the_same_policy(made: Everything, tmp_path: Path) -> None:
    """Keys whose logs do not follow each other are no policy: wrong usage."""
    path, file = tmp_path / "same.zip", tmp_path / "policy"
    path.write_bytes(made.bundle)
    lines = made.keys.splitlines(keepends=True)
    assert lines[-1].startswith(b"log ")
    file.write_bytes(lines[-1] + b"".join(lines[:-1]))
    assert standalone.main([str(path), "--policy", str(file)]) == 2
    with pytest.raises(MalformedError):
        parse_trusted_keys(file.read_bytes())


def test_the_unzipped_bundle_passes_in_words(made: Everything, tmp_path: Path) -> None:
    """As a person runs it: both languages, both moments, every check in order."""
    out = _unpack(made, tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", standalone.__file__, out],
        capture_output=True,
        check=False,
        env={"LC_ALL": "C"},
    )
    text = done.stdout.decode("utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "existed before" in text
    assert "logged after" in text
    assert "依法删除" in text
    numbers = [
        int(line[:2]) for line in text.splitlines() if line[:2].strip().isdigit()
    ]
    assert tuple(numbers) == standalone.ORDER
    for banned in ("不可篡改", "具有法律效力", "视为原件", "证明内容真实"):
        assert banned not in Path(standalone.__file__).read_text("utf-8")


def test_python_3_8_verifies_the_second_format(
    made: Everything, tmp_path: Path
) -> None:
    """Where a Python 3.8 is installed, all of it runs there."""
    python = shutil.which("python3.8") or "false"
    env = {**os.environ, "PYENV_VERSION": "3.8"}  # asks the shim of pyenv for it
    version = [python, "--version"]
    if subprocess.run(version, capture_output=True, check=False, env=env).returncode:
        pytest.skip("no python3.8 runs on this machine")
    out = _unpack(made, tmp_path)
    program = [python, "-I", standalone.__file__, out, "--lang", "en"]
    done = subprocess.run(program, capture_output=True, check=False, env=env)
    assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode()


def _unpack(made: Everything, tmp_path: Path) -> Path:
    """The bundle as a folder."""
    out = tmp_path / "unzipped"
    samples.unzip(unzip(made.bundle), out)
    return out


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**53 - 1) | st.text(max_size=3),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.sampled_from(["leaf", "sha256", "sm3", "log"]), values)
    ),
    max_leaves=4,
)
FACTS = ["exhibit", "matter", "name", "size", "leaves", "reason", "legal_basis", "time"]
FACTS += ["before", "trust", "note", "agrees", "original_name", "root_sha256"]
EVENTS = ["exhibit.received", "exhibit.read", "exhibit.checked", "exhibit.erased"]
EVENTS += ["exhibit.stamped", "log.stamped", "keys.changed", "firm.initialised", "x.y"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(EVENTS),
            st.dictionaries(st.sampled_from(FACTS), ODD | st.just("e0000000000aa")),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_a_firm_signs_gets_an_answer(
    run: Run, events: list[tuple[str, dict[str, Any]]]
) -> None:
    """Facts of any shape, rightly signed and logged: an answer, never a traceback."""
    sample = samples.three_exhibits(samples.Sample())
    for kind, facts in events:
        sample.leaves.append(sample.log.record(kind, **facts))
    code, report = run(rezip(sample.files()))
    assert code in {0, 1, 3}
    assert report["checks"]
