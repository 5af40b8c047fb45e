"""What a browser sends as a new passkey is refused or taken, never a fault."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import cbor2
import pytest

from intake.errors import Refused
from tests.factories import make_settings
from web.passkey import new_passkey

HOST = "custody.example"
CHALLENGE = "Y2hhbGxlbmdl"
POINT = {1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32}
CLIENT = json.dumps(
    {"type": "webauthn.create", "challenge": CHALLENGE, "origin": f"https://{HOST}"}
).encode()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _sent(attestation: bytes, client: bytes = CLIENT) -> dict[str, Any]:
    response = {
        "clientDataJSON": _text(client),
        "attestationObject": _text(attestation),
    }
    return {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response}


def _of_key(key: object, kind: object = "none", **statement: object) -> dict[str, Any]:
    credential = bytes(16) + struct.pack(">H", 3) + bytes(3) + cbor2.dumps(key)
    head = hashlib.sha256(HOST.encode()).digest() + bytes([0x45, 0, 0, 0, 0])
    made = {"fmt": kind, "attStmt": statement, "authData": head + credential}
    return _sent(cbor2.dumps(made))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"id": 1, "rawId": [], "type": None, "response": 5},
        {"id": "é", "rawId": "é", "type": "public-key", "response": []},
        _sent(b"\xff\xff"),
        _sent(cbor2.dumps([1])),
        _sent(b"\x81" * 5000),
        _sent(cbor2.dumps({"fmt": "none"})),
        _of_key([1, 2]),
        _of_key({1: 2}),
        _of_key(POINT),
        _of_key(POINT | {-2: 5, -3: 6}),
        _of_key(POINT, kind=5),
        _of_key(POINT, kind="packed"),
        _of_key(POINT, kind="packed", alg=-7, sig=b"x", x5c=[b"zz"]),
        _of_key(POINT, kind="fido-u2f", sig=b"x", x5c=[b"zz"]),
        _of_key(POINT, kind="android-safetynet", ver="1", response=b"x"),
        _of_key(POINT, kind="tpm", alg=-7, sig=b"x", x5c=[b"z"], ver="2.0"),
        _sent(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": b"x"})),
        _sent(b"", b"[]"),
        _sent(b"", b"\xff"),
    ],
)
def test_an_odd_attestation_is_refused(tmp_path: Path, sent: dict[str, Any]) -> None:
    """Whatever shape it has, the person reads why, and nothing breaks."""
    settings = make_settings(tmp_path, base_url=f"https://{HOST}")
    with pytest.raises(Refused) as refusal:
        new_passkey(settings, "li.na", sent, CHALLENGE)
    assert refusal.value.code == "passkey_refused"
