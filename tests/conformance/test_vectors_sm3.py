"""SM3 vectors of OpenSSL, among them those of GB/T 32905-2016."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from integrity.digest import digest_bytes

CASE = re.compile(r"^Input = ([0-9A-Fa-f]*)\nOutput = ([0-9A-Fa-f]{64})$", re.MULTILINE)


@pytest.fixture
def cases(shared: Path) -> list[tuple[bytes, str]]:
    text = (shared / "vectors/sm3/evpmd_sm3.txt").read_text()
    found = CASE.findall(text)
    assert len(found) == text.count("Digest = SM3") == 6
    return [(bytes.fromhex(data), digest.lower()) for data, digest in found]


def test_folder_holds_this_file_only(shared: Path) -> None:
    """A vector that is added shows up here until a test reads it."""
    names = [path.name for path in (shared / "vectors/sm3").iterdir()]
    assert names == ["evpmd_sm3.txt"]


def test_sm3(cases: list[tuple[bytes, str]]) -> None:
    """Every vector hashes as published."""
    for data, digest in cases:
        assert digest_bytes(data).sm3 == digest


def test_openssl_agrees(cases: list[tuple[bytes, str]]) -> None:
    """`openssl dgst -sm3` reads the same vectors the same way."""
    for data, digest in cases:
        command = ["openssl", "dgst", "-sm3", "-r"]
        done = subprocess.run(command, input=data, check=True, capture_output=True)
        assert done.stdout.split()[0].decode() == digest
