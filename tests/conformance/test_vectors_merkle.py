"""RFC 6962 trees of others: transparency-dev/merkle, rfc6962, sigstore-conformance."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integrity.errors import VerificationError
from integrity.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    new_nodes,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# Cases whose inclusion proof is itself at fault. The others fail elsewhere; whole
# cases are judged in test_vectors_sigstore.
SIGSTORE_REFUSED = {
    "bundle-empty-certificate-chain_fail": "too short",
    "bundle-invalid-base64-signature_fail": "does not lead to the root",
    "inclusion-proof-corrupted-hash_fail": "does not lead to the root",
}


def test_inclusion(shared: Path) -> None:
    """Every inclusion vector verifies, or is refused, as its file says."""
    _check_all(shared / "vectors/merkle/testdata/inclusion", _inclusion)


def test_consistency(shared: Path) -> None:
    """Every consistency vector verifies, or is refused, as its file says."""
    _check_all(shared / "vectors/merkle/testdata/consistency", _consistency)


def test_every_merkle_file_belongs_to_one_of_the_two(shared: Path) -> None:
    """No vector lies where no test looks."""
    folder = shared / "vectors/merkle"
    files = {path for path in folder.rglob("*") if path.is_file()}
    read = set[Path]()
    for kind in ("inclusion", "consistency"):
        read |= set((folder / "testdata" / kind).rglob("*.json"))
    assert files == read


def test_rfc6962_roots_and_nodes(shared: Path) -> None:
    """The published roots and nodes grow from the published leaves."""
    vector = json.loads((shared / "vectors/rfc6962/roots.json").read_bytes())
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in vector["leaf_inputs_hex"]]
    nodes = _grow(hashes)
    for level, row in enumerate(vector["node_hashes_hex_by_level"]):
        assert [nodes[level, index].hex() for index in range(len(row))] == row
    for size, root in enumerate(vector["root_hex_by_tree_size"]):
        assert root_of(hashes[:size]).hex() == root
        assert root_at(size, lambda *at: nodes[at]).hex() == root


def test_rfc6962_proofs(shared: Path) -> None:
    """Between the published roots every proof of ours verifies."""
    vector = json.loads((shared / "vectors/rfc6962/roots.json").read_bytes())
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in vector["leaf_inputs_hex"]]
    roots = [bytes.fromhex(root) for root in vector["root_hex_by_tree_size"]]
    nodes = _grow(hashes)
    for size in range(1, len(roots)):
        for other in range(1, size + 1):
            proof = inclusion_proof(other - 1, size, lambda *at: nodes[at])
            verify_inclusion(other - 1, size, hashes[other - 1], proof, roots[size])
            proof = consistency_proof(other, size, lambda *at: nodes[at])
            verify_consistency(other, size, roots[other], roots[size], proof)


def test_sigstore_inclusion_proofs(shared: Path) -> None:
    """Proofs of public logs hold; the cases that break the proof are refused."""
    assets = shared / "vectors/sigstore-conformance/test/assets/bundle-verify"
    bundles = sorted(assets.glob("*/bundle.sigstore.json"))
    assert len(bundles) == sum(path.is_dir() for path in assets.iterdir())
    for path in bundles:
        case = path.parent.name
        if case.endswith("_fail") and case not in SIGSTORE_REFUSED:
            continue
        bundle = json.loads(path.read_bytes())
        for entry in bundle["verificationMaterial"]["tlogEntries"]:
            _check_sigstore(case, entry)


def _check_sigstore(case: str, entry: dict[str, Any]) -> None:
    if case in SIGSTORE_REFUSED:
        with pytest.raises(VerificationError, match=SIGSTORE_REFUSED[case]):
            _sigstore_inclusion(entry)
        return
    if "inclusionProof" in entry:
        _sigstore_inclusion(entry)


def _sigstore_inclusion(entry: dict[str, Any]) -> None:
    proof = entry["inclusionProof"]
    verify_inclusion(
        int(proof.get("logIndex", "0")),
        int(proof["treeSize"]),
        leaf_hash(base64.b64decode(entry["canonicalizedBody"])),
        [base64.b64decode(value) for value in proof.get("hashes", [])],
        base64.b64decode(proof["rootHash"]),
    )


def _check_all(folder: Path, verify: Callable[[dict[str, Any]], None]) -> None:
    files = sorted(folder.rglob("*.json"))
    assert files
    for path in files:
        vector = json.loads(path.read_bytes())
        try:
            verify(vector)
            refused = False
        except VerificationError:
            refused = True
        assert refused == vector["wantErr"], path


def _inclusion(vector: dict[str, Any]) -> None:
    verify_inclusion(
        vector["leafIdx"],
        vector["treeSize"],
        _bytes(vector["leafHash"]),
        [_bytes(value) for value in vector["proof"] or []],
        _bytes(vector["root"]),
    )


def _consistency(vector: dict[str, Any]) -> None:
    verify_consistency(
        vector["size1"],
        vector["size2"],
        _bytes(vector["root1"]),
        _bytes(vector["root2"]),
        [_bytes(value) for value in vector["proof"] or []],
    )


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)


def _grow(hashes: list[bytes]) -> dict[tuple[int, int], bytes]:
    nodes: dict[tuple[int, int], bytes] = {}
    for number, hashed in enumerate(hashes):
        for level, index, value in new_nodes(number, hashed, lambda *at: nodes[at]):
            nodes[level, index] = value
    return nodes
