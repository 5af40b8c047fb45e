"""Printed codes of the EU health certificates: text, compression, CBOR, signature.

A code of 528 to 646 characters is what a paper can carry; the way back from the
picture to the signed content is the one that receipts go, with other parts.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import zlib
from pathlib import Path
from typing import Any

import cbor2
import pytest
import zxingcpp
from cryptography import x509
from PIL import Image

from tests.conformance.cose_messages import NotVerified, open_sign1, read_sign1

RAW = "vectors/eu-dcc/*/2DCode/raw/*.json"
PICTURES = "vectors/eu-dcc/*/png/*.png"
PREFIX = "HC1:"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
MAX_COSE_BYTES = 16 << 10
EXPIRES, ISSUED, HEALTH = 4, 6, -260


def cases(shared: Path) -> list[Path]:
    """Every text of the set."""
    found = sorted(shared.glob(RAW))
    assert found
    return found


def unprefixed(text: str) -> str:
    if not text.startswith(PREFIX):
        raise ValueError("another prefix")
    return text.removeprefix(PREFIX)


def base45(text: str) -> bytes:
    """RFC 9285: three characters are two bytes, two at the end are one."""
    decoded = bytearray()
    for place in range(0, len(text), 3):
        digits = [ALPHABET.index(character) for character in text[place : place + 3]]
        value = sum(digit * 45**power for power, digit in enumerate(digits))
        if len(digits) < 2:
            raise ValueError("a character is left over")
        decoded += value.to_bytes(len(digits) - 1, "big")
    return bytes(decoded)


def inflated(data: bytes) -> bytes:
    """zlib (RFC 1950), bounded, with nothing behind it."""
    reader = zlib.decompressobj()
    content = reader.decompress(data, MAX_COSE_BYTES)
    if not reader.eof or reader.unused_data:
        raise ValueError("not one whole stream within the bound")
    return content


def certificate_of(case: dict[str, Any]) -> x509.Certificate:
    der = base64.b64decode(case["TESTCTX"]["CERTIFICATE"])
    return x509.load_der_x509_certificate(der)


def payload_of(case: dict[str, Any]) -> dict[int, Any]:
    return cbor2.loads(read_sign1(bytes.fromhex(case["COSE"]))[2])


def is_in_time(case: dict[str, Any]) -> bool:
    now = dt.datetime.fromisoformat(case["TESTCTX"]["VALIDATIONCLOCK"]).timestamp()
    payload = payload_of(case)
    return payload[ISSUED] <= now <= payload[EXPIRES]


def holds_step(name: str, case: dict[str, Any]) -> bool:
    """Whether one step of the way from picture to content gives what the case says."""
    steps = {
        "EXPECTEDPICTUREDECODE": lambda: _read_picture(case) == case["PREFIX"],
        "EXPECTEDUNPREFIX": lambda: unprefixed(case["PREFIX"]) == case["BASE45"],
        "EXPECTEDB45DECODE": lambda: (
            base45(case["BASE45"]) == bytes.fromhex(case["COMPRESSED"])
        ),
        "EXPECTEDCOMPRESSION": lambda: (
            inflated(bytes.fromhex(case["COMPRESSED"])) == bytes.fromhex(case["COSE"])
        ),
        "EXPECTEDVERIFY": lambda: bool(
            open_sign1(bytes.fromhex(case["COSE"]), certificate_of(case).public_key())
        ),
        "EXPECTEDDECODE": lambda: isinstance(payload_of(case)[HEALTH], dict),
        "EXPECTEDVALIDJSON": lambda: payload_of(case)[HEALTH][1] == case["JSON"],
        "EXPECTEDVALIDOBJECT": lambda: _content_of(case) == case["JSON"],
        "EXPECTEDEXPIRATIONCHECK": lambda: is_in_time(case),
    }
    try:
        return steps[name]()
    except (ValueError, KeyError, zlib.error, NotVerified, OverflowError):
        return False


def _content_of(case: dict[str, Any]) -> Any:
    """Of the field CBOR, which holds the content alone or the claims around it."""
    value = cbor2.loads(bytes.fromhex(case["CBOR"]))
    return value[HEALTH][1] if HEALTH in value else value


def _read_picture(case: dict[str, Any]) -> str:
    return read_code(Image.open(io.BytesIO(base64.b64decode(case["2DCODE"]))))


def read_code(picture: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    return found.text


# The schema of the content is not part of the vectors, and what a certificate may be
# used for is the rule of that network, not of the signature.
NOT_JUDGED = {"EXPECTEDSCHEMAVALIDATION", "EXPECTEDKEYUSAGE", "EXPECTEDENCODE"}


def test_every_step_gives_its_outcome(shared: Path) -> None:
    """Each expectation of each case is met, step by step."""
    for path in cases(shared):
        case = json.loads(path.read_text("utf-8-sig"))
        judged = 0
        for name, expected in case["EXPECTEDRESULTS"].items():
            if name not in NOT_JUDGED:
                assert holds_step(name, case) is expected, (path, name)
                judged += 1
        assert judged


def test_another_signer_is_refused(shared: Path) -> None:
    """The signature holds under the case's certificate, over these bytes alone."""
    for path in cases(shared):
        case = json.loads(path.read_text("utf-8-sig"))
        if not case["EXPECTEDRESULTS"].get("EXPECTEDVERIFY"):
            continue
        changed = bytearray.fromhex(case["COSE"])
        changed[-1] ^= 1
        with pytest.raises(NotVerified):
            open_sign1(bytes(changed), certificate_of(case).public_key())


def test_every_picture_reads_as_its_text(shared: Path) -> None:
    """The code in each picture is the text of the case of the same number."""
    pictures = sorted(shared.glob(PICTURES))
    for path in pictures:
        text = path.parents[1] / "2DCode/raw" / f"{path.stem}.json"
        found = read_code(Image.open(path))
        assert found.startswith(PREFIX), path
        if text.exists():
            assert found == json.loads(text.read_text("utf-8-sig"))["PREFIX"], path
