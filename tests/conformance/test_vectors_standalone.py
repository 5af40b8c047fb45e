"""The one-file verifier on vectors of others: it shares only these with us."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from receipts.standalone import verify as standalone

TESSERA_KEY = (
    "log example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    " 0 - 2020-01-01T00:00:00Z -"
)


def test_wycheproof_ed25519(shared: Path) -> None:
    """Every vector is accepted or refused as Wycheproof says."""
    path = shared / "vectors/wycheproof/testvectors_v1/ed25519_test.json"
    vectors = json.loads(path.read_bytes())
    checked = 0
    for group in vectors["testGroups"]:
        public_key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            signature, message = (bytes.fromhex(test[name]) for name in ("sig", "msg"))
            verified = standalone.ed25519_verify(public_key, signature, message)
            assert verified == (test["result"] == "valid"), test["tcId"]
            checked += 1
    assert checked == vectors["numberOfTests"]


def test_sm3(shared: Path) -> None:
    """The plain SM3 gives the published digests (GB/T 32905-2016 A.1, A.2 and more)."""
    text = (shared / "vectors/sm3/evpmd_sm3.txt").read_text("ascii")
    cases = re.findall("^Input = ?(.*)\nOutput = (.*)$", text, re.MULTILINE)
    assert len(cases) == text.count("Digest = SM3") == 6
    for data, digest in cases:
        sm3 = standalone.Sm3()
        sm3.update(bytes.fromhex(data.strip('"')))
        assert sm3.hexdigest() == digest.lower()


def test_merkle_inclusion(shared: Path) -> None:
    """Every inclusion vector verifies, or is refused, as its file says."""
    files = sorted(shared.glob("vectors/merkle/testdata/inclusion/**/*.json"))
    assert files
    for path in files:
        vector = json.loads(path.read_bytes())
        try:
            _inclusion(vector)
            refused = False
        except standalone.Refused:
            refused = True
        assert refused == vector["wantErr"], path


def _inclusion(vector: dict[str, Any]) -> None:
    root, leaf = (base64.b64decode(vector[name] or "") for name in ("root", "leafHash"))
    path = [base64.b64decode(value) for value in vector["proof"] or []]
    head = standalone.Head(b"", "", vector["treeSize"], root)
    standalone.verify_path(vector["leafIdx"], leaf, path, head)


@pytest.mark.parametrize("size", range(8))
def test_tessera_checkpoints(shared: Path, size: int) -> None:
    """Checkpoints of another log's software verify; a changed one does not."""
    folder = shared / "vectors/tessera-log/testdata/log"
    note = (folder / f"checkpoint.{size}").read_bytes()
    keys = standalone.parse_keys(TESSERA_KEY.encode() + b"\n")
    assert standalone.verify_checkpoint(note, keys).size == size
    changed = note.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1), 1)
    with pytest.raises(standalone.Refused):
        standalone.verify_checkpoint(changed, keys)
