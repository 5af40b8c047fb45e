"""The one-file verifier: same numbers, same answers, only the standard library."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrity.digest import digest_bytes
from integrity.merkle import leaf_hash
from integrity.statement import leaf_text
from receipts.checks import BY_NUMBER, RESULT_WORDS
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from tests.bundle_factory import (
    Matter,
    pack,
    relist,
    results,
    signer,
    small_matter,
    unpack,
)

SOURCE = Path(standalone.__file__)
CONTRACT = "data/20250829_合同_001.pdf"
Run = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def matter() -> Matter:
    """Three exhibits."""
    return small_matter()


@pytest.fixture(scope="module")
def bundle(matter: Matter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their bundle."""
    out = tmp_path_factory.mktemp("bundle") / "bundle.zip"
    matter.export(out)
    return out


@pytest.fixture
def folder(bundle: Path, tmp_path: Path) -> Path:
    """The bundle, unzipped."""
    out = tmp_path / "unzipped"
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(out)
    return out


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the verifier in this process: exit code and report."""

    def _run(*arguments: object) -> tuple[int, Any]:
        code = standalone.main([*map(str, arguments), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return _run


def open_points(report: Any) -> set[tuple[int, str, str]]:
    """(number, result, subject) of what did not pass."""
    return {
        (check["number"], check["result"], check["subject"])
        for check in report["checks"]
        if check["result"] != "passed"
    }


def test_the_numbered_list_is_the_one_of_all_verifiers() -> None:
    """Number, name and words are those of receipts.checks."""
    for number, (name, zh, en) in standalone.CHECKS.items():
        kind = BY_NUMBER[number]
        assert (name, zh, en) == (kind.name, kind.title.zh, kind.title.en)
    words = {r.value: (w.zh, w.en) for r, w in RESULT_WORDS.items()}
    assert words == standalone.RESULTS


def test_it_is_written_for_python_3_8_and_the_standard_library() -> None:
    """It parses as Python 3.8 and imports nothing that has to be installed."""
    tree = ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)
    newer = {"removeprefix", "removesuffix", "pairwise", "UTC", "is_relative_to"}
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & newer
    assert not any(  # zip(strict=…), int.bit_count and friends came later
        keyword.arg in {"strict", "usedforsecurity", "dir_fd"}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    )


def test_it_never_asks_for_the_time_a_name_or_another_program() -> None:
    """No clock, no network, no process: the answer in thirty years is today's."""
    tree = ast.parse(SOURCE.read_text("utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    forbidden = {"datetime", "calendar", "socket", "urllib", "subprocess", "ssl"}
    forbidden |= {"time_ns", "monotonic", "now", "utcnow", "today", "strptime"}
    forbidden |= {"gmtime", "localtime", "getmtime", "st_mtime", "system", "popen"}
    assert not names & forbidden
    assert "import time" not in SOURCE.read_text("utf-8")


def test_folder_and_zip_pass_with_fingerprint_or_policy(
    run: Run, folder: Path, bundle: Path, matter: Matter, tmp_path: Path
) -> None:
    """All checks of a bundle pass, with the keys from elsewhere and without."""
    policy = tmp_path / "keys"
    policy.write_bytes(matter.log.keys.serialise())
    fingerprint = matter.log.keys.fingerprint()
    for place in (folder, bundle):
        for option in (("--policy", policy), ("--fingerprint", fingerprint)):
            code, report = run(place, *option)
            assert (code, report["verdict"], open_points(report)) == (
                0,
                "passed",
                set(),
            )
            numbers = [c["number"] for c in report["checks"]]
            assert tuple(dict.fromkeys(numbers)) == standalone.ORDER
        code, report = run(place)
        assert (code, open_points(report)) == (0, set())
        assert run(place, "--fingerprint", "0" * 64)[0] == 1


def test_it_runs_where_it_lies_with_a_bare_interpreter(folder: Path) -> None:
    """`python3 verify.py` in the unzipped folder, isolated; it writes nothing."""
    before = sorted(folder.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-I", "-S", folder / "verify.py"],
        capture_output=True,
        check=False,
        env={"LC_ALL": "C"},
    )
    text = done.stdout.decode("utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "10 事件衔接 / history: 通过 / passed (1/1)" in text
    assert text.endswith("== 通过 / passed ==\n")
    assert sorted(folder.rglob("*")) == before


def test_every_flipped_byte_in_the_folder_is_found_and_named(
    run: Run, folder: Path
) -> None:
    """One changed byte in any file: failed, and the file is named."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        good, name = path.read_bytes(), path.relative_to(folder).as_posix()
        for position in {0, len(good) // 2, len(good) - 1} if good else set():
            changed = bytearray(good)
            changed[position] ^= 0x20
            path.write_bytes(changed)
            code, report = run(folder)
            assert code == 1
            failed = [c for c in report["checks"] if c["result"] == "failed"]
            # A changed list is named as the list that a file does not agree with.
            named = " ".join(f"{c['subject']} {c['reason']}" for c in failed)
            assert name in named, (name, position)
        path.write_bytes(good)
    assert run(folder)[0] == 0


def test_flipped_bytes_in_the_zip_are_found(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    """Content, headers, directory and end record: nothing changes unnoticed."""
    good = bundle.read_bytes()
    bad = tmp_path / "bad.zip"
    tail = len(good) - 3000
    for position in [*range(0, tail, len(good) // 150), *range(tail, len(good), 23)]:
        changed = bytearray(good)
        changed[position] ^= 1
        bad.write_bytes(changed)
        assert run(bad)[0] == 1, position


def forgeries(files: dict[str, bytes]) -> dict[str, dict[str, bytes | None]]:
    """Changes a forger could make, with all lists fitting afterwards."""
    other = "data/00000000_其他_002.bin"
    proof_2, proof_3 = "proofs/00000002.tlog-proof", "proofs/00000003.tlog-proof"
    return {
        "none": {},
        "replaced original": {CONTRACT: b"other"},
        "swapped originals": {CONTRACT: files[other], other: files[CONTRACT]},
        "older name": {CONTRACT: None, "data/20250829_其他_001.pdf": files[CONTRACT]},
        "extra original": {"data/extra.pdf": b"x"},
        "extra file": {"extra.txt": b"x"},
        "sub folder": {"data/x/y": b"x"},
        "no newest name": {
            "statements/00000007.dsse.json": None,
            "proofs/00000007.tlog-proof": None,
        },
        "no receipt": {
            "statements/00000002.dsse.json": None,
            proof_2: None,
        },
        "no proof": {proof_2: None},
        "swapped proofs": {proof_2: files[proof_3], proof_3: files[proof_2]},
        "broken statement": {"statements/00000002.dsse.json": b"{}"},
        "broken proof": {proof_2: b"x"},
        "broken checkpoint": {"checkpoint": b"x"},
        "broken keys": {"trust/keys": b"x\n"},
        "broken policy": {"trust/policy": b"x\n"},
        "other bagit": {"bagit.txt": b"x"},
        "other firm": {
            "bag-info.txt": files["bag-info.txt"].replace("示例".encode(), b"x")
        },
        "other matter": {
            "bag-info.txt": files["bag-info.txt"].replace(b": m0", b": m1")
        },
    }


CASES = list(
    forgeries(
        {
            "data/00000000_其他_002.bin": b"",
            CONTRACT: b"",
            "proofs/00000002.tlog-proof": b"",
            "proofs/00000003.tlog-proof": b"",
            "bag-info.txt": b"",
        }
    )
)


@pytest.mark.parametrize("case", CASES)
def test_both_verifiers_give_the_same_answers(
    case: str, run: Run, bundle: Path, matter: Matter, tmp_path: Path
) -> None:
    """Two programs without common code agree on number, result and subject."""
    good = unpack(bundle)
    changed = {**good, **forgeries(good)[case]}
    files = {name: data for name, data in changed.items() if data is not None}
    out = pack(relist(files), tmp_path / "forged.zip")
    fingerprint = matter.log.keys.fingerprint()
    ours = verify_bundle(out, None, fingerprint)
    code, report = run(out, "--fingerprint", fingerprint)
    assert report["verdict"] == ours.verdict.value
    assert code == (0 if case == "none" else 1)
    assert {n for n, _, _ in open_points(report)} == {n for n, _, _ in results(ours)}
    on_files = {point for point in results(ours) if "/" in point[2]}
    assert on_files == {point for point in open_points(report) if "/" in point[2]}


def test_links_and_unlisted_files_in_a_folder_fail(run: Run, folder: Path) -> None:
    """A symbolic link is no file of a bundle; nor is anything left lying there."""
    (folder / "notes.txt").write_text("x")
    assert (2, "failed", "notes.txt") in open_points(run(folder)[1])
    (folder / "notes.txt").unlink()
    target = folder / "REPORT.pdf"
    target.rename(folder.parent / "REPORT.pdf")
    target.symlink_to(folder.parent / "REPORT.pdf")
    assert (1, "failed", "REPORT.pdf") in open_points(run(folder)[1])


def test_wrong_usage_is_two(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing file or a policy that is none is neither passed nor failed."""
    assert standalone.main([str(tmp_path / "missing")]) == 2
    assert standalone.main([str(folder), "--policy", str(folder / "VERIFY.txt")]) == 2
    with pytest.raises(SystemExit) as stop:
        standalone.main(["--nonsense"])
    assert stop.value.code == 2
    capsys.readouterr()


def test_without_a_fast_sm3_the_plain_one_gives_the_same(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Python whose OpenSSL lacks SM3 reaches the same answers."""
    monkeypatch.setattr(standalone, "fast_sm3", lambda: None)
    assert run(folder)[0] == 0


def test_too_much_for_the_plain_sm3_is_indeterminate(
    run: Run, folder: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not computed is not called passed; --slow computes it."""
    monkeypatch.setattr(standalone, "fast_sm3", lambda: None)
    monkeypatch.setattr(standalone, "SLOW_SM3_FROM", 100)
    option = ("--fingerprint", matter.log.keys.fingerprint())
    found = open_points(run(folder, *option)[1])
    assert found == {(3, "indeterminate", "checksums-sm3.txt")}
    assert run(folder, *option, "--slow")[0] == 0


@pytest.mark.parametrize("length", [*range(130), 1000])
def test_plain_sm3_is_sm3(length: int) -> None:
    """Every padding case gives the digest of the library."""
    data = bytes(i % 251 for i in range(length))
    sm3 = standalone.Sm3()
    sm3.update(data[: length // 3])
    sm3.update(data[length // 3 :])
    assert sm3.hexdigest() == digest_bytes(data).sm3


def test_leaf_is_the_leaf_of_the_log() -> None:
    """The leaf hash of an envelope is the one the log computes."""
    assert standalone.leaf_hash(b"envelope") == leaf_hash(leaf_text(b"envelope"))


def test_ed25519_refuses_other_lengths_and_large_s() -> None:
    """Signatures that others would accept in a second spelling are refused."""
    key = signer("x", 3)
    good = key.sign(b"message")
    assert standalone.ed25519_verify(key.public_key, good, b"message")
    s = int.from_bytes(good[32:], "little") + standalone.ORDER_25519
    large = good[:32] + s.to_bytes(32, "little")
    for bad in (good[:63], good + b"\0", large, bytes(64)):
        assert not standalone.ed25519_verify(key.public_key, bad, b"message")
    assert not standalone.ed25519_verify(key.public_key[:31], good, b"message")
    no_point = (2).to_bytes(32, "little")
    assert standalone.point_decode(no_point) is None
    assert not standalone.ed25519_verify(no_point, good, b"message")


@pytest.mark.parametrize(
    "text",
    [b'{"b":1,"a":2}', b'{"a": 1}', b"1.0", b"1e3", b'"\\u0041"', b'{"a":1,"a":1}',
     b"NaN", b"9007199254740992", b"\xff", b"", b"[" * 100_000, b'"\\ud800"'],
)  # fmt: skip
def test_json_in_another_spelling_is_refused(text: bytes) -> None:
    """Only canonical JSON without floats is read."""
    with pytest.raises(standalone.Refused):
        standalone.parse_canonical(text)


def test_json_keys_are_in_utf16_order() -> None:
    """RFC 8785 sorts by UTF-16 code units, not by code points."""
    text = '{"\U0001f600":1,"\ue000":"\x7f\\u001f\\n"}'
    value = {"\U0001f600": 1, "\ue000": "\x7f\x1f\n"}
    assert standalone.parse_canonical(text.encode()) == value


def test_python_3_8_itself(folder: Path) -> None:
    """Where a Python 3.8 is installed, it really runs there."""
    python = shutil.which("python3.8") or "false"
    env = {**os.environ, "PYENV_VERSION": "3.8"}  # asks the shim of pyenv for it
    version = [python, "--version"]
    if subprocess.run(version, capture_output=True, check=False, env=env).returncode:
        pytest.skip("no python3.8 runs on this machine")
    program = [python, "-I", folder / "verify.py"]
    done = subprocess.run(program, capture_output=True, check=False, env=env)
    assert (done.returncode, done.stderr) == (0, b"")
