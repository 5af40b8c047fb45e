"""`custody-verify`: answers, exit codes, and what it must not load."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from receipts import cli
from receipts.cli import MAX_RECEIPT_BYTES, main
from tests.bundle_factory import Matter, small_matter


@pytest.fixture(scope="module")
def matter() -> Matter:
    """Three exhibits."""
    return small_matter()


@pytest.fixture
def place(matter: Matter, tmp_path: Path) -> Path:
    """A folder with bundle, proof, original and policy."""
    matter.export(tmp_path / "bundle.zip")
    (tmp_path / "proof").write_bytes(matter.log.prove(2))
    (tmp_path / "original").write_bytes(matter.contents["e0000000000aa"])
    (tmp_path / "policy").write_bytes(matter.log.keys.serialise())
    return tmp_path


def test_exit_codes_are_those_of_the_contract(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 passed, 1 failed, 3 could not tell."""
    bundle, proof, policy = (str(place / n) for n in ("bundle.zip", "proof", "policy"))
    original = str(place / "original")
    assert main([bundle, "--policy", policy]) == 0
    assert main([bundle]) == 0
    assert main([proof, original, "--policy", policy]) == 0
    assert main([proof, original]) == 3
    assert main([proof, policy, "--policy", policy]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["missing.zip"],
        ["bundle.zip", "original"],
        ["bundle.zip", "--policy", "missing"],
        ["bundle.zip", "--policy", "original"],
        ["proof", "missing"],
        ["bundle.zip", "--lang", "fr"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two(
    place: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was asked wrongly is neither passed nor failed; it says what is wrong."""
    monkeypatch.chdir(place)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "custody-verify: error" in captured.err


def test_json_is_one_object_a_line(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verdict and checks with the fields of the contract, nothing else."""
    main([str(place / "bundle.zip"), "--json"])
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    report = json.loads(text)
    assert report["verdict"] == "passed"
    fields = {"number", "name", "result", "reason", "subject"}
    assert all(set(check) == fields for check in report["checks"])


def test_a_fingerprint_may_be_typed_as_printed(
    place: Path, matter: Matter, capsys: pytest.CaptureFixture[str]
) -> None:
    """Groups of four and upper case are fine."""
    digits = matter.log.keys.fingerprint().upper()
    typed = " ".join(digits[i : i + 4] for i in range(0, 64, 4))
    assert main([str(place / "bundle.zip"), "--fingerprint", typed]) == 0
    assert main([str(place / "bundle.zip"), "--fingerprint", "00"]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(("lang", "word"), [("zh", "通过"), ("en", "passed")])
def test_languages(
    place: Path, lang: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answers come in Chinese or English, as asked."""
    main([str(place / "bundle.zip"), "--lang", lang])
    assert f"== {word} ==" in capsys.readouterr().out


def test_unknown_files_fail_and_a_broken_start_does_not_hide(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither kind: failed. A known name with a broken first byte: failed as such."""
    assert main([str(place / "original")]) == 1
    bundle = place / "bundle.zip"
    bundle.write_bytes(b"X" + bundle.read_bytes()[1:])
    assert main([str(bundle), "--json"]) == 1
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert report["checks"][0]["number"] == 1


def test_a_file_of_no_kind_fails(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither its bytes nor its name say what it is: check 1 says just that."""
    path = place / "notes.txt"
    path.write_bytes(b"some notes")
    assert main([str(path), "--lang", "en"]) == 1
    expected = "notes.txt: neither a bundle, a receipt nor a proof"
    assert expected in capsys.readouterr().out


def test_a_proof_of_others_is_read(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An OpenTimestamps proof goes to its reader, by its name alone if need be."""
    path = place / "original.ots"
    path.write_bytes(b"garbage")
    assert main([str(path), str(place / "original"), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [check["number"] for check in report["checks"]] == [1]


@pytest.mark.parametrize(("excess", "words"), [(0, "longer than"), (1, "too large")])
def test_the_length_of_a_receipt_is_bounded_before_it_is_read(
    place: Path, excess: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One byte more than a receipt may have is not even held in memory."""
    path = place / "large.pdf"
    with path.open("wb") as stream:
        stream.write(b"%PDF-1.7\n")
        stream.truncate(MAX_RECEIPT_BYTES + excess)
    assert main([str(path), "--lang", "en"]) == 1
    assert words in capsys.readouterr().out


def test_pdf_that_is_no_receipt_fails(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The REPORT.pdf of a bundle is not a receipt."""
    path = place / "x.pdf"
    path.write_bytes(b"%PDF-1.7\n")
    assert main([str(path), "--lang", "en"]) == 1
    assert "container" in capsys.readouterr().out


def test_a_fresh_interpreter_loads_nothing_heavy() -> None:
    """Importing the verifier loads no database, web, queue, OCR or typesetting."""
    code = "import receipts.cli, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()}
    heavy = {"sqlalchemy", "flask", "rq", "redis", "intake", "web", "workers"}
    heavy |= {"typst", "pyhanko", "cv2", "PIL", "numpy", "rapidocr", "pytesseract"}
    assert not loaded & heavy
    assert "integrity.store" not in done.stdout.split()


def test_the_module_is_a_program(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run as a program it takes the command line and exits with the code."""
    monkeypatch.setattr(sys, "argv", ["custody-verify", str(place / "bundle.zip")])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(cli.__file__, run_name="__main__")
    assert stop.value.code == 0
    assert "== " in capsys.readouterr().out


def test_version_of_the_command_runs_as_a_program(place: Path) -> None:
    """`python -m receipts.cli` works in the C locale, where names are Chinese."""
    command = [sys.executable, "-m", "receipts.cli", str(place / "bundle.zip")]
    done = subprocess.run(
        [*command, "--lang", "zh", "--policy", str(place / "policy")],
        capture_output=True,
        check=False,
        env={"LC_ALL": "C"},
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 0
    assert "通过" in done.stdout.decode("utf-8")
