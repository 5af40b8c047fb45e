"""Wycheproof: what an Ed25519 verifier must accept and must refuse."""

from __future__ import annotations

import json
from pathlib import Path

from integrity.keys import signature_verifies


def test_wycheproof(shared: Path) -> None:
    """Every vector is accepted or refused as Wycheproof says."""
    folder = shared / "vectors/wycheproof/testvectors_v1"
    vectors = json.loads((folder / "ed25519_test.json").read_bytes())
    checked = 0
    for group in vectors["testGroups"]:
        public_key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            signature, message = (bytes.fromhex(test[name]) for name in ("sig", "msg"))
            verified = signature_verifies(public_key, signature, message)
            assert verified == (test["result"] == "valid"), test["tcId"]
            checked += 1
    assert checked == vectors["numberOfTests"]


def test_folder_holds_this_file_only(shared: Path) -> None:
    """A vector that is added shows up here until a test reads it."""
    folder = shared / "vectors/wycheproof"
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    assert names == ["ed25519_test.json"]
