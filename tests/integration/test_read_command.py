"""`custody read`: the documented fields, one object, nothing kept."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from intake.errors import Refused
from workers.commands.read import read_command

FIELDS = {
    "media_type", "pages", "text", "engine", "type", "type_confidence", "date",
    "date_basis", "suggested_name", "findings", "seconds",
}  # fmt: skip
TEXT = "房屋租赁合同\n甲方：张三\n乙方：李四\n月租金3000元\n签订日期：2025年8月29日\n"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("CUSTODY_HOME", str(tmp_path / "home"))


def test_fields(tmp_path):
    """All fields of the contract come in one JSON object."""
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    done = CliRunner().invoke(read_command, [str(tmp_path / "a.txt"), "--json"])
    assert done.exit_code == 0
    record = json.loads(done.stdout)
    assert set(record) >= FIELDS
    assert record["date"] == "2025-08-29"
    assert record["suggested_name"].startswith("20250829_")
    assert record["suggested_name"].endswith("_001.txt")
    assert not (tmp_path / "home").exists()


def test_for_people(tmp_path):
    """Without --json the name comes first, then the text."""
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    done = CliRunner().invoke(read_command, [str(tmp_path / "a.txt")])
    assert done.stdout.startswith("20250829_")
    assert "甲方：张三" in done.stdout


def test_unreadable(tmp_path):
    """A file that cannot be read ends with 1, the reason and a sentence."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nnothing else")
    done = CliRunner().invoke(read_command, [str(tmp_path / "a.pdf"), "--json"])
    assert done.exit_code == 1
    record = json.loads(done.stdout)
    assert record["unreadable"] in ("CORRUPT", "TRUNCATED")
    assert record["message"].endswith("。")


def test_no_such_file(tmp_path):
    """A missing file is refused by name."""
    done = CliRunner().invoke(read_command, [str(tmp_path / "none.pdf"), "--json"])
    assert isinstance(done.exception, Refused)
    assert done.exception.code == "file_missing"


def test_fields_are_masked_unless_asked_for(tmp_path):
    """Personal numbers are masked, in values and lines; --full shows them."""
    person = "999999199001011238"
    text = f"借款人：张三\n身份证号：{person}\n壹仟元整（¥100.00）\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    call = [str(tmp_path / "a.txt"), "--json"]
    record = json.loads(CliRunner().invoke(read_command, call).stdout)
    fields = {each["name"]: each for each in record["fields"]}
    assert fields["borrower"]["value"] == "张三"
    assert person not in json.dumps(record["fields"])
    assert fields["id_no"]["check"] == "ok"
    assert "AMOUNT_DISAGREES" in {each["code"] for each in record["findings"]}
    full = json.loads(CliRunner().invoke(read_command, [*call, "--full"]).stdout)
    assert {"name": "id_no", "value": person, "page": 1,
            "line": f"身份证号：{person}", "check": "ok"} in full["fields"]  # fmt: skip
