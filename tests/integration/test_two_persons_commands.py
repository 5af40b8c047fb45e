"""Two persons with key files on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_commands import Shell

PEOPLE = (("li.na", "paralegal"), ("wang.wu", "lawyer"))
PASSPHRASE = "a passphrase of a person\n"


class Office(Shell):
    """A home with two people; each has a key file of their own outside of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "home")
        self.files = folder / "sticks"
        self.files.mkdir()
        self.secret = self.files / "passphrase"
        self.secret.write_text(PASSPHRASE)

    def key(self, login: str) -> tuple[str, ...]:
        """The options with which that person signs."""
        return (
            "--key", str(self.files / f"{login}.key"),
            "--passphrase-file", str(self.secret),
        )  # fmt: skip

    def enrol(self, login: str) -> None:
        """Make a key file and enrol it."""
        secret = ("--passphrase-file", str(self.secret))
        file = str(self.files / f"{login}.key")
        (made,) = self.json("keys", "person", "new", file, "--login", login, *secret)
        self.json("keys", "person", "add", login, "--public", str(made["key"]))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Two people on a matter; with the second key the rule is in force."""
    made = Office(tmp_path_factory.mktemp("office"))
    for login, role in PEOPLE:
        made.json("user", "add", login, "--name", login, "--role", role)
    words = ("matter", "open", "M-1", "--title", "t", "--client", "c")
    made.json(*words, "--lead", "wang.wu", "--assistant", "li.na")
    for login, _ in PEOPLE:
        made.enrol(login)
    return made


@pytest.fixture(scope="module")
def exhibit(office: Office) -> str:
    """A reviewed exhibit."""
    file = office.files / "借条.txt"
    file.write_text("借条\n今借到张三人民币壹万元整\n2025年3月6日\n")
    (added,) = office.json("add", "--matter", "M-1", "--wait", str(file))
    office.json("review", str(added["exhibit"]), "--as", "li.na")
    return str(added["exhibit"])


def test_a_check_by_two_key_files(office: Office, exhibit: str) -> None:
    """Without --key it is refused; with both people's keys it is checked."""
    how = ("check", exhibit, "--pages", "1", "--paper", "copy", "--as")
    refused = office.run(*how, "li.na")
    assert (refused.returncode, "本人密钥" in refused.stderr) == (1, True)
    wrong = office.run(*how, "wang.wu", *office.key("li.na"))
    assert wrong.returncode == 1
    for login, _ in PEOPLE:
        (shown,) = office.json(*how, login, *office.key(login))
    assert shown["state"] == "checked"


def test_a_void_by_two_key_files(office: Office, exhibit: str, tmp_path: Path) -> None:
    """void signs first, act sign second; only then is the receipt void."""
    paper = str(tmp_path / "receipt.pdf")
    words = ("--matter", "M-1", "--direction", "received", "--to", "张三")
    (issued,) = office.json("receipt", "issue", *words, "--out", paper, exhibit)
    number = str(issued["receipt"])
    void = ("receipt", "void", number, "--reason", "写错了", "--as", "li.na")
    assert office.run(*void).returncode == 1
    (act,) = office.json(*void, *office.key("li.na"))
    assert (act["state"], act["signed"], act["missing"]) == ("pending", ["li.na"], 1)
    (listed,) = office.json("act", "list", "--as", "wang.wu")
    assert listed["act"] == act["act"]
    again = office.run("act", "sign", str(act["act"]), "--as", "li.na",
                       *office.key("li.na"))  # fmt: skip
    assert again.returncode == 1
    assert office.json("receipt", "show", number)[0]["state"] == "valid"
    shown = office.run("act", "show", str(act["act"]))
    assert "写错了" in shown.stdout
    sign = ("act", "sign", str(act["act"]), "--as", "wang.wu")
    (done,) = office.json(*sign, *office.key("wang.wu"))
    assert (done["state"], done["missing"]) == ("done", 0)
    assert office.json("receipt", "show", number)[0]["state"] == "void"
    assert office.json("act", "list") == []
    *findings, last = office.json("fsck")
    assert (findings, last["sound"]) == ([], True)


def test_an_act_is_cancelled(office: Office, exhibit: str, tmp_path: Path) -> None:
    """A cancelled act waits no more and cannot be signed."""
    paper = str(tmp_path / "receipt.pdf")
    words = ("--matter", "M-1", "--direction", "received", "--to", "张三")
    (issued,) = office.json("receipt", "issue", *words, "--out", paper, exhibit)
    void = ("receipt", "void", str(issued["receipt"]), "--reason", "x", "--as")
    (act,) = office.json(*void, "li.na", *office.key("li.na"))
    (ended,) = office.json("act", "cancel", str(act["act"]), "--as", "wang.wu")
    assert ended["state"] == "cancelled"
    sign = ("act", "sign", str(act["act"]), "--as", "wang.wu")
    assert office.run(*sign, *office.key("wang.wu")).returncode == 1


@pytest.mark.parametrize("fault", ["absent", "plain", "open", "passphrase", "other"])
def test_a_bad_key_file_is_a_sentence(
    office: Office, tmp_path: Path, fault: str
) -> None:
    """No file, not encrypted, readable by others, a wrong passphrase, not a key."""
    file, secret = tmp_path / "my.key", tmp_path / "secret"
    secret.write_text("wrong\n" if fault == "passphrase" else PASSPHRASE)
    good = (office.files / "li.na.key").read_bytes()
    plain = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    content = {"plain": plain, "other": b"no key at all"}.get(fault, good)
    if fault != "absent":
        file.write_bytes(content)
        file.chmod(0o644 if fault == "open" else 0o600)
    key = ("--key", str(file), "--passphrase-file", str(secret))
    void = ("receipt", "void", "R20250101-0001", "--reason", "x", "--as", "li.na")
    done = office.run(*void, *key)
    assert done.returncode == 2
    assert str(file) in done.stderr
