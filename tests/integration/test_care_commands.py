"""Erasure, fixity and certificates on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_commands import Shell
from tests.integration.test_two_persons_commands import PEOPLE, Office

WHY = ("--reason", "当事人要求", "--basis", "《个人信息保护法》第四十七条")


def added(office: Shell, name: str, folder: Path) -> str:
    """Put a file into custody; returns its id."""
    file = folder / name
    file.write_text(f"借条 {name}")
    (record,) = office.json("add", "--matter", "M-1", str(file))
    return str(record["exhibit"])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Two people on a matter, without keys yet."""
    made = Office(tmp_path_factory.mktemp("care"))
    for login, role in PEOPLE:
        made.json("user", "add", login, "--name", login, "--role", role)
    words = ("matter", "open", "M-1", "--title", "t", "--client", "c")
    made.json(*words, "--lead", "wang.wu", "--assistant", "li.na")
    return made


def test_fixity_and_certificate(office: Office, tmp_path: Path) -> None:
    """A run is logged, the report reads it from the log, the PDF is there."""
    added(office, "1.txt", tmp_path)
    (done,) = office.json("fixity", "run", "--all")
    assert (done["sound"], [p["objects"] for p in done["places"]]) == (True, [1, 1])
    assert office.json("fixity", "run") == [{"due": False}]
    (report,) = office.json("fixity", "report")
    assert (report["complete"], report["gaps"], report["runs"]) == (True, [], 1)
    out = tmp_path / "c.pdf"
    (made,) = office.json("certificate", "M-1", str(out))
    assert (made["items"], out.read_bytes()[:5]) == (1, b"%PDF-")
    again = tmp_path / "again.pdf"
    office.json("certificate", "M-1", str(again), "--month", str(made["month"]))
    assert again.read_bytes() == out.read_bytes()
    refused = office.run(
        "certificate", "M-1", str(tmp_path / "x"), "--month", "2020-01"
    )
    assert refused.returncode == 1
    assert not (tmp_path / "x").exists()


def test_one_person_and_then_two(office: Office, tmp_path: Path) -> None:
    """One erases and is told that nobody else signed; with the rule two have to."""
    first, second = (added(office, n, tmp_path) for n in ("a.txt", "b.txt"))
    alone = office.run("erase", first, *WHY)
    assert alone.returncode == 0
    assert "no second signature was made" in alone.stderr
    (shown,) = office.json("show", first)
    assert (shown["state"], shown["name"]) == ("erased", None)
    for login, _ in PEOPLE:
        office.enrol(login)
    refused = office.run("erase", second, *WHY)
    assert refused.returncode == 1
    asked = office.json("erase", second, *WHY, "--as", "li.na", *office.key("li.na"))
    assert (asked[0]["state"], asked[0]["missing"]) == ("pending", 1)
    act = str(asked[0]["act"])
    signed = office.json("act", "sign", act, "--as", "wang.wu", *office.key("wang.wu"))
    assert signed[0]["state"] == "done"
    (shown,) = office.json("show", second)
    assert shown["state"] == "erased"
    assert office.json("fsck")[-1]["sound"] is True
