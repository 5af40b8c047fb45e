"""receipts.qr and qr_drawing: the text of the code, drawn and read back."""

from __future__ import annotations

import re

import numpy as np
import pytest
import zxingcpp

from integrity.errors import MalformedError
from receipts.claim import Claim, claim_text, sign_claim
from receipts.qr import MAX_TEXT, QrText, parse_qr_text, read_codes
from receipts.qr_drawing import draw_svg
from tests.receipt_examples import STATEMENTS, TOKEN, content

CLAIM = sign_claim(Claim.of(content()), STATEMENTS)
QR = QrText("https://custody.example.org", TOKEN, CLAIM)


def pixels(svg: str, module: int = 4) -> np.ndarray:
    """The drawing as grey pixels, `module` pixels a module."""
    found = re.search(r'viewBox="0 0 (\d+) \1"', svg)
    assert found
    side = int(found.group(1))
    grid = np.full((side, side), 255, np.uint8)
    for x, y, length in re.findall(r"M(\d+),(\d+)h(\d+)v1h", svg):
        grid[int(y), int(x) : int(x) + int(length)] = 0
    return np.kron(grid, np.ones((module, module), np.uint8))


def test_the_text_takes_itself_apart() -> None:
    """Address, token and claim come back; a path before /r/ is part of the address."""
    assert parse_qr_text(QR.text) == QR
    deeper = QrText("https://example.org/r/x", TOKEN, CLAIM)
    assert parse_qr_text(deeper.text) == deeper
    assert QR.address == f"https://custody.example.org/r/{TOKEN}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        QR.address,
        QR.address + "#",
        QR.text.upper(),
        QR.text + "=",
        QR.text.replace(TOKEN, TOKEN.upper()),
        QR.text.replace(TOKEN, TOKEN[:-1]),
        QR.text.replace("/r/", "/q/"),
        QR.text.replace("/r/", "#/r/"),
        "x" * (MAX_TEXT + 1),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    """A code has one spelling."""
    with pytest.raises(MalformedError):
        parse_qr_text(text)


def test_the_longest_text_is_read_and_one_more_is_not() -> None:
    """The bound is on the whole text, MAX_TEXT included."""
    longest = QrText(QR.base_url + "a" * (MAX_TEXT - len(QR.text)), TOKEN, CLAIM)
    assert len(longest.text) == MAX_TEXT
    assert parse_qr_text(longest.text) == longest
    with pytest.raises(MalformedError, match="longer than"):
        parse_qr_text("a" + longest.text)


def test_codes_of_another_kind_are_not_read() -> None:
    """Only a QR code is printed, so nothing else on the page is taken for one."""
    other = zxingcpp.create_barcode(QR.address, zxingcpp.BarcodeFormat.DataMatrix)
    drawn = np.array(zxingcpp.write_barcode_to_image(other, scale=4), np.uint8)
    picture = np.pad(drawn, 40, constant_values=255)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == QR.address
    assert read_codes(picture) == ()


def test_a_drawn_code_is_read_back() -> None:
    """zxing-cpp reads what was drawn."""
    assert read_codes(pixels(draw_svg(QR.text))) == (QR.text,)


def test_a_blank_picture_has_no_code() -> None:
    """Nothing found is an empty answer."""
    assert read_codes(np.full((200, 200), 255, np.uint8)) == ()


def test_a_text_too_long_is_not_drawn() -> None:
    """MAX_TEXT characters are drawn, one more is refused."""
    assert draw_svg("a" * MAX_TEXT).startswith("<svg")
    with pytest.raises(MalformedError):
        draw_svg("a" * (MAX_TEXT + 1))


def test_the_claim_stays_out_of_the_address() -> None:
    """What a server sees holds the token and nothing of the claim."""
    assert claim_text(CLAIM) not in QR.address
