"""`custody keys` from outside: JSON, sentences, exit codes; persons by key files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from intake.errors import words as sentence
from intake.services import today
from integrity.errors import CustodyError
from workers.cli import cli, exit_code

SECRET = "correct horse"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """Runs `custody` on one home; its persons have key files beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secret = folder / "secret"
        self.secret.write_text(f"{SECRET}\n")

    def run(self, *words: str, **more: str) -> Done:
        """One command, in this process: starting a new one takes most of the time."""
        home = {"CUSTODY_HOME": str(self.folder / "home"), "CUSTODY_LANG": "en"}
        result = CliRunner().invoke(cli, words, env=home | more)
        error = result.exception
        if isinstance(error, CustodyError):
            return Done(exit_code(error), result.stdout, sentence(error, "en"))
        assert error is None or isinstance(error, SystemExit), error
        return Done(result.exit_code, result.stdout, result.stderr)

    def json(self, *words: str, **more: str) -> list[dict[str, object]]:
        """The JSON lines of a command that succeeds."""
        done = self.run(*words, "--json", **more)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def person(self, login: str) -> str:
        """A new person's key file; returns the public half."""
        file = str(self.folder / f"{login}.key")
        words = ("keys", "person", "new", file, "--login", login)
        (made,) = self.json(*words, "--passphrase-file", str(self.secret))
        return str(made["key"])

    def by(self, *logins: str) -> list[str]:
        """The options of those who sign."""
        words = []
        for login in logins:
            words += ["--key", str(self.folder / f"{login}.key")]
            words += ["--passphrase-file", str(self.secret)]
        return words


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A home that the first command begins."""
    return Shell(tmp_path)


def test_the_life_of_the_firms_keys(shell: Shell) -> None:
    """list → rotate → list → encrypt → compromised, and fsck is sound."""
    before = shell.json("keys", "list")
    roles = [record.get("role") for record in before]
    assert roles == ["log", "statement", "pdf", None]
    assert [r.get("place") for r in before[:3]] == [
        "file:log.key", "file:statement.key", "file:pdf.pem",
    ]  # fmt: skip
    (done,) = shell.json("keys", "rotate", "log", "--note", "yearly")
    assert done["destroyed"] == ["file:log.key"]
    after = shell.json("keys", "list")
    assert [r.get("place") for r in after[:4]] == [
        "absent", "file:statement.key", "file:pdf.pem", "file:log-2.key",
    ]  # fmt: skip
    assert after[-1] == {"fingerprint": done["fingerprint"]}
    earlier = {"earlier_fingerprint": before[-1]["fingerprint"], "until_leaf": 1}
    assert after[-2] == earlier
    secret = ("--passphrase-file", str(shell.secret))
    changed = shell.json("keys", "encrypt", *secret)
    assert all(record["encrypted"] for record in changed)
    refused = shell.run("keys", "rotate", "statement")
    assert refused.returncode == 3
    assert "no passphrase was given" in refused.stderr
    wrong = shell.run("keys", "rotate", "statement", CUSTODY_KEY_PASSPHRASE="x")
    assert (wrong.returncode, "is wrong" in wrong.stderr) == (3, True)
    known = {"CUSTODY_KEY_PASSPHRASE_FILE": str(shell.secret)}
    key = str(after[3]["id"])
    words = ("keys", "compromised", "log", key, "--since", "4")
    shell.json(*words, **known)
    (last,) = shell.json("fsck", **known)[-1:]
    assert last["sound"] is True


def test_persons_rules_and_what_needs_two(shell: Shell) -> None:
    """The second person brings the rule; then one alone changes nothing."""
    for login in ("li.na", "wang.wu"):
        vkey = shell.person(login)
        shell.json("keys", "person", "add", login, "--public", vkey)
    rules = [r for r in shell.json("keys", "list") if r.get("role") == "rule"]
    assert [str(r["key"]).partition(":")[0] for r in rules] == ["two-persons"]
    (waiting,) = shell.json("keys", "rotate", "log")
    assert waiting["state"] == "pending"
    alone = shell.run("keys", "rotate", "log", *shell.by("li.na"))
    assert alone.returncode != 0
    twice = shell.run("keys", "rotate", "log", *shell.by("li.na", "li.na"))
    assert twice.returncode != 0
    (done,) = shell.json("keys", "rotate", "log", *shell.by("li.na", "wang.wu"))
    assert done["destroyed"] == ["file:log.key"]
    words = ("keys", "rule", "two-persons", "keys.changed")
    shell.json(*words, *shell.by("wang.wu", "li.na"))
    shell.person("zhao")
    words = ("keys", "person", "add", "zhao")
    shell.json(*words, *shell.by("zhao", "li.na", "wang.wu"))
    words = ("keys", "person", "remove", "li.na")
    shell.json(*words, *shell.by("li.na", "zhao"))
    gone = shell.run("keys", "rotate", "pdf", *shell.by("li.na", "zhao"))
    assert gone.returncode != 0
    assert shell.json("fsck")[-1]["sound"] is True


def test_the_next_log_is_called_by_the_year(shell: Shell) -> None:
    """Without a name it is this year; the command says where the log closes."""
    done = shell.run("keys", "next-log")
    assert done.returncode == 0
    old, new = shell.json("log", "list")
    assert new["log"] == f"{old['log']}/{today().year}"
    closes = f"After event {int(str(new['first'])) - 1} the log {old['log']} is closed"
    assert closes in done.stdout
    again = shell.run("keys", "next-log", "2099")
    assert (again.returncode, "has not begun" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "rotate", "log", "--to", "nonsense"),
        ("keys", "rotate", "log", "--to", "file:../x"),
        ("keys", "rotate", "log", "--to", "file:statement.key"),
        ("keys", "rotate", "person"),
        ("keys", "next-log", "tile"),
        ("keys", "next-log", "Next Year"),
        ("keys", "next-log", "2027", "--to", "file:statement.key"),
        ("keys", "compromised", "log", "ff", "--since", "1"),
        ("keys", "person", "add", "li.na"),
        ("keys", "person", "add", "li.na", "--public", "x"),
        ("keys", "person", "remove", "nobody"),
        ("keys", "rule", "two-persons", "No Kind"),
        ("keys", "rule", "two-persons", "none"),
        ("keys", "rule", "two-persons", "default"),
        ("keys", "rule", "witnesses", "1"),
        ("keys", "witness", "add", "x"),
        ("keys", "witness", "remove", "x"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    begun: Shell, words: tuple[str, ...]
) -> None:
    """A bad reference, an unknown key or person, a rule nobody could keep."""
    before = begun.json("keys", "list")[-1]
    refused = begun.run(*words)
    assert refused.returncode in {1, 2}
    assert refused.stderr.strip()
    assert begun.json("keys", "list")[-1] == before


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One home for what is refused."""
    shell = Shell(tmp_path_factory.mktemp("refused"))
    shell.json("keys", "list")
    return shell
