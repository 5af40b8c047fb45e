"""The QR code of a receipt: its text, drawing it, and reading it from a picture."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
import zxingcpp
from PIL import Image

from integrity.errors import MalformedError
from receipts.claim import claim_text, parse_claim_text
from receipts.token import decode

# Readers fail on blurred prints of smaller codes (docs/formats.md); 42 mm keeps a
# module of the usual 73 above half a millimetre.
SIZE_MM = 42
QUIET_MODULES = 4  # ISO/IEC 18004, section 9.1
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


def draw_svg(text: str) -> str:
    """The code as one SVG path, error level M, quiet zone included.

    Raises:
        MalformedError: the text is longer than we let a phone read.
    """
    if len(text) > MAX_TEXT:
        raise MalformedError("QR text", f"it is longer than {MAX_TEXT} characters")
    matrix = _modules(text)
    side = len(matrix)
    runs = "".join(
        f"M{start},{y}h{length}v1h-{length}z"
        for y, row in enumerate(matrix)
        for start, length in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<path fill="#fff" d="M0,0h{side}v{side}h-{side}z"/>'
        f'<path fill="#000" d="{runs}"/></svg>'
    )


def read_codes(image: Image.Image) -> tuple[str, ...]:
    """The texts of all QR codes found in a picture, in the order found."""
    found = zxingcpp.read_barcodes(
        image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode
    )
    return tuple(code.text for code in found if code.valid)


def _modules(text: str) -> list[list[bool]]:
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET_MODULES
    )
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Start and length of each unbroken run of dark modules."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((x, 1))
    return runs
