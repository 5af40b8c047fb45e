"""Notes and checkpoints of the specifications and of public logs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.checkpoint import open_checkpoint, parse_checkpoint
from integrity.cosignature import cosignatures, cosigned_message, witness_key
from integrity.errors import IntegrityError, VerificationError
from integrity.keys import Ed25519Signer
from integrity.note import (
    Note,
    SignatureLine,
    VerifierKey,
    add_signature_lines,
    open_note,
    parse_vkey,
    sign_note,
    split_note,
)

# What each key of c2sp-spec/examples.json is covered by.
COVERED = {
    "source": "",
    "signed_note_valid": "test_note_of_the_specification_verifies",
    "signed_note_parse_only": "test_note_of_an_unknown_key",
    "checkpoint_parse": "test_checkpoint_of_the_specification",
    "tile_paths": "test_vectors_tiles",
    "tile_counts": "test_vectors_tiles",
}

# Sigstore cases whose checkpoint is itself at fault.
SIGSTORE_REFUSED = {
    "rekor2-checkpoint-missing-log-signature_fail": "block of signature lines",
    "rekor2-checkpoint-missing-root-hash_fail": "sigstage.dev does not match",
}
ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410, section 4


@pytest.fixture
def signer() -> Ed25519Signer:
    return Ed25519Signer("ours", Ed25519PrivateKey.from_private_bytes(b"o" * 32))


@pytest.fixture
def examples(shared: Path) -> dict[str, Any]:
    path = shared / "vectors/c2sp-spec/examples.json"
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def test_every_example_is_covered(examples: dict[str, Any]) -> None:
    """An example that is added shows up here until a test reads it."""
    assert examples.keys() == COVERED.keys()


def test_note_of_the_specification_verifies(examples: dict[str, Any]) -> None:
    """The published note opens with the published key, which prints as published."""
    example = examples["signed_note_valid"]
    key = parse_vkey(example["vkey"])
    assert key.text() == example["vkey"]
    note = open_note(example["note"].encode(), [key])
    assert note.text == "This is an example message.\n"
    assert note.verified == (key,)


def test_note_of_an_unknown_key(
    examples: dict[str, Any], signer: Ed25519Signer
) -> None:
    """Without its key the note is well-formed but not believed."""
    example = examples["signed_note_parse_only"]
    data = example["note"].encode()
    with pytest.raises(VerificationError, match="none is by a key we know"):
        open_note(data, [])
    opened = _countersigned(data, example["text"], signer)
    assert opened.text == example["text"]
    assert [line.name for line in opened.other] == ["quasimodo.example/salvatore"]


def test_checkpoint_of_the_specification(
    examples: dict[str, Any], signer: Ed25519Signer
) -> None:
    """The published checkpoint parses, and its cosignature is carried along."""
    example = examples["checkpoint_parse"]
    text = example["note"].partition("\n\n")[0] + "\n"
    checkpoint = parse_checkpoint(text)
    assert checkpoint.text() == text
    assert checkpoint.origin == example["origin"]
    assert checkpoint.size == example["size"]
    assert checkpoint.root == base64.b64decode(example["root_base64"])
    opened = _countersigned(example["note"].encode(), text, signer)
    witness = opened.other[-1]
    assert witness.name == "witness.example.com/w1"
    timestamp = int.from_bytes(witness.signature[:8], "big")
    assert timestamp == example["witness_timestamp"]
    assert len(witness.signature) == 8 + 64
    message = example["witness_signed_message"].encode()
    assert cosigned_message(text, timestamp) == message


def test_notes_of_the_specification_have_one_form(examples: dict[str, Any]) -> None:
    """Each published note is put together again from its text and lines."""
    names = ("signed_note_valid", "signed_note_parse_only", "checkpoint_parse")
    for name in names:
        data = examples[name]["note"].encode()
        text, lines = split_note(data)
        assert f"{text}\n{''.join(line.text() for line in lines)}".encode() == data


def test_published_cosignature_with_another_text(examples: dict[str, Any]) -> None:
    """No witness key is published: under any other key the line does not hold."""
    data = examples["checkpoint_parse"]["note"].encode()
    name = "witness.example.com/w1"
    line = split_note(data)[1][1]
    key = witness_key(name, bytes(32))
    assert cosignatures(data, [key]) == ()
    forced = SignatureLine(name, key.key_id, line.signature).text().encode()
    with pytest.raises(VerificationError, match="does not match"):
        cosignatures(add_signature_lines(data, [forced]), [key])


def test_checkpoints_of_public_logs(shared: Path) -> None:
    """Sigstore checkpoints open with the log's Ed25519 key and name the proof's root.

    Older logs sign with ECDSA, which we do not verify: their notes must be
    well-formed, unknown to us, and their text a checkpoint.
    """
    assets = shared / "vectors/sigstore-conformance/test/assets/bundle-verify"
    opened = set[str]()
    bundles = sorted(assets.glob("*/bundle.sigstore.json"))
    for path in bundles:
        case = path.parent.name
        if case.endswith("_fail") and case not in SIGSTORE_REFUSED:
            continue  # at fault elsewhere: judged in test_vectors_sigstore
        bundle = json.loads(path.read_bytes())
        for entry in bundle["verificationMaterial"]["tlogEntries"]:
            if "checkpoint" in entry.get("inclusionProof", {}):
                _check_sigstore(path.parent, entry["inclusionProof"], opened)
    newer = {path.parent.name for path in bundles if "rekor2" in path.parent.name}
    assert opened >= {case for case in newer if not case.endswith("_fail")}


def _countersigned(data: bytes, text: str, signer: Ed25519Signer) -> Note:
    """The note opened through a line of ours, as only a known key opens one."""
    ours = sign_note(text, [signer]).rpartition(b"\n\n")[2]
    key = VerifierKey.ed25519(signer.name, signer.public_key)
    return open_note(data + ours, [key])


def _check_sigstore(case: Path, proof: dict[str, Any], opened: set[str]) -> None:
    data = proof["checkpoint"]["envelope"].encode()
    keys = _trusted_keys(case / "trusted_root.json")
    if case.name in SIGSTORE_REFUSED:
        with pytest.raises(IntegrityError, match=SIGSTORE_REFUSED[case.name]):
            open_checkpoint(data, keys, keys[-1].name)
        return
    text = data.decode().partition("\n\n")[0] + "\n"
    checkpoint = parse_checkpoint(text)
    assert checkpoint.text() == text
    assert checkpoint.size == int(proof["treeSize"])
    assert base64.b64encode(checkpoint.root).decode() == proof["rootHash"]
    if checkpoint.origin in {key.name for key in keys}:
        assert open_checkpoint(data, keys, checkpoint.origin) == checkpoint
        opened.add(case.name)
    else:
        with pytest.raises(VerificationError, match="none is by a key we know"):
            open_note(data, keys)


def _trusted_keys(path: Path) -> list[VerifierKey]:
    if not path.exists():
        return []
    keys = []
    for log in json.loads(path.read_bytes())["tlogs"]:
        der = base64.b64decode(log["publicKey"]["rawBytes"])
        if der.startswith(ED25519_DER):
            name = log["baseUrl"].removeprefix("https://")
            keys.append(VerifierKey.ed25519(name, der.removeprefix(ED25519_DER)))
    return keys
