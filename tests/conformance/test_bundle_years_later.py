"""Proofs outlive certificates: by hand and by program, offline, up to 30 years on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from receipts.bundle_tags import shipped
from receipts.verify_text import commands, verify_text
from tests import bundle_samples as made
from tests.bundle_factory import Matter, small_matter, unpack

pytestmark = pytest.mark.slow

Completed = subprocess.CompletedProcess[str]
PASSING = (
    *("plain", "stamped", "rotated", "persons", "witnessed", "erased", "rolled"),
    "written",
)
YEARS = (0, 1, 5, 30)
# Every kind of bundle 30 years on; those with certificates at each of the times.
CASES = [(name, 30) for name in PASSING] + [
    (name, years) for name in ("stamped", "written") for years in YEARS[:-1]
]


def need(*programs: str) -> None:
    """Skip, naming the program, where one is missing."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not installed")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each bundle unzipped, with the verifiers and texts that are shipped."""
    need("openssl")
    root = tmp_path_factory.mktemp("bundles")
    first, second = made.authorities(root / "authorities")
    samples = {
        "plain": made.plain(),
        "stamped": made.stamped(first, second),
        "rotated": made.rotated(),
        "persons": made.persons(),
        "witnessed": made.witnessed(made.WITNESSES),
        "erased": made.erased(),
        "rolled": made.rolled(),
    }
    shown = {
        "VERIFY.txt": verify_text().encode(),
        "verify.py": shipped("verify.py"),
        "verify.html": shipped("verify.html"),
    }
    trees = {name: sample.files(shown) for name, sample in samples.items()}
    written: Matter = small_matter()
    written.export(root / "written.zip")
    trees["written"] = unpack(root / "written.zip")
    for name, files in trees.items():
        made.unzip(files, root / name)
        made.pack(files, root / f"{name}.zip")
    return {name: root / name for name in trees}


@pytest.fixture
def run() -> Callable[..., Completed]:
    """Runs a program in a bundle, without network where we may, at another time."""
    need("faketime")

    def _run(years: int, folder: Path, *command: str) -> Completed:
        alone = ["unshare", "-n"] if os.geteuid() == 0 else []
        moved = ["faketime", "-f", f"+{years}y"] if years else []
        return subprocess.run(
            [*alone, *moved, *command],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )

    return _run


@pytest.mark.parametrize("years", YEARS)
def test_the_clock_is_moved(years: int, run: Callable[..., Completed]) -> None:
    """The tests below are really at another time, and really without network."""
    then = int(run(years, Path("/"), "date", "+%Y").stdout)
    now = int(run(0, Path("/"), "date", "+%Y").stdout)
    assert then - now == years
    if os.geteuid() == 0:
        links = run(years, Path("/"), "cat", "/proc/net/dev").stdout.splitlines()[2:]
        assert [line.partition(":")[0].strip() for line in links] == ["lo"]


@pytest.mark.parametrize(("name", "years"), CASES)
def test_verify_txt_passes_as_printed(
    name: str,
    years: int,
    folders: dict[str, Path],
    run: Callable[..., Completed],
) -> None:
    """Every printed command, with stock tools only, network off, at any time."""
    need("openssl", "sha256sum", "cksum", "base64", "ssh-keygen")
    folder = folders[name]
    before = sorted(path for path in folder.rglob("*") if path.is_file())
    script = commands((folder / "VERIFY.txt").read_text("utf-8"))
    printed = run(years, folder, "sh", "-c", script)
    lines = printed.stdout.splitlines()
    assert not [line for line in lines if line.startswith(("FAILED", "<", ">"))]
    due = {"names", "originals", "other files", "SM3", "cksum", "checkpoint"}
    due |= {"key history", "CMS", "SSH", "certificate", "signer"}
    due |= {"log names", "logs"}
    due |= {path.name[:8] for path in (folder / "statements").iterdir()}
    due |= {f"data/{path.name}" for path in (folder / "data").iterdir()}
    done = {line.removeprefix("OK ") for line in lines if line.startswith("OK ")}
    assert due <= done, printed.stdout + printed.stderr
    assert printed.stdout.rstrip().endswith("== 通过 / passed ==")
    if name == "stamped":
        assert len([line for line in done if line.startswith("time ")]) == 4
    if name == "witnessed":
        assert len([line for line in done if line.startswith("witness ")]) == 2
    if name == "rolled":
        first, *later = (made.ORIGIN, *made.LATER_ORIGINS)
        assert {f"closed {first}", f"closed {later[0]}"} <= done
        assert {f"log {name}" for name in later} <= done
    if name in {"persons", "erased"}:
        assert any(line.startswith("two persons ") for line in done)
    assert before == sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("name", "years"), CASES)
def test_the_verifiers_pass(
    name: str,
    years: int,
    folders: dict[str, Path],
    run: Callable[..., Completed],
) -> None:
    """custody-verify and verify.py give the same verdict at any time."""
    folder = folders[name]
    bundle = str(folder.with_suffix(".zip"))
    root = str(Path(__file__).parents[2])
    served = (
        f"import sys; sys.path.insert(0, {root!r});"
        "from receipts.cli import main; sys.exit(main())"
    )
    for command in (
        ["-c", served, bundle],
        ["-I", "verify.py"],
        ["-I", "verify.py", bundle],
    ):
        done = run(years, folder, sys.executable, "-B", *command, "--json")
        assert json.loads(done.stdout)["verdict"] == "passed", done.stdout
        assert done.returncode == 0
