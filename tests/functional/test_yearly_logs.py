"""A firm closes its log and goes on in the next: the whole way, by commands."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from integrity.checkpoint import claimed_checkpoint
from integrity.cosignature import cosignatures
from integrity.origins import LOG_CONTINUED
from integrity.statement import leaf_text, open_statement
from integrity.store.witness_home import WitnessHome
from receipts.opening import open_services
from tests.factories import add_bytes, make_settings
from tests.integration.test_keys_command import Done, Shell
from tests.integration.test_witnesses import serving
from tests.live import PROJECT
from tests.tile_reader import read_log
from workers.cli import log_to_stderr

PEOPLE = (("li.na", "paralegal"), ("wang.wu", "lawyer"))
WITNESS = "east.example.cn"


class Firm(Shell):
    """Two persons with key files, on one matter, and a witness."""

    def __init__(self, folder: Path, witness: str) -> None:
        folder.mkdir()
        super().__init__(folder)
        self.witness = witness

    def run(self, *words: str, **more: str) -> Done:
        """One command; it knows where the witness is."""
        urls = {"CUSTODY_WITNESS_URLS": f"{WITNESS}={self.witness}"}
        return super().run(*words, **(urls | more))

    def begin(self) -> None:
        """People, matter, keys; with the second key the rule is in force."""
        for login, role in PEOPLE:
            self.json("user", "add", login, "--name", login, "--role", role)
        words = ("matter", "open", "M-1", "--title", "t", "--client", "张三")
        self.json(*words, "--lead", "wang.wu", "--assistant", "li.na")
        for login, _ in PEOPLE:
            self.json("keys", "person", "add", login, "--public", self.person(login))

    def both(self) -> list[str]:
        """The options with which both persons sign a change of keys."""
        return self.by("li.na", "wang.wu")

    def exhibit(self, text: str) -> str:
        """A reviewed exhibit."""
        file = self.folder / "借条.txt"
        file.write_text(text)
        (added,) = self.json("add", "--matter", "M-1", "--wait", str(file))
        self.json("review", str(added["exhibit"]), "--as", "li.na")
        return str(added["exhibit"])

    def receipt(self, exhibit: str) -> Path:
        """The paper of a receipt for it."""
        paper = self.folder / f"{exhibit}.pdf"
        words = ("--matter", "M-1", "--direction", "received", "--to", "张三")
        self.json("receipt", "issue", *words, "--out", str(paper), exhibit)
        return paper

    def logs(self) -> list[dict[str, object]]:
        """The logs, oldest first."""
        return self.json("log", "list")

    def log_key(self) -> str:
        """The newest log key."""
        lines = [r for r in self.json("keys", "list") if r.get("role") == "log"]
        return str(lines[-1]["key"])

    def asked(self, log: str = "") -> list[tuple[bool, str]]:
        """What the witnesses said of a log."""
        words = ("--log", log) if log else ()
        states = self.json("log", "witnesses", *words)
        return [(bool(each["cosigned"]), str(each["problem"])) for each in states]

    def work_until(self, entry: int) -> None:
        """Files come in until there is an entry of that number."""
        services = open_services(make_settings(self.folder))
        leaf = -1
        while leaf < entry:
            leaf = add_bytes(services, "M-1", f"{leaf}.txt", b"%d" % leaf).leaf
        services.log.engine.dispose()


@pytest.fixture
def quiet() -> Iterator[None]:
    """What the product logs goes to standard error, as `custody` sets it up."""
    log_to_stderr()
    yield
    structlog.reset_defaults()


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("quiet")
def test_a_firm_goes_on_in_the_next_log(tmp_path: Path) -> None:
    """Announce, close, go on; what was handed out before and after verifies alike."""
    home = WitnessHome.create(tmp_path / "east", WITNESS)
    with serving(tmp_path / "east") as url:
        firm = Firm(tmp_path / "firm", url)
        firm.begin()
        engage(firm, home)
        early = firm.exhibit("借条\n今借到张三人民币壹万元整\n2026年3月6日\n")
        early_paper = firm.receipt(early)
        first = announce(firm)
        close(firm, first)
        late = firm.exhibit("借条\n今借到李四人民币贰万元整\n2027年3月6日\n")
        vouched(firm, home, first)
        late_paper = firm.receipt(late)
        bundle = firm.folder / "bundle.zip"
        words = ("export", "--matter", "M-1", "--out", str(bundle))
        firm.json(*words, early, late)
        assert firm.json("fsck")[-1]["sound"] is True
        published(firm, first)
        restored(firm, tmp_path / "again")
    for path in (early_paper, late_paper, bundle):
        judged = verified(path)
        assert judged.returncode == 0, judged.stdout
    judged = standalone(bundle)
    assert judged.returncode == 0, judged.stdout


def engage(firm: Firm, home: WitnessHome) -> None:
    """The witness watches the log, and the firm asks for its word."""
    firm.json("keys", "witness", "add", home.key.text(), *firm.both())
    firm.json("keys", "rule", "witnesses", "1", *firm.both())
    home.watch(firm.log_key())
    assert firm.asked() == [(True, "")]


def announce(firm: Firm) -> int:
    """Two persons sign that the next log begins; returns its first entry."""
    (waiting,) = firm.json("keys", "next-log", "2027")
    act = str(waiting["act"])
    told = firm.run("act", "show", act).stdout
    assert "编号连续不变" in told
    assert "Numbering goes on" in told
    for login, _ in PEOPLE:
        (done,) = firm.json("act", "sign", act, "--as", login, *firm.by(login))
    assert done["state"] == "done"
    old, new = firm.logs()
    assert (old["state"], new["state"], new["name"]) == ("open", "announced", "2027")
    assert f"{new['first']}" in told
    refused = firm.run("keys", "next-log", "2028", *firm.both())
    assert (refused.returncode, "has not begun" in refused.stderr) == (1, True)
    return int(str(new["first"]))


def close(firm: Firm, first: int) -> None:
    """Work goes on to the end of the log; then its key is gone."""
    keys = firm.folder / "home" / "keys"
    firm.work_until(first - 2)
    firm.asked()
    assert (keys / "log.key").exists()
    firm.work_until(first + 1)
    firm.json("log", "witnesses", "--log", str(firm.logs()[0]["log"]))
    old, new = firm.logs()
    assert (old["state"], old["next"], new["state"]) == ("closed", first, "open")
    assert not (keys / "log.key").exists()


def vouched(firm: Firm, home: WitnessHome, first: int) -> None:
    """A witness that was not told refuses the new log, and cosigns it once it is."""
    old = str(firm.logs()[0]["log"])
    ((cosigned, problem),) = firm.asked()
    assert (cosigned, "404" in problem) == (False, True)
    home.watch(firm.log_key())
    assert firm.asked() == [(True, "")]
    assert firm.asked(old) == [(True, "")]
    frozen = firm.run("log", "checkpoint", "--log", old).stdout.encode()
    assert claimed_checkpoint(frozen).size == first
    assert cosignatures(frozen, [home.key])


def published(firm: Firm, first: int) -> None:
    """Whoever has the tiles and the keys follows from the second log to the first."""
    folder = firm.folder / "tiles"
    assert firm.run("log", "tiles", str(folder)).returncode == 0
    lines = [r for r in firm.json("keys", "list") if r.get("role") == "log"]
    old = read_log(folder, str(lines[0]["key"]))
    new = read_log(folder / "2027", str(lines[1]["key"]))
    assert len(old.entries) == first
    services = open_services(make_settings(firm.folder), complete=False)
    envelope = services.log.statement(first)
    assert new.entries[0] == leaf_text(envelope)
    begins = open_statement(envelope, services.log.keys.statement_keys)
    assert (begins.kind, begins.facts["previous"]) == (LOG_CONTINUED, old.text)
    services.log.engine.dispose()


def restored(firm: Firm, folder: Path) -> None:
    """From the second copy and the keys: sound, and it goes on in the second log."""
    source = firm.folder / "home" / "second-store"
    again = Firm(folder, firm.witness)
    (done,) = again.json("restore", "--from", str(source))
    assert done["missing"] == []
    keys = again.folder / "home" / "keys"
    shutil.copytree(firm.folder / "home" / "keys", keys, dirs_exist_ok=True)
    before = again.logs()
    assert before == firm.logs()
    exhibit = again.exhibit("欠条\n2027年4月1日\n")
    assert again.json("show", exhibit)[0]["state"] == "reviewed"
    assert again.json("fsck")[-1]["sound"] is True
    assert again.logs()[1]["state"] == "open"
    assert int(str(again.logs()[1]["entries"])) > int(str(before[1]["entries"]))


def verified(path: Path) -> subprocess.CompletedProcess[str]:
    """What a stranger's `custody-verify` answers."""
    command = [sys.executable, "-m", "receipts.cli", str(path)]
    return subprocess.run(
        command, check=False, cwd=PROJECT, capture_output=True, text=True
    )


def standalone(bundle: Path) -> subprocess.CompletedProcess[str]:
    """What the verifier that lies in the bundle answers."""
    place = bundle.with_suffix("")
    shutil.unpack_archive(bundle, place)
    (script,) = place.rglob("verify.py")
    command = [sys.executable, str(script), str(bundle)]
    return subprocess.run(
        command, check=False, cwd=place, capture_output=True, text=True
    )
