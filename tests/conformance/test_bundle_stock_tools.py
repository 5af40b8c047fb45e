"""A bundle judged by programs that are not ours, and by VERIFY.txt as printed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integrity.statement import leaf_text
from receipts.verify_text import commands, verify_text
from tests.bundle_factory import Matter, small_matter

Completed = subprocess.CompletedProcess[str]
LEAVES = ["00000000", *(f"{leaf:08d}" for leaf in (2, 3, 4, 5, 7, 8, 9))]
NAMES = ["00000000_其他_002.bin", "20250829_合同_001.pdf", "e0000000000cc"]


def need(*programs: str) -> None:
    """Skip, naming the program, where one is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not installed")


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
    """The bundle as the stock `unzip` unpacks it."""
    need("unzip")
    out = tmp_path / "unzipped"
    subprocess.run(["unzip", "-q", bundle, "-d", out], check=True)
    return out


@pytest.fixture
def run(folder: Path) -> Callable[..., Completed]:
    """Runs a program in the unzipped bundle."""

    def _run(*command: str) -> Completed:
        return subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False
        )

    return _run


@pytest.fixture
def by_hand(run: Callable[..., Completed]) -> Callable[[], str]:
    """Runs every command of VERIFY.txt as printed, in one shell; all it prints."""
    need("openssl", "sha256sum", "cksum", "base64", "ssh-keygen")
    script = commands(Path(verify_folder(run), "VERIFY.txt").read_text("utf-8"))

    def _by_hand() -> str:
        done = run("sh", "-c", script)
        return done.stdout + done.stderr

    return _by_hand


def verify_folder(run: Callable[..., Completed]) -> str:
    """Where the bundle lies."""
    return run("pwd").stdout.strip()


def test_unzip_finds_no_fault(bundle: Path, folder: Path) -> None:
    """`unzip -t` passes, and Chinese names come out as they are."""
    done = subprocess.run(["unzip", "-tqq", bundle], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert sorted(path.name for path in (folder / "data").iterdir()) == NAMES


def test_zipinfo_sees_stored_files_with_neutral_attributes(bundle: Path) -> None:
    """Order, time, permissions and method are the canonical ones for another reader."""
    need("zipinfo")
    listing = subprocess.run(
        ["zipinfo", "-T", bundle], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:-1]
    assert len(listing) == 35
    for line in listing:
        assert re.match(r"-rw-r--r--  2\.0 unx +\d+ b- stor 19800101\.000000 ", line)


def test_sha256sum_accepts_both_manifests(run: Callable[..., Completed]) -> None:
    """`sha256sum -c` reads the BagIt manifests, and every file is in one of them."""
    need("sha256sum")
    counted = 0
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        done = run("sha256sum", "--check", "--strict", name)
        assert done.returncode == 0
        counted += done.stdout.count(": OK\n")
    assert counted == 32


def test_cksum_accepts_the_sm3_list(run: Callable[..., Completed]) -> None:
    """`cksum -c` reads the SM3 list of the originals."""
    need("cksum")
    done = run("cksum", "--check", "--strict", "checksums-sm3.txt")
    assert done.returncode == 0
    assert done.stdout.count(": OK\n") == 3


def test_cksum_prints_the_leaf_of_a_statement(
    run: Callable[..., Completed], folder: Path, matter: Matter
) -> None:
    """A leaf is what `cksum` prints for a file named "statement"."""
    need("cksum")
    (folder / "statement").write_bytes(matter.log.envelopes[2])
    printed = "".join(
        run("cksum", "-a", a, "statement").stdout for a in ("sha256", "sm3")
    )
    assert printed.encode() == leaf_text(matter.log.envelopes[2])


def test_bag_structure_is_that_of_rfc_8493(folder: Path) -> None:
    """Declaration, payload folder, manifest of the payload and its size."""
    declaration = (folder / "bagit.txt").read_bytes()
    assert declaration == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    payload = {f"data/{path.name}" for path in (folder / "data").iterdir()}
    lines = (folder / "manifest-sha256.txt").read_text("utf-8").splitlines()
    listed = [re.fullmatch(r"[0-9a-f]{64}  (data/.+)", line) for line in lines]
    assert {match[1] for match in listed if match} == payload
    size = sum(path.stat().st_size for path in (folder / "data").iterdir())
    info = (folder / "bag-info.txt").read_text("utf-8")
    assert f"Payload-Oxum: {size}.{len(payload)}\n" in info


def test_bagit_python_accepts_the_bag(folder: Path) -> None:
    """The Library of Congress' own tool finds a complete and valid bag."""
    bagit = pytest.importorskip("bagit", reason="bagit-python is not installed")
    assert bagit.Bag(str(folder)).validate()


def test_verify_txt_passes_as_printed(
    by_hand: Callable[[], str], matter: Matter
) -> None:
    """Every printed command works, and each says OK for what it checked."""
    printed = by_hand()
    assert "FAILED" not in printed
    assert f"{matter.log.keys.fingerprint()}  trust/keys\n" in printed
    lines = re.findall("^OK (.*)$", printed, re.MULTILINE)
    oks = [line.partition("+")[0] for line in lines]
    words = ["names", "originals", "other files", "SM3", "cksum"]
    words += ["log names", "checkpoint"]
    files = [f"data/{name}" for name in NAMES]
    keys = [entry.what().partition("+")[0] for entry in matter.log.keys.entries]
    ends = ["key history", "CMS", "certificate", "SSH", "signer"]
    founding = [f"founding {key}" for key in keys]
    assert oks == [*words, *LEAVES, "logs", *files, *founding, *ends]
    assert "10 事件衔接 / history: 通过 / passed (1/1)" in printed
    assert "\n== 通过 / passed ==\n" in printed


def test_verify_txt_shows_the_events_that_name_a_file(
    by_hand: Callable[[], str],
) -> None:
    """Step 8 lists receipt and naming events of each original."""
    printed = by_hand()
    assert ("OK data/20250829_合同_001.pdf\n00000002\n00000007\n") in printed


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("data/20250829_合同_001.pdf", {"originals", "SM3", "cksum"}),
        ("REPORT.pdf", {"other files"}),
        ("tagmanifest-sha256.txt", {"CMS", "SSH"}),
        ("tagmanifest-sha256.txt.p7s", {"CMS"}),
        ("tagmanifest-sha256.txt.sig", {"SSH"}),
        ("statements/00000002.dsse.json", {"00000002", "other files"}),
        ("proofs/00000003.tlog-proof", {"00000003", "other files"}),
        ("checkpoint", {*LEAVES, "other files", "checkpoint"}),
    ],
)
def test_verify_txt_finds_a_changed_byte(
    by_hand: Callable[[], str], folder: Path, name: str, missing: set[str]
) -> None:
    """By hand, too, one changed byte takes away the OK of the steps about it."""
    good = set(re.findall("^OK (.*)$", by_hand(), re.MULTILINE))
    path = folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    bad = set(re.findall("^OK (.*)$", by_hand(), re.MULTILINE))
    assert missing <= good - bad


def test_verify_txt_finds_missing_and_unlisted_files(
    by_hand: Callable[[], str], folder: Path
) -> None:
    """Step 1 shows what is not listed and what is not there."""
    (folder / "extra.txt").write_text("x")
    (folder / "REPORT.pdf").rename(folder.parent / "REPORT.pdf")
    printed = by_hand()
    assert "> extra.txt\n" in printed
    assert "< REPORT.pdf\n" in printed
    assert "OK names" not in printed


def test_verify_txt_ends_with_the_fingerprint_of_a_paper(
    run: Callable[..., Completed], matter: Matter
) -> None:
    """The last command, with the fingerprint typed in, passes."""
    line = "python3 verify.py --fingerprint"
    assert line in verify_text()
    done = run(sys.executable, *line.split()[1:], matter.log.keys.fingerprint())
    assert done.returncode == 0
    assert done.stdout.endswith("== 通过 / passed ==\n")


def test_report_pdf_is_sound_for_pdf_tools(folder: Path, matter: Matter) -> None:
    """Fonts are embedded, and text (names, digests, fingerprint) can be extracted."""
    need("pdftotext", "pdffonts")
    fonts = subprocess.run(
        ["pdffonts", folder / "REPORT.pdf"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert fonts
    assert all(re.search(r" yes yes (yes|no) +\d+ +0$", line) for line in fonts)
    text = subprocess.run(
        ["pdftotext", "-layout", folder / "REPORT.pdf", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    digits = re.sub(r"\s", "", text)
    assert "没有证明什么" in digits
    assert "20250829_合同_001.pdf" in re.sub("\u200b", "", digits)
    fingerprint = matter.log.keys.fingerprint()
    assert fingerprint[:32] in digits
    assert fingerprint[32:] in digits
    assert "--fingerprint" in digits


@pytest.mark.parametrize(
    "word", ["不可篡改", "具有法律效力", "视为原件", "证明内容真实"]
)
def test_no_forbidden_words(folder: Path, word: str) -> None:
    """Nothing we print promises more than was done."""
    need("pdftotext")
    report = subprocess.run(
        ["pdftotext", folder / "REPORT.pdf", "-"], capture_output=True, check=True
    ).stdout.decode("utf-8")
    printed = report + verify_text() + (folder / "verify.py").read_text("utf-8")
    assert word not in re.sub(r"\s", "", printed)
