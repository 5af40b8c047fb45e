"""VERIFY.txt as printed, on bundles of several logs that do not hold together."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from receipts.verify_text import commands, verify_text
from tests import bundle_samples as made

FIRST, (SECOND, THIRD) = made.ORIGIN, made.LATER_ORIGINS
LACKING = {
    "v2-bad-rolled-fork": {f"log {SECOND}"},
    "v2-bad-rolled-early": {f"log {SECOND}"},
    "v2-bad-rolled-newer-key": {f"closed {FIRST}"},
    "v2-bad-rolled-older-key": {f"closed {SECOND}"},
    "v2-bad-rolled-not-continued": {f"closed {SECOND}", f"log {SECOND}", "logs"},
    "v2-bad-rolled-other-facts": {f"log {SECOND}", f"log {THIRD}"},
    "v2-bad-rolled-continued-twice": {"logs"},
    "v2-bad-rolled-index": {"00000009"},
    "v2-bad-rolled-other-note": {"00000003"},
    "v2-bad-rolled-unreadable-proof": {"00000008"},
    "v2-bad-rolled-closed-as-newest": {"00000013", f"log {THIRD}", "logs"},
    "v2-bad-rolled-name-comes-back": {"log names"},
    "v2-bad-rolled-empty-first": {"checkpoint"},
    "v2-bad-rolled-empty-next": {"checkpoint", "log names"},
}


@pytest.fixture(scope="module")
def every() -> dict[str, tuple[made.Files, made.Expected]]:
    """The bundles."""
    return made.failing_rolled()


def by_hand(files: made.Files, folder: Path) -> set[str]:
    """What the commands say OK to."""
    for program in ("openssl", "sha256sum", "cksum", "base64", "ssh-keygen"):
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not installed")
    made.unzip(files, folder)
    done = subprocess.run(
        ["sh", "-c", commands(verify_text())],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return set(re.findall("^OK (.*)$", done.stdout, re.MULTILINE))


def test_every_bundle_is_judged_here(
    every: dict[str, tuple[made.Files, made.Expected]],
) -> None:
    """None is forgotten below."""
    assert set(every) == set(LACKING)


@pytest.mark.parametrize("name", LACKING)
def test_the_ok_of_the_step_about_it_is_not_there(
    name: str, every: dict[str, tuple[made.Files, made.Expected]], tmp_path: Path
) -> None:
    """Every line that is due of a sound bundle is there but those, or more of them."""
    due = {"log names", "checkpoint", f"closed {FIRST}", f"closed {SECOND}"}
    due |= {f"log {SECOND}", f"log {THIRD}", "logs"}
    due |= {f"{entry:08d}" for entry in made.rolled().told()}
    assert LACKING[name] <= due - by_hand(every[name][0], tmp_path)


def test_another_key_for_the_rest_of_a_closing_log_is_in_order(tmp_path: Path) -> None:
    """Its line comes after that of the next log, and begins none."""
    found = by_hand(made.key_lost().files(), tmp_path)
    due = {"log names", "checkpoint", f"closed {FIRST}", f"log {SECOND}", "logs"}
    assert due <= found
