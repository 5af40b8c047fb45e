"""The QR code of a receipt: what it says, and reading one from a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from integrity.errors import MalformedError
from receipts.claim import claim_text, parse_claim_text
from receipts.token import decode

# Version 40-M holds 2331 bytes; ours stay under 700, or a phone cannot read them.
MAX_TEXT = 700


@dataclass(frozen=True, slots=True)
class QrText:
    """What the code says: `<base_url>/r/<token>#<claim in base64url>`."""

    base_url: str
    token: str
    claim: bytes

    @property
    def address(self) -> str:
        """The part a server sees: everything before `#`."""
        return f"{self.base_url}/r/{self.token}"

    @property
    def text(self) -> str:
        """The whole text, as it is drawn."""
        return f"{self.address}#{claim_text(self.claim)}"


def parse_qr_text(untrusted_text: str) -> QrText:
    """Take the text of a code apart; whatever parses prints back the same.

    Raises:
        MalformedError: too long, no `/r/<token>#`, or token or claim not canonical.
    """
    if len(untrusted_text) > MAX_TEXT:
        raise MalformedError("QR text", f"it is longer than {MAX_TEXT} characters")
    address, _, claimed_claim = untrusted_text.partition("#")
    base_url, found, claimed_token = address.rpartition("/r/")
    if not found or not claimed_claim:
        raise MalformedError("QR text", "it is not <address>/r/<token>#<claim>")
    parsed = QrText(base_url, decode(claimed_token), parse_claim_text(claimed_claim))
    if parsed.text != untrusted_text:
        raise MalformedError("QR text", "it is not in canonical form")
    return parsed


def read_codes(gray: NDArray[np.uint8]) -> tuple[str, ...]:
    """The texts of all QR codes in a grey picture (rows, columns), as found."""
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    found = zxingcpp.read_barcodes(gray, formats=formats)
    return tuple(code.text for code in found if code.valid)
