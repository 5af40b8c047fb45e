"""COSE examples of the working group against the claim's signature."""

from __future__ import annotations

import json
from pathlib import Path

import cbor2
import pytest

from integrity.errors import MalformedError
from integrity.keys import signature_verifies
from receipts.claim import open_claim, sig_structure

EDDSA = "vectors/cose/eddsa-examples/eddsa-sig-01.json"
SIGN1 = "vectors/cose/sign1-tests"


def test_the_eddsa_example_verifies(shared: Path) -> None:
    """What we sign is what the example signs, and its signature holds over it."""
    example = json.loads((shared / EDDSA).read_text("utf-8"))
    message = cbor2.loads(bytes.fromhex(example["output"]["cbor"]))
    protected, _, payload, signature = message.value
    signed = sig_structure(protected, payload)
    assert signed.hex().upper() == example["intermediates"]["ToBeSign_hex"]
    public_key = bytes.fromhex(example["input"]["sign0"]["key"]["x_hex"])
    assert signature_verifies(public_key, signature, signed)
    assert not signature_verifies(public_key, signature, signed + b"\x00")


@pytest.mark.parametrize(
    "name",
    ["sign-pass-01", "sign-pass-02", "sign-fail-01", "sign-fail-02", "sign-fail-03"],
)
def test_other_messages_are_no_claims(shared: Path, name: str) -> None:
    """Other algorithms and headers are malformed as claims, signed rightly or not."""
    example = json.loads((shared / SIGN1 / f"{name}.json").read_text("utf-8"))
    with pytest.raises(MalformedError):
        open_claim(bytes.fromhex(example["output"]["cbor"]), {})
