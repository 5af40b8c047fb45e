"""COSE examples of the working group: their outcome, and that none is a claim."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cbor2
import pytest

from integrity.errors import MalformedError
from integrity.keys import signature_verifies
from receipts.claim import open_claim, sig_structure
from tests.conformance.cose_messages import (
    NotVerified,
    open_sign,
    open_sign1,
    vector_key,
)

EDDSA = "vectors/cose/eddsa-examples/eddsa-sig-01.json"


def examples(shared: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every example of the set."""
    paths = sorted((shared / "vectors/cose").rglob("*.json"))
    assert paths
    return [(path.name, json.loads(path.read_text("utf-8"))) for path in paths]


def verified(example: dict[str, Any]) -> bool:
    """Whether the message holds under the key that the example gives."""
    message = bytes.fromhex(example["output"]["cbor"])
    stated = example["input"]
    try:
        if "sign0" in stated:
            signer = stated["sign0"]
            external = bytes.fromhex(signer.get("external", ""))
            payload = open_sign1(message, vector_key(signer["key"]), external)
        else:
            signers = stated["sign"]["signers"]
            keys = [vector_key(signer["key"]) for signer in signers]
            external = bytes.fromhex(signers[0].get("external", ""))
            payload = open_sign(message, keys, external)
    except NotVerified:
        return False
    assert payload == stated["plaintext"].encode()
    return True


def test_every_example_gives_its_outcome(shared: Path) -> None:
    """`fail: true` is refused, every other message verifies with its payload."""
    for name, example in examples(shared):
        assert verified(example) is not example.get("fail", False), name


def test_a_changed_payload_does_not_verify(shared: Path) -> None:
    """What verifies covers the payload: one other byte in it, and it does not."""
    for name, example in examples(shared):
        if not example.get("fail", False):
            output = example["output"]
            text = example["input"]["plaintext"].encode().hex().upper()
            assert text in output["cbor"], name
            other = "21" + text[2:]
            changed = {"cbor": output["cbor"].replace(text, other)}
            assert not verified(example | {"output": changed}), name


def test_our_claim_signs_what_the_eddsa_example_signs(shared: Path) -> None:
    """The product's own encoding is that of the example, and its signature holds."""
    path = shared / EDDSA
    if not path.exists():
        pytest.skip("this half of the vectors does not hold the example")
    example = json.loads(path.read_text("utf-8"))
    message = cbor2.loads(bytes.fromhex(example["output"]["cbor"]))
    protected, _, payload, signature = message.value
    signed = sig_structure(protected, payload)
    assert signed.hex().upper() == example["intermediates"]["ToBeSign_hex"]
    public_key = bytes.fromhex(example["input"]["sign0"]["key"]["x_hex"])
    assert signature_verifies(public_key, signature, signed)
    assert not signature_verifies(public_key, signature, signed + b"\x00")


def test_no_example_is_a_claim(shared: Path) -> None:
    """Other algorithms and headers are malformed as claims, signed rightly or not."""
    for _, example in examples(shared):
        with pytest.raises(MalformedError):
            open_claim(bytes.fromhex(example["output"]["cbor"]), {})
