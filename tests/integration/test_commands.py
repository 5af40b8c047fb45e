"""The command line from outside: JSON, sentences, exit codes of the contract."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from integrity.merkle import leaf_hash, root_of
from integrity.tiles import entries_path, tile_path
from tests.tiles import entries_in

PROJECT = Path(__file__).resolve().parents[2]
IOU = "借条\n今借到张三人民币壹万元整\n借款人：李四\n2025年3月6日\n"
FIELDS = {
    "file", "exhibit", "name", "sha256", "sm3", "size", "state", "type",
    "type_confidence", "date", "date_basis", "leaf", "duplicate_of",
}  # fmt: skip


class Shell:
    """Runs `custody` on one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str | bytes, **more: str) -> subprocess.CompletedProcess[str]:
        """One command."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CUSTODY_")}
        done = subprocess.run(
            [sys.executable, "-P", "-m", "workers.cli", *words],
            capture_output=True,
            check=False,
            text=True,
            cwd=PROJECT,
            env=clean | {"CUSTODY_HOME": str(self.home)} | more,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *words: str) -> list[dict[str, object]]:
        """The JSON lines of a command that succeeds."""
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A home with two people and a matter, made by commands."""
    made = Shell(tmp_path_factory.mktemp("commands") / "home")
    for login, role in (("li.na", "paralegal"), ("wang.wu", "lawyer")):
        made.json("user", "add", login, "--name", login, "--role", role)
    words = ("matter", "open", "M-1", "--title", "t", "--client", "c")
    made.json(*words, "--lead", "wang.wu", "--assistant", "li.na")
    return made


def test_the_way_of_a_file_by_commands(shell: Shell, tmp_path: Path) -> None:
    """add → review → check → receipt → verify → export → fsck, as documented."""
    file = tmp_path / "借条.txt"
    file.write_text(IOU)
    (added,) = shell.json("add", "--matter", "M-1", "--wait", str(file))
    assert added["name"] == "20250306_借条_001.txt"
    assert added.keys() >= FIELDS
    exhibit = str(added["exhibit"])
    shell.json("review", exhibit, "--as", "li.na")
    for login in ("li.na", "wang.wu"):
        how = ("--pages", "1", "--paper", "copy")
        (shown,) = shell.json("check", exhibit, "--as", login, *how)
    assert shown["state"] == "checked"
    paper = tmp_path / "receipt.pdf"
    words = ("--matter", "M-1", "--direction", "received", "--to", "张三")
    (issued,) = shell.json("receipt", "issue", *words, "--out", str(paper), exhibit)
    assert {"receipt", "url", "code", "pdf", "sha256"} <= issued.keys()
    assert paper.exists()
    (verdict,) = shell.json("verify", str(file))
    assert (verdict["verdict"], verdict["exhibit"]) == ("match", exhibit)
    bundle = tmp_path / "bundle.zip"
    (exported,) = shell.json("export", "--matter", "M-1", "--out", str(bundle))
    assert exported["exhibits"] == 1
    *findings, last = shell.json("fsck")
    assert (findings, last["sound"]) == ([], True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "--matter", "M-1", "/nonexistent"), 2),
        (("add", "--matter", "M-9", "/etc/hostname"), 2),
        (("list", "--matter", "nope"), 2),
        (("list", "--matter", b"x\xff"), 2),
        (("show", "e000000000000"), 2),
        (("show", b"x\xff"), 2),
        (("review", "e000000000000", "--as", "li.na"), 2),
        (("review", "e000000000000", "--as", "nobody"), 2),
        (("matter", "open", "M-1", "--title", "t", "--client", "c"), 2),
        (("matter", "open", "M-2", "--title", "", "--client", "c"), 2),
        (("matter", "open", "M-2", "--title", "t", "--client", "c",
          "--hearing", "2025-02-30"), 2),
        (("user", "add", "X", "--name", "n", "--role", "lawyer"), 2),
        (("user", "add", "ok", "--name", "n", "--role", "king"), 2),
        (("verify", "/nonexistent"), 2),
        (("export", "--matter", "M-1", "--out", "/nonexistent/x.zip"), 2),
        (("receipt", "show", "R20200101-0001"), 2),
        (("read", "/nonexistent"), 2),
        (("restore", "--from", "/nonexistent"), 2),
        (("nonsense",), 2),
        ((), 2),
    ],
    ids=str,
)  # fmt: skip
def test_bad_input_is_one_sentence_and_its_code(
    shell: Shell, words: tuple[str | bytes, ...], code: int
) -> None:
    """Refusals say what happened on standard error, with the documented code."""
    done = shell.run(*words)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stderr.strip() or not words


def test_published_tiles_give_the_signed_root(shell: Shell, tmp_path: Path) -> None:
    """The static files alone recompute to the checkpoint among them."""
    assert shell.run("log", "tiles", str(tmp_path)).returncode == 0
    note = (tmp_path / "checkpoint").read_text()
    _, size, root, *_ = note.splitlines()
    width = int(size)
    bundle = (tmp_path / entries_path(0, width)).read_bytes()
    entries = entries_in(bundle)
    hashes = [leaf_hash(entry) for entry in entries]
    tile = (tmp_path / tile_path(0, 0, width)).read_bytes()
    assert tile == b"".join(hashes)
    assert base64.b64decode(root) == root_of(hashes)


def test_empty_file_is_refused_and_others_go_on(shell: Shell, tmp_path: Path) -> None:
    """One refused file gives code 1 and a reason; the good one beside it is taken."""
    empty, good = tmp_path / "empty.pdf", tmp_path / "good.txt"
    empty.touch()
    good.write_text("x")
    done = shell.run("add", "--matter", "M-1", "--json", str(empty), str(good))
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [record.get("refused") for record in records] == ["file_empty", None]
    assert records[0]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CUSTODY_FOO", "1"),
        ("CUSTODY_OCR_ENGINE", "magic"),
        ("CUSTODY_MAX_UPLOAD_MB", "-1"),
        ("CUSTODY_BASE_URL", "http://[x"),
        ("CUSTODY_DATABASE_URL", "foo"),
        ("CUSTODY_REDIS_URL", "foo"),
        ("CUSTODY_STORE_URL", "s3://bucket"),
        ("CUSTODY_SECRET_KEY_FILE", "/nonexistent"),
    ],
)
def test_bad_settings_do_not_start(tmp_path: Path, name: str, value: str) -> None:
    """An unknown or impossible setting is named; the code is 2; nothing is made."""
    other = Shell(tmp_path / "other")
    done = other.run("list", "--matter", "M-1", **{name: value})
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip()


def test_damaged_database_is_a_sentence(tmp_path: Path) -> None:
    """Garbage instead of a database is "could not tell", never a stack trace."""
    other = Shell(tmp_path / "other")
    other.json("user", "add", "li.na", "--name", "n", "--role", "lawyer")
    (other.home / "custody.db").write_bytes(os.urandom(8192))
    for extra in ("-wal", "-shm"):
        (other.home / f"custody.db{extra}").unlink(missing_ok=True)
    assert other.run("list", "--matter", "M-1").returncode == 3
    assert other.run("fsck").returncode == 3


def test_a_failed_check_is_code_one(tmp_path: Path) -> None:
    """An unsound home and an altered file both end with 1."""
    other = Shell(tmp_path / "other")
    other.json("matter", "open", "M-1", "--title", "t", "--client", "c")
    file = tmp_path / "a.txt"
    file.write_text("one")
    (added,) = other.json("add", "--matter", "M-1", str(file))
    file.write_text("two")
    done = other.run("verify", "--json", str(file))
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (1, "altered")
    sha256 = str(added["sha256"])
    blob = other.home / "store/blobs" / sha256[:2] / sha256[2:4] / sha256
    blob.chmod(0o644)
    blob.write_text("onE")
    done = other.run("fsck", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["sound"] is False
