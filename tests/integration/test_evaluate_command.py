"""`custody evaluate`: measures what was read, and keeps nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from intake.errors import Refused
from workers.commands.evaluate import evaluate
from workers.evaluation.memory import PeakMemory

IOU = "借条\n今借到张三人民币伍万元整，年底前还清。\n借款人：李四\n"
LEASE = "房屋租赁合同\n甲方：张三\n乙方：李四\n月租金3000元\n签订日期：2025年8月29日\n"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("CUSTODY_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A text that is read as it is, and a PDF that is none."""
    place = tmp_path / "scans"
    (place / "truth").mkdir(parents=True)
    (place / "a.txt").write_text(LEASE, "utf-8")
    (place / "truth" / "a.txt").write_text(LEASE + "编号12345678\n", "utf-8")
    (place / "b.pdf").write_bytes(b"%PDF-1.7\nnothing else")
    (place / "truth" / "b.txt").write_text(IOU, "utf-8")
    table = "file,type,date\na.txt,租赁合同,2025-08-29\nb.pdf,借条,\n"
    (place / "truth.csv").write_text(table, "utf-8")
    return place


def run(*words: object) -> list[dict[str, object]]:
    done = CliRunner().invoke(evaluate, [*map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_files_and_their_sum(folder: Path) -> None:
    """Each file has its line; the sum counts a file that cannot be read as unread."""
    first, second, whole = run(folder)
    assert (first["file"], first["unreadable"]) == ("a.txt", "")
    assert first["cer"] == pytest.approx(10 / 49, abs=0.01)
    assert first["numbers_missed"] == ["12345678"]
    assert second["cer"] == 1
    assert str(second["unreadable"]).startswith("TRUNCATED")
    assert whole["record"] == "summary"
    assert (whole["kinds"], whole["kinds_right"]) == (2, 1)
    assert (whole["dates"], whole["dates_right"]) == (1, 1)
    assert (whole["undated"], whole["undated_right"]) == (1, 0)
    assert whole["unreadable"] == ["b.pdf"]
    assert int(str(whole["memory"])) > 10 << 20
    assert not (folder.parent / "home").exists()


def test_a_limit(folder: Path) -> None:
    """Only the first files are read."""
    assert [each["record"] for each in run(folder, "--limit", 1)] == ["file", "summary"]


def test_from_truth(folder: Path) -> None:
    """Without reading, kind and date are proposed from the texts of the truth."""
    lines = run(folder, "--from-truth")
    assert lines[-1]["engine"] == "truth text"
    assert lines[-1]["kinds_right"] == 2


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "字符错误率"), ("en", "CER mean")]
)
def test_for_people(monkeypatch, folder: Path, language: str, words: str) -> None:
    """People get a table in their language, with the files that went wrong."""
    monkeypatch.setenv("CUSTODY_LANG", language)
    done = CliRunner().invoke(evaluate, [str(folder), "--from-truth"])
    assert done.exit_code == 0
    assert words in done.stdout


def test_refusals_are_refusals(tmp_path: Path) -> None:
    """A folder that is not there is no stack trace."""
    done = CliRunner().invoke(evaluate, [str(tmp_path / "nowhere")])
    assert isinstance(done.exception, Refused)


def test_a_peer_that_is_not_there(monkeypatch, folder: Path) -> None:
    """A comparison with a program that is missing is refused and says so."""
    monkeypatch.setenv("PATH", "/nowhere")
    words = [str(folder), "--from-truth", "--ocrmypdf"]
    done = CliRunner().invoke(evaluate, words)
    assert isinstance(done.exception, Refused)
    assert done.exception.code == "peer_missing"


def test_memory_of_children_counts() -> None:
    """What a child holds is part of the peak."""

    program = "b = bytearray(200 << 20); import time; time.sleep(1.5)"
    with PeakMemory() as memory:
        subprocess.run([sys.executable, "-c", program], check=True)
    assert memory.peak > 200 << 20
