"""The test vectors of the DSSE specification."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from integrity.canonical import canonical_json, pae
from integrity.errors import MalformedError
from integrity.statement import open_statement


@pytest.fixture
def vector(shared: Path) -> dict[str, Any]:
    path = shared / "vectors/dsse/pae-and-envelope.json"
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def test_folder_holds_this_vector_only(shared: Path) -> None:
    """A vector that is added shows up here until a test reads it."""
    names = [path.name for path in (shared / "vectors/dsse").iterdir()]
    assert names == ["pae-and-envelope.json"]


def test_pae(vector: dict[str, Any]) -> None:
    """The pre-authentication encoding is that of the specification."""
    payload = vector["payload_utf8"].encode()
    assert pae(vector["payloadType"], payload) == vector["pae_utf8"].encode()


def test_published_signature_covers_our_encoding(vector: dict[str, Any]) -> None:
    """The published ECDSA signature verifies over the bytes we compute."""
    envelope = vector["envelope"]
    raw = base64.b64decode(envelope["signatures"][0]["sig"])
    signature = encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    x = int(vector["public_key_x_decimal"])
    y = int(vector["public_key_y_decimal"])
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    encoded = pae(envelope["payloadType"], base64.b64decode(envelope["payload"]))
    key.verify(signature, encoded, ec.ECDSA(hashes.SHA256()))


def test_envelope_of_another_type_is_no_statement(vector: dict[str, Any]) -> None:
    """A sound envelope with another payload type is not one of our statements."""
    with pytest.raises(MalformedError, match="payload type is not"):
        open_statement(canonical_json(vector["envelope"]), {})
